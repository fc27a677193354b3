"""Bootstrap intervals that resample whole clusters: BCa for means, and one for AUC. With guards.

The bootstrap learns the spread of an estimate from the sample, so it knows nothing where the sample shows no spread:
at 0 hits of n its interval has no width, though the rate may well be 3/n. Each function here says when it is valid, and
otherwise returns the distribution-free bound, with `exact_fallback` as its method.

As in `intervals`, `alpha` is the error probability of each side; draws come from Philox with `seed`. Bad arguments
raise `ValueError`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit
from scipy.stats import bootstrap

from .binomial import Rate
from .intervals import (
    Floats,
    Interval,
    auc_free_interval,
    checked_scores,
    checked_values,
    cluster_totals,
    free_mean_bound,
)
from .levels import error_level

BCA_CLUSTERS = 50
"""Fewest clusters for BCa: below, its two corrections are themselves too noisy."""
BCA_CHANGED = 10
"""Fewest clusters whose mean differs from the most common one: rarer events look like no spread at all."""
AUC_CLUSTERS = 20
"""Fewest clusters of each class for the bootstrap interval of an AUC."""

_RESAMPLES = 4999
_BATCH = 256


def bca_mean_interval(
    values: ArrayLike, clusters: Sequence[Hashable], alpha: Rate, *, seed: int, bounds: tuple[float, float]
) -> Interval:
    """Mean over items of values in `bounds` by the bias-corrected and accelerated bootstrap over clusters.

    Efron 1987, "Better bootstrap confidence intervals", §§3–6, as SciPy computes it, on the ratio of cluster sums to
    cluster sizes. Valid for at least `BCA_CLUSTERS` clusters of which `BCA_CHANGED` differ; else the distribution-free
    bound of `bounded`. For fewer or skewed clusters `intervals.clustered_mean_interval` is the better interval.
    """
    v = checked_values(values)
    lowest, highest = bounds
    if v.size == 0 or not (lowest < highest and lowest <= v.min() and v.max() <= highest):
        raise ValueError(f"need values, all within {bounds}")
    level = error_level(alpha)
    sums, sizes = cluster_totals(v, clusters)
    point = math.fsum(v) / v.size
    low, high = math.nan, math.nan
    if bca_is_valid(sums, sizes):
        found = bootstrap(
            (sums, sizes),
            _ratio,
            paired=True,
            vectorized=True,
            n_resamples=_resamples(level),
            batch=_BATCH,
            confidence_level=1 - 2 * level,
            method="BCa",
            rng=np.random.Generator(np.random.Philox(seed)),
        ).confidence_interval
        low, high = float(found.low), float(found.high)
    if not (math.isfinite(low) and math.isfinite(high)):
        low = free_mean_bound(sums, sizes, level, lowest, highest, upper=False)
        high = free_mean_bound(sums, sizes, level, lowest, highest, upper=True)
        return Interval(point, low, high, "exact_fallback")
    return Interval(point, low, high, "bca")


def bca_is_valid(sums: Floats, sizes: Floats) -> bool:
    """Whether cluster totals and item counts, both of shape (clusters,), show enough spread for BCa."""
    if sums.size < BCA_CLUSTERS:
        return False
    common = Counter(np.round(sums / sizes, 12).tolist()).most_common(1)[0][1]
    return bool(sums.size - common >= BCA_CHANGED)


def bootstrap_auc_interval(
    positives: ArrayLike,
    negatives: ArrayLike,
    alpha: Rate,
    *,
    seed: int,
    positive_clusters: Sequence[Hashable] | None = None,
    negative_clusters: Sequence[Hashable] | None = None,
) -> Interval:
    """AUC (ties ½) by the bootstrap: clusters drawn with replacement within strata.

    Each bound is the wider of the percentile and its mirror image on the logit scale (Davison & Hinkley 1997, §5.2):
    near an AUC of 1 the percentile's lower bound alone misses up to three times as often as `alpha`.

    The strata are clusters with positives only, with negatives only, and with both (Field & Welsh 2007 for the cluster
    bootstrap; Obuchowski & Lieber 1998 for AUC). Resampling is a product of multinomial weights with the matrix of
    pairs won between clusters, so its cost does not grow with the size of clusters. Valid for an AUC strictly between
    0 and 1 with at least `AUC_CLUSTERS` clusters of each class; else the fallback of `intervals.auc_interval`. Where
    both apply, `auc_interval` is as close to its level and narrower; this one does not rest on its variance formula.
    """
    x, y = checked_scores(positives, "positive"), checked_scores(negatives, "negative")
    level = error_level(alpha)
    of_x = [("positive", i) for i in range(x.size)] if positive_clusters is None else list(positive_clusters)
    of_y = [("negative", i) for i in range(y.size)] if negative_clusters is None else list(negative_clusters)
    if len(of_x) != x.size or len(of_y) != y.size:
        raise ValueError("need one cluster name per score")
    names = {name: place for place, name in enumerate(dict.fromkeys((*of_x, *of_y)))}
    at_x, at_y = np.asarray([names[n] for n in of_x]), np.asarray([names[n] for n in of_y])
    won = np.zeros((len(names), len(names)))
    np.add.at(won, (at_x[:, None], at_y[None, :]), (x[:, None] > y) + 0.5 * (x[:, None] == y))
    count_x, count_y = np.bincount(at_x, minlength=len(names)), np.bincount(at_y, minlength=len(names))
    point = float(won.sum() / (x.size * y.size))
    fewest = min(int((count_x > 0).sum()), int((count_y > 0).sum()))
    if not 0 < point < 1 or fewest < AUC_CLUSTERS:
        return auc_free_interval(point, fewest, level)
    strata = [
        np.flatnonzero((count_x > 0) & (count_y == 0)),
        np.flatnonzero((count_x == 0) & (count_y > 0)),
        np.flatnonzero((count_x > 0) & (count_y > 0)),
    ]
    generator = np.random.Generator(np.random.Philox(seed))
    drawn = []
    for start in range(0, _resamples(level), _BATCH):
        rows = min(_BATCH, _resamples(level) - start)
        weights = np.zeros((rows, len(names)))
        for stratum in strata:
            if stratum.size:
                drawn_names = generator.integers(0, stratum.size, (rows, stratum.size))
                cells = drawn_names + stratum.size * np.arange(rows)[:, None]
                counts = np.bincount(cells.ravel(), minlength=rows * stratum.size)
                weights[:, stratum] = counts.reshape(rows, stratum.size)
        pairs = (weights @ count_x) * (weights @ count_y)
        drawn.append(((weights @ won) * weights).sum(axis=1) / pairs)
    low, high = np.quantile(np.concatenate(drawn), [level, 1 - level])
    with np.errstate(divide="ignore"):
        mirrored = expit(2 * logit(point) - logit([high, low]))
    return Interval(point, min(float(low), float(mirrored[0])), max(float(high), float(mirrored[1])), "bootstrap")


def _ratio(sums: Floats, sizes: Floats, axis: int = -1) -> Floats:
    ratio: Floats = sums.sum(axis=axis) / sizes.sum(axis=axis)
    return ratio


def _resamples(level: float) -> int:
    """At least 50 resamples lie beyond each bound."""
    return max(_RESAMPLES, math.ceil(50 / level) - 1)
