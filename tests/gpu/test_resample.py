"""Draws are Philox's, unbiased, and the same on the processor and in the kernels, however the work is cut."""

from __future__ import annotations

import sys
from collections import Counter
from functools import partial
from itertools import combinations
from math import comb
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

sys.path.insert(0, str(Path(__file__).parent))

import shim

from unlearn_spec.gpu import resample
from unlearn_spec.gpu.resample import (
    Key,
    bootstrap_totals,
    bootstrap_totals_on,
    integers,
    integers_on,
    key,
    philox,
    reference,
    reference_subset,
    subsets,
    subsets_on,
    words,
)

CPU = torch.device("cpu")
keys = st.builds(Key, st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
starts = st.integers(0, 2**40)

KNOWN = (  # philox4x32 with 10 rounds in Random123's kat_vectors: counter, key, result
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
)


def hexadecimal(text: str) -> tuple[int, ...]:
    return tuple(int(word, 16) for word in text.split())


@pytest.mark.parametrize(("counter", "secret", "result"), KNOWN)
def test_philox_gives_the_published_answers(counter: str, secret: str, result: str) -> None:
    block, attempt, low, high = hexadecimal(counter)
    assert philox(hexadecimal(counter), hexadecimal(secret)) == hexadecimal(result)
    found = words(
        Key(*hexadecimal(secret)), np.array([high << 32 | low], np.uint64), np.array([block], np.uint64), attempt
    )
    assert tuple(found[0].tolist()) == hexadecimal(result)


@pytest.mark.parametrize(("counter", "secret"), [((0, 0, 0, 0), (0, 0)), ((7, 1, 2**63, 5), (2**64 - 1, 99))])
def test_with_words_of_64_bits_it_is_numpys_philox(counter: tuple[int, ...], secret: tuple[int, ...]) -> None:
    # NumPy counts before it draws.
    before = (counter[0] - 1) % 2**64, *((word - (counter[0] == 0)) % 2**64 for word in counter[1:])
    theirs = np.random.Philox(counter=np.array(before, np.uint64), key=np.array(secret, np.uint64)).random_raw(4)
    assert philox(counter, secret, bits=64) == tuple(theirs.tolist())


@settings(max_examples=100, deadline=None)
@given(
    key=keys,
    start=starts,
    bounds=st.lists(
        st.one_of(st.integers(1, 50), st.integers(1, 2**32 - 1), st.just(2**31 + 1)), min_size=1, max_size=9
    ),
)
def test_draws_equal_the_definition(key: Key, start: int, bounds: list[int]) -> None:
    # Bounds just above 2^31 are tried again every other time.
    found = integers(key, range(start, start + 3), np.array(bounds, np.uint64))
    wanted = [[reference(key, start + row, d, bound) for d, bound in enumerate(bounds)] for row in range(3)]
    assert found.tolist() == wanted


def test_no_number_is_likelier_than_another() -> None:
    # With 3 · 2^30 numbers of 2^32 words, a draw that is not tried again would show each third number twice as often.
    bound = 3 << 30
    drawn = integers(key("bias"), range(300), np.full(1_000, bound, np.uint64)).ravel()
    assert chisquare(np.bincount(drawn % 3, minlength=3)).pvalue > 1e-6
    assert chisquare(np.histogram(drawn, bins=12, range=(0, bound))[0]).pvalue > 1e-6
    small = integers(key("small"), range(300), np.full(1_000, 7, np.uint64)).ravel()
    assert chisquare(np.bincount(small, minlength=7)).pvalue > 1e-6


def test_every_subset_is_equally_likely() -> None:
    chosen = subsets(key("subsets"), 3, 6, range(40_000))
    assert (chosen.sum(axis=0) == 3).all()
    seen = Counter(tuple(np.flatnonzero(column).tolist()) for column in chosen.T)
    assert set(seen) == set(combinations(range(6), 3)) and len(seen) == comb(6, 3)
    assert chisquare(list(seen.values())).pvalue > 1e-6


@settings(max_examples=50, deadline=None)
@given(key=keys, start=starts, of=st.integers(0, 12), data=st.data())
def test_subsets_equal_the_definition(key: Key, start: int, of: int, data: st.DataObject) -> None:
    size = data.draw(st.integers(0, of))
    found = subsets(key, size, of, range(start, start + 2))
    assert [found[:, row].tolist() for row in range(2)] == [
        reference_subset(key, start + row, size, of) for row in range(2)
    ]


def test_cutting_the_replicates_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).normal(size=(37, 2))
    whole, whole_subsets = bootstrap_totals(key(1), values, range(50)), subsets(key(1), 5, 37, range(50))
    monkeypatch.setattr(resample, "_BATCH", 100)
    parts = [bootstrap_totals(key(1), values, range(start, start + 10)) for start in range(0, 50, 10)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    np.testing.assert_array_equal(
        np.concatenate([subsets(key(1), 5, 37, range(start, start + 25)) for start in (0, 25)], axis=1), whole_subsets
    )


def test_bootstrap_totals_are_sums_of_the_draws() -> None:
    values = np.random.default_rng(1).normal(size=(11, 3))
    found = bootstrap_totals(key("a", 3), values, range(4, 9))
    for row, replicate in enumerate(range(4, 9)):
        drawn = [reference(key("a", 3), replicate, draw, 11) for draw in range(11)]
        np.testing.assert_allclose(found[row], values[drawn].sum(axis=0), rtol=1e-12)


def test_the_bootstrap_has_the_variance_it_should() -> None:
    values = np.random.default_rng(2).normal(size=(200, 1))
    means = bootstrap_totals(key("variance"), values, range(20_000)) / 200
    assert means.std() == pytest.approx(values.std() / np.sqrt(200), rel=0.03)


def test_keys_keep_their_parts_apart() -> None:
    assert len({key("a", "b"), key("ab"), key("a", "b", ""), key("1"), key(1), key("a;b"), key("b", "a")}) == 7


def test_mistakes_are_refused() -> None:
    with pytest.raises(ValueError, match="needs clusters"):
        bootstrap_totals(key(0), np.empty((0, 2)), range(1))
    with pytest.raises(ValueError, match="no subset of 4 of 3"):
        subsets(key(0), 4, 3, range(1))
    assert bootstrap_totals(key(0), np.ones((3, 2)), range(0)).shape == (0, 2)
    for columns in (0, resample.MAX_COLUMNS + 1):
        with pytest.raises(ValueError, match=f"1 to 8 columns at a time, not {columns}"):
            bootstrap_totals_on(CPU, key(0), np.ones((3, columns)), range(1), launch=shim.launch)


@settings(max_examples=25, deadline=None)
@given(
    key=keys,
    start=starts,
    replicates=st.integers(1, 5),
    count=st.integers(1, 40),
    bound=st.sampled_from([1, 7, 1000, 2**31 + 1, 2**32 - 1]),
    seed=st.integers(0, 2**63),
)
def test_the_kernel_draws_the_same(key: Key, start: int, replicates: int, count: int, bound: int, seed: int) -> None:
    rows = range(start, start + replicates)
    found = integers_on(CPU, key, rows, count, bound, launch=partial(shim.launch, seed=seed)).numpy().view(np.uint32)
    np.testing.assert_array_equal(found, integers(key, rows, np.full(count, bound, np.uint64)))


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
    columns=st.integers(1, resample.MAX_COLUMNS),
    seed=st.integers(0, 2**63),
)
def test_the_kernel_sums_the_same_samples(key: Key, start: int, clusters: int, columns: int, seed: int) -> None:
    # Whole numbers, so that the order of summation cannot matter.
    values = np.random.default_rng(clusters).integers(-1000, 1000, (clusters, columns)).astype(np.float64)
    found = bootstrap_totals_on(CPU, key, values, range(start, start + 3), launch=partial(shim.launch, seed=seed))
    np.testing.assert_array_equal(found.numpy(), bootstrap_totals(key, values, range(start, start + 3)))


def test_a_device_is_used_from_the_break_even_on_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.arange(20.0).reshape(10, 2)
    asked: list[int] = []
    card = torch.device("cuda")

    def noted(place: torch.device, *given: object, **options: object) -> torch.Tensor:
        asked.append(len(given[2]))  # type: ignore[arg-type]
        return bootstrap_totals_on(CPU, *given, launch=shim.launch)  # type: ignore[arg-type]

    monkeypatch.setattr(resample, "has_kernels", lambda: True)
    monkeypatch.setattr(resample, "BREAK_EVEN", 100)
    monkeypatch.setattr(resample, "bootstrap_totals_on", noted)
    for count, place, launched in ((9, card, []), (10, card, [10]), (10, CPU, [])):
        asked.clear()
        found = bootstrap_totals(key("even"), values, range(count), place=place)
        np.testing.assert_array_equal(found, bootstrap_totals(key("even"), values, range(count)))
        assert asked == launched


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
