"""Two one-sided t-tests for means: that two things differ by less than a margin, paired or not.

Schuirmann 1987, "A comparison of the two one-sided tests procedure and the power approach": equivalence at `alpha` when
p ≤ alpha; the same as a confidence interval at level 1 − 2·alpha inside the margin. That a difference was *not found* is
no evidence of equality; this is. Clusters count as the independent units. Bad arguments raise `ValueError`.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence

from numpy.typing import ArrayLike

from .intervals import checked_values, cluster_totals, ratio_and_error
from .tests import tost


def paired_tost(differences: ArrayLike, clusters: Sequence[Hashable], margin: float) -> float:
    """p-value for "the mean difference lies strictly within ±margin"; differences of the same items, any sign.

    Linearised standard error over clusters, (clusters − 1) degrees of freedom; with one item a cluster, the one-sample
    t-test. 1 when there is no variation to judge by.
    """
    point, error, count = _summary(differences, clusters)
    if count < 2 or error <= 0:
        return 1.0
    return tost(point, error, count - 1, -margin, margin)


def unpaired_tost(
    first: ArrayLike,
    second: ArrayLike,
    margin: float,
    *,
    first_clusters: Sequence[Hashable] | None = None,
    second_clusters: Sequence[Hashable] | None = None,
) -> float:
    """p-value for "mean(first) − mean(second) lies strictly within ±margin", two independent samples.

    Unequal variances allowed: Welch 1947, degrees of freedom by Satterthwaite 1946, clusters as units. 1 when there is
    no variation to judge by.
    """
    one, error_one, count_one = _summary(first, first_clusters)
    two, error_two, count_two = _summary(second, second_clusters)
    square = error_one**2 + error_two**2
    if min(count_one, count_two) < 2 or square <= 0:
        return 1.0
    freedom = square**2 / (error_one**4 / (count_one - 1) + error_two**4 / (count_two - 1))
    return tost(one - two, math.sqrt(square), freedom, -margin, margin)


def _summary(values: ArrayLike, clusters: Sequence[Hashable] | None) -> tuple[float, float, int]:
    """Mean over items, its standard error over clusters, number of clusters."""
    v = checked_values(values)
    if v.size == 0:
        raise ValueError("need at least one value")
    sums, sizes = cluster_totals(v, range(v.size) if clusters is None else clusters)
    (mean,), (error,) = ratio_and_error(sums[None, :], sizes[None, :])
    rounding = 1e-12 * (abs(float(mean)) + 1)
    return float(mean), float(error) if error > rounding else 0.0, sums.size
