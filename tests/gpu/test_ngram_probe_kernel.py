"""The probe's kernel, run on the CPU, finds what brute force finds, in any order of threads, with good hashes and bad."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

import shim

from unlearn_spec.gpu import ngram_probe, resident
from unlearn_spec.gpu.longest_run import BORDER
from unlearn_spec.gpu.ngram_probe import MULTIPLIER, index, reference

CPU = torch.device("cpu")


def ids(values: Sequence[int]) -> np.ndarray:
    return np.array(values, dtype=np.uint32)


alphabets = st.sampled_from([(1, 2), (0, 1, 2, BORDER), tuple(range(12))])
tokens = alphabets.flatmap(lambda letters: st.lists(st.sampled_from(letters), max_size=300))
texts = alphabets.flatmap(lambda letters: st.lists(st.lists(st.sampled_from(letters), max_size=20), max_size=4))


@settings(max_examples=60, deadline=None)
@given(
    queries=texts,
    corpus=tokens,
    n=st.integers(1, 6),
    multiplier=st.sampled_from([MULTIPLIER, 0, 1, 2]),
    seed=st.integers(0, 2**63),
)
def test_the_kernel_equals_brute_force(
    queries: list[list[int]], corpus: list[int], n: int, multiplier: int, seed: int
) -> None:
    indexed = index([ids(query) for query in queries], n, multiplier=multiplier)
    there = resident.resident(ids(corpus), CPU)
    found = resident.overlaps(indexed, there, stretch=100, capacity=3, launch=partial(shim.launch, seed=seed))
    assert found == reference(queries, corpus, n)


@pytest.mark.parametrize("n", [1, 13, 200])
def test_blocks_of_threads_find_the_same_as_the_processor(n: int) -> None:
    rng = np.random.default_rng(n)
    corpus = rng.integers(0, 40, 3 * 128 * 63 + 17).astype(np.uint32)  # three blocks and a part of one
    queries = [rng.integers(0, 40, 300).astype(np.uint32) for _ in range(4)]
    for number, query in enumerate(queries):
        query[20:270] = corpus[7_950 * number : 7_950 * number + 250]  # some across the blocks' borders
    indexed = index(queries, n)
    there = resident.device_index(indexed, CPU)
    wanted = ngram_probe.find(indexed, corpus)
    found = resident.find(there, resident.resident(corpus, CPU).tokens, launch=partial(shim.launch, seed=n))
    assert wanted[0].size >= 4 * (250 - n + 1)
    for mine, its in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(mine, its)


def test_too_little_memory_means_smaller_stretches_said_once(caplog: pytest.LogCaptureFixture) -> None:
    corpus = [n % 7 for n in range(400)]
    queries = [corpus[30:60], [1, 9, 2]]
    indexed = index([ids(query) for query in queries], 3)

    def tight(source: str, name: str, **options: Any) -> None:
        if options["args"][0].numel() > 60:
            raise torch.OutOfMemoryError("CUDA out of memory")
        shim.launch(source, name, **options)

    resident._say_so.cache_clear()
    with caplog.at_level(logging.WARNING):
        found = resident.overlaps(indexed, resident.resident(ids(corpus), CPU), launch=tight)
    assert found == reference(queries, corpus, 3)
    assert [record.levelname for record in caplog.records] == ["WARNING"]

    def never(source: str, name: str, **options: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(torch.OutOfMemoryError):
        resident.overlaps(indexed, resident.resident(ids(corpus), CPU), launch=never)


@pytest.mark.parametrize("multiplier", [MULTIPLIER, 0])
def test_every_ngram_is_in_the_table_once(multiplier: int) -> None:
    rng = np.random.default_rng(5)
    indexed = index([rng.integers(0, 9, 120).astype(np.uint32)], 3, multiplier=multiplier)
    _, keys, grams = resident.table(indexed.hashes)
    assert sorted(grams[grams >= 0].tolist()) == list(range(indexed.first.size))
    np.testing.assert_array_equal(keys[grams >= 0], indexed.hashes[grams[grams >= 0]])


def test_a_corpus_is_copied_whole() -> None:
    values = np.arange(1000, dtype=np.uint16)
    assert resident.resident(values, CPU).read(10, 13).tolist() == [10, 11, 12]


def test_ngrams_beyond_the_kernel_are_refused() -> None:
    indexed = index([np.zeros(5_000, np.uint32)], resident.MAX_N + 1)
    with pytest.raises(ValueError, match="at most 4096"):
        resident.device_index(indexed, CPU)
