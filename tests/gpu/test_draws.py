"""Draws are Philox's, unbiased, equal to their definition, and the same however the work is cut; no torch."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from unlearn_spec.gpu import draws
from unlearn_spec.gpu.draws import (
    Key,
    below,
    bootstrap_totals,
    key,
    philox,
    reference,
    reference_subset,
    signs,
    subsets,
    words,
)


def integers(key: Key, replicates: range, bounds: np.ndarray) -> np.ndarray:
    """A draw below each of the bounds."""
    return below(key, replicates, range(bounds.size), bounds)


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


def test_cutting_the_work_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).normal(size=(37, 2)).round(3) * 2**20 // 1  # whole numbers: sums are exact
    whole, whole_subsets = bootstrap_totals(key(1), values, range(50)), subsets(key(1), 5, 37, range(50))
    for cached, side in ((8, 7), (100, 64)):
        monkeypatch.setattr(draws, "_CACHED", cached)
        monkeypatch.setattr(draws, "_COLUMNS", side)
        monkeypatch.setattr(draws, "_ITEMS", 8)
        parts = [bootstrap_totals(key(1), values, range(start, start + 10)) for start in range(0, 50, 10)]
        np.testing.assert_array_equal(np.concatenate(parts), whole)
        halves = [subsets(key(1), 5, 37, range(start, start + 25)) for start in (0, 25)]
        np.testing.assert_array_equal(np.concatenate(halves, axis=1), whole_subsets)
        np.testing.assert_array_equal(signs(key(1), 37, range(5, 9)), signs(key(1), 37, range(9))[5:])


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


def test_signs_are_bits_of_the_words_and_fair() -> None:
    found = signs(key("signs"), 300, range(2**33, 2**33 + 400))
    for row, unit in ((0, 0), (3, 31), (7, 32), (11, 127), (13, 128), (399, 299)):
        counter = (unit // 128, 0, (2**33 + row) & 0xFFFF_FFFF, 2)
        word = philox(counter, (key("signs").first, key("signs").second))[unit // 32 % 4]
        assert found[row, unit] == 1 - 2 * (word >> unit % 32 & 1)
    assert set(np.unique(found)) == {-1.0, 1.0}
    assert abs(found.mean()) < 5 / np.sqrt(found.size)
    assert abs(np.corrcoef(found[:, :50].T) - np.eye(50)).max() < 0.3


def test_mistakes_are_refused() -> None:
    with pytest.raises(ValueError, match="needs clusters"):
        bootstrap_totals(key(0), np.empty((0, 2)), range(1))
    with pytest.raises(ValueError, match="no subset of 4 of 3"):
        subsets(key(0), 4, 3, range(1))
    assert bootstrap_totals(key(0), np.ones((3, 2)), range(0)).shape == (0, 2)
    assert subsets(key(0), 0, 0, range(2)).shape == (0, 2)


def test_no_model_library_is_needed() -> None:
    text = (
        "import sys; sys.modules['torch'] = sys.modules['cupy'] = None; import numpy as np; "
        "from unlearn_spec.gpu import draws, pairwise; "
        "print(draws.bootstrap_totals(draws.key(1), np.ones((3, 1)), range(2)), pairwise.signed_totals)"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
