"""One error for many tests: Holm, intersection–union. Standard library only."""

from __future__ import annotations

from collections.abc import Sequence

from .binomial import Rate


def holm(p_values: Sequence[float], alpha: Rate) -> tuple[bool, ...]:
    """Which hypotheses Holm 1979 rejects at family-wise error `alpha`, in the order given."""
    return tuple(adjusted <= alpha for adjusted in holm_adjusted(p_values))


def holm_adjusted(p_values: Sequence[float]) -> tuple[float, ...]:
    """Holm's adjusted p-values, in the order given: the smallest `alpha` at which each is rejected."""
    if not all(0 <= p <= 1 for p in p_values):
        raise ValueError("p-values must lie between 0 and 1")
    count = len(p_values)
    adjusted = [0.0] * count
    running = 0.0
    for rank, index in enumerate(sorted(range(count), key=lambda i: p_values[i])):
        running = max(running, min(1.0, (count - rank) * p_values[index]))
        adjusted[index] = running
    return tuple(adjusted)


def intersection_union(p_values: Sequence[float]) -> float:
    """p-value of "every one of these alternatives holds": the largest, with no correction (Berger 1982, Theorem 1).

    For "pass all" claims. To claim that *some* fail, or which, use `holm`.
    """
    if not p_values or not all(0 <= p <= 1 for p in p_values):
        raise ValueError("need p-values, all between 0 and 1")
    return max(p_values)
