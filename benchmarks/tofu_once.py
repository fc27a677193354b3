"""Measures for several runs what they have in common only once: the original and the references are asked alike in all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unlearn_spec.evidence.store import Store
from unlearn_spec.run.executor import Executor


@dataclass(frozen=True)
class Once:
    """An executor that keeps every measured table, by the key of its unit, which names everything that decides it."""

    inner: Executor
    folder: Path

    def run(self, jobs: Sequence[Any], task: Any, done: Callable[[Any, str], None]) -> None:
        """Hands over what is kept and has the rest measured. The run's own store gets a copy in either case."""
        (self.folder / "units").mkdir(parents=True, exist_ok=True)
        mine, run = Store(self.folder), Store(task.store)

        def keep(job: Any, digest: str) -> None:
            mine.put_table(run.get_table(digest))
            self._note(job).write_text(digest, encoding="ascii")
            done(job, digest)

        kept = [job for job in jobs if self._note(job).is_file()]
        for job in kept:
            done(job, run.put_table(mine.get_table(self._note(job).read_text(encoding="ascii"))))
        left = [job for job in jobs if job not in kept]
        if left:
            self.inner.run(left, task, keep)

    def _note(self, job: Any) -> Path:
        return self.folder / "units" / str(job.key).removeprefix("sha256:")
