"""What a guarantee for one unit gives a group of them: with every unit that is left out, closeness loosens."""

from __future__ import annotations

from fractions import Fraction

from .exponential import exp_bounds


def for_group(epsilon: Fraction, delta: Fraction, units: int) -> tuple[Fraction, Fraction]:
    """(ε, δ) for `units` ≥ 1 units of which each alone is covered by (ε, δ): (kε, k·e^((k−1)ε)·δ), e^x rounded down.

    ε: Dwork & Roth 2014, Theorem 2.2. δ: the k steps of that proof add δ·(1 + e^ε + … + e^((k−1)ε)), at most k times
    the last term (Vadhan 2017, Lemma 2.2, with the slightly larger k·e^(kε)). Needs (k−1)·ε ≤ 50.
    """
    return units * epsilon, units * exp_bounds((units - 1) * epsilon)[0] * delta


def most_units(each: tuple[Fraction, Fraction], limit: tuple[Fraction, Fraction]) -> int | None:
    """The largest group for which (ε, δ) of each unit stays within a limit of ε ≤ 50; None if there is no largest.

    Rounded so that rather one unit too many is taken as covered than a certificate called impossible that exists.
    """
    (epsilon, delta), (most, failing) = each, limit

    if epsilon == 0:
        return None if delta == 0 else int(failing / delta)
    low, high = 0, int(most / epsilon) + 1  # so many units are too many for ε alone
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if for_group(epsilon, delta, middle)[1] <= failing else (low, middle)
    return low
