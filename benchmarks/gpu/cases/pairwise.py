"""Times permutations of the energy distance: rows and columns picked anew for each, and as one product of matrices.

python benchmarks/gpu/cases/pairwise.py --items 1000
"""

from __future__ import annotations

import argparse

import numpy as np
import torch
from timing import cpu_seconds, device_seconds, tell

from unlearn_spec.gpu.arrays import has_kernels
from unlearn_spec.gpu.pairwise import BATCH, aucs, distances, energy_statistic
from unlearn_spec.gpu.resample import key, subsets, subsets_on

PICKED = 8  # permutations of the slow way


def picked(matrix: np.ndarray, first: np.ndarray) -> None:
    for column in first.T:
        x, y = np.flatnonzero(column), np.flatnonzero(~column)
        2 * matrix[np.ix_(x, y)].mean() - matrix[np.ix_(x, x)].mean() - matrix[np.ix_(y, y)].mean()


def by_torch(matrix: np.ndarray, first: np.ndarray, place: torch.device) -> None:
    """The product on torch's tensors, which is our own way on a card, and the same compiled."""
    there, arrangements = torch.from_numpy(matrix).to(place), torch.from_numpy(first).to(place)
    np.testing.assert_allclose(energy_statistic(there, arrangements).cpu(), energy_statistic(matrix, first), atol=1e-9)
    compiled = torch.compile(energy_statistic, dynamic=False)
    ways = {"torch": lambda: energy_statistic(there, arrangements), "compiled": lambda: compiled(there, arrangements)}
    for name, work in ways.items():
        work()
        seconds = (device_seconds if there.is_cuda else cpu_seconds)(work)
        tell(
            f"pairwise.energy.{name}",
            device=place.type,
            items=len(matrix),
            seconds=seconds,
            bytes=8 * len(matrix) ** 2,  # the matrix, read once
            us_per_permutation=round(seconds / BATCH * 1e6, 2),
        )


def main() -> None:
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--items", type=int, default=1_000)
    items = wanted.parse_args().items
    torch.set_num_threads(1)
    points = np.random.default_rng(0).normal(size=(items, 4))
    matrix, first = distances(points), subsets(key(0), items // 2, items, range(BATCH))
    for name, work, count in (
        ("energy.picked", lambda: picked(matrix, first[:, :PICKED]), PICKED),
        ("energy.product", lambda: energy_statistic(matrix, first), BATCH),
        ("aucs.product", lambda: aucs(points.T, first), BATCH),
    ):
        tell(f"pairwise.{name}", items=items, us_per_permutation=round(cpu_seconds(work) / count * 1e6, 2))
    for place in ("cpu", *(["cuda"] if has_kernels() else [])):
        by_torch(matrix, first, torch.device(place))
    if has_kernels():
        place = torch.device("cuda", 0)
        seconds = device_seconds(lambda: subsets_on(place, key(0), items // 2, items, range(BATCH)))
        tell("pairwise.subsets.kernel", device="cuda", items=items, us_per_permutation=round(seconds / BATCH * 1e6, 2))


if __name__ == "__main__":
    main()
