"""A policy as a theory: axioms, declared facts and clause bodies, each behind a literal of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Literal

from msgspec.structs import replace

from ..policy.clauses import Clause
from ..policy.model import Policy
from ..record import Record
from . import meaning, measured
from .assumed import Assumed
from .axioms import AXIOMS
from .axioms.rows import rows
from .bound import narrowed
from .encode import Block, Encoder, TooLarge, conjunction, rates_in, thresholds_in
from .formulas import Flag, Formula, Not, Overlap, Rate, Removed, Size, Tpr, atoms
from .regions import REST, Region, Regions, cut, declared_set, sets_in, tied, undeclared
from .situations import parts
from .smt import DEFAULT_EFFORT
from .solver import Solver

Path = tuple[str | int, ...]
TINY = 20
"""Sets up to this size are counted in whole items."""


class Premise(Record):
    """A declared or measured fact: its name in the drafter's words, where it is written, what it says."""

    name: str
    path: Path
    formula: Formula
    kind: Literal["size", "relation", "baseline", "reference", "control", "measured", "unseen"]


class Theory(Record, dict=True):
    """Everything encoded once; questions are asked under different assumptions."""

    policy: Policy
    encoder: Encoder
    solver: Solver
    facts: Mapping[str, Premise]
    """By literal, in source order."""
    axiom_literals: Mapping[str, str]
    """Literal → axiom id."""
    presumed_literals: Mapping[str, str]
    """Literal → id of a presumption that no question assumes unless it says so."""
    nonempty: tuple[str, ...]
    """Literals saying that each targeted set has an item."""
    literals: Mapping[Formula, str]
    skipped: frozenset[str]
    """Sets whose groups are too large: formulas about them are left out."""
    without: frozenset[str] = frozenset()
    """Axioms left out."""

    @cached_property
    def background(self) -> tuple[str, ...]:
        """Axioms, facts and non-emptiness: what every question assumes."""
        return (*self.axiom_literals, *self.facts, *self.nonempty)

    @cached_property
    def has_item(self) -> frozenset[str]:
        """The literals of `nonempty`."""
        return frozenset(self.nonempty)

    @cached_property
    def given(self) -> Assumed:
        """The solver under the background."""
        return self.solver.assuming(self.background)

    @cached_property
    def formulas(self) -> Mapping[str, Formula]:
        """What each literal of `literals` stands for."""
        return {literal: formula for formula, literal in self.literals.items()}

    def literal(self, formula: Formula) -> str:
        """The literal that is true exactly when the formula is. `TooLarge` if it speaks of a skipped set."""
        if formula not in self.literals:
            raise TooLarge(next(iter(self.skipped & targets(formula)), ""))
        return self.literals[formula]

    @cached_property
    def _own(self) -> Mapping[str, tuple[Clause, str]]:
        """The policy's clauses with their literals; without those about a skipped set."""
        bodies = {clause.id: (clause, meaning.body(self.policy, clause)) for clause in self.policy.clauses}
        return {name: (c, self.literals[body]) for name, (c, body) in bodies.items() if body in self.literals}

    @cached_property
    def written(self) -> Mapping[str, str]:
        """The literal of what each of the policy's clauses demands as it is written, guard aside, by its id."""
        return {name: literal for name, (_, literal) in self._own.items()}

    def knows(self, clause: Clause) -> bool:
        """Whether one of the policy's clauses is encoded, which `TooLarge` prevents."""
        return clause.id in self._own

    def body(self, clause: Clause) -> str:
        """The literal of what a clause demands, guard aside."""
        own, literal = self._own.get(clause.id, (None, ""))
        return literal if own is clause else self.literal(meaning.body(self.policy, clause))

    def possible(self, assumptions: Sequence[str], extra: str = "") -> bool:
        """Whether some world satisfies axioms, facts and the assumptions."""
        return self.given.satisfiable(assumptions, extra)

    def under(self, assumptions: tuple[str, ...]) -> Assumed:
        """The solver under the background and assumptions that many questions share; the latest are kept."""
        if assumptions not in self._under:
            self._under.clear()
            self._under[assumptions] = self.given.plus(assumptions)
        return self._under[assumptions]

    @cached_property
    def _under(self) -> dict[tuple[str, ...], Assumed]:
        return {}


def declared_facts(policy: Policy) -> tuple[Premise, ...]:
    """Sizes, overlaps, baselines, reference facts and missing control, as premises."""
    return _facts(policy, policy.information)


def _facts(policy: Policy, near: Collection[str]) -> tuple[Premise, ...]:
    """The same, without the sizes and overlaps of sets that are not `near`."""
    found: list[Premise] = []
    for name, info in policy.information.items():
        if info.size is not None and name in near:
            found.append(Premise(f"size of {name}", ("information", name, "size"), Size(name, *info.size), "size"))
    for i, relation in enumerate(policy.relations):
        if relation.kind == "overlaps" and relation.left in near:
            low, high = relation.low, relation.high
            formula = Overlap(relation.left, relation.right, 1 if low is None else low, high)
            found.append(
                Premise(f"overlap of {relation.left} and {relation.right}", ("relations", i), formula, "relation")
            )
    for i, fact in enumerate(policy.measured_before):
        found.append(Premise(fact.id, ("measured_before", i), measured.baseline(policy, fact), "baseline"))
    for i, retrained in enumerate(policy.reference_retrain):
        found.append(Premise(retrained.id, ("reference_retrain", i), measured.reference(policy, retrained), "reference"))
    if policy.controls is not None and policy.parties is not None:
        mine = policy.controls.get(policy.parties.obligor, ())
        for artifact in policy.artifacts:
            if artifact not in mine:
                missing = Not(Flag("controlled", (artifact,)))
                found.append(Premise(f"control of {artifact}", ("controls",), missing, "control"))
    return tuple(found)


def facts_near(policy: Policy, clauses: Iterable[Clause]) -> tuple[Premise, ...]:
    """The declared facts that can bear on some clauses: about sets connected with theirs, or about no set."""
    spoken = frozenset[str]().union(*(targets(meaning.body(policy, clause)) for clause in clauses))
    groups = cut(tuple(policy.information), policy.relations).groups
    near = {name for group in groups if spoken.intersection(group) for name in group}
    for known, same, facts in _recent:
        if known is policy and same == near:
            return facts
    facts = tuple(fact for fact in _facts(policy, near) if targets(fact.formula) <= near)
    _recent[:] = [(policy, near, facts)]
    return facts


_recent: list[tuple[Policy, set[str], tuple[Premise, ...]]] = []
"""What was near some clauses last: conflicts that hang together ask for the same."""


def build(
    policy: Policy,
    *,
    asked_about: Iterable[Formula] = (),
    measured: Sequence[Premise] = (),
    facts: Sequence[Premise] | None = None,
    without: frozenset[str] = frozenset(),
    effort: int = DEFAULT_EFFORT,
    spelled_out: bool = False,
) -> Theory:
    """Encode a policy. `asked_about` lists further formulas that questions will need; `without` leaves axioms out.

    With `spelled_out`, long sums have no names for their parts: slower to ask, but every quantity is one of the policy's.
    """
    premises = (*(declared_facts(policy) if facts is None else facts), *measured)
    by_id = {clause.id: clause for clause in policy.clauses}
    clauses = (*policy.clauses, *(narrowed(by_id[name], places) for name, places in parts(policy)))
    bodies = [meaning.body(policy, clause) for clause in clauses]
    evidence = [demand(policy, clause) for clause in clauses for demand in (meaning.presupposed, meaning.obtainable)]
    formulas = list(dict.fromkeys((*bodies, *evidence, *asked_about)))
    regions = cut(tuple(policy.information), tied(policy.relations, _spoken_of(formulas)))
    formulas = [formula for formula in formulas if not targets(formula) & regions.too_large]
    kept = [premise for premise in premises if not targets(premise.formula) & regions.too_large]
    presumed = [one for one in meaning.presumptions(policy) if not targets(one[1]) & regions.too_large]
    spoken = [*formulas, *(premise.formula for premise in kept), *(formula for _, formula in presumed)]
    encoder = _encoder(policy, regions, spoken)
    if spelled_out:
        encoder.definitions = None
    lines: list[str] = []
    literals = _asserted(encoder, formulas, lines)
    facts_by_literal = _if_taken(encoder, kept, lines)
    nonempty = _nonempty(policy, encoder, spoken, lines)
    lines.append(f"(assert (>= {encoder.set_size(REST)} 1))")
    axiom_literals = _axioms(policy, encoder, spoken, without, lines)
    presumed_literals = _presumptions(encoder, presumed, without, lines)
    if "AX16" in without:
        lines += [f"(assert (= {encoder.size(region)} 0))" for region in undeclared(regions, policy.relations)]
    for atom in _flags(spoken):
        lines.append(f"(assert (= {encoder.flag(atom)} {_flag_symbol(encoder, atom)}))")
    lines += encoder.definitions or ()
    encoder.definitions = None
    switches = (*axiom_literals, *presumed_literals)
    solver = Solver(lines, encoder.sorts, effort, switches=switches, sums=frozenset(encoder.leaves))
    return Theory(
        policy=policy,
        encoder=encoder,
        solver=solver,
        facts=facts_by_literal,
        axiom_literals=axiom_literals,
        presumed_literals=presumed_literals,
        nonempty=nonempty,
        literals=literals,
        skipped=regions.too_large,
        without=without,
    )


def _asserted(encoder: Encoder, formulas: Iterable[Formula], lines: list[str]) -> dict[Formula, str]:
    """A literal for each formula, true just where the formula is."""
    found: dict[Formula, str] = {}
    for formula in formulas:
        found[formula] = encoder.symbol("b", formula, "Bool")
        lines.append(f"(assert (= {found[formula]} {encoder.text(formula)}))")
    return found


def _if_taken(encoder: Encoder, premises: Iterable[Premise], lines: list[str]) -> dict[str, Premise]:
    """A literal for each premise, which holds wherever the literal is assumed."""
    found: dict[str, Premise] = {}
    for premise in premises:
        literal = encoder.symbol("F", premise, "Bool")
        found[literal] = premise
        lines.append(f"(assert (=> {literal} {encoder.text(premise.formula)}))")
    return found


def _nonempty(policy: Policy, encoder: Encoder, spoken: Iterable[Formula], lines: list[str]) -> tuple[str, ...]:
    """A literal for each set that is spoken of: it has an item (AX1)."""
    targeted = (getattr(clause, "target", None) for clause in policy.clauses)  # not every goal counts its items
    named = {target for target in targeted if isinstance(target, str)}
    spoken_of = sorted(named.union(*(map(declared_set, _spoken_of((formula,))) for formula in spoken)) - {REST})
    found = []
    for target in (name for name in spoken_of if encoder.regions.of[name]):  # relations may leave a set no room at all (V002)
        literal = encoder.symbol("e", target, "Bool")
        found.append(literal)
        lines.append(f"(assert (=> {literal} (>= {encoder.set_size(target)} 1)))")
    return tuple(found)


def _axioms(
    policy: Policy, encoder: Encoder, spoken: Sequence[Formula], without: frozenset[str], lines: list[str]
) -> dict[str, str]:
    found: dict[str, str] = {}
    premises: dict[tuple[str, ...], str] = {}
    for row in rows(encoder, policy, (atom for formula in spoken for atom in atoms(formula))):
        if without.intersection(row.axioms):
            continue
        if row.axioms not in premises:
            literals = [encoder.symbol("A", axiom, "Bool") for axiom in row.axioms]
            found.update(zip(literals, row.axioms, strict=True))
            premises[row.axioms] = conjunction(literals)
        lines.append(f"(assert (=> {premises[row.axioms]} {row.text}))" if row.axioms else f"(assert {row.text})")
    order = [axiom.id for axiom in AXIOMS]
    return dict(sorted(found.items(), key=lambda item: order.index(item[1])))


def _presumptions(
    encoder: Encoder, presumed: Sequence[tuple[str, Formula]], without: frozenset[str], lines: list[str]
) -> dict[str, str]:
    found: dict[str, str] = {}
    for axiom, formula in presumed:
        if axiom not in without:
            literal = encoder.symbol("A", axiom, "Bool")
            found[literal] = axiom
            lines.append(f"(assert (=> {literal} {encoder.text(formula)}))")
    return found


def _flags(spoken: Sequence[Formula]) -> tuple[Flag, ...]:
    return tuple(dict.fromkeys(atom for formula in spoken for atom in atoms(formula) if isinstance(atom, Flag)))


def _flag_symbol(encoder: Encoder, atom: Flag) -> str:
    """The quantity a flag stands for; flags without consequences stand for themselves."""
    match atom.name:
        case "destroyed":
            return encoder.symbol("d", atom.of[0], "Bool")
        case "acted_on":
            return encoder.symbol("a", atom.of[0], "Bool")
        case "controlled":
            return encoder.symbol("c", atom.of[0], "Bool")
        case _:
            return encoder.flag(atom)


def _encoder(policy: Policy, regions: Regions, spoken: Sequence[Formula]) -> Encoder:
    groups = (*regions.groups, (REST,))
    group_of = {name: i for i, group in enumerate(groups) for name in group}
    rates: dict[tuple[str, int], dict[Rate, None]] = {}
    touched: dict[tuple[str, int], dict[int, Region]] = {}
    for rate, target in rates_in(spoken):
        place = rate.artifact, group_of[declared_set(target)]
        rates.setdefault(place, {})[rate] = None
        touched.setdefault(place, {}).update({region.number: region for region in regions.pieces(target)})
    levels: dict[tuple[str, int], set[Fraction]] = {}
    for artifact, target, threshold in thresholds_in(spoken):
        levels.setdefault((artifact, group_of[declared_set(target)]), set()).add(threshold)
    blocks = tuple(
        Block(
            place[0],
            groups[place[1]],
            tuple(touched[place][i] for i in sorted(touched[place])),
            _closed(policy, found),
            tuple(sorted(levels.get(place, ()))),
        )
        for place, found in rates.items()
    )
    tiny = {name for name, info in policy.information.items() if info.size is not None and info.size[1] <= TINY}
    small = frozenset(
        region.number for group in regions.groups if set(group) <= tiny for name in group for region in regions.of[name]
    )
    return Encoder(regions, blocks, small)


def _closed(policy: Policy, rates: dict[Rate, None]) -> tuple[Rate, ...]:
    """The rates spoken of in a block, and those that axioms need to tie them to what was or would be."""
    beside = policy.methods is not None and {rate.reading.about for rate in rates if rate.whose == "now"} == {"model", "process"}
    before = any(rate.whose == "before" or rate.family == "drops" for rate in rates) and policy.methods is not None
    reference = any(rate.whose == "reference" for rate in rates)
    found = dict(rates)
    for rate in rates if beside else ():  # where nothing reaches, model and process are both what was
        if rate.whose == "now" and rate.family != "drops":
            found.update({rate.of("model"): None, rate.of("process"): None, rate.at("before"): None})
    for rate in tuple(found):
        if rate.family == "drops":
            twin = replace(rate, family="reveals", bound="inf")
            found.update({twin: None, twin.at("before"): None})
        if rate.family == "corrects":
            found[replace(rate, family="reveals", bound="inf")] = None
    for rate in tuple(found):
        if rate.whose == "now" and rate.family != "drops":
            found.update({rate.at("before"): None} if before else {})
            found.update({rate.at("reference"): None} if reference and rate.reading.about == "process" else {})
    return tuple(sorted(found, key=_rate_order))


def _rate_order(rate: Rate) -> tuple[str, ...]:
    return (rate.artifact, rate.whose, rate.family, rate.bound, rate.access, rate.asked, str(rate.reading), rate.reading.about)


def targets(formula: Formula) -> frozenset[str]:
    """The information sets whose regions a formula needs."""
    return frozenset[str]().union(*map(sets_in, _spoken_of((formula,))))


def _spoken_of(formulas: Iterable[Formula]) -> frozenset[str]:
    """The targets, sets or remainders of sets, whose regions formulas need."""
    found: set[str] = set()
    for formula in formulas:
        for atom in atoms(formula):
            if isinstance(atom, Overlap):
                found.update((atom.left, atom.right))
            elif isinstance(atom, Flag) and atom.name == "certified":
                found.add(atom.of[3])
            elif hasattr(atom, "target") and not isinstance(atom, Tpr | Removed):
                found.add(atom.target)
    return frozenset(found)
