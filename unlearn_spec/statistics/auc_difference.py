"""The difference of two AUCs measured on the same items, as when two models are attacked with one set of items."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from .binomial import Rate
from .intervals import Interval, auc_interval, checked_scores, obuchowski_variance, placements
from .levels import error_level


def auc_difference_interval(
    first: tuple[ArrayLike, ArrayLike],
    second: tuple[ArrayLike, ArrayLike],
    alpha: Rate,
    *,
    positive_clusters: Sequence[Hashable] | None = None,
    negative_clusters: Sequence[Hashable] | None = None,
) -> Interval:
    """AUC of `first` minus AUC of `second`, each (positive scores, negative scores) of the same items in one order.

    Both AUCs rise and fall with the same items, so the variance is that of the differences of placements: DeLong,
    DeLong & Clarke-Pearson 1988, eq. 5, with the contrast (1, −1); with clusters, Obuchowski 1997. Student quantile
    with (smaller number of clusters − 1) degrees of freedom. Without variance to work with, the two intervals of
    `auc_interval` at alpha / 2 are subtracted, which asks nothing of their dependence. Bounds in [−1, 1]. Raises
    `ValueError` for scores that do not match.
    """
    x1, y1 = checked_scores(first[0], "positive"), checked_scores(first[1], "negative")
    x2, y2 = checked_scores(second[0], "positive"), checked_scores(second[1], "negative")
    if x1.size != x2.size or y1.size != y2.size:
        raise ValueError("both models must have scored the same items")
    of_x = [("positive", i) for i in range(x1.size)] if positive_clusters is None else list(positive_clusters)
    of_y = [("negative", i) for i in range(y1.size)] if negative_clusters is None else list(negative_clusters)
    if len(of_x) != x1.size or len(of_y) != y1.size:
        raise ValueError("need one cluster name per score")
    level = error_level(alpha)
    above = placements(x1, y1) - placements(x2, y2)
    below = placements(y2, x2) - placements(y1, x1)
    point = float(above.mean())
    smaller = min(len(set(of_x)), len(set(of_y)))
    variance = obuchowski_variance(above - above.mean(), below - below.mean(), of_x, of_y)
    if variance <= 0 or smaller < 2:
        one, two = (
            auc_interval(x, y, level / 2, positive_clusters=positive_clusters, negative_clusters=negative_clusters)
            for x, y in ((x1, y1), (x2, y2))
        )
        return Interval(point, one.low - two.high, one.high - two.low, "exact_fallback")
    reach = float(stdtrit(smaller - 1, 1 - level)) * math.sqrt(variance)
    return Interval(point, float(np.maximum(point - reach, -1.0)), float(np.minimum(point + reach, 1.0)), "delong")
