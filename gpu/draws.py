"""Random draws that are a function of (clause, replicate, draw): bootstrap samples and random subsets, the same everywhere.

However the work is cut, on the processor or on a card (`resample`), replicate 17 of a clause draws the same items. Words come
from Philox 4x32-10 (Salmon, Moraes, Dror and Shaw, Parallel random numbers: as easy as 1, 2, 3, SC 2011) with the clause in
the key and (draw, attempt, replicate) in the counter.

A word becomes a number below `bound` without bias (Lemire, Fast random integer generation in an interval, ACM TOMACS 29
(2019)): the upper half of word × bound, and where the lower half falls into the first 2³² mod bound values, which would
make some results likelier, the draw is tried again with the next attempt's word. That happens with a chance below
bound / 2³².

To respect clusters, resample clusters: give their totals, not the items. NumPy alone: what was drawn on a card is drawn again
without one, and without torch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

BREAK_EVEN = 10**8
"""Draws in all from which draws by counter pay. Counted, not timed on a card: starting CUDA and compiling take in the order
of a second, and the processor makes 10⁸ draws and their sums in the order of a second (`benchmarks/gpu/cases/resample.py`
measures that)."""

_HALF = (0xD2511F53, 0xCD9E8D57), (0x9E3779B9, 0xBB67AE85)
_WHOLE = (0xD2E7470EE14C6C93, 0xCA5A826395121157), (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
_MASK = 0xFFFF_FFFF
_CACHED = 1 << 15  # draws that stay in a core's cache; a multiple of 4
_COLUMNS, _ITEMS = 1024, 64  # subsets made side by side, and their items at a time: as many; `_ITEMS` a multiple of 4


@dataclass(frozen=True)
class Key:
    """Two 32-bit words: what sets the draws of one clause, measurement and seed apart from all others."""

    first: int
    second: int


Totals: TypeAlias = Callable[[Key, Floats, range], Floats]
"""`bootstrap_totals`, here or on a card."""


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
    shape, mask, half = np.broadcast_shapes(replicates.shape, blocks.shape), np.uint64(_MASK), np.uint64(32)
    x0, x1, x2, x3 = np.empty((4, *shape), dtype=np.uint64)  # all in one order, so that they are gone through together
    x0[...], x1[...], x2[...], x3[...] = blocks, attempt, replicates & mask, replicates >> half
    (m0, m1), (w0, w1) = _HALF
    for turn in range(10):
        p0, p1 = x0 * np.uint64(m0), x2 * np.uint64(m1)
        np.right_shift(p1, half, out=x0)
        x0 ^= x1
        x0 ^= np.uint64((key.first + turn * w0) & _MASK)
        np.right_shift(p0, half, out=x2)
        x2 ^= x3
        x2 ^= np.uint64((key.second + turn * w1) & _MASK)
        p0 &= mask
        p1 &= mask
        x1, x3 = p1, p0
    return np.stack([x0, x1, x2, x3], axis=-1)


def below(
    key: Key, replicates: range, draws: range, bounds: np.uint64 | npt.NDArray[np.uint64]
) -> npt.NDArray[np.int64]:
    """These draws of each replicate, from a multiple of 4 on, below one bound or one a draw (1 to 2³² − 1): shape
    (replicates, draws). See `reference`."""
    rows = np.arange(replicates.start, replicates.stop, dtype=np.uint64)
    blocks = np.arange(draws.start // 4, -(-draws.stop // 4), dtype=np.uint64)
    product = words(key, rows[:, None], blocks[None, :]).reshape(rows.size, -1)[:, : len(draws)] * bounds
    least = np.uint64(1 << 32) % bounds
    attempt = 0
    while True:
        row, draw = np.nonzero((product & np.uint64(_MASK)) < least)
        if not row.size:
            return (product >> np.uint64(32)).view(np.int64)
        attempt += 1
        again = words(key, rows[row], ((draws.start + draw) // 4).astype(np.uint64), attempt)
        product[row, draw] = again[np.arange(row.size), draw % 4] * np.broadcast_to(bounds, (len(draws),))[draw]


def bootstrap_totals(key: Key, values: Floats, replicates: range) -> Floats:
    """Column sums of bootstrap samples: `values` (clusters, columns) → (replicates, columns).

    Each replicate draws as many clusters as there are, with replacement. With columns (total, size) of a cluster, the
    quotient of the sums is the mean over items. Sums are products of a matrix with how often each cluster was drawn: exact,
    whatever the order, where whole numbers of one unit stay below 2⁵³ of it. Memory: some `_CACHED` draws, or those of one replicate.
    Raises `ValueError` without clusters.
    """
    check_clusters(values)
    found = np.empty((len(replicates), values.shape[1]))
    for batch in batches(replicates, max(1, _CACHED // len(values))):
        start = batch.start - replicates.start
        found[start : start + len(batch)] = _times_drawn(key, batch, len(values)) @ values
    return found


def _times_drawn(key: Key, replicates: range, count: int) -> Floats:
    """How often each replicate draws each of `count` clusters: shape (replicates, count)."""
    cells = np.empty((len(replicates), count), dtype=np.int64)
    for part in batches(range(count), _CACHED):
        cells[:, part.start : part.stop] = below(key, replicates, part, np.uint64(count))
    cells += (np.arange(len(replicates)) * count)[:, None]
    times = np.bincount(cells.ravel(), minlength=cells.size)
    return times.reshape(cells.shape).astype(np.float64)


def subsets(key: Key, size: int, of: int, replicates: range) -> npt.NDArray[np.bool_]:
    """Random subsets of `size` of `of` items, shape (of, replicates). Raises `ValueError` unless 0 ≤ size ≤ of < 2³²."""
    chosen = np.empty((of, len(replicates)), dtype=np.bool_)
    for items, columns, part in subset_parts(key, size, of, replicates):
        chosen[items, columns] = part
    return chosen


def subset_parts(
    key: Key, size: int, of: int, replicates: range
) -> Iterator[tuple[slice, slice, npt.NDArray[np.bool_]]]:
    """`subsets` in parts, for what need not hold them whole: items, replicates by their place in the range, and that part."""
    check_subset(size, of)
    for batch in batches(replicates, _COLUMNS):
        columns = slice(batch.start - replicates.start, batch.stop - replicates.start)
        wanted = np.full(len(batch), size, dtype=np.int64)
        for items in batches(range(of), _ITEMS):
            left = np.arange(of - items.start, of - items.stop, -1, dtype=np.uint64)
            drawn = np.ascontiguousarray(below(key, batch, items, left).T)
            part = np.empty(drawn.shape, dtype=np.bool_)
            for item, numbers in enumerate(drawn):
                np.less(numbers, wanted, out=part[item])
                wanted -= part[item]
            yield slice(items.start, items.stop), columns, part


def signs(key: Key, count: int, replicates: range) -> Floats:
    """Random signs of `count` units, 1 or −1, shape (replicates, count): − where bit u mod 32 of word ⌊u / 32⌋ is 1."""
    rows = np.arange(replicates.start, replicates.stop, dtype=np.uint64)
    drawn = words(key, rows[:, None], np.arange(-(-count // 128), dtype=np.uint64)[None, :])
    octets = drawn.astype("<u4").reshape(len(rows), -1).view(np.uint8)
    found: Floats = 1.0 - 2.0 * np.unpackbits(octets, axis=1, count=count, bitorder="little").astype(np.float64)
    return found


def batches(replicates: range, step: int) -> Iterator[range]:
    """A range of replicates, or draws, in parts of `step`."""
    for start in range(replicates.start, replicates.stop, step):
        yield range(start, min(start + step, replicates.stop))


def check_clusters(values: Floats) -> None:
    """Raises `ValueError` unless `values` has a row a cluster, at least one."""
    if values.ndim != 2 or not 0 < len(values) < 1 << 32:
        raise ValueError(f"a bootstrap needs clusters, one row each; the values have shape {values.shape}")


def check_subset(size: int, of: int) -> None:
    """Raises `ValueError` unless 0 ≤ size ≤ of < 2³²."""
    if not 0 <= size <= of < 1 << 32:
        raise ValueError(f"no subset of {size} of {of} items")
