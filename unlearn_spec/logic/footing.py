"""What a test of removal in one run stands on: a declared fact about the reference, and how both count.

Closeness compares like with like: two readings are two rates, and nothing passes between them. So a test refutes only if it
counts as some fact about the reference does, and its expectation is bounded by the facts that count so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..catalogue import VERIFIERS
from ..policy.clauses import Clause, Decoding, Remove, Retain, RevealsWhen, Suppress
from ..policy.model import Policy, RetrainFact
from ..policy.vocabulary import PROBES, Access, access_rank
from ..record import Record
from .formulas import reading_of
from .measured import fact_readings, is_the_reference
from .memo import once_a_policy
from .scope import fitting_artifacts, scoped_artifacts
from .suites import TAKES


class Counted(Record):
    """When the target counts as shown, and how answers are drawn, as a clause or a fact of the policy states it."""

    reveals_when: RevealsWhen
    decoding: Decoding


class Footing(Record):
    """How a test of removal counts, and the fact that bounds the reference's rate, counted so."""

    counted: Counted
    fact: RetrainFact


def footing(policy: Policy, clause: Remove, artifact: str) -> Footing | None:
    """What one run of the process is held against; None if no fact bears on anything that the test can count.

    The first reading, in the order of `stated`, that some fact speaks of; of these facts the one with the lowest bound.
    """
    facts = [fact for fact in facts_beside(policy, clause, artifact) if bears(policy, fact, clause)]
    for counted in stated(policy, clause, artifact, facts) if facts else ():
        reading = reading_of(counted.reveals_when, counted.decoding)
        alike = [fact for fact in facts if reading in fact_readings(policy, fact)]
        if alike:
            return Footing(counted, min(alike, key=_bound))
    return None


def stated(policy: Policy, clause: Remove, artifact: str, facts: Sequence[RetrainFact] = ()) -> Iterator[Counted]:
    """Every reading of the policy that the clause's test could count by, the preferred one first.

    Those of rate clauses on the same set, as written; of the facts, the lowest bound first; then of rate clauses on other
    sets of the artifact, those of the same kind of information first.
    """
    yield from stated_on(policy, clause)
    for fact in sorted(facts, key=_bound):
        yield from _counted(clause, fact.reveals_when, fact.decoding)
    kind = policy.information[clause.target].kind
    others = [rate for rate in _rates(policy) if rate.target != clause.target and artifact in _scope(policy, rate)]
    for rate in sorted(others, key=lambda rate: policy.information[rate.target].kind != kind):
        yield from _counted(clause, rate.reveals_when, rate.scope.decoding)


def stated_on(policy: Policy, clause: Remove) -> Iterator[Counted]:
    """The readings of rate clauses on the clause's own set by which its test could count."""
    for rate in _rates(policy):
        if rate.target == clause.target:
            yield from _counted(clause, rate.reveals_when, rate.scope.decoding)


def _counted(clause: Remove, reveals_when: RevealsWhen | None, decoding: Decoding | None) -> Iterator[Counted]:
    """The reading as the clause's test would take it, whose own `decoding` goes first; none if it cannot."""
    drawn = clause.scope.decoding or decoding
    if reveals_when is not None and drawn is not None and reveals_when.metric in countable(clause):
        yield Counted(reveals_when, drawn)


@once_a_policy
def _rates(policy: Policy) -> tuple[Suppress | Retain, ...]:
    return tuple(clause for clause in policy.clauses if isinstance(clause, Suppress | Retain))


def facts_beside(policy: Policy, clause: Remove, artifact: str) -> tuple[RetrainFact, ...]:
    """The declared facts about what a model of this artifact shows of the target when trained without it."""
    return tuple(
        fact
        for fact in policy.reference_retrain
        if (fact.target, fact.without, fact.in_) == (clause.target, clause.target, artifact)
    )


def bears(policy: Policy, fact: RetrainFact, clause: Remove) -> bool:
    """Whether a fact is about the reference, at access and probing at least as strong as those of the clause's evidence."""
    return is_the_reference(policy, fact) and reaches_as_far(fact, clause)


def reaches_as_far(fact: RetrainFact, clause: Clause) -> bool:
    """Whether a fact speaks of access and probing at least as strong as those of the clause's evidence."""
    seen = taken(clause)
    return (seen is None or access_rank(fact.access) >= access_rank(seen)) and fact.asked == PROBES[-1]


def taken(clause: Clause) -> Access | None:
    """The access at which the clause's evidence looks; None if it is left open."""
    if clause.evidence is None:
        return None
    altered = next((how for how in TAKES if getattr(clause.evidence, how)), None)
    return clause.evidence.access if altered is None else TAKES[altered]  # a never-trained copy may show more, altered alike


def countable(clause: Remove) -> tuple[str, ...]:
    """The metrics by which the clause's test can count: without an altered copy, only what is extractable."""
    altered = clause.evidence is not None and any(getattr(clause.evidence, how) for how in TAKES)
    return tuple(VERIFIERS["relearning" if altered else "extraction"].metrics)


def _bound(fact: RetrainFact) -> tuple[object, str]:
    return fact.mean_between[1], fact.id


def _scope(policy: Policy, clause: Suppress | Retain) -> tuple[str, ...]:
    if clause.scope.artifacts is None:
        return fitting_artifacts(policy, clause)
    return scoped_artifacts(policy, clause)
