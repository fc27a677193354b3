"""Bounds of a rate in a test that may end at any look, and whether it has ended.

Two layers, half of α each. First, how many of all planned items would be hit if all were asked: the clusters come in
random order, so this is the total of a finite population seen in part (`statistics.without_replacement`), bounded at
every look at once. Second, what so many hits among all planned items say about the rate: the ordinary bound of a test
that is looked at once. Only the order, which the seed draws, is taken to be random, so it holds for listed items and for
items of a wider population, for greedy and for sampled answers, whatever the items of a cluster have in common.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from ..logic.evidence import EvidenceFact, RateFact
from ..plan.model import Obligation
from ..statistics.binomial import clopper_pearson_upper
from ..statistics.bounded import total_rate_upper
from ..statistics.without_replacement import total_upper
from ..verifiers.outcomes import Outcomes


@dataclass(frozen=True)
class Population:
    """All that was planned: items, in clusters of at most `largest`."""

    items: int
    clusters: int
    largest: int


def population_of(obligation: Obligation) -> Population | None:
    """What a test with looks would ask in the end; None for a test that is looked at once."""
    return Population(obligation.n, obligation.clusters, obligation.largest) if obligation.looks else None


def looked_upper(subjects: Sequence[Outcomes], alpha: Fraction, planned: Population) -> float:
    """Upper bound of the rate; several subjects are averaged item by item. Outcomes in the order in which items were asked."""
    return _upper(_totals(subjects), sum(one.n for one in subjects[:1]), alpha, planned, whole=len(subjects) == 1)


def looked_lower(subjects: Sequence[Outcomes], alpha: Fraction, planned: Population) -> float:
    """Lower bound of the rate; see `looked_upper`."""
    missed = [Outcomes(one.items, one.clusters, tuple(not hit for hit in one.hits)) for one in subjects]
    return 1.0 - looked_upper(missed, alpha, planned)


def has_decided(facts: Sequence[EvidenceFact]) -> bool:
    """Whether a rate fact says anything: on which side of the limit the rate lies."""
    return any(isinstance(fact, RateFact) and (fact.low > 0 or fact.high < 1) for fact in facts)


def _totals(subjects: Sequence[Outcomes]) -> list[float]:
    """Hits of each cluster, in order of first appearance, averaged over the subjects."""
    totals: dict[str, int] = {}
    for one in subjects:
        for cluster, hit in zip(one.clusters, one.hits, strict=True):
            totals[cluster] = totals.get(cluster, 0) + hit
    return [total / len(subjects) for total in totals.values()]


def _upper(totals: Sequence[float], asked: int, alpha: Fraction, planned: Population, *, whole: bool) -> float:
    half = alpha / 2
    hits = total_upper([total / planned.largest for total in totals], planned.clusters, half) * planned.largest
    hits = min(hits, math.fsum(totals) + planned.items - asked)
    if whole:  # hits are counted
        hits = math.floor(hits + 1e-6)
        if planned.largest == 1:
            return clopper_pearson_upper(int(hits), planned.items, half)
    return total_rate_upper(hits, planned.items, planned.clusters, planned.largest, half)
