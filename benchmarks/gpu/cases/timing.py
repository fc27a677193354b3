"""What the cases share: CPU seconds, device seconds, peak memory, and lines of JSON that say where they come from."""

from __future__ import annotations

import json
import platform
import resource
import time
from collections.abc import Callable
from typing import Any

import torch


def cpu_seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """The least processor time of several runs in this process: other work on the machine disturbs it least."""
    found = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found)


def device_seconds(work: Callable[[], object], repeats: int = 10) -> float:
    """The median time of several runs on the CUDA device after one that is not counted, by events."""
    work()
    found = []
    for _ in range(repeats):
        start, stop = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        work()
        stop.record()
        torch.cuda.synchronize()
        found.append(start.elapsed_time(stop) / 1e3)
    return sorted(found)[repeats // 2]


def peak_mb() -> float:
    """The most memory that this process has held so far, in MB of 10⁶ bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def tell(case: str, **numbers: Any) -> None:
    """One line of JSON: what was measured, on what."""
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    print(
        json.dumps({"case": case, **numbers, "cpu": platform.processor() or platform.machine(), "gpu": device}),
        flush=True,
    )
