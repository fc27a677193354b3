"""Sums that are equal to the last bit, whoever adds and in whatever order, and where many resamples are summed so.

Sums of floats depend on their order, which differs between processors, cards and batches. So every number that is summed is
rounded beforehand to a multiple of 2ᵏ, with k such that no sum of as many of them can pass 2⁵³ of that unit: then every
addition is exact. Of N summands, a number moves by at most N · 2⁻⁵² of the largest one in its column.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Totals: TypeAlias = Callable[[Floats, range], Floats]
"""From numbers of shape (units, columns) and replicates to the column sums of each replicate's random sample of the units, or
under its random signs: shape (replicates, columns). What a replicate draws depends on its number alone."""
SubsetTotals: TypeAlias = Callable[[int, Floats, range], Floats]
"""From a size, numbers of shape (units, columns) and replicates to the column sums of each replicate's random subset of that
size: shape (replicates, columns)."""
Pairs: TypeAlias = Callable[[int, Floats, range], Floats]
"""From a size, a symmetric matrix of units and replicates to the sums over pairs of which both, and of which the first, lie in
each replicate's random subset of that size: shape (replicates, 2)."""


@dataclass(frozen=True)
class Many:
    """What sums resamples where they are many."""

    least: int
    """Draws in all from which `totals` makes them."""
    totals: Totals


@dataclass(frozen=True)
class ManyPairs:
    """What sums pairs under relabelling where they are many."""

    least: int
    """Pairs in all, over permutations, from which `pairs` sums them."""
    pairs: Pairs


def on_grid(values: Floats, summands: int) -> tuple[Floats, Floats]:
    """Values (n, columns) rounded so that sums of so many of a column are exact, and the columns' units."""
    _, exponent = np.frexp(summands * np.abs(values).max(axis=0))
    unit = np.ldexp(1.0, exponent - 52)  # half of what would fit: rounding may add half a unit to each value
    return np.rint(values / unit) * unit, unit
