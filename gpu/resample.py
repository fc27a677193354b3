"""Random draws that are a function of (clause, replicate, draw): bootstrap samples and random subsets, the same everywhere.

However the work is cut, on the processor or on a card, replicate 17 of a clause draws the same items. Words come from
Philox 4x32-10 (Salmon, Moraes, Dror and Shaw, Parallel random numbers: as easy as 1, 2, 3, SC 2011) with the clause in the
key and (draw, attempt, replicate) in the counter.

A word becomes a number below `bound` without bias (Lemire, Fast random integer generation in an interval, ACM TOMACS 29
(2019)): the upper half of word × bound, and where the lower half falls into the first 2³² mod bound values, which would
make some results likelier, the draw is tried again with the next attempt's word. That happens with a chance below
bound / 2³².

To respect clusters, resample clusters: give their totals, not the items.

Bytes: none but the result; values of up to a few thousand clusters stay in cache. Floor by counted instructions: about 23
a draw, so 10⁹ draws in the order of a millisecond on a card with 132 multiprocessors; arithmetic, not a measurement.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from .arrays import has_kernels
from .launch import Launch, launch

Words = npt.NDArray[np.uint32]
Floats = npt.NDArray[np.float64]

CPU = torch.device("cpu")
BREAK_EVEN = 10**8
"""Draws in all from which a card is used. Counted, not timed on one: starting CUDA and compiling take in the order of a
second, and the processor draws 10⁸ numbers in the order of seconds (`benchmarks/gpu/cases/resample.py` measures that)."""

MAX_COLUMNS = 8

_HALF = (0xD2511F53, 0xCD9E8D57), (0x9E3779B9, 0xBB67AE85)
_WHOLE = (0xD2E7470EE14C6C93, 0xCA5A826395121157), (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
_MASK = 0xFFFF_FFFF
_BATCH = 1 << 20  # draws held at once
_THREADS = 256


@dataclass(frozen=True)
class Key:
    """Two 32-bit words: what sets the draws of one clause, measurement and seed apart from all others."""

    first: int
    second: int


def key(*parts: str | int) -> Key:
    """The key of a clause: from names and numbers (seed, clause, artifact, …), by SHA-256.

    Two keys are equal by chance with probability 2⁻⁶⁴; then two clauses share their draws, which biases neither.
    """
    text = "".join(f"{type(part).__name__}:{len(str(part))}:{part};" for part in parts)
    digest = hashlib.sha256(b"unlearn-spec resample\n" + text.encode()).digest()
    return Key(int.from_bytes(digest[:4], "big"), int.from_bytes(digest[4:8], "big"))


def philox(counter: Sequence[int], key: Sequence[int], *, bits: int = 32, rounds: int = 10) -> tuple[int, ...]:
    """The definition: Philox 4×`bits` of a counter of four words and a key of two."""
    (m0, m1), (w0, w1) = _HALF if bits == 32 else _WHOLE
    (x0, x1, x2, x3), (k0, k1), mask = counter, key, (1 << bits) - 1
    for _ in range(rounds):
        p0, p1 = m0 * x0, m1 * x2
        x0, x1, x2, x3 = (p1 >> bits) ^ x1 ^ k0, p1 & mask, (p0 >> bits) ^ x3 ^ k1, p0 & mask
        k0, k1 = (k0 + w0) & mask, (k1 + w1) & mask
    return x0, x1, x2, x3


def reference(key: Key, replicate: int, draw: int, bound: int) -> int:
    """The definition of a draw below `bound` (1 to 2³² − 1): word `draw mod 4` of block ⌊draw / 4⌋."""
    attempt = 0
    while True:
        counter = (draw // 4, attempt, replicate & _MASK, replicate >> 32)
        product = philox(counter, (key.first, key.second))[draw % 4] * bound
        if product & _MASK >= (1 << 32) % bound:
            return product >> 32
        attempt += 1


def reference_subset(key: Key, replicate: int, size: int, of: int) -> list[bool]:
    """The definition of a subset: item i of r left is taken if a draw below r is below the number still wanted.

    Every subset of `size` of `of` items is equally likely: Knuth, The Art of Computer Programming 2, section 3.4.2,
    algorithm S.
    """
    chosen: list[bool] = []
    for item in range(of):
        chosen.append(reference(key, replicate, item, of - item) < size - sum(chosen))
    return chosen


def words(
    key: Key, replicates: npt.NDArray[np.uint64], blocks: npt.NDArray[np.uint64], attempt: int = 0
) -> npt.NDArray[np.uint64]:
    """Philox words of broadcast replicates and blocks, shape (…, 4), each below 2³² (in uint64, to multiply on)."""
    replicates, blocks = np.broadcast_arrays(replicates, blocks)
    mask, half = np.uint64(_MASK), np.uint64(32)
    x0, x1 = blocks.astype(np.uint64), np.full(blocks.shape, attempt, dtype=np.uint64)
    x2, x3 = replicates & mask, replicates >> half
    (m0, m1), (w0, w1) = _HALF
    for turn in range(10):
        p0, p1 = x0 * np.uint64(m0), x2 * np.uint64(m1)
        x0 = (p1 >> half) ^ x1 ^ np.uint64((key.first + turn * w0) & _MASK)
        x1 = p1 & mask
        x2 = (p0 >> half) ^ x3 ^ np.uint64((key.second + turn * w1) & _MASK)
        x3 = p0 & mask
    return np.stack([x0, x1, x2, x3], axis=-1)


def integers(key: Key, replicates: range, bounds: npt.NDArray[np.uint64]) -> Words:
    """Draw d of each replicate, below bounds[d] (each 1 to 2³² − 1): shape (replicates, draws). See `reference`."""
    count = bounds.size
    rows = np.arange(replicates.start, replicates.stop, dtype=np.uint64)
    blocks = np.arange(-(-count // 4), dtype=np.uint64)
    drawn = words(key, rows[:, None], blocks[None, :]).reshape(rows.size, -1)[:, :count]
    product = drawn * bounds
    least = np.uint64(1 << 32) % bounds
    attempt = 0
    while True:
        row, draw = np.nonzero((product & np.uint64(_MASK)) < least)
        if not row.size:
            return (product >> np.uint64(32)).astype(np.uint32)
        attempt += 1
        again = words(key, rows[row], (draw // 4).astype(np.uint64), attempt)
        product[row, draw] = again[np.arange(row.size), draw % 4] * bounds[draw]


def bootstrap_totals(
    key: Key,
    values: Floats,
    replicates: range,
    *,
    place: torch.device = CPU,
    launch: Launch = launch,
) -> Floats:
    """Column sums of bootstrap samples: `values` (clusters, columns) → (replicates, columns).

    Each replicate draws as many clusters as there are, with replacement. With columns (total, size) of a cluster, the
    quotient of the sums is the mean over items. Made on the device where that is `worth_a_device`: the same draws, and sums
    equal to rounding. Raises `ValueError` without clusters.
    """
    _check(values)
    if values.shape[1] <= MAX_COLUMNS and worth_a_device(place, len(replicates) * len(values)):
        found: Floats = bootstrap_totals_on(place, key, values, replicates, launch=launch).cpu().numpy()
        return found
    bounds = np.full(len(values), len(values), dtype=np.uint64)
    parts = [np.empty((0, values.shape[1]))]
    parts += [values[integers(key, batch, bounds)].sum(axis=1) for batch in _batches(replicates, len(values))]
    return np.concatenate(parts)


def subsets(key: Key, size: int, of: int, replicates: range) -> npt.NDArray[np.bool_]:
    """Random subsets of `size` of `of` items, shape (of, replicates). Raises `ValueError` unless 0 ≤ size ≤ of < 2³²."""
    _check_subset(size, of)
    parts = [np.empty((of, 0), dtype=np.bool_)]
    for batch in _batches(replicates, of):
        drawn = integers(key, batch, np.arange(of, 0, -1, dtype=np.uint64))
        wanted = np.full(len(batch), size, dtype=np.int64)
        chosen = np.empty((of, len(batch)), dtype=np.bool_)
        for item in range(of):
            chosen[item] = drawn[:, item] < wanted
            wanted -= chosen[item]
        parts.append(chosen)
    return np.concatenate(parts, axis=1)


def integers_on(
    place: torch.device, key: Key, replicates: range, count: int, bound: int, *, launch: Launch = launch
) -> torch.Tensor:
    """`integers` on a device with one bound for all draws, for statistics that are not sums: equal, the bits of uint32
    in int32, shape (replicates, count)."""
    out = torch.empty((len(replicates), count), dtype=torch.int32, device=place)
    launch(
        "resample",
        "draws",
        grid=-(-len(replicates) * -(-count // 4) // _THREADS),
        block=_THREADS,
        args=[
            *_numbers(key, replicates),
            np.int64(len(replicates)),
            np.int64(count),
            np.uint32(bound),
            out,
        ],
    )
    return out


def bootstrap_totals_on(
    place: torch.device, key: Key, values: Floats, replicates: range, *, launch: Launch = launch
) -> torch.Tensor:
    """`bootstrap_totals` on a device, float64: the same draws, summed in another order (equal to rounding).

    Raises `ValueError` for no column or more than `MAX_COLUMNS`, which a thread keeps in registers.
    """
    _check(values)
    if not 0 < values.shape[1] <= MAX_COLUMNS:
        raise ValueError(f"the kernel sums 1 to {MAX_COLUMNS} columns at a time, not {values.shape[1]}")
    out = torch.empty((len(replicates), values.shape[1]), dtype=torch.float64, device=place)
    launch(
        "resample",
        "bootstrap_totals",
        grid=len(replicates),
        block=_THREADS,
        args=[
            torch.from_numpy(np.ascontiguousarray(values, dtype=np.float64)).to(place),
            *_numbers(key, replicates),
            np.int64(len(values)),
            out,
        ],
        defines={"COLUMNS": values.shape[1]},
    )
    return out


def subsets_on(
    place: torch.device, key: Key, size: int, of: int, replicates: range, *, launch: Launch = launch
) -> torch.Tensor:
    """`subsets` on a device, bool: equal."""
    _check_subset(size, of)
    out = torch.empty((of, len(replicates)), dtype=torch.uint8, device=place)
    launch(
        "resample",
        "subsets",
        grid=-(-len(replicates) // _THREADS),
        block=_THREADS,
        args=[*_numbers(key, replicates), np.int64(len(replicates)), np.uint32(size), np.uint32(of), out],
    )
    return out.bool()


def worth_a_device(place: torch.device, draws: int) -> bool:
    """Whether so many draws are made on this device rather than on the processor."""
    return place.type == "cuda" and draws >= BREAK_EVEN and has_kernels()


def _numbers(key: Key, replicates: range) -> list[np.number[Any]]:
    return [np.uint32(key.first), np.uint32(key.second), np.int64(replicates.start)]


def _batches(replicates: range, draws: int) -> Iterator[range]:
    step = max(1, _BATCH // max(1, draws))
    for start in range(replicates.start, replicates.stop, step):
        yield range(start, min(start + step, replicates.stop))


def _check(values: Floats) -> None:
    if values.ndim != 2 or not 0 < len(values) < 1 << 32:
        raise ValueError(f"a bootstrap needs clusters, one row each; the values have shape {values.shape}")


def _check_subset(size: int, of: int) -> None:
    if not 0 <= size <= of < 1 << 32:
        raise ValueError(f"no subset of {size} of {of} items")
