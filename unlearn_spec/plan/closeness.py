"""What (ε, δ)-closeness leaves likely: arithmetic that the plan and the verdict share, rounded so that nothing is refuted too soon.

Closeness bounds every event of a run: P[event] ≤ e^ε · P[event without the target] + δ (Dwork & Roth 2014, definition
2.4). M independent runs are together (Mε, Mδ)-close to as many retrainings (ibid., theorem 3.16).
"""

from __future__ import annotations

import math
from fractions import Fraction

from ..logic.axioms.closeness import membership_bound
from ..logic.exponential import exp_bounds
from ..policy.clauses import Closeness
from ..statistics.binomial import ceil_decimal, clopper_pearson_lower, clopper_pearson_upper, floor_decimal

_LARGEST = Fraction(50)
"""Of an exponent; beyond it nothing is shown."""
_STEP = Fraction(1, 10**9)


def run_bounds(
    hits: int, runs: int, reference_hits: int, references: int, alpha: Fraction
) -> tuple[Fraction, Fraction]:
    """(at least so often does a run of the process show the event, at most so often does a retraining), half of α each."""
    low = floor_decimal(clopper_pearson_lower(hits, runs, alpha / 2))
    return low, ceil_decimal(clopper_pearson_upper(reference_hits, references, alpha / 2))


def allowed_share(limit: Closeness, reference: Fraction) -> Fraction:
    """The highest probability that closeness leaves to an event which a retraining shows with this one."""
    if limit.epsilon > _LARGEST:
        return Fraction(1)
    return membership_bound(limit.epsilon, limit.delta, reference)


def fewest_runs(
    runs: int, references: int, limit: Closeness, alpha: Fraction, reference_hits: int = 0
) -> int | None:
    """The smallest number of runs with the event that refutes the limit; None where not even all of them would."""
    for hits in range(runs + 1):
        low, high = run_bounds(hits, runs, reference_hits, references, alpha)
        if low > allowed_share(limit, high):
            return hits
    return None


def runs_enough(limit: Closeness, alpha: Fraction, references: int | None = None) -> int | None:
    """The fewest runs, up to 1,000, that could refute the limit at all, beside so many references or as many of them."""

    def enough(runs: int) -> bool:
        low, high = run_bounds(runs, runs, 0, references or runs, alpha)
        return low > allowed_share(limit, high)

    return next((runs for runs in range(1, 1001) if enough(runs)), None)


def refutes(chance: float, times: int, limit: Closeness, alpha: Fraction) -> bool:
    """Whether an event of `times` runs, which without the target has at most this chance, refutes the limit at α."""
    exponent = times * limit.epsilon
    if exponent > _LARGEST:
        return False
    return exp_bounds(exponent)[1] * Fraction(chance) + times * limit.delta < alpha


def largest_refuted(chance: float, times: int, limit: Closeness, alpha: Fraction) -> Fraction | None:
    """The largest ε that such an event excludes together with the limit's δ, rounded down to 9 decimals; None if none."""
    if not refutes(chance, times, Closeness(epsilon=Fraction(0), delta=limit.delta), alpha):
        return None
    room = float(alpha - times * limit.delta)
    found = min(_LARGEST, Fraction(math.log(room / max(chance, 1e-300)))) / times
    rounded = max(Fraction(0), Fraction(math.floor(found / _STEP)) * _STEP)
    while rounded and not refutes(chance, times, Closeness(epsilon=rounded, delta=limit.delta), alpha):
        rounded = max(Fraction(0), rounded - _STEP)
    return max(rounded, limit.epsilon) if refutes(chance, times, limit, alpha) else rounded
