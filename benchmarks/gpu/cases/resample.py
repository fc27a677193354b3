"""Times a bootstrap of 10⁶ to 10⁹ draws: NumPy's own generator, counter-based draws in NumPy, and the kernel.

Five columns a cluster, as the studentised bootstrap of a verdict has them, in whole numbers, so that all sums are exact.

python benchmarks/gpu/cases/resample.py --draws 1e7
"""

from __future__ import annotations

import argparse

import numpy as np
import torch
from timing import cpu_seconds, device_seconds, tell

from unlearn_spec.gpu.arrays import has_kernels
from unlearn_spec.gpu.draws import bootstrap_totals, key, subsets
from unlearn_spec.gpu.resample import bootstrap_totals_on, subsets_on

CLUSTERS = 1_000
COLUMNS = 5
BATCH = 64  # of the processor: as many draws as stay in its cache
WHOLE = 1_000  # of torch, replicates at a time


def numpy_totals(values: np.ndarray, replicates: int) -> None:
    """How often each cluster is drawn, times the values: our own way, with NumPy's generator."""
    generator = np.random.Generator(np.random.Philox(0))
    for start in range(0, replicates, BATCH):
        drawn = generator.integers(0, CLUSTERS, (min(BATCH, replicates - start), CLUSTERS))
        drawn += CLUSTERS * np.arange(len(drawn))[:, None]
        np.bincount(drawn.ravel(), minlength=drawn.size).reshape(drawn.shape).astype(np.float64) @ values


def torch_totals(values: torch.Tensor, replicates: int) -> torch.Tensor:
    """As torch's operators do it: its own generator, numbers written out and read again."""
    parts = []
    for start in range(0, replicates, WHOLE):
        shape = (min(WHOLE, replicates - start), CLUSTERS)
        parts.append(values[torch.randint(CLUSTERS, shape, device=values.device)].sum(dim=1))
    return torch.cat(parts)


def by_torch(place: torch.device, values: np.ndarray, replicates: int) -> None:
    """Operators one by one, and compiled (a whole batch at a time: WHOLE replicates)."""
    there, draws = torch.from_numpy(values).to(place), min(replicates, WHOLE) * CLUSTERS
    compiled = torch.compile(torch_totals, dynamic=False)
    ways = {
        "torch": lambda: torch_totals(there, min(replicates, WHOLE)),
        "compiled": lambda: compiled(there, min(replicates, WHOLE)),
    }
    for name, work in ways.items():
        work()
        seconds = (device_seconds if there.is_cuda else cpu_seconds)(work)
        tell(f"resample.bootstrap.{name}", device=place.type, draws=draws, ns_per_draw=round(seconds / draws * 1e9, 4))


def check(place: torch.device, values: np.ndarray) -> None:
    """Raises where the card's draws are not the processor's."""
    some = range(3)
    totals = bootstrap_totals_on(place, key(0), values, some).cpu()
    np.testing.assert_array_equal(totals, bootstrap_totals(key(0), values, some))
    subset = subsets_on(place, key(0), CLUSTERS // 2, CLUSTERS, some).cpu()
    np.testing.assert_array_equal(subset, subsets(key(0), CLUSTERS // 2, CLUSTERS, some))


def main() -> None:
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--draws", type=float, default=1e7)
    given = wanted.parse_args()
    torch.set_num_threads(1)
    values = np.random.default_rng(0).integers(-(2**30), 2**30, (CLUSTERS, COLUMNS)).astype(np.float64)
    replicates = range(max(1, int(given.draws) // CLUSTERS))
    draws = len(replicates) * CLUSTERS
    for name, work in (
        ("bootstrap.numpy_generator", lambda: numpy_totals(values, len(replicates))),
        ("bootstrap.counter", lambda: bootstrap_totals(key(0), values, replicates)),
        ("subsets.counter", lambda: subsets(key(0), CLUSTERS // 2, CLUSTERS, replicates)),
    ):
        tell(f"resample.{name}", draws=draws, ns_per_draw=round(cpu_seconds(work) / draws * 1e9, 2))
    by_torch(torch.device("cpu"), values, len(replicates))
    if has_kernels():
        place = torch.device("cuda", 0)
        check(place, values)
        by_torch(place, values, len(replicates))
        for name, launched, size in (
            (
                "bootstrap.kernel",
                lambda: bootstrap_totals_on(place, key(0), values, replicates),
                8 * COLUMNS * len(replicates),
            ),
            ("subsets.kernel", lambda: subsets_on(place, key(0), CLUSTERS // 2, CLUSTERS, replicates), draws),
        ):
            seconds = device_seconds(launched)
            tell(
                f"resample.{name}",
                device="cuda",
                draws=draws,
                seconds=seconds,
                bytes=size,  # the result, written once; draws are computed, so this is no bound
                ns_per_draw=round(seconds / draws * 1e9, 4),
            )


if __name__ == "__main__":
    main()
