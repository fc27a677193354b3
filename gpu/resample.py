"""The draws of `draws` made on a device, and summed there: the same draws by the kernels in `kernels/resample.cu`.

Bytes: none but the result while the values stay in cache, 8 a column and cluster. Floor by counted instructions: about 23 a
draw, with a load and an addition a column, so 10⁹ draws of five columns in the order of a millisecond on a card with 132
multiprocessors; arithmetic, not a measurement.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from . import draws
from .arrays import DeviceError, device, has_kernels
from .draws import Floats, Key, batches, bootstrap_totals, check_clusters, check_subset
from .launch import Launch, launch
from .pairwise import subset_totals

MAX_COLUMNS = 8

_THREADS = 256
_BYTES = 1 << 29  # of chosen items held at once


def bootstrap_totals_at(name: str, key: Key, values: Floats, replicates: range) -> Floats:
    """`draws.bootstrap_totals`, made on the device of this name where it is a card that runs kernels, or else here.

    The same to the last bit where the sums are exact.
    """
    place = _card(name)
    if place is None:
        return bootstrap_totals(key, values, replicates)
    found: Floats = bootstrap_totals_on(place, key, values, replicates).cpu().numpy()
    return found


def bootstrap_totals_on(
    place: torch.device, key: Key, values: Floats, replicates: range, *, launch: Launch = launch
) -> torch.Tensor:
    """`draws.bootstrap_totals` on a device, float64: the same draws, summed in another order: equal where sums are exact.

    Raises `ValueError` for no column or more than `MAX_COLUMNS`, which a thread keeps in registers.
    """
    check_clusters(values)
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
    """`draws.subsets` on a device, bool: equal."""
    check_subset(size, of)
    out = torch.empty((of, len(replicates)), dtype=torch.uint8, device=place)
    launch(
        "resample",
        "subsets",
        grid=-(-len(replicates) // _THREADS),
        block=_THREADS,
        args=[*_numbers(key, replicates), np.int64(len(replicates)), np.uint32(size), np.uint32(of), out],
    )
    return out.bool()


def subset_totals_at(name: str, key: Key, size: int, values: Floats, replicates: range) -> Floats:
    """`pairwise.subset_totals`, made on a card as by `bootstrap_totals_at` where so many draws pay."""
    place = _card(name) if len(replicates) * len(values) >= draws.BREAK_EVEN else None
    if place is None:
        return subset_totals(key, size, values, replicates)
    found: Floats = subset_totals_on(place, key, size, values, replicates).cpu().numpy()
    return found


def subset_totals_on(
    place: torch.device, key: Key, size: int, values: Floats, replicates: range, *, launch: Launch = launch
) -> torch.Tensor:
    """`pairwise.subset_totals` on a device, float64: equal where sums are exact. Memory: some `_BYTES`, and the values."""
    there = torch.from_numpy(np.ascontiguousarray(values, dtype=np.float64)).to(place)
    parts = [torch.zeros((0, values.shape[1]), dtype=torch.float64, device=place)]
    for batch in batches(replicates, max(_THREADS, _BYTES // max(1, len(values)))):
        chosen = subsets_on(place, key, size, len(values), batch, launch=launch)
        total = torch.zeros((len(batch), values.shape[1]), dtype=torch.float64, device=place)
        step = max(1, _BYTES // (8 * len(batch)))
        for start in range(0, len(values), step):
            total += chosen[start : start + step].double().T @ there[start : start + step]
        parts.append(total)
    return torch.cat(parts)


def _card(name: str) -> torch.device | None:
    """The device of this name, if it is a card that runs kernels."""
    try:
        place = device(name)
    except DeviceError:  # concluded elsewhere than it was measured
        return None
    return place if place.type == "cuda" and has_kernels() else None


def _numbers(key: Key, replicates: range) -> list[np.number[Any]]:
    return [np.uint32(key.first), np.uint32(key.second), np.int64(replicates.start)]
