"""BCa, bootstrap AUC and the difference of AUCs against SciPy, brute force and each other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit
from scipy.stats import bootstrap, t

from unlearn_spec.statistics.auc_difference import auc_difference_interval
from unlearn_spec.statistics.binomial import zero_failure_upper
from unlearn_spec.statistics.bootstrap import BCA_CLUSTERS, bca_mean_interval, bootstrap_auc_interval
from unlearn_spec.statistics.intervals import auc, auc_interval


def test_bca_of_independent_items_is_scipys() -> None:
    values = np.random.default_rng(1).beta(1, 3, 80)
    found = bca_mean_interval(values, range(80), 0.05, seed=2, bounds=(0, 1))
    reference = bootstrap(
        (values,), np.mean, n_resamples=20_000, confidence_level=0.9, method="BCa", rng=np.random.default_rng(3)
    ).confidence_interval
    assert found.method == "bca"
    assert (found.low, found.high) == (
        pytest.approx(reference.low, abs=0.004),
        pytest.approx(reference.high, abs=0.004),
    )
    assert found == bca_mean_interval(values, range(80), 0.05, seed=2, bounds=(0, 1))


@pytest.mark.parametrize("hits", [0, 1, 9])
def test_bca_is_refused_where_the_sample_shows_no_spread(hits: int) -> None:
    """0 of n is the usual outcome of a good model: SciPy's interval there is undefined or has no width."""
    found = bca_mean_interval([1.0] * hits + [0.0] * (100 - hits), range(100), 0.05, seed=0, bounds=(0, 1))
    assert found.method == "exact_fallback"
    assert found.high >= zero_failure_upper(100, 0.05)


def test_bca_counts_clusters_not_items() -> None:
    values = np.random.default_rng(4).random(60)
    few = bca_mean_interval(np.repeat(values[: BCA_CLUSTERS - 1], 9), np.repeat(range(BCA_CLUSTERS - 1), 9).tolist(),
                            0.05, seed=0, bounds=(0, 1))  # fmt: skip
    assert few.method == "exact_fallback"
    once = bca_mean_interval(values, range(60), 0.05, seed=0, bounds=(0, 1))
    copied = bca_mean_interval(np.repeat(values, 5), np.repeat(range(60), 5).tolist(), 0.05, seed=0, bounds=(0, 1))
    assert (copied.low, copied.high) == (pytest.approx(once.low), pytest.approx(once.high))
    with pytest.raises(ValueError, match="within"):
        bca_mean_interval([2.0], [0], 0.05, seed=0, bounds=(0, 1))


def test_bootstrap_auc_is_resampling_of_items() -> None:
    rng = np.random.default_rng(5)
    x, y = np.round(rng.normal(0.8, 1, 40), 1), np.round(rng.normal(0, 1, 30), 1)
    found = bootstrap_auc_interval(x, y, 0.05, seed=6)
    drawn = [auc(rng.choice(x, 40), rng.choice(y, 30)) for _ in range(3000)]
    assert found.point == pytest.approx(auc(x, y))
    assert found.method == "bootstrap"
    low, high = np.quantile(drawn, [0.05, 0.95])
    mirrored = expit(2 * logit(found.point) - logit([high, low]))
    assert (found.low, found.high) == (
        pytest.approx(min(low, mirrored[0]), abs=0.012),
        pytest.approx(max(high, mirrored[1]), abs=0.012),
    )


def test_bootstrap_auc_of_pairs_in_one_cluster_resamples_pairs() -> None:
    rng = np.random.default_rng(7)
    common = rng.normal(0, 3, 40)
    x, y = common + rng.normal(1, 1, 40), common + rng.normal(0, 1, 40)
    paired = bootstrap_auc_interval(x, y, 0.05, seed=1, positive_clusters=range(40), negative_clusters=range(40))
    delong = auc_interval(x, y, 0.05, positive_clusters=range(40), negative_clusters=range(40))
    unpaired = bootstrap_auc_interval(x, y, 0.05, seed=1)
    assert paired.high - paired.low < 0.7 * (unpaired.high - unpaired.low)
    assert (paired.low, paired.high) == (pytest.approx(delong.low, abs=0.02), pytest.approx(delong.high, abs=0.02))


@pytest.mark.parametrize("n", [5, 40])
def test_bootstrap_auc_falls_back_like_delong(n: int) -> None:
    assert bootstrap_auc_interval([1.0] * n, [0.0] * n, 0.05, seed=0) == auc_interval([1.0] * n, [0.0] * n, 0.05)


def test_auc_difference_has_delongs_covariance() -> None:
    rng = np.random.default_rng(8)
    x, y = rng.normal(0.5, 1, (2, 30)), rng.normal(0, 1, (2, 25))
    kernels = [(x[i][:, None] > y[i]) + 0.5 * (x[i][:, None] == y[i]) for i in (0, 1)]
    s10 = np.cov([k.mean(axis=1) for k in kernels])
    s01 = np.cov([k.mean(axis=0) for k in kernels])
    contrast = np.array([1, -1])
    variance = contrast @ (s10 / 30 + s01 / 25) @ contrast
    found = auc_difference_interval((x[0], y[0]), (x[1], y[1]), 0.05)
    assert found.point == pytest.approx(kernels[0].mean() - kernels[1].mean())
    assert found.high - found.point == pytest.approx(t.ppf(0.95, 24) * variance**0.5)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 4)] * 4), min_size=1, max_size=12))
def test_auc_differences_mirror_and_contain_their_point(rows: list[tuple[int, int, int, int]]) -> None:
    a, b, c, d = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    there, back = auc_difference_interval((a, b), (c, d), 0.05), auc_difference_interval((c, d), (a, b), 0.05)
    assert -1 <= there.low <= there.point + 1e-12 and there.point - 1e-12 <= there.high <= 1
    assert (there.low, there.high) == (pytest.approx(-back.high), pytest.approx(-back.low))


def test_a_model_against_itself_differs_by_nothing_known() -> None:
    x, y = np.arange(20.0), np.arange(5.0, 25.0)
    found = auc_difference_interval((x, y), (x, y), 0.05)
    assert (found.point, found.method) == (0.0, "exact_fallback")
    assert found.low < -0.1 and found.high > 0.1
    with pytest.raises(ValueError, match="same items"):
        auc_difference_interval((x, y), (x[1:], y), 0.05)
