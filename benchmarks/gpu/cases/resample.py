"""Times a bootstrap of 10⁶ to 10⁹ draws: NumPy's own generator, counter-based draws in NumPy, and the kernel.

python benchmarks/gpu/cases/resample.py --draws 1e7
"""

from __future__ import annotations

import argparse

import numpy as np
import torch
from timing import cpu_seconds, device_seconds, tell

from unlearn_spec.gpu.arrays import has_kernels
from unlearn_spec.gpu.resample import bootstrap_totals, bootstrap_totals_on, key, subsets, subsets_on

CLUSTERS = 1_000
BATCH = 1_000


def numpy_totals(values: np.ndarray, replicates: int) -> None:
    generator = np.random.Generator(np.random.Philox(0))
    for start in range(0, replicates, BATCH):
        values[generator.integers(0, CLUSTERS, (min(BATCH, replicates - start), CLUSTERS))].sum(axis=1)


def main() -> None:
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--draws", type=float, default=1e7)
    given = wanted.parse_args()
    torch.set_num_threads(1)
    values = np.random.default_rng(0).normal(size=(CLUSTERS, 2))
    replicates = range(max(1, int(given.draws) // CLUSTERS))
    draws = len(replicates) * CLUSTERS
    for name, work in (
        ("bootstrap.numpy_generator", lambda: numpy_totals(values, len(replicates))),
        ("bootstrap.counter", lambda: bootstrap_totals(key(0), values, replicates)),
        ("subsets.counter", lambda: subsets(key(0), CLUSTERS // 2, CLUSTERS, replicates)),
    ):
        tell(f"resample.{name}", draws=draws, ns_per_draw=round(cpu_seconds(work) / draws * 1e9, 2))
    if has_kernels():
        place = torch.device("cuda", 0)
        for name, launched in (
            ("bootstrap.kernel", lambda: bootstrap_totals_on(place, key(0), values, replicates)),
            ("subsets.kernel", lambda: subsets_on(place, key(0), CLUSTERS // 2, CLUSTERS, replicates)),
        ):
            tell(f"resample.{name}", draws=draws, ns_per_draw=device_seconds(launched) / draws * 1e9)


if __name__ == "__main__":
    main()
