"""Bands around distribution functions: known widths, every threshold at once, and clusters that move together."""

from __future__ import annotations

import numpy as np
import pytest

from unlearn_spec.statistics.bands import clustered_dkw_half_width, dkw_half_width, exceedance_interval


def test_dkw_matches_the_known_widths_and_covers_every_threshold() -> None:
    for n, width in ((40, 0.215), (200, 0.096), (400, 0.068)):
        assert dkw_half_width(n, 0.025) == pytest.approx(width, abs=5e-4)
    rng = np.random.default_rng(12)
    thresholds = np.linspace(0.05, 0.95, 19)
    missed = 0
    for _ in range(200):
        sample = rng.random(30)
        intervals = [exceedance_interval(sample, float(threshold), 0.05) for threshold in thresholds]
        missed += any(interval.high < 1 - threshold for interval, threshold in zip(intervals, thresholds, strict=True))
    assert missed <= 200 * 0.05 + 3 * (200 * 0.05 * 0.95) ** 0.5


@pytest.mark.parametrize("alpha", [0.001, 0.05, 0.4])
def test_clusters_cost_a_constant_factor(alpha: float) -> None:
    ratios = [clustered_dkw_half_width(n, alpha) / dkw_half_width(n, alpha) for n in (100, 10_000)]
    assert ratios[0] == pytest.approx(ratios[1])
    assert 1 < ratios[0] < 2


def test_a_clustered_band_covers_wherever_clusters_stand() -> None:
    rng, alpha, thresholds, missed = np.random.default_rng(3), 0.05, np.linspace(0.05, 0.95, 19), 0
    for _ in range(300):
        values = np.repeat(rng.random(30), 5)  # within a cluster all alike: 30 values, not 150
        found = [exceedance_interval(values, float(at), alpha, np.repeat(range(30), 5)) for at in thresholds]
        missed += any(one.high < 1 - at for one, at in zip(found, thresholds, strict=True))
    assert missed <= 300 * alpha + 3 * (300 * alpha * (1 - alpha)) ** 0.5


def test_every_cluster_counts_alike_however_large() -> None:
    found = exceedance_interval([1, 0, 0, 0, 0], 0.5, 0.05, ["a", "b", "b", "b", "b"])
    assert found.point == 0.5


def test_single_values_are_clusters_of_their_own() -> None:
    values = [0.1, 0.7, 0.9, 0.3]
    assert exceedance_interval(values, 0.5, 0.05, list("abcd")) == exceedance_interval(values, 0.5, 0.05)


def test_names_must_fit_the_values() -> None:
    with pytest.raises(ValueError, match="2 values but 1 cluster names"):
        exceedance_interval([0.1, 0.2], 0.5, 0.05, ["a"])
