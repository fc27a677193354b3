"""Permutation tests of models against SciPy's, brute force, and the numbers that identical ensembles give."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy, norm, permutation_test

from unlearn_spec.statistics.ensembles import compare_ensembles, energy_split, klom, mmd_split, outlier_p
from unlearn_spec.statistics.permutation import (
    label_permutation,
    rank_p,
    rank_power,
    references_needed,
    smallest_p,
)


def test_relabelling_equals_scipys_exact_permutation_test() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(0.8, 1, 6), rng.normal(0, 1, 5)
    pooled = np.concatenate([x, y])
    found = label_permutation(lambda a, b: float(pooled[a].mean() - pooled[b].mean()), 6, 5, seed=0)
    reference = permutation_test(
        (x, y), lambda a, b: a.mean() - b.mean(), alternative="greater", n_resamples=math.inf, vectorized=False
    )
    assert found.p_value == pytest.approx(reference.pvalue)
    assert found.smallest_p == pytest.approx(smallest_p(6, 5))


def test_many_models_are_sampled_and_p_is_never_zero() -> None:
    found = label_permutation(lambda a, b: float(a.sum() < b.sum()), 12, 12, seed=0)
    assert found.p_value >= 1e-4
    far = np.arange(24.0)
    assert label_permutation(lambda a, b: float(far[b].mean() - far[a].mean()), 12, 12, seed=0).p_value == 1e-4


def test_what_few_models_can_show() -> None:
    assert [round(smallest_p(n, n), 3) for n in (3, 4, 5)] == [0.05, 0.014, 0.004]
    assert (references_needed(0.05), references_needed(0.01), references_needed(0.05, audited=3)) == (19, 99, 3)
    assert rank_p(5.0, [1.0, 2.0, 3.0, 4.0]) == 0.2
    assert rank_p(5.0, [5.0, 2.0]) == pytest.approx(2 / 3)
    with pytest.raises(ValueError):
        rank_p(1.0, [])


def test_power_of_a_rank_is_its_level_without_a_shift_and_simulation_with_one() -> None:
    assert rank_power(19, 0.0, 0.05) == pytest.approx(0.05, abs=1e-6)
    assert rank_power(39, 0.0, 0.05) == pytest.approx(0.05, abs=1e-6)
    assert rank_power(18, 9.0, 0.05) == 0.0, "18 references cannot reach 5 %"
    generator = np.random.Generator(np.random.Philox(3))
    others = generator.normal(size=(4000, 19)).max(axis=1)
    simulated = float((generator.normal(2.5, 1, 4000) > others).mean())
    assert rank_power(19, 2.5, 0.05) == pytest.approx(simulated, abs=0.03)


def test_mmd_and_energy_are_their_definitions() -> None:
    pooled = np.random.default_rng(2).normal(size=(9, 3))
    a, b = np.arange(4), np.arange(4, 9)
    distance = np.array([[float(np.linalg.norm(p - q)) for q in pooled] for p in pooled])
    width = np.median([distance[i, j] for i, j in combinations(range(9), 2)])
    kernel = np.exp(-(distance**2) / (2 * width**2))

    def inside(matrix: np.ndarray, group: np.ndarray) -> float:
        return float(np.mean([matrix[i, j] for i in group for j in group if i != j]))

    def across(matrix: np.ndarray) -> float:
        return float(np.mean([matrix[i, j] for i in a for j in b]))

    assert mmd_split(pooled)(a, b) == pytest.approx(inside(kernel, a) + inside(kernel, b) - 2 * across(kernel))
    assert energy_split(pooled)(a, b) == pytest.approx(2 * across(distance) - inside(distance, a) - inside(distance, b))


@pytest.mark.parametrize(("models", "mean"), [(5, 8.0), (20, 3.0), (100, 0.35)])
def test_klom_of_identical_ensembles_is_far_from_zero(models: int, mean: float) -> None:
    """Why raw values must not be judged: the null of the published definition."""
    rng = np.random.default_rng(models)
    null = klom(rng.normal(size=(models, 400)), rng.normal(size=(models, 400)))
    assert float(null.mean()) == pytest.approx(mean, rel=0.12)


@given(st.lists(st.tuples(st.floats(-300, 300), st.floats(-300, 300)), min_size=2, max_size=12))
def test_klom_is_the_published_recipe(rows: list[tuple[float, float]]) -> None:
    x, y = (np.clip(np.array(column), -100, 100) for column in zip(*rows, strict=True))
    low, high = min(x.min(), y.min()), max(x.max(), y.max())
    found = float(klom(x[:, None], y[:, None])[0])
    if low == high or not (x < high).any():
        assert found == 0.0
        return
    edges = np.linspace(low, high, 21)
    p, q = ([np.mean((v >= edges[i]) & (v < edges[i + 1])) for i in range(20)] for v in (x, y))
    assert found == pytest.approx(float(entropy(p, np.maximum(q, 1e-5))), abs=1e-9)


@pytest.mark.parametrize("distance", ["mmd", "energy", "klom"])
def test_a_shifted_ensemble_is_told_apart_and_says_what_was_possible(distance: str) -> None:
    rng = np.random.default_rng(3)
    references = rng.normal(size=(6, 10))
    shifted = compare_ensembles(rng.normal(size=(6, 10)) + 3, references, distance, seed=0)
    assert shifted.p_value <= 0.02 and shifted.p_value >= shifted.smallest_p >= smallest_p(6, 6)
    assert shifted.statistic > shifted.null_95


def test_one_model_among_k_is_a_rank() -> None:
    rng = np.random.default_rng(4)
    assert outlier_p(rng.normal(size=8) + 9, rng.normal(size=(5, 8))) == pytest.approx(1 / 6)
    assert outlier_p(np.zeros(8), np.zeros((19, 8))) == 1.0
    with pytest.raises(ValueError, match="at least 5"):
        outlier_p(np.zeros(8), np.zeros((4, 8)))
    with pytest.raises(ValueError, match="at least 5"):
        compare_ensembles(np.zeros((5, 8)), np.zeros((4, 8)), "mmd", seed=0)
    with pytest.raises(ValueError, match="same items"):
        compare_ensembles(np.zeros((5, 7)), np.zeros((5, 8)), "mmd", seed=0)


def test_rank_p_is_uniform_for_exchangeable_numbers() -> None:
    generator = np.random.Generator(np.random.Philox(5))
    found = [rank_p(float(v[0]), v[1:].tolist()) for v in norm.rvs(size=(2000, 20), random_state=generator)]
    assert np.mean(np.array(found) <= 0.05) == pytest.approx(0.05, abs=0.015)
