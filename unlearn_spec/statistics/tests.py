"""Paired comparisons of two models on the same items: non-inferiority, equivalence, and tests of no difference.

Which interval for "new minus old", and why:

- few changes (fewer than 10 clusters that gained, or fewer than 10 that lost): `paired_difference_exact`, gains minus
  losses with a bound on each that holds at every sample size. Here score and bootstrap intervals miss up to four times
  as often as they should (`benchmarks/statistics_coverage.py`), and a retention verdict mostly rests on few changes;
- otherwise, independent items with 0/1 outcomes: Tango's score interval;
- otherwise, fewer than 50 clusters: the exact one again. It is up to twice as wide there; but where clusters differ in size
  and the largest, of which one or none was seen, are those that are lost, resampling misses eight times too often;
- otherwise: the cluster bootstrap-t at half of alpha, which needs no model of the dependence. It knows nothing of clusters
  that lose or gain more than any that was seen; the other half says how many of those there may be, and each is taken at
  its worst, as large as the largest. Without this, noise in ten clusters would hide that some authors are lost as a whole.

Non-inferiority at margin m is `interval.low > -m`; equivalence (two one-sided tests) is `interval.within(-m, m)`. As
everywhere here, `alpha` is the error probability of each side. Bad arguments raise `ValueError`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit

from . import binomial
from .binomial import Rate, zero_failure_upper
from .bounded import clustered_rate_lower, clustered_rate_upper
from .exact_sums import Many
from .intervals import Floats, Interval, bootstrap_t_reach, cluster_totals
from .levels import error_level

_EXACT_CLUSTERS = 12  # up to 2^12 sign patterns are enumerated
_FEW_CLUSTERS = 10  # fewer changed clusters than this, either way, are left to the exact interval
_RESAMPLED = 50  # and so are fewer clusters than this of several items
_FLIPS = 9999
_BATCH = 1024


def paired_difference_interval(
    old: ArrayLike, new: ArrayLike, clusters: Sequence[Hashable], alpha: Rate, *, seed: int, many: Many | None = None
) -> Interval:
    """Mean of new - old over items, both in [0, 1] and in the same item order; every item counts equally.

    The method is chosen as the module says and named in the result. `many`: as in `intervals.bootstrap_t_reach`.
    """
    before, after = _paired(old, new)
    exact = paired_difference_exact(old, new, clusters, alpha)
    difference = after - before
    gained = {cluster for cluster, change in zip(clusters, difference.tolist(), strict=True) if change > 0}
    lost = {cluster for cluster, change in zip(clusters, difference.tolist(), strict=True) if change < 0}
    if min(len(gained), len(lost)) < _FEW_CLUSTERS:
        return exact
    if len(set(clusters)) == before.size and np.isin(difference, (-1, 0, 1)).all():
        return tango_interval(len(gained), len(lost), before.size, alpha)
    sums, sizes = cluster_totals(difference, clusters)
    if sums.size < _RESAMPLED:
        return exact
    level = error_level(alpha) / 2
    below, above = bootstrap_t_reach(sums, sizes, level, seed, many)
    if not (math.isfinite(below) and math.isfinite(above)):
        return exact
    unseen = sums.size * zero_failure_upper(sums.size, level) / before.size  # clusters, an item
    below += unseen * (sizes.max() + sums.min())
    above += unseen * (sizes.max() - sums.max())
    return Interval(exact.point, float(max(-1.0, exact.point - below)), float(min(1.0, exact.point + above)), "bootstrap_t")


def paired_difference_exact(old: ArrayLike, new: ArrayLike, clusters: Sequence[Hashable], alpha: Rate) -> Interval:
    """Mean of new - old from bounds on the mean gain and the mean loss, each at alpha/2; valid at every sample size."""
    before, after = _paired(old, new)
    share = error_level(alpha) / 2
    gains: list[float] = np.maximum(after - before, 0).tolist()
    losses: list[float] = np.maximum(before - after, 0).tolist()
    return Interval(
        (math.fsum(gains) - math.fsum(losses)) / before.size,
        clustered_rate_lower(gains, clusters, share) - clustered_rate_upper(losses, clusters, share),
        clustered_rate_upper(gains, clusters, share) - clustered_rate_lower(losses, clusters, share),
        "exact_fallback",
    )


def tango_interval(gains: int, losses: int, n: int, alpha: Rate) -> Interval:
    """Difference of paired proportions, (gains - losses) / n, by the score interval of Tango 1998 (Stat. Med. 17).

    `gains` items went from 0 to 1, `losses` from 1 to 0, among `n` independent items. With no discordant item the
    bounds are ±z² / (n + z²).
    """
    if n < 1 or gains < 0 or losses < 0 or gains + losses > n:
        raise ValueError(f"expected gains + losses ≤ n, got {gains} + {losses} of {n}")
    z = -float(stdtrit(np.inf, error_level(alpha)))
    point = (gains - losses) / n

    def score(delta: float) -> float:
        """Squared score statistic for the null difference `delta`; grows with the distance from `point`."""
        b = (2 * n - gains + losses) * delta - gains - losses
        q = (math.sqrt(max(0.0, b * b + 8 * n * losses * delta * (1 - delta))) - b) / (4 * n)
        variance = n * (2 * q + delta * (1 - delta))
        distance = gains - losses - n * delta
        return math.inf if variance <= 0 else distance * distance / variance

    low = -1.0 if point == -1 else _crossing(score, point, -1.0, z * z)
    high = 1.0 if point == 1 else _crossing(score, point, 1.0, z * z)
    return Interval(point, low, high, "tango")


def mcnemar(gains: int, losses: int, alternative: Literal["two_sided", "gain", "loss"] = "two_sided") -> float:
    """Exact p-value of "a changed item is as likely a gain as a loss" (McNemar 1947, binomial form).

    1 when nothing changed.
    """
    if gains < 0 or losses < 0:
        raise ValueError("counts must not be negative")
    changed = gains + losses
    gain, loss = binomial.tail(gains, changed, 0.5), binomial.tail(losses, changed, 0.5)
    return {"two_sided": min(1.0, 2 * min(gain, loss)), "gain": gain, "loss": loss}[alternative]


def tost(estimate: float, standard_error: float, degrees_of_freedom: float, low: float, high: float) -> float:
    """p-value of two one-sided t-tests (Schuirmann 1987) for "the quantity lies strictly inside (low, high)"."""
    if not low < high or standard_error <= 0 or degrees_of_freedom <= 0:
        raise ValueError("need low < high, a positive standard error and positive degrees of freedom")
    above = stdtr(degrees_of_freedom, -(estimate - low) / standard_error)
    below = stdtr(degrees_of_freedom, -(high - estimate) / standard_error)
    return float(max(above, below))


def sign_flip(
    differences: ArrayLike,
    clusters: Sequence[Hashable],
    *,
    seed: int,
    alternative: Literal["two_sided", "greater", "less"] = "two_sided",
) -> float:
    """Permutation p-value of "paired differences are symmetric around 0", flipping the sign of whole clusters.

    Exact at every sample size under that hypothesis. All sign patterns for up to 12 clusters, otherwise 9,999 random
    ones (Philox with `seed`) plus the observed one (Phipson & Smyth 2010), so p is never 0.
    """
    values = np.asarray(differences, dtype=np.float64)
    if values.ndim != 1 or values.size == 0 or not np.isfinite(values).all():
        raise ValueError("need finite differences in one dimension")
    sums, _ = cluster_totals(values, clusters)
    observed = _statistic(np.asarray([sums.sum()]), alternative)[0]
    threshold = observed - 1e-9 * (np.abs(sums).sum() + 1e-300)  # equal sums must count as equal despite rounding
    if sums.size <= _EXACT_CLUSTERS:
        patterns = (np.arange(2**sums.size)[:, None] >> np.arange(sums.size)) & 1
        return float(np.mean(_statistic((1.0 - 2.0 * patterns) @ sums, alternative) >= threshold))
    generator = np.random.Generator(np.random.Philox(seed))
    reached = 1
    for start in range(0, _FLIPS, _BATCH):
        signs = 1.0 - 2.0 * generator.integers(0, 2, (min(_BATCH, _FLIPS - start), sums.size))
        reached += int((_statistic(signs @ sums, alternative) >= threshold).sum())
    return reached / (_FLIPS + 1)


def _statistic(totals: Floats, alternative: str) -> Floats:
    return {"two_sided": np.abs(totals), "greater": totals, "less": -totals}[alternative]


def _crossing(score: Callable[[float], float], inside: float, outside: float, target: float) -> float:
    """The point between `inside` (score below target) and `outside` where the score reaches the target."""
    for _ in range(80):
        middle = (inside + outside) / 2
        if score(middle) < target:
            inside = middle
        else:
            outside = middle
    return outside


def _paired(old: ArrayLike, new: ArrayLike) -> tuple[Floats, Floats]:
    before, after = np.asarray(old, dtype=np.float64), np.asarray(new, dtype=np.float64)
    if before.ndim != 1 or before.shape != after.shape or before.size == 0:
        raise ValueError("need two equally long, non-empty lists of outcomes of the same items")
    for values in (before, after):
        if not ((values >= 0) & (values <= 1)).all():
            raise ValueError("outcomes must lie between 0 and 1")
    return before, after
