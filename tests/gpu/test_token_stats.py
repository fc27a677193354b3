"""The torch statistics equal their NumPy definitions, also where careless arithmetic loses everything."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from unlearn_spec.gpu import token_stats as module
from unlearn_spec.gpu.arrays import DeviceError, device
from unlearn_spec.gpu.token_stats import (
    decoding_log_prob,
    decoding_log_probs,
    reference,
    reference_decoding,
    token_stats,
)


def rows(seed: int, count: int, width: int, scale: float, offset: float = 0.0) -> np.ndarray:
    drawn = np.random.default_rng(seed).normal(size=(count, width)) * scale + offset
    return drawn.astype(np.float32)


def assert_equal_stats(logits: np.ndarray, targets: np.ndarray) -> None:
    wanted, found = reference(logits, targets), token_stats(torch.from_numpy(logits), torch.from_numpy(targets))
    np.testing.assert_allclose(found.log_prob, wanted.log_prob, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(found.mean, wanted.mean, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(found.variance, wanted.variance, rtol=1e-5, atol=1e-12)
    for name in ("greater", "ties", "best"):
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name))


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(1, 9),
    width=st.integers(2, 300),
    scale=st.sampled_from([1e-4, 1e-2, 1.0, 10.0]),
    offset=st.sampled_from([0.0, 20.0, -300.0]),
)
def test_the_torch_statistics_equal_the_definition(
    seed: int, count: int, width: int, scale: float, offset: float
) -> None:
    targets = np.random.default_rng(seed + 1).integers(0, width, size=count)
    assert_equal_stats(rows(seed, count, width, scale, offset), targets)


def test_nearly_uniform_rows_keep_their_variance() -> None:
    logits = rows(3, 4, 32_000, 1e-3, offset=5.0)
    targets = np.zeros(4, dtype=np.int64)
    wanted, found = reference(logits, targets), token_stats(torch.from_numpy(logits), torch.from_numpy(targets))
    assert np.all(np.abs(found.variance / wanted.variance - 1) <= 1e-5)


def test_ties_are_counted_and_the_lowest_id_is_best() -> None:
    found = token_stats(torch.tensor([[1.0, 2.0, 2.0, 2.0, 0.0]]), torch.tensor([2]))
    assert (found.greater[0], found.ties[0], found.best[0]) == (0, 2, 1)


def test_ranks_come_from_the_logits_not_from_rounded_log_probabilities() -> None:
    close = np.nextafter(np.float32(30.0), np.float32(31.0))
    logits = torch.tensor([[30.0, float(close), -5.0]])
    found = token_stats(logits, torch.tensor([0]))
    assert (found.greater[0], found.ties[0]) == (1, 0)


def test_tokens_that_cannot_come_have_no_part_in_the_moments() -> None:
    logits = np.array([[0.0, 1.0, -np.inf, 2.0]], dtype=np.float32)
    assert_equal_stats(logits, np.array([3]))
    assert token_stats(torch.from_numpy(logits), torch.tensor([2])).log_prob[0] == -np.inf
    without = reference(logits[:, [0, 1, 3]], np.array([2]))
    assert reference(logits, np.array([3])).variance == pytest.approx(without.variance)


def test_blocks_do_not_change_the_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    logits, targets = torch.from_numpy(rows(1, 17, 33, 3.0)), torch.arange(17)
    whole = token_stats(logits, targets)
    monkeypatch.setattr(module, "BLOCK", 66)
    split = token_stats(logits, targets)
    np.testing.assert_array_equal(whole.variance, split.variance)
    np.testing.assert_array_equal(whole.log_prob, split.log_prob)


def test_no_rows_give_empty_columns() -> None:
    empty = token_stats(torch.empty(0, 5), torch.empty(0, dtype=torch.long))
    assert empty.log_prob.shape == empty.best.shape == (0,)
    targets = torch.empty(0, dtype=torch.long)
    assert decoding_log_prob(torch.empty(0, 5), targets, temperature=1.0, top_k=None, top_p=None).shape == (0,)


decodings = st.tuples(
    st.sampled_from([0.25, 0.7, 1.0, 3.0]),
    st.one_of(st.none(), st.integers(1, 40)),
    st.one_of(st.none(), st.sampled_from([1e-6, 0.1, 0.5, 0.9, 0.999])),
)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), width=st.integers(2, 30), decoding=decodings)
def test_decodings_equal_the_definition_and_sum_to_one(
    seed: int, width: int, decoding: tuple[float, int | None, float | None]
) -> None:
    temperature, top_k, top_p = decoding
    logits = rows(seed, 5, width, 2.0).round(1)  # rounded, so that ties occur
    wanted = reference_decoding(logits, temperature=temperature, top_k=top_k, top_p=top_p)
    tensor = torch.from_numpy(logits)
    found = decoding_log_probs(tensor, temperature=temperature, top_k=top_k, top_p=top_p).numpy()
    np.testing.assert_allclose(np.exp(found), np.exp(wanted), atol=1e-12)
    np.testing.assert_array_equal(np.isinf(found), np.isinf(wanted))
    np.testing.assert_allclose(np.exp(found).sum(axis=1), 1.0, atol=1e-12)
    if top_k is not None:
        assert np.all(np.isfinite(found).sum(axis=1) <= top_k)
    targets = torch.arange(5) % width
    one = decoding_log_prob(tensor, targets, temperature=temperature, top_k=top_k, top_p=top_p)
    np.testing.assert_array_equal(one, found[np.arange(5), targets.numpy()])


def test_devices_are_named_or_refused_in_plain_words() -> None:
    assert device("cpu") == torch.device("cpu")
    assert device("auto").type in ("cpu", "cuda")
    with pytest.raises(DeviceError, match="write auto, cpu, cuda"):
        device("tpu")
    with pytest.raises(DeviceError, match="cuda:99 was asked for"):
        device("cuda:99")
