"""Permutations in matrix form equal the naive ones that pick anew for every permutation, to the last bit where sums are exact."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unlearn_spec.gpu import draws, pairwise
from unlearn_spec.gpu.draws import key, signs, subsets
from unlearn_spec.gpu.pairwise import signed_totals, subset_pairs, subset_totals


def whole(seed: int, *shape: int) -> np.ndarray:
    """Whole numbers, so that the order of summation cannot matter."""
    return np.random.default_rng(seed).integers(-(2**20), 2**20, shape).astype(np.float64)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 30), columns=st.integers(1, 4), start=st.integers(0, 2**40), data=st.data())
def test_sums_equal_those_of_what_was_picked(seed: int, count: int, columns: int, start: int, data: st.DataObject) -> None:
    values, size, rows = whole(seed, count, columns), data.draw(st.integers(0, count)), range(start, start + 5)
    chosen = subsets(key(seed), size, count, rows)
    picked = [values[column].sum(axis=0) for column in chosen.T]
    np.testing.assert_array_equal(subset_totals(key(seed), size, values, rows), picked)
    flipped = [(values * row[:, None]).sum(axis=0) for row in signs(key(seed), count, rows)]
    np.testing.assert_array_equal(signed_totals(key(seed), values, rows), flipped)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 20), start=st.integers(0, 2**40), data=st.data())
def test_pairs_equal_those_of_picked_submatrices(seed: int, count: int, start: int, data: st.DataObject) -> None:
    half, size, rows = whole(seed, count, count), data.draw(st.integers(0, count)), range(start, start + 5)
    matrix = half + half.T
    picked = [
        (matrix[column][:, column].sum(), matrix[column].sum()) for column in subsets(key(seed), size, count, rows).T
    ]
    np.testing.assert_array_equal(subset_pairs(key(seed), size, matrix, rows), picked)


def test_batches_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    values, half = whole(0, 70, 3), whole(1, 70, 70)
    matrix, rows = half + half.T, range(2_000)

    def all_three() -> list[np.ndarray]:
        return [
            subset_totals(key(2), 30, values, rows),
            subset_pairs(key(2), 30, matrix, rows),
            signed_totals(key(2), values, rows),
        ]

    wanted = all_three()
    monkeypatch.setattr(draws, "_COLUMNS", 33)
    monkeypatch.setattr(draws, "_ITEMS", 12)
    monkeypatch.setattr(pairwise, "_BATCH", 7)
    monkeypatch.setattr(pairwise, "_HELD", 500)
    for found, expected in zip(all_three(), wanted, strict=True):
        np.testing.assert_array_equal(found, expected)
