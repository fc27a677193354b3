"""The tests in matrix form equal the naive ones that pick and average anew for every permutation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from unlearn_spec.gpu import pairwise
from unlearn_spec.gpu.pairwise import (
    auc_max_test,
    aucs,
    distances,
    energy_statistic,
    energy_test,
    gaussian,
    mmd_statistic,
)
from unlearn_spec.gpu.resample import Key, key, subsets
from unlearn_spec.statistics.intervals import auc

Library = Callable[[np.ndarray], Any]
libraries = pytest.mark.parametrize("library", [np.asarray, torch.from_numpy], ids=["numpy", "torch"])
"""Tensors on the CPU go the way that tensors on a card go."""


def drawn(seed: int, items: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Points, some of them equal, and arrangements with unequal sample sizes."""
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(items, width)).round(1)
    first = rng.random((items, 6)) < 0.4
    first[0], first[1] = True, False
    return points, first


def naive_energy(points: np.ndarray, first: np.ndarray) -> float:
    def mean(left: np.ndarray, right: np.ndarray) -> float:
        return float(np.mean([[np.linalg.norm(a - b) for b in right] for a in left]))

    x, y = points[first], points[~first]
    return 2 * mean(x, y) - mean(x, x) - mean(y, y)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), items=st.integers(2, 12), width=st.integers(1, 3))
@libraries
def test_energy_distances_equal_those_of_picked_pairs(library: Library, seed: int, items: int, width: int) -> None:
    points, first = drawn(seed, items, width)
    found = np.asarray(energy_statistic(distances(library(points)), library(first)))
    np.testing.assert_allclose(found, [naive_energy(points, column) for column in first.T], atol=1e-9)
    assert (found > -1e-9).all()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), items=st.integers(3, 12))
@libraries
def test_discrepancies_equal_those_of_picked_submatrices(library: Library, seed: int, items: int) -> None:
    points, first = drawn(seed, items, 2)
    taken = gaussian(distances(library(points)), 0.7)
    kernel = np.asarray(taken)
    wanted = [
        kernel[column][:, column].mean() + kernel[~column][:, ~column].mean() - 2 * kernel[column][:, ~column].mean()
        for column in first.T
    ]
    np.testing.assert_allclose(np.asarray(mmd_statistic(taken, library(first))), wanted, atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), items=st.integers(2, 30), scores=st.integers(1, 3))
@libraries
def test_aucs_equal_those_of_others(library: Library, seed: int, items: int, scores: int) -> None:
    points, first = drawn(seed, items, scores)
    found = np.asarray(aucs(points.T, library(first)))
    for row, values in enumerate(points.T):
        for column, inside in enumerate(first.T):
            assert found[row, column] == pytest.approx(auc(values[inside], values[~inside]))
            assert found[row, column] == pytest.approx(roc_auc_score(inside, values))


def clustered(seed: int, shift: float) -> tuple[np.ndarray, list[bool], list[int]]:
    """Twelve clusters of one to four points that share an effect; half of them shifted."""
    rng = np.random.default_rng(seed)
    clusters = [cluster for cluster in range(12) for _ in range(rng.integers(1, 5))]
    first = [cluster % 2 == 0 for cluster in clusters]
    effect = rng.normal(size=(12, 2))[clusters]
    return effect + rng.normal(size=effect.shape) / 4 + shift * np.array(first)[:, None], first, clusters


def test_tensors_give_the_p_values_of_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    points, first, clusters = clustered(7, 0.5)
    wanted = [test(values, first, clusters, key(2), permutations=700) for test, values in both(points)]
    monkeypatch.setattr(pairwise, "_there", lambda array, _: torch.from_numpy(array))
    drawn_here = pairwise._arrangements
    monkeypatch.setattr(pairwise, "_arrangements", lambda *given: map(torch.from_numpy, drawn_here(*given)))
    found = [test(values, first, clusters, key(2), permutations=700) for test, values in both(points)]
    assert [result.p_value for result in (found[0], wanted[0])] == [wanted[0].p_value] * 2
    assert found[0].statistic == pytest.approx(wanted[0].statistic) and found[1] == wanted[1]


def both(points: np.ndarray) -> tuple[Any, ...]:
    return (energy_test, points), (auc_max_test, points.T)


def test_p_values_equal_those_of_reindexing() -> None:
    points, first, clusters = clustered(3, 0.8)
    secret, count = key("naive"), 200
    chosen = subsets(secret, 6, 12, range(count))[clusters]
    scale = np.abs(points).max()

    observed = naive_energy(points, np.array(first))
    reached = sum(naive_energy(points, column) >= observed - 1e-9 * scale for column in chosen.T)
    found = energy_test(points, first, clusters, secret, permutations=count)
    assert found.statistic == pytest.approx(observed)
    assert found.p_value == (reached + 1) / (count + 1)

    def far(column: np.ndarray) -> list[float]:
        return [abs(auc(values[column], values[~column]) - 0.5) for values in points.T]

    largest = [max(far(column)) for column in chosen.T]
    wanted = [(1 + sum(other >= mine - 1e-9 for other in largest)) / (count + 1) for mine in far(np.array(first))]
    assert auc_max_test(points.T, first, clusters, secret, permutations=count).p_values == pytest.approx(wanted)


@pytest.mark.parametrize("test", ["energy", "auc"])
def test_without_a_difference_small_p_values_are_as_rare_as_they_say(test: str) -> None:
    small = 0
    for seed in range(300):
        points, first, clusters = clustered(seed, 0.0)
        secret = Key(seed, 0)
        if test == "energy":
            p = energy_test(points, first, clusters, secret, permutations=99).p_value
        else:
            p = min(auc_max_test(points.T, first, clusters, secret, permutations=99).p_values)
        small += p <= 0.1
    assert small <= 52  # P[Bin(300, 0.1) > 52] < 5e-5; with items taken for independent, more than 130 are


def test_a_difference_in_spread_alone_is_seen_by_energy_and_not_by_auc() -> None:
    middle = np.linspace(-2, 2, 150)[:, None]
    points = np.concatenate([middle, 3 * middle])
    first, alone = [True] * 150 + [False] * 150, list(range(300))
    assert energy_test(points, first, alone, key(0), permutations=499).p_value == 1 / 500
    assert auc_max_test(points.T, first, alone, key(0), permutations=499).p_values[0] > 0.9


def test_looking_at_more_scores_costs_something_and_copies_cost_nothing() -> None:
    points, first, clusters = clustered(5, 1.0)
    one = auc_max_test(points.T[:1], first, clusters, key(1), permutations=999).p_values[0]
    twice = auc_max_test(points.T[[0, 0]], first, clusters, key(1), permutations=999).p_values
    both = auc_max_test(points.T, first, clusters, key(1), permutations=999).p_values[0]
    assert twice == (one, one)
    assert both >= one


def test_the_median_distance_is_the_bandwidth() -> None:
    distance = distances(np.array([[0.0], [1.0], [4.0]]))  # 1, 3, 4
    np.testing.assert_allclose(gaussian(distance), gaussian(distance, 3.0))
    with pytest.raises(ValueError, match="bandwidth is positive"):
        gaussian(np.zeros((3, 3)))


@pytest.mark.parametrize(
    ("first", "clusters", "message"),
    [
        ([True, True], [0, 1], "neither of them empty"),
        ([True, False, False], [0, 0, 1], "both samples"),
    ],
)
def test_designs_that_permute_nothing_are_refused(first: list[bool], clusters: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        energy_test(np.zeros((len(first), 1)), first, clusters, key(0))


def test_values_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="finite points"):
        energy_test(np.array([[np.nan], [1.0]]), [True, False], [0, 1], key(0))
    with pytest.raises(ValueError, match="scores that are numbers"):
        auc_max_test(np.array([[np.nan, 1.0]]), [True, False], [0, 1], key(0))
