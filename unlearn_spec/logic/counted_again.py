"""A laid-out world before the reference evaluator, which knows nothing of the solver and of the encoding.

What the solver was never asked about, a laid-out world does not say: it is filled in here as the axioms leave it, so that
the reference judges a whole world.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from fractions import Fraction
from typing import Any, Final

from msgspec.structs import replace

from ..policy.clauses import Closeness, Decoding, Remove, RevealsWhen
from ..policy.model import Claim, Policy
from ..spec import reference
from . import suites
from .formulas import Flag, Rate, Reading, reading_of
from .lineage import enclosing, exposures, kin
from .world_model import Stratum, World

KINDS: Final = {
    ("reveals", "sup"): "x_sup", ("reveals", "inf"): "x_inf", ("answers", "sup"): "y_sup", ("answers", "inf"): "y_inf",
    ("corrects", "inf"): "z_inf",
}  # fmt: skip


def objections(
    policy: Policy, world: World, expected: Mapping[str, bool], without: Collection[str] = (), *, where_bound: bool = False
) -> tuple[str, ...]:
    """What the reference finds wrong with a world: axioms and declared facts that it breaks, and clauses and claims of
    `expected` (by id: whether it should hold) that come out otherwise. Empty if it agrees.

    Of what the world leaves open the reference says nothing: see `decided`.
    """
    whole = as_reference(policy, world)
    found = [f"breaks {name}" for name in reference.broken_axioms(policy, whole, without)]
    found += [f"contradicts {name}" for name in _contradicted(policy, whole)]
    for name, holds in decided(policy, world, expected, without, where_bound=where_bound).items():
        if holds is not expected[name]:
            found.append(f"{name} {'holds' if holds else 'fails'}")
    return tuple(found)


def decided(
    policy: Policy, world: World, names: Collection[str], without: Collection[str] = (), *, where_bound: bool = False
) -> dict[str, bool]:
    """Which of the named clauses and claims hold in the world; without those that need a number it does not give.

    `where_bound`: a clause that is overridden on some artifacts, or for some items, is asked of the others.
    """
    if not names:
        return {}
    judge, found = reference.Judge(policy, as_reference(policy, world), without), {}
    for entry in (*policy.clauses, *policy.claims):
        if entry.id in names:
            with suppress(reference.Unmentioned):
                found[entry.id] = (
                    judge.follows(entry)
                    if isinstance(entry, Claim)
                    else judge.meets(entry, (judge.bound_on(entry) or None) if where_bound else None)
                )
    return found


def _contradicted(policy: Policy, whole: reference.World) -> Iterator[str]:
    """The declared facts that the world breaks; one of which it says nothing, as of another version, is no matter here."""
    judge = reference.Judge(policy, whole)
    told: dict[str, Any] = {
        "measured_before": policy.measured_before,
        "reference_retrain": [fact for fact in policy.reference_retrain if reference.of_the_reference(judge, fact)],
    }
    nothing: dict[str, Any] = dict.fromkeys(told, ())
    yield from reference.broken_facts(policy.model_copy(update=nothing), whole)
    for block, facts in told.items():
        for fact in facts:
            with suppress(reference.Unmentioned):
                yield from reference.broken_facts(policy.model_copy(update=nothing | {block: (fact,)}), whole)


def as_reference(policy: Policy, world: World) -> reference.World:
    """The same world in the reference's words; what it leaves unsaid as the axioms have it, or as nothing is done."""
    names = {f"i{number}": stratum for number, stratum in enumerate((*world.strata, *_lacking(policy, world)))}
    used = frozenset((method, artifact) for artifact, methods in world.used for method in methods)
    removals = frozenset(_with_weaker(policy, world))
    flags: dict[str, list[tuple[str, ...]]] = {}
    for flag, holds in world.flags:
        if holds:
            flags.setdefault(flag.name, []).append(flag.of)
    days = dict(world.finished)
    takes = {name: method.takes or Fraction(0) for name, method in (policy.methods or {}).items()}
    spent = {m: sum((takes.get(n, Fraction(0)) for n, where in used if where == m), Fraction(0)) for m in policy.artifacts}
    mine = (
        (policy.controls or {}).get(policy.parties.obligor, ())
        if policy.parties and policy.controls is not None
        else None
    )
    rates = dict(_rates(policy, world))
    return reference.World(
        items={name: stratum.inside for name, stratum in names.items()},
        many={name: stratum.count for name, stratum in names.items()},
        rates=rates,
        removals=removals,
        influenced=frozenset(_influenced(policy, world, removals)),
        tpr={(t.target, t.artifact, t.at_fpr): t.tpr for t in world.tests if t.fair},
        tpr_elsewhere={(t.target, t.artifact, t.at_fpr): t.tpr for t in world.tests if not t.fair},
        finish=spent | days,
        kept={(name, store): day for name, stratum in names.items() for store, day in stratum.stored.items()},
        used=used,
        served={(m, path, name): stratum.served.get((m, path), Fraction(0))
                for m, each in policy.artifacts.items() for path in each.serves_from for name, stratum in names.items()},
        destroyed=frozenset(of[0] for of in flags.get("destroyed", ())),
        situations=world.situations,
        excluded=frozenset(of[0] for of in flags.get("excluded", ())),
        governed=frozenset(of[0] for of in flags.get("governed", ())),
        harmless=frozenset(policy.information) - {of[0] for of in flags.get("harmful_use", ())},
        recalled=frozenset((of[0], of[1]) for of in flags.get("recalled", ())),
        controls=frozenset((who, m) for who, held in (policy.controls or {}).items() for m in held),
        acted_on=frozenset(policy.artifacts if mine is None else mine),
        altered={rate.asked: least for rate in rates if (least := suites.takes(rate.asked)) is not None},
    )  # fmt: skip


def _lacking(policy: Policy, world: World) -> Iterator[Stratum]:
    """An item for every set that a clause speaks of and of which the world says nothing, not even how large it is (AX1)."""
    listed = frozenset[str]().union(*(stratum.inside for stratum in world.strata))
    for target in dict.fromkeys(getattr(clause, "target", None) for clause in policy.clauses):
        if target is not None and target not in listed:
            around = {target}
            for _ in policy.relations:
                around |= {r.right for r in policy.relations if r.kind == "within" and r.left in around}
            yield Stratum(frozenset(around), 1, {}, {})


def _with_weaker(policy: Policy, world: World) -> Iterator[reference.Removal]:
    """The removals that hold, and every weaker one that the policy has words for (AX1)."""
    said: list[Any] = [c.limit for c in policy.clauses if isinstance(c, Remove) and isinstance(c.limit, Closeness)]
    pairs = {(each.epsilon or Fraction(0), each.delta or Fraction(0)) for each in (*said, *policy.claims)}
    held = [removal for removal, holds in world.removals if holds]
    pairs |= {(removal.epsilon, removal.delta) for removal in held}
    for removal in held:
        for epsilon, delta in pairs:
            if removal.compared_with and removal.epsilon <= epsilon and removal.delta <= delta:
                yield reference.Removal(removal.target, removal.artifact, epsilon, delta, removal.compared_with)  # type: ignore[arg-type]


def _influenced(policy: Policy, world: World, removals: Collection[reference.Removal]) -> Iterator[tuple[str, str]]:
    """What the world says of influence; where it says nothing, what K1 and K5 ask for and no more."""
    zero = Fraction(0)

    def gone(target: str, artifact: str) -> bool:
        return any(reference.Removal(name, artifact, zero, zero) in removals for name in enclosing(policy, target))

    for artifact in policy.artifacts:
        met = exposures(policy, artifact)
        for target in policy.information:
            said = world.known(Flag("influenced", (target, artifact)))
            left = any(name in met and not gone(name, artifact) for name in (target, *kin(policy, target)))
            if left if said is None else said:
                yield target, artifact


def _rates(policy: Policy, world: World) -> Iterator[tuple[reference.Rate, Fraction]]:
    """Every rate under every name that the policy's words give its reading."""
    names = _reading_names(policy)
    for number, stratum in enumerate(world.strata):
        for rate, value in stratum.rates.items():
            if rate.family != "drops":
                for read in names.get(replace(rate.reading, about="model"), {_name(rate.reading)}):
                    yield _rate(rate, f"i{number}", read), value


def _rate(rate: Rate, item: str, read: str) -> reference.Rate:
    kind: Any = KINDS[rate.family, rate.bound]
    return reference.Rate(kind, item, rate.artifact, rate.access, rate.asked, read, rate.whose, rate.reading.about)


def _name(reading: Reading) -> str:
    return "; ".join(part for part in (reading.predicate, reading.decoding) if part)


def _reading_names(policy: Policy) -> dict[Reading, set[str]]:
    """The theory's readings with the reference's names for them: two lengths of answers are one reading of the theory."""
    found: dict[Reading, set[str]] = {}
    written: list[tuple[RevealsWhen | None, Decoding | None]] = [(None, None)]
    written += [(getattr(c, "reveals_when", None), c.scope.decoding) for c in policy.clauses]
    written += [(claim.reveals_when, claim.decoding) for claim in policy.claims]
    written += [(fact.reveals_when, fact.decoding) for fact in policy.measured_before]
    written += [(fact.reveals_when, fact.decoding) for fact in policy.reference_retrain]
    for reveals_when, decoding in written:
        for one in (reveals_when, None):
            found.setdefault(reading_of(one, decoding), set()).add(reference.reading(one, decoding))
    return found
