"""The studentised bootstrap of a ratio for many draws, from sums over resamples that are equal whoever makes them.

With r = s − m·n (s: a cluster's sum, n: its size, m: the ratio of all), the five columns r, n, r², r·n, n² give each
resample's ratio m + d, d = Σr / Σn, and the sum of its squared residuals, Σr² − 2d Σrn + d² Σn². What is resampled are the
columns rounded for exact sums (`exact_sums`), around their own ratio.
"""

from __future__ import annotations

import numpy as np

from .exact_sums import Floats, Totals, on_grid

ROUNDING = 1e-12  # an error of no more than this, beside numbers of size 1, is none
_AT_ONCE = 1 << 17  # replicates whose totals are held at once
_LOST = 2.0**-16
_LARGEST = 30  # the chance that a resample lacks all of so many is below 10⁻¹³


def columns_of(sums: Floats, sizes: Floats, point: float) -> tuple[Floats, Floats] | None:
    """The five columns on their grids, and the units; None where some clusters are so much larger than the rest that rounding
    would move n, r² or n² by more than 2⁻¹⁶ of what these sum to without the largest, which a resample may lack."""
    shift = sums - point * sizes
    columns = np.column_stack([shift, sizes, shift**2, shift * sizes, sizes**2])
    rounded, unit = on_grid(columns, len(columns))
    usual = len(columns) - min(_LARGEST, len(columns) // 2)
    kept = np.partition(columns, usual - 1, axis=0)[:usual].sum(axis=0)
    moved = np.abs(rounded - columns).sum(axis=0) > _LOST * kept
    return None if moved[[1, 2, 4]].any() else (rounded, unit)


def studentised(rounded: Floats, unit: Floats, point: float, resamples: int, totals: Totals) -> Floats:
    """(ratio − that of all) / linearised standard error of each resample; infinite where a resample has no error."""
    count = len(rounded)
    whole = rounded.sum(axis=0)
    found = np.empty(resamples)
    for start in range(0, resamples, _AT_ONCE):
        stop = min(start + _AT_ONCE, resamples)
        shift, size, squares, products, sizes = totals(rounded, range(start, stop)).T
        mean = shift / size
        residual = squares - 2 * mean * products + mean**2 * sizes
        least = count * (unit[2] + 2 * np.abs(mean) * unit[3] + mean**2 * unit[4])  # no more than rounding may have made
        error = np.sqrt(np.where(residual <= least, 0.0, residual) * (count / (count - 1))) / size
        found[start:stop] = in_errors(mean - whole[0] / whole[1], error, point + mean)
    return found


def in_errors(shift: Floats, error: Floats, mean: Floats) -> Floats:
    """Shifts of means, in their errors; where nothing varies but by rounding, a shift is infinitely many errors large."""
    flat = error <= ROUNDING * (np.abs(mean) + 1)
    ends = np.where(shift == 0, 0.0, np.copysign(np.inf, shift))
    return np.where(flat, ends, shift / np.where(flat, 1.0, error))
