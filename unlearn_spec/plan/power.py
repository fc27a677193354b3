"""Planned power of the tests, and the sample that would have enough. Standard library only.

Items that stand alone: exact. Clusters: the worst case is taken, in which all items of a cluster share one fate, and
the bounds are those of `statistics.bounded`, in which clusters are the draws.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Literal

from ..record import Record
from ..statistics.binomial import (
    Rate,
    cdf,
    power_certify,
    power_refute,
    samples_for_power_certify,
    samples_for_power_refute,
    tail,
)
from ..statistics.bounded import clustered_rate_lower, clustered_rate_upper
from ..statistics.power import normal_power, paired_noninferiority_power, smallest_n

ENOUGH = Fraction(4, 5)
"""Power below which finding nothing says nothing."""
DISCORDANT = 0.1
"""Share of items that are taken to change either way between two models, at least; for paired tests."""


def certifying_power(clusters: Sequence[str], limit: Rate, truth: Rate, alpha: Rate) -> float:
    """Chance that the upper bound at `alpha` is at most `limit` when the rate is `truth`; one cluster name an item."""
    sizes = sorted(Counter(clusters).values(), reverse=True)
    if not sizes:
        return 0.0
    if sizes[0] == 1:
        return power_certify(len(sizes), limit, truth, alpha)
    names, outcomes = _whole(sizes)

    def certifies(hit: int) -> bool:
        return clustered_rate_upper(outcomes(hit), names, alpha) <= limit

    if not certifies(0):
        return 0.0
    low, high = 0, len(sizes) + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if certifies(middle) else (low, middle)
    return cdf(low, len(sizes), truth)


def refuting_power(clusters: Sequence[str], limit: Rate, truth: Rate, alpha: Rate) -> float:
    """Chance that the lower bound at `alpha` exceeds `limit` when the rate is `truth`; one cluster name an item."""
    sizes = sorted(Counter(clusters).values())
    if not sizes or truth <= limit:
        return 0.0
    if sizes[-1] == 1:
        return power_refute(len(sizes), limit, truth, alpha)
    names, outcomes = _whole(sizes)

    def refutes(hit: int) -> bool:
        return clustered_rate_lower(outcomes(hit), names, alpha) > limit

    if not refutes(len(sizes)):
        return 0.0
    low, high = 0, len(sizes)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if refutes(middle) else (middle, high)
    return tail(high, len(sizes), truth)


class Power(Record):
    """Chance to conclude at the registered effect, what is concluded, and how many independent items would be enough."""

    value: float
    to: Literal["certify", "refute"]
    needed: int | None
    """The fewest items, each of its own cluster, with power 80%; None where no number has it."""


def power_fields(power: Power | None) -> dict[str, Any]:
    """The fields of an obligation that speak of its planned power."""
    if power is None:
        return {"power": None}
    return {"power": power.value, "power_to": power.to, "enough": power.needed}


def to_certify(clusters: Sequence[str], limit: Fraction, truth: Fraction, alpha: Fraction) -> Power:
    """Power to show "at most `limit`"."""
    needed = samples_for_power_certify(limit, truth, ENOUGH, alpha)
    return Power(certifying_power(clusters, limit, truth, alpha), "certify", needed)


def to_refute(clusters: Sequence[str], limit: Fraction, truth: Fraction, alpha: Fraction) -> Power:
    """Power to show "more than `limit`"."""
    needed = samples_for_power_refute(limit, truth, ENOUGH, alpha)
    return Power(refuting_power(clusters, limit, truth, alpha), "refute", needed)


def paired(pairs: int, margin: Fraction, fall: Fraction, alpha: Fraction) -> Power:
    """Power of the paired test against a margin when the true fall is `fall`: to show "at most the margin" if it is
    less, "more than the margin" otherwise. Normal approximation; `pairs` counts independent pairs."""

    def power(n: int) -> float:
        return _paired_power(n, float(margin), float(fall), float(alpha))

    needed = smallest_n(power, float(ENOUGH)) if fall != margin else None
    return Power(power(pairs), "certify" if fall < margin else "refute", needed)


def _paired_power(pairs: int, margin: float, fall: float, alpha: float) -> float:
    changed = min(1.0, max(DISCORDANT, fall))
    if pairs < 1 or fall == margin:
        return 0.0
    if fall < margin:
        return paired_noninferiority_power(pairs, margin, changed, alpha, difference=-fall)
    spread = changed - fall * fall
    if spread <= 0:  # every item fell
        return 1.0
    return normal_power(fall - margin, math.sqrt(spread / pairs), alpha)


class _Outcomes:
    """Items of clusters that are hit as a whole, the first ones first."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self._places = [index for index, size in enumerate(sizes) for _ in range(size)]

    def __call__(self, hit: int) -> list[float]:
        return [float(place < hit) for place in self._places]


def _whole(sizes: Sequence[int]) -> tuple[list[str], _Outcomes]:
    return [str(index) for index, size in enumerate(sizes) for _ in range(size)], _Outcomes(sizes)
