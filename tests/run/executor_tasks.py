"""Tasks that spawned workers of `test_executor.py` import by name."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from unlearn_spec.run.executor import Job


@dataclass(frozen=True)
class Noted(Job):
    """A job that leaves a note of each time it is begun."""

    folder: Path
    deaths: int = 0
    """How many of its first workers it takes down."""


def note(job: Noted) -> str:
    with (job.folder / job.key).open("a") as file:
        file.write(f"{os.getpid()}\n")
    if len(begun(job)) <= job.deaths:
        os.kill(os.getpid(), signal.SIGKILL)
    return f"result of {job.key}"


def refuse(wanted: str, job: Noted) -> str:
    if job.key == wanted:
        raise ValueError(f"{job.key} is not to my taste")
    return note(job)


def begun(job: Noted) -> list[str]:
    return (job.folder / job.key).read_text().split()
