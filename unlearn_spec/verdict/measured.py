"""What an obligation found, and the small steps from tables to bounds that every kind of measurement shares."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from ..logic.evidence import ApartFact, EvidenceFact, RateFact, RecordFact, Side
from ..logic.formulas import Reading as Cell
from ..logic.formulas import reading_of
from ..logic.suites import suite_of
from ..plan.model import Obligation
from ..plan.units import GenerateUnit, Reading, Role, SubjectRef, Unit
from ..policy.clauses import Clause, Closeness, Decoding, Rectify, Refuse, Retain, RevealsWhen, Suppress
from ..statistics.binomial import ceil_decimal, floor_decimal
from ..statistics.bounded import clustered_rate_lower, clustered_rate_upper
from ..verifiers.outcomes import Outcomes
from ..verifiers.table import Table
from ..wording.said import Said, listed, said
from .model import Fact, Interval
from .stops import Population, looked_lower, looked_upper

STEP = Fraction(1, 10**9)
"""Resolution of stated bounds: above τ means from τ + STEP on."""

MOST = Fraction(50)
"""Of an ε: beyond it nothing is measured."""

FALL = "fall since before"
"""Label of an interval that is a difference to the original."""

LABEL: Mapping[Role, str] = {"audited": "audited", "original": "original", "reference": "never trained"}

Judge: TypeAlias = Callable[[Sequence[Table]], Outcomes]
"""From the tables of one subject to one outcome an item."""


@dataclass(frozen=True)
class Measured:
    """What one obligation found: registered facts, intervals to show, and the power that the test had in the end."""

    obligation: str
    facts: tuple[EvidenceFact, ...]
    stated: tuple[Fact, ...]
    """The same facts in words, in the same order."""
    intervals: tuple[Interval, ...]
    """Audited, original, never trained, as far as measured; on the scale of the clause's limit."""
    limit_at: float | None
    """The limit on that scale; for closeness to a reference, the highest rate that the reference allows."""
    effect: float | None
    realised_power: float | None
    """Chance to refute the clause if the registered effect were true, with the n, clusters and reference obtained.
    None where no effect is registered."""
    words: Said
    """What was seen, in one sentence with numbers."""
    sensitivity: Fraction = Fraction(1)
    """The share of what a model holds that the test is expected to show: what it shows of the original, which holds it all."""
    aided: int = 0
    """Items revealed only where part of the answer was given, which refutes nothing."""


@dataclass(frozen=True)
class Seen:
    """Measured tables with their units and the evidence objects that hold them, by unit key."""

    units: Mapping[str, Unit]
    tables: Mapping[str, Table]
    objects: Mapping[str, str]

    def of(self, obligation: Obligation, role: Role) -> tuple[str, ...]:
        """Keys of the obligation's units on subjects of this role, A/A repeats left out, in the plan's order."""
        arms = {"audited": obligation.audited, "original": obligation.original, "reference": obligation.references}
        return tuple(key for key in arms[role] if not is_repeat(self.units[key]))

    def by_subject(self, keys: Sequence[str]) -> Mapping[SubjectRef, tuple[str, ...]]:
        """The keys grouped by subject."""
        found: dict[SubjectRef, tuple[str, ...]] = {}
        for key in keys:
            subject = self.units[key].subject
            found[subject] = (*found.get(subject, ()), key)
        return found

    def outcomes(self, obligation: Obligation, role: Role, judge: Judge) -> tuple[Outcomes, ...]:
        """One set of outcomes a subject of this role; none if it was not measured."""
        subjects = self.by_subject(self.of(obligation, role))
        return tuple(judge([self.tables[key] for key in keys]) for keys in subjects.values())


def is_repeat(unit: Unit) -> bool:
    """Whether the unit is the second run of an A/A gate."""
    return isinstance(unit, GenerateUnit) and unit.repeat > 0


def template_of(subject: SubjectRef) -> tuple[str, bool]:
    """The template around a prompt, and whether a chat server puts another one around that."""
    return subject.prompt, subject.endpoint is not None and subject.endpoint.chat


def only(found: Sequence[Outcomes], obligation: Obligation, role: Role) -> Outcomes:
    """The outcomes of the one subject of a role. Raises `ValueError` for none or several."""
    if len(found) != 1:
        raise ValueError(f"{obligation.id}: expected one {LABEL[role]} subject, found {len(found)}")
    return found[0]


def reading_for(clause: Clause, obligation: Obligation) -> Reading:
    """The registered reading. Raises `ValueError` if the obligation has none."""
    if obligation.reading is None:
        raise ValueError(f"{obligation.id}: no reading is registered for {clause.id}")
    return obligation.reading


# --- bounds ----------------------------------------------------------------------------------------------------------


def shares(subjects: Sequence[Outcomes]) -> tuple[list[float], list[str]]:
    """Share of the subjects that hit each item, and the items' clusters, by item."""
    clusters: dict[str, str] = {}
    hits: dict[str, list[bool]] = {}
    for one in subjects:
        for item, cluster, hit in zip(one.items, one.clusters, one.hits, strict=True):
            clusters[item] = cluster
            hits.setdefault(item, []).append(hit)
    order = sorted(hits)
    return [sum(hits[item]) / len(hits[item]) for item in order], [clusters[item] for item in order]


def lower(subjects: Sequence[Outcomes], alpha: Fraction, planned: Population | None = None) -> Fraction:
    """Lower bound at `alpha` of the rate over items; several subjects are averaged item by item. With `planned`, valid
    at every look on the way there."""
    if planned is not None:
        return floor_decimal(looked_lower(subjects, alpha, planned))
    return floor_decimal(clustered_rate_lower(*shares(subjects), alpha))


def upper(subjects: Sequence[Outcomes], alpha: Fraction, planned: Population | None = None) -> Fraction:
    """Upper bound at `alpha`; see `lower`."""
    if planned is not None:
        return ceil_decimal(looked_upper(subjects, alpha, planned))
    return ceil_decimal(clustered_rate_upper(*shares(subjects), alpha))


def interval(
    role: Role, subjects: Sequence[Outcomes], alpha: Fraction, planned: Population | None = None
) -> Interval:
    """An interval to show: both bounds at `alpha`, hits and n counted over all subjects."""
    hits, n = sum(one.k for one in subjects), sum(one.n for one in subjects)
    return Interval(
        label=LABEL[role],
        point=hits / n,
        low=float(lower(subjects, alpha, planned)),
        high=float(upper(subjects, alpha, planned)),
        hits=hits,
        n=n,
        clusters=len({cluster for one in subjects for cluster in one.clusters}),
    )


def round_down(value: float) -> Fraction:
    """To a multiple of `STEP`, never above `value`."""
    return Fraction(math.floor(Fraction(value) / STEP)) * STEP


def round_up(value: float) -> Fraction:
    """To a multiple of `STEP`, never below `value`."""
    return Fraction(math.ceil(Fraction(value) / STEP)) * STEP


def as_float(value: Fraction | None) -> float | None:
    """None stays None."""
    return None if value is None else float(value)


# --- facts -----------------------------------------------------------------------------------------------------------


def mean_rate(
    obligation: Obligation, clause: Clause, side: Side, low: Fraction, high: Fraction, alpha: Fraction
) -> RateFact:
    """The fact that the obligation's mean rate on one side lies in [low, high]."""
    return RateFact(
        id=f"{obligation.id}#rate",
        target=obligation.target,
        artifact=obligation.artifact,
        access=obligation.access,
        asked=obligation.asked,
        reading=cell(clause, obligation),
        side=side,
        low=low,
        high=high,
        alpha=alpha,
    )


def revealed(obligation: Obligation, clause: Clause, low: Fraction, alpha: Fraction) -> RateFact:
    """The fact that the mean rate of revealing is at least `low`; 0 says nothing."""
    return mean_rate(obligation, clause, "reveals", low, Fraction(1), alpha)


def apart(obligation: Obligation, name: str, limit: Closeness, epsilon: Fraction | None) -> tuple[ApartFact, Said]:
    """The fact `name`, that a process is not ε-close to one without the target at the limit's δ, and its words."""
    fact = ApartFact(
        id=f"{obligation.id}#{name}",
        target=obligation.target,
        artifact=obligation.artifact,
        epsilon=epsilon,
        delta=limit.delta,
        alpha=obligation.alpha,
    )
    words = said(
        "fact.apart", artifact=obligation.artifact, target=obligation.target, excluded=excluding(epsilon), delta=limit.delta
    )
    return fact, words


# --- words -----------------------------------------------------------------------------------------------------------


def cell(clause: Clause, obligation: Obligation) -> str:
    """The text of the reading under which the theory files the rate."""
    if isinstance(clause, Suppress | Refuse | Retain | Rectify):
        found = reading_of(clause.reveals_when, clause.scope.decoding)
        metric = clause.reveals_when.metric if clause.reveals_when is not None else None
        return str(Cell("", found.decoding) if isinstance(clause, Refuse) or metric in MARKERS else found)
    reading = obligation.reading
    if reading is None:
        return str(Cell())
    stated = {"metric": reading.metric, "at_least": reading.at_least, "judge": reading.judge}
    reveals = RevealsWhen.model_validate({**stated, "normalisation": reading.normalisation})
    decoding = Decoding.model_construct(
        method=reading.decoding,
        temperature=reading.temperature,
        top_p=reading.top_p,
        top_k=reading.top_k,
        samples=reading.samples,
        max_new_tokens=None,
    )
    return str(reading_of(reveals, decoding))


MARKERS = ("refusal", "not_refusal")


def state(
    obligation: Obligation, facts: Sequence[EvidenceFact], words: Sequence[Said], objects: Mapping[str, str]
) -> tuple[Fact, ...]:
    """The facts in words, with the evidence objects of all its arms. Not for records."""
    keys = (*obligation.audited, *obligation.original, *obligation.references)
    digests = tuple(sorted({objects[key] for key in keys if key in objects}))
    found = []
    for fact, sentence in zip(facts, words, strict=True):
        if isinstance(fact, RecordFact):
            raise ValueError("a record states itself")
        if isinstance(fact, ApartFact):
            low, high = fact.epsilon or Fraction(0), MOST
        else:
            low, high = Fraction(fact.low), Fraction(fact.high)
        found.append(
            Fact(
                id=fact.id,
                obligation=obligation.id,
                words=str(sentence),
                words_said=sentence,
                low=low,
                high=high,
                alpha=fact.alpha,
                objects=digests,
            )
        )
    return tuple(found)


def where(obligation: Obligation) -> Said:
    """`on assistant, access weights, asked directly` in the policy's terms."""
    place = {"artifact": obligation.artifact, "access": obligation.access}
    suite = suite_of(obligation.asked)
    return said("at.asked", **place, asked=obligation.asked) if suite is None else said("at.suite", **place, suite=suite)


def between(low: Fraction, high: Fraction) -> Said:
    """A range of shares in words, rounded so that it never says too much."""
    if low == high:
        return said("range.exactly", share=low)
    if low <= -1 or (low <= 0 and high < 1):
        return said("range.at_most", high=high) if high < 1 else said("range.open")
    if high >= 1:
        return said("range.at_least", low=low) if low > 0 else said("range.open")
    return said("range.between", low=low, high=high)


def excluding(epsilon: Fraction | None) -> Said:
    """Which ε a registered event excludes, in words, rounded down."""
    if epsilon is None:
        return said("excluded.none")
    return said("excluded.up_to", epsilon=math.floor(epsilon * 1000) / 1000)


def in_clusters(found: Outcomes) -> Said | str:
    """` in 12 clusters`, where items share some; else nothing."""
    return said("part.in_clusters", number=found.cluster_count) if found.cluster_count < found.n else ""


def of_each(found: Sequence[Outcomes]) -> Said:
    """`12 of 40 and 30 of 40`."""
    return listed(*(said("part.of", k=one.k, n=one.n) for one in found))


def of_all(found: Sequence[Outcomes]) -> dict[str, int]:
    """Hits and items of all of them together, as gaps of a sentence."""
    return {"k": sum(one.k for one in found), "n": sum(one.n for one in found)}
