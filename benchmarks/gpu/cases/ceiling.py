"""Measures what the memory gives: a copy, bytes read and written counted together. Everything else is held against it.

python benchmarks/gpu/cases/ceiling.py --mib 1024
"""

from __future__ import annotations

import argparse

import torch
from timing import cpu_seconds, device_seconds, tell


def main() -> None:
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--mib", type=int, default=1024)
    wanted.add_argument("--device", default="cpu")
    given = wanted.parse_args()
    torch.set_num_threads(1)
    source = torch.zeros(given.mib << 20, dtype=torch.uint8, device=given.device)
    target = torch.empty_like(source)
    seconds = (device_seconds if source.is_cuda else cpu_seconds)(lambda: target.copy_(source))
    moved = 2 * source.numel()
    tell("ceiling.copy", device=given.device, seconds=seconds, bytes=moved, gb_per_second=round(moved / seconds / 1e9, 1))


if __name__ == "__main__":
    main()
