"""The statistics equal their NumPy definition, by torch and by the kernel, also where careless arithmetic loses everything.

The kernel runs here through the shim: in a drawn order of threads and blocks, into poisoned outputs, beside memory that
nobody may touch.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

import shim

from unlearn_spec.gpu import token_stats as module
from unlearn_spec.gpu.launch import Launch
from unlearn_spec.gpu.token_stats import TokenStats, reference, token_stats

COUNTED = ("greater", "ties", "best", "top_ids", "top_logits")
ways = pytest.mark.parametrize("launch", [None, shim.launch], ids=["torch", "kernel"])


def rows(seed: int, count: int, width: int, scale: float, offset: float = 0.0) -> np.ndarray:
    drawn = np.random.default_rng(seed).normal(size=(count, width)) * scale + offset
    return drawn.astype(np.float32)


def assert_equal(found: TokenStats, wanted: TokenStats) -> None:
    np.testing.assert_allclose(found.log_prob, wanted.log_prob, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(found.mean, wanted.mean, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(found.variance, wanted.variance, rtol=1e-5, atol=1e-12)
    np.testing.assert_array_equal(found.entropy, -found.mean)
    for name in COUNTED:
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name), err_msg=name)


def assert_defined(logits: torch.Tensor, targets: torch.Tensor, launch: Launch | None, top: int = 1) -> None:
    wanted = reference(logits.double().numpy(), targets.numpy(), top=top)
    assert_equal(token_stats(logits, targets, top=top, launch=launch), wanted)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(1, 9),
    width=st.integers(1, 300),
    scale=st.sampled_from([1e-4, 1e-2, 1.0, 10.0]),
    offset=st.sampled_from([0.0, 20.0, -300.0]),
    top=st.sampled_from([1, 8]),
)
def test_torch_equals_the_definition(seed: int, count: int, width: int, scale: float, offset: float, top: int) -> None:
    targets = np.random.default_rng(seed + 1).integers(0, width, size=count)
    logits = torch.from_numpy(rows(seed, count, width, scale, offset))
    assert_defined(logits, torch.from_numpy(targets), None, top)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    shape=st.tuples(st.integers(1, 4), st.integers(1, 2600)),
    gap=st.integers(0, 9),
    scale=st.sampled_from([1e-4, 1e-2, 1.0, 10.0]),
    offset=st.sampled_from([0.0, 20.0, -300.0]),
    kind=st.sampled_from([torch.float32, torch.bfloat16, torch.float16]),
    top=st.sampled_from([1, 8]),
    masked=st.booleans(),
)
@example(seed=0, shape=(1, 1), gap=0, scale=1.0, offset=0.0, kind=torch.bfloat16, top=8, masked=False)
@example(seed=0, shape=(2, 2048), gap=1, scale=1.0, offset=0.0, kind=torch.float16, top=1, masked=True)
def test_the_kernel_equals_the_definition(
    seed: int, shape: tuple[int, int], gap: int, scale: float, offset: float, kind: torch.dtype, top: int, masked: bool
) -> None:
    """Rows of any width begin at any element (`gap` apart), which is where 16-byte loads go wrong."""
    count, width = shape
    drawn = np.random.default_rng(seed + 1)
    tile = torch.from_numpy(rows(seed, count, width + gap, scale, offset)).to(kind)[:, :width]
    if masked:
        tile[:, drawn.random(width) < 0.3] = -torch.inf
        tile[:, drawn.integers(width)] = offset
    targets = torch.from_numpy(drawn.integers(0, width, size=count))
    itemsize = tile.element_size()
    for alignment in (16, itemsize):
        assert_defined(tile, targets, partial(shim.launch, seed=seed, alignment=alignment), top)


@ways
def test_the_variance_of_nearly_uniform_rows_keeps_its_accuracy(launch: Launch | None) -> None:
    """What a successful unlearning leaves behind; E[l²] − E[l]² in float32 is wrong by more than the variance here."""
    logits = rows(3, 4, 32_000, 1e-3, offset=5.0)
    targets = np.zeros(4, dtype=np.int64)
    wanted = reference(logits, targets)
    found = token_stats(torch.from_numpy(logits), torch.from_numpy(targets), launch=launch)
    assert np.all(np.abs(found.variance / wanted.variance - 1) <= 1e-5)
    log_p = torch.log_softmax(torch.from_numpy(logits), dim=1)
    p = log_p.exp()
    careless = ((p * log_p.square()).sum(1) - (p * log_p).sum(1).square()).numpy()
    assert np.all(np.abs(careless / wanted.variance - 1) > 0.1)


@ways
@pytest.mark.parametrize("place", [0, 3, 31_999])
@pytest.mark.parametrize("height", [1.0, 5.0, 12.0])
def test_one_token_above_a_nearly_uniform_row_does_not_spoil_its_variance(
    height: float, place: int, launch: Launch | None
) -> None:
    """Moments centred on the largest logit lose four digits here."""
    logits = rows(4, 1, 32_000, 1e-3)
    logits[0, place] = height
    wanted = reference(logits, np.array([7]))
    found = token_stats(torch.from_numpy(logits), torch.tensor([7]), launch=launch)
    assert abs(found.variance[0] / wanted.variance[0] - 1) <= 1e-5


@ways
def test_rising_and_falling_rows_keep_their_moments(launch: Launch | None) -> None:
    rising = np.linspace(-30, 30, 4096, dtype=np.float32)
    logits = torch.from_numpy(np.stack([rising, rising[::-1]]))
    assert_defined(logits, torch.tensor([0, 0]), launch, top=8)


@ways
def test_ranks_count_ties_and_the_lowest_id_is_best(launch: Launch | None) -> None:
    found = token_stats(torch.tensor([[1.0, 2.0, 2.0, 2.0, 0.0]]), torch.tensor([2]), top=4, launch=launch)
    assert (found.greater[0], found.ties[0], found.best[0]) == (0, 2, 1)
    assert found.top_ids[0].tolist() == [1, 2, 3, 0]
    flat = token_stats(torch.zeros(1, 5000), torch.tensor([4999]), top=3, launch=launch)
    assert (flat.greater[0], flat.ties[0], flat.top_ids[0].tolist()) == (0, 4999, [0, 1, 2])


@ways
def test_ranks_come_from_the_logits_not_from_rounded_log_probabilities(launch: Launch | None) -> None:
    close = np.nextafter(np.float32(30.0), np.float32(31.0))
    logits = torch.tensor([[30.0, float(close), -5.0]])
    found = token_stats(logits, torch.tensor([0]), launch=launch)
    assert (found.greater[0], found.ties[0]) == (1, 0)


@ways
def test_tokens_that_cannot_come_have_no_part_in_the_moments(launch: Launch | None) -> None:
    logits = torch.tensor([[0.0, 1.0, -torch.inf, 2.0]])
    assert_defined(logits, torch.tensor([3]), launch, top=4)
    assert token_stats(logits, torch.tensor([2]), launch=launch).log_prob[0] == -np.inf
    without = reference(logits[:, [0, 1, 3]].numpy(), np.array([2]))
    assert token_stats(logits, torch.tensor([3]), launch=launch).variance[0] == pytest.approx(without.variance[0])


@ways
@pytest.mark.parametrize("wrong", [np.nan, np.inf, None])
def test_rows_without_a_meaning_say_so_and_spoil_no_other(wrong: float | None, launch: Launch | None) -> None:
    logits = torch.from_numpy(rows(0, 3, 700, 1.0))
    if wrong is None:
        logits[1] = -torch.inf
    else:
        logits[1, 600] = wrong
    targets = torch.tensor([5, 5, 5])
    assert_defined(logits, targets, launch, top=2)
    found = token_stats(logits, targets, top=2, launch=launch)
    assert np.isnan([found.log_prob[1], found.mean[1], found.variance[1]]).all() and np.isnan(found.top_logits[1]).all()
    assert found.greater[1] == found.ties[1] == found.best[1] == -1
    assert np.isfinite(found.log_prob[[0, 2]]).all()


@ways
def test_logits_as_large_as_floats_can_be_make_no_nonsense(launch: Launch | None) -> None:
    most = float(np.finfo(np.float32).max)
    logits = torch.tensor([[most, -most, 0.0, most], [-most, -most, -most, -most]])
    assert_defined(logits, torch.tensor([0, 2]), launch, top=4)


@ways
@pytest.mark.parametrize("target", [-1, 5, 2**40])
def test_targets_outside_the_vocabulary_are_refused(target: int, launch: Launch | None) -> None:
    with pytest.raises(ValueError, match=f"row 1: target {target} is outside the vocabulary of 5"):
        token_stats(torch.zeros(2, 5), torch.tensor([0, target]), launch=launch)


@pytest.mark.parametrize("target", [-1, 5, 2**40])
def test_the_kernel_reads_nothing_outside_for_a_wrong_target(target: int) -> None:
    """`token_stats` refuses it before; on a device the kernel is the last to notice."""
    floats, counts = shim.poisoned((1, 3), np.float32), shim.poisoned((1, 2), np.int32)
    top, ids = shim.poisoned((1, 1), np.float32), shim.poisoned((1, 1), np.int32)
    args = [np.zeros(5, np.float32), np.array([target]), 5, 5, floats, counts, top, ids]
    shim.build("token_stats", TOP=1).launch("token_stats_f32", grid=1, block=256, args=args)
    assert np.isnan(floats).all() and (counts == -1).all() and (ids == -1).all()


@ways
def test_no_rows_give_empty_columns(launch: Launch | None) -> None:
    empty = token_stats(torch.empty(0, 5), torch.empty(0, dtype=torch.long), top=2, launch=launch)
    assert empty.log_prob.shape == empty.best.shape == (0,)
    assert empty.top_ids.shape == (0, 2)
    with pytest.raises(ValueError, match="targets of shape"):
        token_stats(torch.empty(2, 5), torch.empty(3, dtype=torch.long), launch=launch)


def test_blocks_do_not_change_the_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    logits, targets = torch.from_numpy(rows(1, 17, 33, 3.0)), torch.arange(17)
    whole = token_stats(logits, targets)
    monkeypatch.setattr(module, "BLOCK", 66)
    split = token_stats(logits, targets)
    np.testing.assert_array_equal(whole.variance, split.variance)
    np.testing.assert_array_equal(whole.log_prob, split.log_prob)


@pytest.mark.parametrize("wrong", [None, np.nan], ids=["numbers", "nan"])
def test_the_order_of_threads_does_not_change_a_bit(wrong: float | None) -> None:
    logits, targets = torch.from_numpy(rows(2, 2, 3001, 3.0, offset=-50.0)), torch.tensor([5, 3000])
    if wrong is not None:
        logits[0, 1234] = wrong
    seen = {
        tuple(getattr(token_stats(logits, targets, launch=partial(shim.launch, seed=seed)), name).tobytes() for name in
              ("log_prob", "mean", "variance", "greater", "top_ids"))
        for seed in range(12)
    }  # fmt: skip
    assert len(seen) == 1
