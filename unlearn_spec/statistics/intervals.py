"""Confidence intervals for AUC, means of clustered items and proportions.

One convention: `alpha` is the error probability of *each side*. `low` and `high` are one-sided bounds at level
1 - alpha; used together they are a two-sided interval at level 1 - 2·alpha. For a two-sided interval at 1 - a pass
`alpha = a / 2`.

The AUC and mean intervals are approximate (coverage is simulated in the tests); where the approximation degenerates,
the interval says so in `method` and falls back to a bound that holds at every sample size. Bad arguments raise
`ValueError`.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit, stdtrit

from .binomial import Rate
from .bounded import bounded_mean_upper
from .exact_sums import Many
from .levels import error_level
from .resampled import ROUNDING, columns_of, in_errors, studentised

Floats = NDArray[np.float64]
Method = Literal["delong", "bootstrap_t", "bootstrap", "bca", "wilson", "tango", "dkw", "betting", "exact_fallback"]

_RESAMPLES = 4999
_BATCH = 256  # resamples held in memory at once,
_HELD = 1 << 22  # and clusters drawn in them


@dataclass(frozen=True)
class Interval:
    """An estimate between two bounds, each one-sided at `alpha`."""

    point: float
    low: float
    high: float
    method: Method
    """How the bounds were computed; `exact_fallback` where the usual method has no variance to work with."""

    def within(self, low: float, high: float) -> bool:
        """Whether both bounds lie strictly inside (low, high): two one-sided tests, each at `alpha`."""
        return low < self.low and self.high < high


def auc(positives: ArrayLike, negatives: ArrayLike) -> float:
    """P[positive score > negative score] + ½ P[equal], over all pairs; scores finite or ±∞, one dimension."""
    x, y = checked_scores(positives, "positive"), checked_scores(negatives, "negative")
    return float(placements(x, y).mean())


def auc_interval(
    positives: ArrayLike,
    negatives: ArrayLike,
    alpha: Rate,
    *,
    positive_clusters: Sequence[Hashable] | None = None,
    negative_clusters: Sequence[Hashable] | None = None,
) -> Interval:
    """AUC (ties ½) with bounds on the logit scale from DeLong's variance.

    Variance: DeLong, DeLong & Clarke-Pearson 1988; with clusters, Obuchowski 1997, which reduces to it for single
    items (a cluster may hold items of both classes). Logit scale and Student quantile with (smaller number of
    clusters - 1) degrees of freedom keep the bounds inside (0, 1) and honest for few items; near an AUC of 0.99 a
    bound can still miss one and a half times as often as `alpha`.

    With an AUC of 0 or 1, or no variance, the fallback uses k = min(number of clusters of each class) disjoint
    independent pairs: complete separation has probability at most AUC^k, so the bound is alpha^(1/k); otherwise
    Hoeffding's bound for two-sample U-statistics, √(ln(1/alpha) / 2k) (Hoeffding 1963, §5).
    """
    x, y = checked_scores(positives, "positive"), checked_scores(negatives, "negative")
    level = error_level(alpha)
    of_x = [("positive", i) for i in range(x.size)] if positive_clusters is None else list(positive_clusters)
    of_y = [("negative", i) for i in range(y.size)] if negative_clusters is None else list(negative_clusters)
    if len(of_x) != x.size or len(of_y) != y.size:
        raise ValueError("need one cluster name per score")
    above, below = placements(x, y), 1.0 - placements(y, x)
    point = float(above.mean())
    smaller = min(len(set(of_x)), len(set(of_y)))
    variance = obuchowski_variance(above - point, below - point, of_x, of_y)
    if not 0 < point < 1 or variance <= 0 or smaller < 2:
        return auc_free_interval(point, smaller, level)
    reach = float(stdtrit(smaller - 1, 1 - level)) * math.sqrt(variance) / (point * (1 - point))
    centre = float(logit(point))
    return Interval(point, float(expit(centre - reach)), float(expit(centre + reach)), "delong")


def auc_free_interval(point: float, pairs: int, alpha: Rate) -> Interval:
    """The fallback of `auc_interval`, for an estimate that holds `pairs` disjoint independent pairs of clusters."""
    level = error_level(alpha)
    reach = math.sqrt(-math.log(level) / (2 * pairs))
    low, high = max(0.0, point - reach), min(1.0, point + reach)
    if point == 1:
        low = max(low, level ** (1 / pairs))
    if point == 0:
        high = min(high, 1 - level ** (1 / pairs))
    return Interval(point, low, high, "exact_fallback")


def clustered_mean_interval(
    values: ArrayLike,
    clusters: Sequence[Hashable],
    alpha: Rate,
    *,
    seed: int,
    bounds: tuple[float, float],
) -> Interval:
    """Mean over items of values in `bounds`, by the studentised bootstrap that resamples whole clusters.

    Every item counts equally. Standard error: the linearised ratio estimator of cluster totals. The bootstrap-t
    (Efron & Tibshirani 1993, ch. 12.5; for clusters Cameron, Gelbach & Miller 2008) follows skewness, which plain
    percentiles do not. Draws come from Philox with `seed`, so the same arguments give the same interval; there are
    4,999 of them, more for small `alpha`, so that at least 50 lie beyond each bound.

    A bound that the resamples cannot give (no variation, or too few clusters that differ) is replaced by the
    distribution-free bound on cluster totals of `bounded`: valid at every sample size, and wide.
    """
    v = checked_values(values)
    lowest, highest = bounds
    if v.size == 0 or not (lowest < highest and lowest <= v.min() and v.max() <= highest):
        raise ValueError(f"need values, all within {bounds}")
    level = error_level(alpha)
    sums, sizes = cluster_totals(v, clusters)
    point = math.fsum(v) / v.size
    below, above = bootstrap_t_reach(sums, sizes, level, seed)
    approximate = math.isfinite(below) and math.isfinite(above)
    if not math.isfinite(below):
        below = point - free_mean_bound(sums, sizes, level, lowest, highest, upper=False)
    if not math.isfinite(above):
        above = free_mean_bound(sums, sizes, level, lowest, highest, upper=True) - point
    low, high = max(lowest, point - below), min(highest, point + above)
    return Interval(point, low, high, "bootstrap_t" if approximate else "exact_fallback")


def wilson(k: int, n: int, alpha: Rate) -> Interval:
    """Wilson's score interval for a proportion (Wilson 1927): for display; `binomial` has the guaranteed bounds."""
    if not 0 <= k <= n or n < 1:
        raise ValueError(f"expected 0 ≤ k ≤ n and n ≥ 1, got k = {k}, n = {n}")
    z = _normal_quantile(alpha)
    point = k / n
    centre = (point + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * math.sqrt(point * (1 - point) / n + z * z / (4 * n * n))
    return Interval(point, max(0.0, centre - reach) if k else 0.0, min(1.0, centre + reach) if k < n else 1.0, "wilson")


def placements(x: Floats, y: Floats) -> Floats:
    """For each x the share of y below it, ties counting ½."""
    ordered = np.sort(y)
    strictly, weakly = np.searchsorted(ordered, x, "left"), np.searchsorted(ordered, x, "right")
    return np.asarray((strictly + weakly) / (2 * y.size), dtype=np.float64)


def obuchowski_variance(above: Floats, below: Floats, of_x: Sequence[Hashable], of_y: Sequence[Hashable]) -> float:
    """Obuchowski 1997, eq. 3, from centred placements of positives (`above`) and negatives (`below`)."""
    totals_x, totals_y = _totals(above, of_x), _totals(below, of_y)
    m, n = above.size, below.size
    i10, i01, i = len(totals_x), len(totals_y), len(totals_x.keys() | totals_y.keys())
    if i10 < 2 or i01 < 2:
        return 0.0
    s10 = i10 / ((i10 - 1) * m) * math.fsum(t * t for t in totals_x.values())
    s01 = i01 / ((i01 - 1) * n) * math.fsum(t * t for t in totals_y.values())
    s11 = i / (i - 1) * math.fsum(totals_x[name] * totals_y[name] for name in totals_x.keys() & totals_y.keys())
    return s10 / m + s01 / n + 2 * s11 / (m * n)


def _totals(values: Floats, clusters: Sequence[Hashable]) -> dict[Hashable, float]:
    totals: dict[Hashable, float] = {}
    for cluster, value in zip(clusters, values.tolist(), strict=True):
        totals[cluster] = totals.get(cluster, 0.0) + value
    return totals


def cluster_totals(values: Floats, clusters: Sequence[Hashable]) -> tuple[Floats, Floats]:
    """Sum of values and number of items of each cluster, in order of first appearance."""
    if len(clusters) != values.size:
        raise ValueError(f"{values.size} items but {len(clusters)} cluster names")
    number: dict[Hashable, int] = {}
    index = np.asarray([number.setdefault(cluster, len(number)) for cluster in clusters], dtype=np.int64)
    sizes: Floats = np.bincount(index).astype(np.float64)
    return np.bincount(index, weights=values).astype(np.float64), sizes


def bootstrap_t_reach(
    sums: Floats, sizes: Floats, level: float, seed: int, many: Many | None = None
) -> tuple[float, float]:
    """Distances of lower and upper bound from the item mean; infinite where the resamples do not determine them.

    `sums` and `sizes`: cluster totals and item counts, shape (clusters,). Draws are those of `seed`, or of `many` where that
    is for so many and the sizes allow it (`resampled`).
    """
    count = sums.size
    (point,), (error,) = ratio_and_error(sums[None, :], sizes[None, :])
    if count < 2 or error <= ROUNDING * (abs(point) + 1):
        return math.inf, math.inf
    resamples = max(_RESAMPLES, math.ceil(50 / level) - 1)
    columns = columns_of(sums, sizes, point) if many is not None and resamples * count >= many.least else None
    if many is None or columns is None:
        drawn = _studentised(sums, sizes, point, resamples, seed)
    else:
        drawn = studentised(*columns, point, resamples, many.totals)
    drawn.sort()
    beyond = math.floor(level * (resamples + 1))
    return float(drawn[resamples - beyond] * error), float(-drawn[beyond - 1] * error)


def _studentised(sums: Floats, sizes: Floats, point: float, resamples: int, seed: int) -> Floats:
    """(mean − point) / standard error of each resample, drawn one after another from Philox with `seed`."""
    generator = np.random.Generator(np.random.Philox(seed))
    step = max(1, min(_BATCH, _HELD // sums.size))
    found = np.empty(resamples)
    for start in range(0, resamples, step):
        drawn = generator.integers(0, sums.size, (min(step, resamples - start), sums.size))
        means, errors = ratio_and_error(sums[drawn], sizes[drawn])
        found[start : start + step] = in_errors(means - point, errors, means)
    return found


def ratio_and_error(sums: Floats, sizes: Floats) -> tuple[Floats, Floats]:
    """Item mean and its linearised standard error, row by row; rows are samples of clusters."""
    count = sums.shape[1]
    total = sizes.sum(axis=1)
    mean = sums.sum(axis=1) / total
    residual = sums - mean[:, None] * sizes
    variance = (residual**2).sum(axis=1) * (count / max(count - 1, 1))
    return mean, np.sqrt(variance) / total


def free_mean_bound(sums: Floats, sizes: Floats, level: float, lowest: float, highest: float, *, upper: bool) -> float:
    """The bound of `bounded` on cluster totals, mapped from [0, 1] back to the values' own range."""
    shares = (sums - lowest * sizes) / (highest - lowest) / sizes.max()
    if not upper:
        shares = sizes / sizes.max() - shares
    padded = sizes.size * float(sizes.max()) / float(sizes.sum())
    reach = min(1.0, bounded_mean_upper(np.clip(shares, 0, 1).tolist(), level) * padded)
    return lowest + (highest - lowest) * (reach if upper else 1 - reach)


def checked_scores(values: ArrayLike, name: str) -> Floats:
    """Scores as float64 (n,), infinities allowed. Raises `ValueError` for none, NaN or another shape."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or array.size == 0 or np.isnan(array).any():
        raise ValueError(f"need at least one {name} score, in one dimension, none of them NaN")
    return array


def checked_values(values: ArrayLike) -> Floats:
    """Values as float64 (n,). Raises `ValueError` unless all are finite."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or not np.isfinite(array).all():
        raise ValueError("need finite values in one dimension")
    return array


def _normal_quantile(alpha: Rate) -> float:
    return float(-stdtrit(np.inf, error_level(alpha)))
