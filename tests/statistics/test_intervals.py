"""AUC, clustered means and Wilson against definitions, libraries and limiting cases."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, norm, t
from sklearn.metrics import roc_auc_score

from unlearn_spec.statistics.intervals import (
    auc,
    auc_interval,
    clustered_mean_interval,
    wilson,
)

scores = st.lists(st.integers(-3, 3), min_size=1, max_size=15)


@given(scores, scores)
def test_auc_counts_pairs_with_ties_as_a_half(x: list[int], y: list[int]) -> None:
    pairs = [1.0 if a > b else 0.5 if a == b else 0.0 for a in x for b in y]
    assert auc(x, y) == pytest.approx(sum(pairs) / len(pairs))
    assert auc(y, x) == pytest.approx(1 - auc(x, y))
    assert auc(x, y) == pytest.approx(roc_auc_score([1] * len(x) + [0] * len(y), x + y))


@given(scores, scores, st.sampled_from([0.01, 0.05, 0.3]))
def test_auc_interval_holds_its_point_and_mirrors(x: list[int], y: list[int], alpha: float) -> None:
    there, back = auc_interval(x, y, alpha), auc_interval(y, x, alpha)
    assert 0 <= there.low <= there.point <= there.high <= 1
    assert (1 - back.high, 1 - back.low) == (pytest.approx(there.low), pytest.approx(there.high))


def test_auc_variance_is_delongs_from_the_definition() -> None:
    rng = np.random.default_rng(3)
    x, y = np.round(rng.normal(0.7, 1, 30), 1), np.round(rng.normal(0, 1, 25), 1)
    kernel = (x[:, None] > y) + 0.5 * (x[:, None] == y)
    area = kernel.mean()
    variance = kernel.mean(axis=1).var(ddof=1) / 30 + kernel.mean(axis=0).var(ddof=1) / 25
    reach = t.ppf(0.95, 24) * math.sqrt(variance) / (area * (1 - area))
    found = auc_interval(x, y, 0.05)
    assert found.method == "delong"
    assert math.log(found.high / (1 - found.high)) - math.log(area / (1 - area)) == pytest.approx(reach)


def test_single_item_clusters_change_nothing_and_duplicates_do_not_help() -> None:
    rng = np.random.default_rng(5)
    x, y = rng.normal(0.5, 1, 20), rng.normal(0, 1, 20)
    plain = auc_interval(x, y, 0.05)
    named = auc_interval(
        x, y, 0.05, positive_clusters=[f"p{i}" for i in range(20)], negative_clusters=[f"n{i}" for i in range(20)]
    )
    copied = auc_interval(
        np.repeat(x, 7),
        np.repeat(y, 7),
        0.05,
        positive_clusters=[f"p{i}" for i in range(20) for _ in range(7)],
        negative_clusters=[f"n{i}" for i in range(20) for _ in range(7)],
    )
    assert named == plain
    assert (copied.low, copied.high) == (pytest.approx(plain.low), pytest.approx(plain.high))


def test_pairs_in_one_cluster_narrow_the_auc_interval() -> None:
    """Scores of the same document before and after: the shared part cancels, as Obuchowski's covariance says."""
    rng = np.random.default_rng(6)
    shared = rng.normal(0, 3, 50)
    x, y = shared + rng.normal(1, 1, 50), shared + rng.normal(0, 1, 50)
    names = list(range(50))
    paired = auc_interval(x, y, 0.05, positive_clusters=names, negative_clusters=names)
    unpaired = auc_interval(x, y, 0.05)
    assert paired.high - paired.low < 0.7 * (unpaired.high - unpaired.low)


@pytest.mark.parametrize("n", [1, 5, 40])
def test_complete_separation_falls_back_to_the_exact_bound(n: int) -> None:
    found = auc_interval([1.0] * n, [0.0] * (n + 3), 0.05)
    assert (found.point, found.high, found.method) == (1.0, 1.0, "exact_fallback")
    assert found.low == pytest.approx(max(0.05 ** (1 / n), 1 - math.sqrt(math.log(20) / (2 * n))))


def test_scores_that_are_all_tied_say_little() -> None:
    found = auc_interval([0.0] * 50, [0.0] * 50, 0.05)
    assert (found.point, found.method) == (0.5, "exact_fallback")
    assert found.low == pytest.approx(0.5 - math.sqrt(math.log(20) / 100))
    assert not found.within(0.4, 0.6)


def test_infinite_scores_are_ordered_and_nan_is_refused() -> None:
    assert auc([math.inf, 0], [-math.inf, 0]) == 0.875
    for bad in ([], [math.nan], [[1.0]]):
        with pytest.raises(ValueError, match="score"):
            auc(bad, [1.0])
    with pytest.raises(ValueError, match="cluster name"):
        auc_interval([1, 2], [0, 1], 0.05, positive_clusters=["a"])


def test_clustered_mean_is_reproducible_and_weighs_items_equally() -> None:
    rng = np.random.default_rng(9)
    names = np.repeat(np.arange(40), rng.integers(1, 6, 40)).tolist()
    values = rng.random(len(names))
    first = clustered_mean_interval(values, names, 0.05, seed=4, bounds=(0, 1))
    assert first == clustered_mean_interval(values, names, 0.05, seed=4, bounds=(0, 1))
    assert first != clustered_mean_interval(values, names, 0.05, seed=5, bounds=(0, 1))
    assert first.point == pytest.approx(values.mean())
    assert first.low < first.point < first.high
    assert first.method == "bootstrap_t"


def test_clustered_mean_of_many_independent_items_is_the_t_interval() -> None:
    values = np.random.default_rng(2).normal(0.5, 0.1, 2000).clip(0, 1)
    found = clustered_mean_interval(values, range(2000), 0.05, seed=1, bounds=(0, 1))
    reach = norm.ppf(0.95) * values.std() / 2000**0.5
    assert (found.low, found.high) == (
        pytest.approx(values.mean() - reach, abs=reach / 10),
        pytest.approx(values.mean() + reach, abs=reach / 10),
    )


@pytest.mark.parametrize("value", [0.0, 1.0, 0.4])
def test_means_without_variation_get_the_distribution_free_bound(value: float) -> None:
    """The case in which percentile and BCa intervals collapse to zero width."""
    names = [item // 5 for item in range(100)]
    found = clustered_mean_interval([value] * 100, names, 0.05, seed=0, bounds=(0, 1))
    assert found.method == "exact_fallback"
    exact = 0.05 ** (1 / 20)  # 20 clusters, whatever their size
    if value == 0.0:
        assert (found.low, found.high) == (0.0, pytest.approx(1 - exact))
    elif value == 1.0:
        assert (found.low, found.high) == (pytest.approx(exact), 1.0)
    else:
        assert found.low < 0.3 and found.high > 0.5


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.floats(-2, 3), st.integers(0, 4)), min_size=1, max_size=25))
def test_clustered_mean_bounds_stay_in_range_and_scale(rows: list[tuple[float, int]]) -> None:
    values, names = [value for value, _ in rows], [name for _, name in rows]
    found = clustered_mean_interval(values, names, 0.05, seed=3, bounds=(-2, 3))
    assert -2 <= found.low <= found.point + 1e-9
    assert found.point - 1e-9 <= found.high <= 3


@pytest.mark.parametrize(("values", "bounds"), [([], (0, 1)), ([2.0], (0, 1)), ([0.5], (1, 0)), ([math.nan], (0, 1))])
def test_clustered_mean_refuses_what_it_cannot_bound(values: list[float], bounds: tuple[float, float]) -> None:
    with pytest.raises(ValueError):
        clustered_mean_interval(values, range(len(values)), 0.05, seed=0, bounds=bounds)


@given(st.integers(1, 500), st.floats(0, 1))
def test_wilson_agrees_with_scipy(n: int, share: float) -> None:
    k = round(share * n)
    reference = binomtest(k, n).proportion_ci(0.9, method="wilson")
    found = wilson(k, n, 0.05)
    assert (found.low, found.high) == (
        pytest.approx(reference.low, abs=1e-12),
        pytest.approx(reference.high, abs=1e-12),
    )
