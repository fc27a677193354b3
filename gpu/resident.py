"""A corpus that stays on the device while many models' answers are held against it: `ngram_probe.overlaps`, by a kernel.

Worth its transfer only for that: one pass over a corpus on disk is done sooner on the CPU. The kernel finds the windows;
the runs that they belong to are put together by the same code as on the CPU, so that the answer is the same to the token.

Bytes: 4 a token, read once (0.05 % more where blocks overlap); floor for 10⁹ tokens at 3.0 TB/s: 1.3 ms. Filter: at most
32 MB, which the second-level cache of an H100 (50 MB) holds.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import torch

from .launch import Launch, launch
from .longest_run import Tokens
from .ngram_probe import SPREAD, Found, Hashes, Index, Overlap, Tally, slots

_log = logging.getLogger(__name__)

STRIP = 63  # as in the kernel
THREADS = 128
MAX_N = 4096  # tokens of a block, with n − 1 beyond them, fit into 48 KB of shared memory
MAX_LOG2_SLOTS = 28  # bits: 32 MB
STRETCH = 1 << 26  # tokens looked at by one launch
CAPACITY = 1 << 16  # windows found for which there is room at first


@dataclass(frozen=True, eq=False)
class Resident:
    """Token ids on a device, shape (tokens,), the bits of uint32 in int32 (which torch handles everywhere)."""

    tokens: torch.Tensor

    def read(self, start: int, stop: int) -> Tokens:
        """Tokens from one place up to another, on the host."""
        found: Tokens = self.tokens[start:stop].cpu().numpy().view(np.uint32)
        return found


@dataclass(frozen=True, eq=False)
class DeviceIndex:
    """An `Index` as the kernel reads it: filter as bits, n-grams in a hash table with open addressing."""

    index: Index
    log2_slots: int
    bits: torch.Tensor
    log2_table: int
    keys: torch.Tensor
    grams: torch.Tensor
    first: torch.Tensor
    queries: torch.Tensor


def resident(corpus: npt.NDArray[np.integer], place: torch.device) -> Resident:
    """Copies a corpus (a memory-mapped file, say) to a device, a stretch at a time."""
    tokens = torch.empty(corpus.size, dtype=torch.int32, device=place)
    for start in range(0, corpus.size, STRETCH):
        part = np.asarray(corpus[start : start + STRETCH]).astype(np.uint32)
        tokens[start : start + STRETCH] = torch.from_numpy(part.view(np.int32))
    return Resident(tokens)


def device_index(index: Index, place: torch.device) -> DeviceIndex:
    """Copies an index to a device. Raises `ValueError` for n above `MAX_N`."""
    if index.n > MAX_N:
        raise ValueError(f"the kernel takes n-grams of at most {MAX_N} tokens, not {index.n}")
    log2_slots = min(MAX_LOG2_SLOTS, index.log2_slots + 3)  # bits cost an eighth of the CPU's bytes
    log2_table, keys, grams = table(index.hashes)
    bits = np.packbits(slots(index.hashes, log2_slots), bitorder="little")
    return DeviceIndex(
        index,
        log2_slots,
        _on(bits.view(np.int32), place),
        log2_table,
        _on(keys.view(np.int64), place),
        _on(grams, place),
        _on(index.first, place),
        _on(index.tokens.view(np.int32), place),
    )


def table(hashes: Hashes) -> tuple[int, Hashes, npt.NDArray[np.int32]]:
    """(log₂ of its size, keys, numbers of the n-grams): at most half full; −1 where a slot is empty."""
    log2_size = max(1, (2 * hashes.size).bit_length())
    keys = np.zeros(1 << log2_size, dtype=np.uint64)
    grams = np.full(keys.size, -1, dtype=np.int32)
    waiting = np.arange(hashes.size)
    at = ((hashes * np.uint64(SPREAD)) >> np.uint64(64 - log2_size)).astype(np.int64)
    while waiting.size:
        free = grams[at] < 0
        _, one_each = np.unique(at[free], return_index=True)
        placed = np.flatnonzero(free)[one_each]
        keys[at[placed]] = hashes[waiting[placed]]
        grams[at[placed]] = waiting[placed]
        rest = np.delete(np.arange(waiting.size), placed)
        waiting, at = waiting[rest], (at[rest] + 1) & (keys.size - 1)
    return log2_size, keys, grams


def find(index: DeviceIndex, tokens: torch.Tensor, *, capacity: int = CAPACITY, launch: Launch = launch) -> Found:
    """`ngram_probe.find` for tokens on the device, fewer than 2³¹. Runs again where more was found than there is room."""
    n = index.index.n
    windows = tokens.numel() - n + 1
    if windows < 1 or not index.first.numel():
        return np.empty(0, np.int64), np.empty(0, np.int64)
    multiplier = index.index.multiplier % (1 << 64)
    while True:
        found = torch.empty(capacity, dtype=torch.int64, device=tokens.device)
        count = torch.zeros(1, dtype=torch.int32, device=tokens.device)
        launch(
            "ngram_probe",
            "ngram_probe",
            grid=-(-windows // (THREADS * STRIP)),
            block=THREADS,
            shared=4 * (THREADS * STRIP + n - 1),
            args=[
                tokens,
                np.int64(tokens.numel()),
                np.int32(n),
                np.uint64(multiplier),
                np.uint64(pow(multiplier, n, 1 << 64)),
                np.uint64(SPREAD),
                index.bits,
                np.int32(index.log2_slots),
                index.keys,
                index.grams,
                np.int32(index.log2_table),
                index.first,
                index.queries,
                found,
                count,
                np.uint32(capacity),
            ],
        )
        all_found = int(count.item())
        if all_found <= capacity:
            break
        capacity = all_found
    hits = np.sort(found[:all_found].cpu().numpy().view(np.uint64))
    return (hits >> np.uint64(32)).astype(np.int64), (hits & np.uint64(0xFFFF_FFFF)).astype(np.int64)


def overlaps(
    index: Index, corpus: Resident, *, stretch: int = STRETCH, capacity: int = CAPACITY, launch: Launch = launch
) -> tuple[Overlap, ...]:
    """`ngram_probe.overlaps` for a corpus on the device; the result is equal."""
    there = device_index(index, corpus.tokens.device)
    tally = Tally(index)
    overlap = max(index.n, index.longest_query) - 1  # a common run is no longer than its query: one stretch holds it
    step = max(stretch, 4 * overlap) - overlap
    for offset in range(0, max(1, corpus.tokens.numel() - overlap), max(1, step)):
        part = corpus.tokens[offset : offset + step + overlap]
        places, grams = _found(there, part, capacity, launch)
        tally.add(places, grams, Resident(part).read, offset)
    return tally.result()


def _found(index: DeviceIndex, tokens: torch.Tensor, capacity: int, launch: Launch) -> Found:
    """`find`, in halves where the device has too little memory for what is found at once; said once."""
    try:
        return find(index, tokens, capacity=capacity, launch=launch)
    except torch.OutOfMemoryError:
        middle = (tokens.numel() - index.index.n + 1) // 2
        if middle < 1:
            raise
    _say_so()
    left, its = _found(index, tokens[: middle + index.index.n - 1], CAPACITY, launch)
    right, others = _found(index, tokens[middle:], CAPACITY, launch)
    return np.concatenate([left, right + middle]), np.concatenate([its, others])


@cache
def _say_so() -> None:
    _log.warning("the device has little memory left: the corpus is looked at in smaller stretches")


def _on(array: npt.NDArray[np.generic], place: torch.device) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(array)).to(place)
