"""Probe, draws and permutations on a CUDA device equal those of the processor, where there is a device."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from unlearn_spec.gpu import ngram_probe, pairwise, resample, resident
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


def test_draws_are_equal() -> None:
    place, secret, rows = device("cuda"), resample.key("cuda"), range(2**33, 2**33 + 700)
    wanted = resample.integers(secret, rows, np.full(999, 2**31 + 1, np.uint64))
    found = resample.integers_on(place, secret, rows, 999, 2**31 + 1).cpu().numpy().view(np.uint32)
    np.testing.assert_array_equal(found, wanted)
    chosen = resample.subsets_on(place, secret, 400, 999, rows).cpu().numpy()
    np.testing.assert_array_equal(chosen, resample.subsets(secret, 400, 999, rows))
    values = np.random.default_rng(0).normal(size=(999, 2))
    totals = resample.bootstrap_totals_on(place, secret, values, rows).cpu().numpy()
    np.testing.assert_allclose(totals, resample.bootstrap_totals(secret, values, rows), rtol=1e-9, atol=1e-9)


def test_p_values_are_equal(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    points = rng.normal(size=(90, 3))
    first, clusters = [place < 40 for place in range(90)], [place // 2 for place in range(90)]
    secret = resample.key("p")
    wanted = (
        pairwise.energy_test(points, first, clusters, secret),
        pairwise.auc_max_test(points.T, first, clusters, secret),
    )
    monkeypatch.setattr(pairwise, "BREAK_EVEN", 0)
    monkeypatch.setattr(resample, "BREAK_EVEN", 0)
    place = device("cuda")
    energy = pairwise.energy_test(points, first, clusters, secret, place=place)
    assert (energy.p_value, energy.statistic) == (wanted[0].p_value, pytest.approx(wanted[0].statistic))
    assert pairwise.auc_max_test(points.T, first, clusters, secret, place=place) == wanted[1]
