"""The probe equals brute force: whatever the n-grams, the pieces of the corpus, the chunks, and however bad the hash."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unlearn_spec.gpu import ngram_probe
from unlearn_spec.gpu.corpus import token_file
from unlearn_spec.gpu.longest_run import BORDER
from unlearn_spec.gpu.ngram_probe import MULTIPLIER, Overlap, find, index, overlaps, reference, window_hashes

alphabets = st.sampled_from([(1, 2), (0, 1, 2, BORDER), tuple(range(12))])
tokens = alphabets.flatmap(lambda letters: st.lists(st.sampled_from(letters), max_size=60))
queries = alphabets.flatmap(lambda letters: st.lists(st.lists(st.sampled_from(letters), max_size=20), max_size=4))


def ids(values: list[int]) -> np.ndarray:
    return np.array(values, dtype=np.uint32)


def measured(texts: list[list[int]], corpus: list[int], n: int, **options: int) -> tuple[Overlap, ...]:
    return overlaps(index([ids(text) for text in texts], n), [ids(corpus)], **options)


@settings(max_examples=150, deadline=None)
@given(texts=queries, corpus=tokens, n=st.integers(1, 6), multiplier=st.sampled_from([MULTIPLIER, 0, 1, 2]))
def test_it_equals_brute_force_with_good_hashes_and_bad(
    texts: list[list[int]], corpus: list[int], n: int, multiplier: int
) -> None:
    indexed = index([ids(text) for text in texts], n, multiplier=multiplier)
    assert overlaps(indexed, [ids(corpus)]) == reference(texts, corpus, n)


@settings(max_examples=150, deadline=None)
@given(
    texts=queries,
    corpus=tokens,
    n=st.integers(1, 4),
    cuts=st.lists(st.integers(0, 60), max_size=5),
    chunk=st.integers(1, 40),
)
def test_pieces_and_chunks_do_not_change_it(
    texts: list[list[int]], corpus: list[int], n: int, cuts: list[int], chunk: int
) -> None:
    indexed = index([ids(text) for text in texts], n)
    assert overlaps(indexed, np.split(ids(corpus), sorted(cuts)), chunk=chunk) == reference(texts, corpus, n)


@settings(max_examples=100, deadline=None)
@given(values=st.lists(st.integers(0, BORDER), max_size=30), n=st.integers(1, 31), multiplier=st.integers(0, 2**64 - 1))
def test_hashes_equal_their_formula(values: list[int], n: int, multiplier: int) -> None:
    wanted = [
        sum((token + 1) * multiplier ** (n - 1 - place) for place, token in enumerate(values[at : at + n])) % 2**64
        for at in range(len(values) - n + 1)
    ]
    assert window_hashes(ids(values), n, multiplier).tolist() == wanted


def test_a_hash_that_is_equal_for_all_windows_finds_nothing_that_is_not_there() -> None:
    texts = [[5, 6, 1, 9], [8, 7, 6, 9], [1, 2, 3, 9]]  # multiplier 0: only the last token counts
    indexed = index([ids(text) for text in texts], 4, multiplier=0)
    assert len(set(indexed.hashes.tolist())) == 1
    assert [found.contained for found in overlaps(indexed, [ids([4, 4, 4, 9] * 5)])] == [0, 0, 0]
    assert [found.contained for found in overlaps(indexed, [ids([0, 8, 7, 6, 9, 1])])] == [0, 1, 0]


def test_a_full_filter_costs_time_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    corpus, text = rng.integers(0, 50, 3_000), rng.integers(0, 50, 400)
    corpus[1_000:1_060] = text[100:160]
    wanted = overlaps(index([ids(text)], 3), [ids(corpus)])
    monkeypatch.setattr(ngram_probe, "slots", lambda hashes, log2: np.ones(1 << log2, np.bool_))
    assert overlaps(index([ids(text)], 3), [ids(corpus)]) == wanted
    assert wanted[0].longest >= 60


def test_texts_shorter_than_n_and_empty_ones_have_no_ngram() -> None:
    short, empty = measured([[1, 2], []], [1, 2, 1, 2], 3)
    assert short == empty == Overlap(0, 0, 0, 0, 0)
    assert short.containment is None


def test_a_corpus_shorter_than_n_holds_nothing() -> None:
    for corpus in ([], [1, 2]):
        assert measured([[1, 2, 3]], corpus, 3) == (Overlap(1, 0, 0, 0, 0),)
    assert overlaps(index([ids([1, 2, 3])], 3), []) == (Overlap(1, 0, 0, 0, 0),)


def test_no_queries_have_no_overlaps() -> None:
    assert measured([], [1, 2, 3], 2) == ()


def test_an_ngram_has_a_token() -> None:
    with pytest.raises(ValueError, match="at least one token"):
        index([], 0)


def test_runs_end_at_borders_of_the_corpus() -> None:
    (found,) = measured([[1, 2, 3, 4]], [1, 2, BORDER, 3, 4], 2)
    assert (found.contained, found.ngrams, found.longest) == (2, 3, 2)


def test_a_run_longer_than_every_chunk_is_found_whole() -> None:
    rng = np.random.default_rng(1)
    corpus, text = ids(rng.integers(0, 9, 20_000)), ids(rng.integers(0, 9, 5_000))
    corpus[7_013 : 7_013 + 4_000] = text[500:4_500]
    (found,) = overlaps(index([text], 8), [corpus], chunk=1_000)
    assert (found.longest, found.query_start, found.corpus_start) == (4_000, 500, 7_013)


def test_repetition_everywhere_is_not_quadratic() -> None:
    same = np.zeros(200_000, dtype=np.uint32)  # 2·10⁵ × 10⁴ pairs of equal windows
    (found,) = overlaps(index([same[:10_000]], 5), [same])
    assert (found.longest, found.contained, found.ngrams) == (10_000, 9_996, 9_996)


@pytest.mark.parametrize("kind", [np.uint16, np.uint32, np.int64])
def test_a_corpus_on_disk_is_streamed(tmp_path: Path, kind: type[np.integer]) -> None:
    rng = np.random.default_rng(2)
    values = rng.integers(0, 60_000, 300_000).astype(kind)
    values.tofile(tmp_path / "corpus.bin")
    text = values[123_456:123_500].astype(np.uint32)
    (found,) = overlaps(index([text], 13), token_file(tmp_path / "corpus.bin", kind, piece=5_000), chunk=4_096)
    assert (found.longest, found.corpus_start, found.containment) == (44, 123_456, 1.0)


def test_a_file_that_ends_within_a_token_is_refused(tmp_path: Path) -> None:
    (tmp_path / "corpus.bin").write_bytes(b"12345")
    with pytest.raises(ValueError, match=r"corpus\.bin: 5 bytes are no whole number of tokens of 4 bytes"):
        list(token_file(tmp_path / "corpus.bin", np.uint32))
    (tmp_path / "corpus.bin").write_bytes(b"")
    assert list(token_file(tmp_path / "corpus.bin", np.uint32)) == []


def test_memory_does_not_grow_with_the_corpus() -> None:
    rng = np.random.default_rng(3)
    text = ids(rng.integers(0, 1_000, 200))

    def peak(pieces: int) -> int:
        tracemalloc.start()
        overlaps(index([text], 5), (ids(rng.integers(0, 1_000, 20_000)) for _ in range(pieces)), chunk=20_000)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(2)
    assert peak(40) < 1.2 * peak(4)


def test_found_windows_come_in_the_order_of_the_corpus() -> None:
    rng = np.random.default_rng(4)
    corpus = ids(rng.integers(0, 3, 200_000))
    places, grams = find(index([ids([0, 1, 2, 0, 1, 2])], 4), corpus)
    assert np.all(np.diff(places) > 0)
    windows = np.lib.stride_tricks.sliding_window_view(corpus, 4)
    wanted = {(0, 1, 2, 0), (1, 2, 0, 1), (2, 0, 1, 2)}
    assert places.size == sum(tuple(window) in wanted for window in windows.tolist())
    assert set(grams.tolist()) == {0, 1, 2}
