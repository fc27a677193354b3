"""Measures in this process: for tests of what comes before measuring and after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


class Here:
    """Does jobs one after the other."""

    def run(self, jobs: Sequence[Any], task: Callable[[Any], str], done: Callable[[Any, str], None]) -> None:
        for job in jobs:
            done(job, task(job))
