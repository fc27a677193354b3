"""The kernels draw what `draws` draws, and sum it to the same last bit where sums are exact; on the shim."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

import shim

from unlearn_spec.gpu import draws, resample
from unlearn_spec.gpu.draws import Key, bootstrap_totals, key, subsets, words
from unlearn_spec.gpu.pairwise import subset_totals
from unlearn_spec.gpu.resample import (
    MAX_COLUMNS,
    bootstrap_totals_at,
    bootstrap_totals_on,
    subset_totals_at,
    subset_totals_on,
    subsets_on,
)

CPU = torch.device("cpu")
keys = st.builds(Key, st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
starts = st.integers(0, 2**40)


@settings(max_examples=25, deadline=None)
@given(key=keys, start=starts, of=st.integers(1, 40), data=st.data(), seed=st.integers(0, 2**63))
def test_the_kernel_chooses_the_same_subsets(key: Key, start: int, of: int, data: st.DataObject, seed: int) -> None:
    size, rows = data.draw(st.integers(0, of)), range(start, start + data.draw(st.integers(1, 300)))
    found = subsets_on(CPU, key, size, of, rows, launch=partial(shim.launch, seed=seed))
    np.testing.assert_array_equal(found.numpy(), subsets(key, size, of, rows))


@settings(max_examples=15, deadline=None)
@given(
    key=keys,
    start=starts,
    clusters=st.integers(1, 2_000),
    columns=st.integers(1, MAX_COLUMNS),
    seed=st.integers(0, 2**63),
)
def test_the_kernel_sums_the_same_samples(key: Key, start: int, clusters: int, columns: int, seed: int) -> None:
    # Whole numbers, so that the order of summation cannot matter.
    values = np.random.default_rng(clusters).integers(-1000, 1000, (clusters, columns)).astype(np.float64)
    found = bootstrap_totals_on(CPU, key, values, range(start, start + 3), launch=partial(shim.launch, seed=seed))
    np.testing.assert_array_equal(found.numpy(), bootstrap_totals(key, values, range(start, start + 3)))


@settings(max_examples=10, deadline=None)
@given(key=keys, start=starts, of=st.integers(1, 40), data=st.data(), seed=st.integers(0, 2**63))
def test_sums_over_its_subsets_are_the_same(key: Key, start: int, of: int, data: st.DataObject, seed: int) -> None:
    size, rows = data.draw(st.integers(0, of)), range(start, start + data.draw(st.integers(0, 300)))
    values = np.random.default_rng(of).integers(-(2**30), 2**30, (of, 3)).astype(np.float64)
    wanted = subset_totals(key, size, values, rows)
    for held in (resample._BYTES, 2_000):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(resample, "_BYTES", held)
            found = subset_totals_on(CPU, key, size, values, rows, launch=partial(shim.launch, seed=seed))
        np.testing.assert_array_equal(found.numpy(), wanted)


def test_a_card_is_used_where_there_is_one_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.arange(20.0).reshape(10, 2)
    wanted = bootstrap_totals(key("card"), values, range(9))
    launched: list[str] = []

    def noted(place: torch.device, *given: object) -> torch.Tensor:
        launched.append(str(place))
        return bootstrap_totals_on(CPU, *given, launch=shim.launch)  # type: ignore[arg-type]

    def summed(name: str) -> np.ndarray:
        launched.clear()
        return bootstrap_totals_at(name, key("card"), values, range(9))

    monkeypatch.setattr(resample, "bootstrap_totals_on", noted)
    if not torch.cuda.is_available():  # concluded elsewhere than it was measured
        np.testing.assert_array_equal(summed("cuda"), wanted)
        assert launched == []
    monkeypatch.setattr(resample, "device", torch.device)
    monkeypatch.setattr(draws, "BREAK_EVEN", 90)
    shimmed = partial(subset_totals_on, launch=shim.launch)
    monkeypatch.setattr(resample, "subset_totals_on", lambda place, *given: launched.append(str(place)) or shimmed(CPU, *given))
    for kernels, name, where in ((False, "cuda:1", []), (True, "cpu", []), (True, "cuda:1", ["cuda:1"])):
        monkeypatch.setattr(resample, "has_kernels", lambda kernels=kernels: kernels)
        np.testing.assert_array_equal(summed(name), wanted)
        assert launched == where
        launched.clear()
        apart = subset_totals_at(name, key("card"), 4, values, range(9))
        np.testing.assert_array_equal(apart, subset_totals(key("card"), 4, values, range(9)))
        assert launched == where
    launched.clear()
    subset_totals_at("cuda:1", key("card"), 4, values, range(8))
    assert launched == []


def test_the_kernel_takes_what_it_can_hold() -> None:
    for columns in (0, MAX_COLUMNS + 1):
        with pytest.raises(ValueError, match=f"1 to 8 columns at a time, not {columns}"):
            bootstrap_totals_on(CPU, key(0), np.ones((3, columns)), range(1), launch=shim.launch)


def test_draws_that_are_tried_again_are_the_same_in_every_kernel() -> None:
    # 2^32 mod 100,000 is 67,296: about one and a half of 100,000 draws are tried again.
    many, rows = 100_000, range(3)
    drawn = words(key("again"), np.arange(3, dtype=np.uint64)[:, None], np.arange(many // 4, dtype=np.uint64)[None, :])
    assert ((drawn * np.uint64(many)) % 2**32 < 2**32 % many).any()
    values = np.arange(many, dtype=np.float64)[:, None]
    found = bootstrap_totals_on(CPU, key("again"), values, rows, launch=partial(shim.launch, seed=1))
    np.testing.assert_array_equal(found.numpy(), bootstrap_totals(key("again"), values, rows))
    left = np.arange(many, 0, -1, dtype=np.uint64)
    assert ((drawn.reshape(3, many) * left) % 2**32 < 2**32 % left).any()
    found = subsets_on(CPU, key("again"), 40_000, many, rows, launch=partial(shim.launch, seed=2))
    np.testing.assert_array_equal(found.numpy(), subsets(key("again"), 40_000, many, rows))
