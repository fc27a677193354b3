"""Measures in this process: for tests of what comes before measuring and after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


class Here:
    """Does jobs one after the other; is interrupted after so many, if that is given."""

    def __init__(self, interrupted_after: int | None = None) -> None:
        self.most = interrupted_after
        self.begun: list[str] = []

    def run(self, jobs: Sequence[Any], task: Callable[[Any], str], done: Callable[[Any, str], None]) -> None:
        for job in jobs:
            if len(self.begun) == self.most:
                raise KeyboardInterrupt
            self.begun.append(job.key)
            done(job, task(job))
