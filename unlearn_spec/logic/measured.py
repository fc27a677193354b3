"""What declared measurements say: the model before the work, and the reference, retrained without what is to go."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from ..policy.clauses import Remove
from ..policy.model import Baseline, Policy, RetrainFact
from .formulas import TRUE, All, Formula, Mean, Rate, Reading, reading_of
from .lineage import enclosing
from .meaning import RateGoal, rate_of
from .memo import once_a_policy
from .regions import connected_groups
from .scope import WEAKEST, Choice, fitting_artifacts, scoped_artifacts


def readings_on(policy: Policy, artifact: str, target: str | None) -> tuple[Reading, ...]:
    """The readings of "revealed" that clauses use for a set (or a set it may share items with) on an artifact, and of what.

    None in use there: those used on the artifact at all; none at all: one open reading, of the process.
    """
    used, kin = _readings_used(policy)
    here = used.get((artifact, kin.get(target or "", -1)), ()) or used.get((artifact, None), ())
    return tuple(here) or (Reading(about="process"),)


@once_a_policy
def _readings_used(policy: Policy) -> tuple[dict[tuple[str, int | None], tuple[Reading, ...]], dict[str, int]]:
    """The readings that clauses use, by artifact and group of connected sets (None: any), and the group of each set.

    Clauses about refusals alone use no predicate, only a decoding.
    """
    linking = [(r.left, r.right) for r in policy.relations if r.kind != "disjoint_from"]
    groups = connected_groups(tuple(policy.information), linking)
    kin = {name: i for i, group in enumerate(groups) for name in group}
    shown: dict[tuple[str, int | None], dict[Reading, None]] = {}
    drawn: dict[tuple[str, int | None], dict[Reading, None]] = {}
    for clause in policy.clauses:
        if isinstance(clause, RateGoal):
            for artifact in scoped_artifacts(policy, clause, Choice(artifacts=fitting_artifacts(policy, clause))):
                rate = rate_of(clause, artifact, WEAKEST)
                for place in (kin[clause.target], None):
                    (drawn if rate.family == "answers" else shown).setdefault((artifact, place), {})[rate.reading] = None
    return {place: tuple(shown.get(place) or drawn[place]) for place in {**shown, **drawn}}, kin


def baseline(policy: Policy, fact: Baseline) -> Formula:
    """What was measured before: the mean was at least so much, under every reading that the fact speaks of."""
    return All(
        tuple(
            Mean(
                Rate(fact.in_, "before", "reveals", "sup", fact.access, fact.asked, reading),
                fact.target,
                ">=",
                fact.mean_at_least,
            )
            for reading in fact_readings(policy, fact)
        )
    )


def reference(policy: Policy, fact: RetrainFact) -> Formula:
    """What the retrained model would do; silent if the reference model lacks more or less."""
    if not is_the_reference(policy, fact):
        return TRUE
    low, high = fact.mean_between
    bounds: list[Formula] = []
    for reading in fact_readings(policy, fact):
        rate = Rate(fact.in_, "reference", "reveals", "sup", fact.access, fact.asked, reading)
        bounds += [Mean(rate, fact.target, ">=", low), Mean(rate, fact.target, "<=", high)]
    return All(tuple(bounds))


def is_the_reference(policy: Policy, fact: RetrainFact) -> bool:
    """Whether the fact speaks of the reference: the model without *all* targets under removal from its artifact, no more.

    Where nothing is under removal there, it is the one that lacks all that facts about the artifact leave out.
    """
    removed = left_out(policy, fact.in_)
    wider = {name: [n for n in enclosing(policy, name)[1:] if name not in enclosing(policy, n)] for name in removed}
    return {name for name in removed if not removed.intersection(wider[name])} == {fact.without}


def reference_lacks(policy: Policy, target: str, artifact: str) -> bool:
    """Whether the reference of an artifact was trained without a set: that set, or one that it lies within, is left out."""
    return not left_out(policy, artifact).isdisjoint(enclosing(policy, target))


def left_out(policy: Policy, artifact: str) -> frozenset[str]:
    """What the reference lacks: every target under removal from the artifact; where there is none, all that facts leave out."""
    by_facts = (fact.without for fact in policy.reference_retrain if fact.in_ == artifact)
    return frozenset(removed_from(policy, artifact)) or frozenset(by_facts)


def removed_from(policy: Policy, artifact: str) -> tuple[str, ...]:
    """The sets whose influence is to go from an artifact, in the clauses' order."""
    return _removed(policy).get(artifact, ())


@once_a_policy
def _removed(policy: Policy) -> Mapping[str, tuple[str, ...]]:
    """The sets whose influence is to go, by artifact."""
    found: dict[str, dict[str, None]] = {}
    for clause in policy.clauses:
        if isinstance(clause, Remove) and clause.measure == "influence":
            for artifact in scoped_artifacts(policy, clause):
                found.setdefault(artifact, {})[clause.target] = None
    return {artifact: tuple(targets) for artifact, targets in found.items()}


def fact_readings(policy: Policy, fact: Baseline | RetrainFact) -> tuple[Reading, ...]:
    """The readings that a fact speaks of: its own, else every one that clauses use for its set."""
    if fact.reveals_when is not None or fact.decoding is not None:
        return (reading_of(fact.reveals_when, fact.decoding),)
    used = readings_on(policy, fact.in_, fact.target)
    return tuple(dict.fromkeys(replace(reading, about="model") for reading in used))
