"""The shim runs right kernels like a GPU would, and finds what wrong ones do."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

import shim

SEEDS = range(8)


def examples() -> shim.Kernels:
    return shim.build(shim.HERE / "examples.cu")


@settings(max_examples=25, deadline=None)
@given(count=st.integers(1, 700), warps=st.integers(1, 8), seed=st.integers(0, 2**63))
def test_blocks_sum_with_shuffles_and_shared_memory(count: int, warps: int, seed: int) -> None:
    block = 32 * warps
    x = np.random.default_rng(count).integers(-9, 9, count).astype(np.float32)
    grid = -(-count // block)
    out = shim.poisoned(grid, np.float32)
    examples().launch("sums", grid=grid, block=block, args=[shim.given(x), count, out], seed=seed)
    np.testing.assert_array_equal(out, np.add.reduceat(x, np.arange(0, count, block)))


def test_atomics_of_all_threads_count() -> None:
    values = np.random.default_rng(0).integers(0, 5, 1000).astype(np.int32)
    histogram = np.zeros(5, np.uint32)
    examples().launch("counted", grid=8, block=128, args=[shim.given(values), 1000, histogram], seed=3)
    np.testing.assert_array_equal(histogram, np.bincount(values))


def test_warps_vote_and_halves_of_a_warp_meet_by_themselves() -> None:
    for seed in SEEDS:
        out = shim.poisoned(32, np.uint32)
        examples().launch("votes", grid=1, block=32, args=[out], seed=seed)
        assert out.tolist() == [7] * 16 + [3] * 16


def test_every_16_bit_float_is_read_exactly() -> None:
    bits = np.arange(1 << 16).astype(np.uint16)
    halves, brains = shim.poisoned(1 << 16, np.float32), shim.poisoned(1 << 16, np.float32)
    examples().launch("decoded", grid=256, block=256, args=[shim.given(bits), halves, brains])
    np.testing.assert_array_equal(halves, bits.view(np.float16).astype(np.float32))
    np.testing.assert_array_equal(brains, (bits.astype(np.uint32) << 16).view(np.float32))


def test_dynamic_shared_memory_is_there() -> None:
    x, out = np.arange(100, dtype=np.int32), shim.poisoned(100, np.int32)
    examples().launch("reversed", grid=1, block=100, shared=400, args=[shim.given(x), out])
    np.testing.assert_array_equal(out, x[::-1])


def outcomes(name: str, args: list[Any], out: np.ndarray, **launch: Any) -> set[bytes]:
    found = set()
    for seed in SEEDS:
        out.fill(0)
        examples().launch(name, args=[*args, out], seed=seed, **launch)
        found.add(out.tobytes())
    return found


def test_a_race_shows_in_the_order_of_threads() -> None:
    x = shim.given(np.arange(64, dtype=np.int32))
    raced = outcomes("raced", [x], np.zeros(64, np.int32), grid=1, block=64, shared=256)
    assert len(raced) > 1
    assert len(outcomes("reversed", [x], np.zeros(64, np.int32), grid=1, block=64, shared=256)) == 1


def test_a_warp_that_overtakes_others_is_found_out() -> None:
    assert len(outcomes("overtaken", [], np.zeros(128, np.int32), grid=1, block=128)) > 1


def test_shared_memory_begins_poisoned() -> None:
    out = shim.poisoned(32, np.int32)
    examples().launch("never_set", grid=1, block=32, args=[out])
    assert (out != 32).all()


def ints(count: int = 32) -> np.ndarray:
    return np.zeros(count, np.int32)


@pytest.mark.parametrize(
    ("name", "args", "fault"),
    [
        ("diverged", [ints()], "deadlock: 16 of 32 threads"),
        ("two_barriers", [ints()], "different barriers"),
        ("lane_outside", [ints()], "reads lane 20"),
        ("reads_past", [shim.given(ints()), 0x1000, ints()], "out of bounds"),
        ("reads_past", [shim.given(ints()), 1, ints()], "out of bounds"),
        ("writes_past", [ints(), 1], "out of bounds"),
        ("writes_before", [ints()], "outside its bounds"),
        ("writes_input", [shim.given(ints())], "write to an input"),
        ("misaligned", [shim.given(np.zeros(256, np.float32)), np.zeros(32, np.float32)], "misaligned"),
        ("shifted", [32, ints()], "undefined arithmetic"),
    ],
)
def test_what_no_kernel_may_do_is_found(name: str, args: list[Any], fault: str) -> None:
    with pytest.raises(shim.KernelFault, match=fault):
        examples().launch(name, grid=1, block=32, args=args)
    out = shim.poisoned(1, np.float32)  # and the next launch goes well
    examples().launch("sums", grid=1, block=32, args=[shim.given(np.ones(32, np.float32)), 32, out])
    assert out[0] == 32


def test_a_block_has_no_more_threads_than_a_gpu_allows() -> None:
    with pytest.raises(shim.KernelFault, match="1 to 1024 threads"):
        examples().launch("votes", grid=1, block=1025, args=[ints()])


def test_arguments_are_counted() -> None:
    with pytest.raises(TypeError, match="takes 3 arguments, not 1"):
        examples().launch("sums", grid=1, block=32, args=[1])
