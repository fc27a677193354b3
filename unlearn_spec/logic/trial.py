"""A clause on a world of which only part is told: does what is told, with axioms and declared facts, decide it?

The items that a world lists become sets of their own beside the policy's, so that nothing about them is blurred: each
such set lies within the sets that its items are in, and apart from the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Final, Literal

from ..policy.model import Information, Policy, Relation
from ..record import Record
from .bound import Binding, narrowed
from .cores import minimal_core
from .encode import thresholds_in
from .formulas import (
    All,
    Comparison,
    FinishedBy,
    Flag,
    Formula,
    Mean,
    Not,
    NumberAbove,
    Rate,
    ShareAbove,
    Size,
    Stored,
    Tpr,
    Unserved,
    Uses,
    atoms,
)
from .meaning import body
from .regions import REST
from .smt import DEFAULT_EFFORT
from .statements import claim_formula
from .suspension import binding
from .theory import Path, Premise, Theory, build, declared_facts
from .world_model import Stratum, World, with_drops
from .worlds import short_percent

Answer = Literal["pass", "fail", "not_shown", "not_applicable"]


class Trial(Record, dict=True):
    """A policy's clauses and claims beside what is told of one world."""

    policy: Policy
    world: World
    theory: Theory
    wanted: Mapping[str, Formula]

    @cached_property
    def contradiction(self) -> tuple[Premise, ...]:
        """A minimal part of what is told, and of the declared facts, that no world is like; empty if some world is."""
        fixed = (*self.theory.axiom_literals, *self.theory.nonempty)
        ask = self.theory.solver.satisfiable
        if ask((*fixed, *self.theory.facts)):
            return ()
        told = [literal for literal, fact in self.theory.facts.items() if fact.kind == "measured"]
        declared = [literal for literal, fact in self.theory.facts.items() if fact.kind != "measured"]
        chosen = minimal_core((*told, *declared), fixed, ask)
        return tuple(self.theory.facts[literal] for literal in chosen)

    @cached_property
    def _binding(self) -> Binding:
        return binding(self.policy, self.world.situations)

    def asked(self, name: str) -> Formula | None:
        """What is asked of a clause as far as it binds, or of a claim; None where the clause does not bind."""
        clause = next((clause for clause in self.policy.clauses if clause.id == name), None)
        if clause is not None and name not in self._binding.names:
            return None
        part = self._binding.part(name)
        return self.wanted[name] if clause is None or part is None else body(self.policy, narrowed(clause, part))

    def answer(self, name: str) -> Answer:
        """Whether what is told entails the clause or claim, or excludes it. Raises `Undecided`, or `TooLarge`."""
        asked = self.asked(name)
        if asked is None:
            return "not_applicable"
        literal = self.theory.literal(asked)
        if not self.theory.possible(("-" + literal,)):
            return "pass"
        return "not_shown" if self.theory.possible((literal,)) else "fail"


def trial(policy: Policy, world: World, *, effort: int = DEFAULT_EFFORT) -> Trial:
    """Encode a policy beside a world. The policy's clauses are asked about, never assumed; its declared facts are."""
    wanted: dict[str, Formula] = {clause.id: body(policy, clause) for clause in policy.clauses}
    wanted.update({claim.id: claim_formula(policy, claim) for claim in policy.claims})
    facts = declared_facts(policy)
    spoken = (*wanted.values(), *(fact.formula for fact in facts))
    told = tuple(_premises(world, spoken, tuple(policy.methods or ())))
    theory = build(
        _with_strata(policy, world), asked_about=tuple(wanted.values()), facts=facts, measured=told, effort=effort
    )
    return Trial(policy, world, theory, wanted)


def _name(number: int) -> str:
    """A name that no policy can give."""
    return f"(items {number + 1})"


def _listed(world: World) -> dict[str, int]:
    """The sets that the world names, with how many items it lists for them."""
    found: dict[str, int] = {}
    for stratum in world.strata:
        for name in sorted(stratum.inside):
            found[name] = found.get(name, 0) + stratum.count
    return found


def _with_strata(policy: Policy, world: World) -> Policy:
    """The policy with a set for each kind of listed items that are in some declared set."""
    information, relations = dict(policy.information), list(policy.relations)
    listed = _listed(world)
    numbered = [(i, stratum) for i, stratum in enumerate(world.strata) if stratum.inside]
    for place, (i, stratum) in enumerate(numbered):
        information[_name(i)] = Information(kind="facts", size=(stratum.count, stratum.count))
        for name in sorted(stratum.inside):
            relations.append(_relation(i, "within", name))
        apart = [name for name in sorted(listed) if name not in stratum.inside]
        apart += [_name(other) for other, _ in numbered[:place]]
        for name in apart:
            relations.append(_relation(i, "disjoint_from", name))
    return policy.model_copy(update={"information": information, "relations": tuple(relations)})


def _relation(number: int, kind: Literal["within", "disjoint_from"], right: str) -> Relation:
    return Relation.model_construct(left=_name(number), kind=kind, right=right, low=None, high=None)


# --- what is told, as premises ---------------------------------------------------------------------------------------


def _premises(world: World, spoken: Sequence[Formula], methods: Sequence[str]) -> Iterator[Premise]:
    levels: dict[str, set[Fraction]] = {}
    for artifact, _, threshold in thresholds_in(spoken):
        levels.setdefault(artifact, set()).add(threshold)
    drops = tuple(
        dict.fromkeys(
            atom.rate
            for formula in spoken
            for atom in atoms(formula)
            if isinstance(atom, ShareAbove | Mean) and atom.rate.family == "drops"
        )
    )
    for i, stratum in enumerate(with_drops(stratum, drops) for stratum in world.strata):
        if stratum.inside:
            yield from _items(i, stratum, levels)
    for name, count in _listed(world).items():
        many = "the one item" if count == 1 else f"the {count:,} items"
        yield _told(f"{many} listed for {name}", ("items",), Size(name, count, count))
    yield from _rest([with_drops(s, drops) for s in world.strata if not s.inside], levels)
    for i, mean in enumerate(world.means):
        name = f"a mean of {short_percent(mean.value)} over {mean.target} {_rate_words(mean.rate)},"
        yield _told(name, ("means", i), _equal_mean(mean.rate, mean.target, mean.value))
    yield from _about_artifacts(world, methods)


def _told(name: str, path: Path, formula: Formula) -> Premise:
    return Premise(name, path, formula, "measured")


def _equal_mean(rate: Rate, target: str, value: Fraction) -> Formula:
    return All((Mean(rate, target, ">=", value), Mean(rate, target, "<=", value)))


def _items(i: int, stratum: Stratum, levels: Mapping[str, set[Fraction]]) -> Iterator[Premise]:
    """That every item of a kind has the same rates: the mean, and all or none of the items above each limit."""
    name, path = _name(i), ("items", i)
    yield _told(f"the number of items {i + 1}", (*path, "count"), Size(name, stratum.count, stratum.count))
    for rate, value in stratum.rates.items():
        parts = [_equal_mean(rate, name, value)]
        for level in sorted(levels.get(rate.artifact, ())):
            for inclusive, reached in ((True, value >= level), (False, value > level)):
                bound: tuple[Comparison, int] = (">=", 1) if reached else ("<=", 0)
                parts.append(ShareAbove(rate, name, level, inclusive, bound[0], Fraction(bound[1])))
        yield _told(f"items {i + 1}, {_rate_words(rate)}", path, All(tuple(parts)))
    for store, day in stratum.stored.items():
        kept = All((Stored(name, store, ">=", day), Stored(name, store, "<=", day)))
        yield _told(f"items {i + 1}, kept in {store}", (*path, "stored", store), kept)


def _rest(strata: Sequence[Stratum], levels: Mapping[str, set[Fraction]]) -> Iterator[Premise]:
    """The items of no declared set, all together: sums, and how many of them reach each limit."""
    if not strata:
        return
    count = sum(stratum.count for stratum in strata)
    yield _told("the items of no set", ("items",), Size(REST, count, count))
    for rate in dict.fromkeys(rate for stratum in strata for rate in stratum.rates):
        if any(rate not in stratum.rates for stratum in strata):
            continue
        mass = sum((stratum.count * stratum.rates[rate] for stratum in strata), Fraction(0))
        parts = [_equal_mean(rate, REST, mass / count)]
        for level in sorted(levels.get(rate.artifact, ())):
            for inclusive in (True, False):
                many = sum(s.count for s in strata if s.rates[rate] > level or (inclusive and s.rates[rate] == level))
                parts += [NumberAbove(rate, REST, level, inclusive, op, many) for op in (">=", "<=")]
        yield _told(f"the items of no set, {_rate_words(rate)}", ("items",), All(tuple(parts)))


def _rate_words(rate: Rate) -> str:
    whose = "" if rate.whose == "now" else f"{rate.whose}, "
    return f"{whose}in {rate.artifact} through {rate.access}, asked {rate.asked}"


def _about_artifacts(world: World, known: Sequence[str]) -> Iterator[Premise]:
    for i, (removal, holds) in enumerate(world.removals):
        name = f"what is told of the removal of {removal.target} from {removal.artifact}"
        yield _told(name, ("removed", i), removal if holds else Not(removal))
    for i, test in enumerate(world.tests):
        cell = test.target, test.artifact, test.at_fpr, test.fair
        power = All((Tpr(*cell, ">=", test.tpr), Tpr(*cell, "<=", test.tpr)))
        yield _told(f"the power of membership tests of {test.target}", ("membership", i), power)
    for artifact, day in world.finished:
        done = All((FinishedBy(artifact, ">=", day), FinishedBy(artifact, "<=", day)))
        yield _told(f"the day on which {artifact} is finished", ("finished", artifact), done)
    for store, target, day in world.stored:
        kept = All((Stored(target, store, ">=", day), Stored(target, store, "<=", day)))
        yield _told(f"how long {store} keeps {target}", ("stored", store, target), kept)
    for artifact, methods in world.used:
        told = (Uses(name, artifact) if name in methods else Not(Uses(name, artifact)) for name in known)
        yield _told(f"the methods used on {artifact}", ("used", artifact), All(tuple(told)))
    for i, served in enumerate(world.served):
        nothing = Unserved(served.target, served.artifact, served.path)
        yield _told(f"what {served.path} serves", ("served", i), Not(nothing) if served.anything else nothing)
    places: dict[str, int] = {}
    for flag, holds in world.flags:
        place = places[flag.name] = places.get(flag.name, -1) + 1
        path: Path = (flag.name, place if flag.name in LISTED else flag.of[0])
        yield _told(_flag_words(flag), path, flag if holds else Not(flag))


LISTED: Final = ("influenced", "excluded")
"""Flags of a set and an artifact: a test file lists them, and has the others by name."""


def _flag_words(flag: Flag) -> str:
    one, *artifact = flag.of
    match flag.name:
        case "influenced":
            return f"whether {one} still influences {artifact[0]}"
        case "excluded":
            return f"whether later runs of {artifact[0]} leave {one} out"
        case "governed":
            return f"whether the measures of {one} are in place"
        case "harmful_use":
            return f"whether somebody uses {one} for harm"
        case _:
            return f"whether {one} is {flag.name.replace('_', ' ')}"
