"""Probe, draws and permutations on a CUDA device equal those of the processor, where there is a device."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from unlearn_spec.gpu import draws, ngram_probe, pairwise, resample, resident
from unlearn_spec.gpu.arrays import device, has_kernels

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA device"),
    pytest.mark.skipif(not has_kernels(), reason="CuPy is not installed"),
]


@pytest.mark.parametrize("n", [1, 13, 500])
@pytest.mark.parametrize("multiplier", [ngram_probe.MULTIPLIER, 0])
def test_overlaps_are_equal(n: int, multiplier: int) -> None:
    rng = np.random.default_rng(n)
    corpus = rng.integers(0, 3_000, 1_000_003).astype(np.uint32)
    queries = [rng.integers(0, 3_000, 700).astype(np.uint32) for _ in range(5)]
    for number, query in enumerate(queries):
        query[30:630] = corpus[199_000 * number :][:600]
    indexed = ngram_probe.index(queries, n, multiplier=multiplier)
    there = resident.resident(corpus, device("cuda"))
    assert resident.overlaps(indexed, there, stretch=300_000) == ngram_probe.overlaps(indexed, [corpus])


def test_draws_and_exact_sums_are_equal() -> None:
    place, secret, rows = device("cuda"), draws.key("cuda"), range(2**33, 2**33 + 700)
    chosen = resample.subsets_on(place, secret, 400, 999, rows).cpu().numpy()
    np.testing.assert_array_equal(chosen, draws.subsets(secret, 400, 999, rows))
    for clusters in (999, 100_000):
        values = np.random.default_rng(0).integers(-(2**30), 2**30, (clusters, 5)).astype(np.float64)
        totals = resample.bootstrap_totals_at("cuda", secret, values, rows)
        np.testing.assert_array_equal(totals, draws.bootstrap_totals(secret, values, rows))
    for items in (999, 100_000):
        apart = resample.subset_totals_on(place, secret, 400, values[:items], rows).cpu().numpy()
        np.testing.assert_array_equal(apart, pairwise.subset_totals(secret, 400, values[:items], rows))
