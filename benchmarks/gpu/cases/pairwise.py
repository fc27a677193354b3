"""Times permutations in matrix form: pairs of the energy distance, against rows and columns picked anew, and sums of midranks.

python benchmarks/gpu/cases/pairwise.py --items 1000
"""

from __future__ import annotations

import argparse

import numpy as np
import torch
from timing import cpu_seconds, device_seconds, tell

from unlearn_spec.gpu.arrays import has_kernels
from unlearn_spec.gpu.draws import key, subsets
from unlearn_spec.gpu.pairwise import signed_totals, subset_pairs, subset_totals
from unlearn_spec.gpu.resample import subset_totals_on

PICKED = 8  # permutations of the slow way
BATCH = 512
SCORES = 4


def picked(matrix: np.ndarray, first: np.ndarray) -> None:
    for column in first.T:
        x, y = np.flatnonzero(column), np.flatnonzero(~column)
        2 * matrix[np.ix_(x, y)].mean() - matrix[np.ix_(x, x)].mean() - matrix[np.ix_(y, y)].mean()


def pairs(matrix: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
    """`subset_pairs` by torch's operators."""
    beside = matrix @ inside
    return torch.stack([(inside * beside).sum(0), beside.sum(0)], dim=1)


def by_torch(matrix: np.ndarray, first: np.ndarray, place: torch.device) -> None:
    """The product on torch's tensors, and the same compiled."""
    there, inside = torch.from_numpy(matrix).to(place), torch.from_numpy(first.astype(np.float64)).to(place)
    compiled = torch.compile(pairs, dynamic=False)
    np.testing.assert_array_equal(pairs(there, inside).cpu(), subset_pairs(key(0), len(matrix) // 2, matrix, range(BATCH)))
    for name, work in {"torch": lambda: pairs(there, inside), "compiled": lambda: compiled(there, inside)}.items():
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
    rng = np.random.default_rng(0)
    half = rng.integers(0, 2**20, (items, items)).astype(np.float64)  # whole numbers: sums are exact
    matrix, values, rows = half + half.T, rng.integers(0, 2**20, (items, SCORES)).astype(np.float64), range(BATCH)
    first = subsets(key(0), items // 2, items, rows)
    for name, work, count in (
        ("energy.picked", lambda: picked(matrix, first[:, :PICKED]), PICKED),
        ("energy.product", lambda: subset_pairs(key(0), items // 2, matrix, rows), BATCH),
        ("ranks.product", lambda: subset_totals(key(0), items // 2, values, rows), BATCH),
        ("signs.product", lambda: signed_totals(key(0), values, rows), BATCH),
    ):
        tell(f"pairwise.{name}", items=items, us_per_permutation=round(cpu_seconds(work) / count * 1e6, 2))
    for place in ("cpu", *(["cuda"] if has_kernels() else [])):
        by_torch(matrix, first, torch.device(place))
    if has_kernels():
        place = torch.device("cuda", 0)
        there = subset_totals_on(place, key(0), items // 2, values, rows)
        np.testing.assert_array_equal(there.cpu(), subset_totals(key(0), items // 2, values, rows))
        seconds = device_seconds(lambda: subset_totals_on(place, key(0), items // 2, values, rows))
        tell("pairwise.ranks.kernel", device="cuda", items=items, us_per_permutation=round(seconds / BATCH * 1e6, 2))


if __name__ == "__main__":
    main()
