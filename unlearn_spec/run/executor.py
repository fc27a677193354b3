"""Runs a plan's units in local worker processes, and outlives workers that die.

Each worker is a spawned process of its own, given one job at a time: when it dies, the job that killed it is known,
every result that was already handed over stays, and only that job is given again. Jobs of one group (units of one
subject) go to one worker while others have work of their own, so that each model is loaded once.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Generic, Protocol, TypeVar

DEATHS_ALLOWED = 2
"""How often one job may take its worker down before the run gives up."""


class RunError(Exception):
    """A run that cannot go on. The message says why and what to do; what was finished is kept."""


@dataclass(frozen=True)
class Job:
    """Something to do once, named by content; jobs of one group share what is costly to load."""

    key: str
    group: str
    together: bool = field(default=False, kw_only=True)
    """Whether its group keeps to one worker, however idle others are."""


J_contra = TypeVar("J_contra", bound=Job, contravariant=True)
J = TypeVar("J", bound=Job)


class Task(Protocol[J_contra]):
    """What a worker does with a job: importable, picklable, idempotent. Returns the digest of the stored result."""

    def __call__(self, job: J_contra, /) -> str: ...


class Executor(Protocol):
    """Does jobs, somewhere. Doing one twice is harmless: results are kept by content."""

    def run(self, jobs: Sequence[J], task: Task[J], done: Callable[[J, str], None]) -> None:
        """Does every job, in any order; calls `done(job, digest)` once a job, in the calling thread."""


@dataclass
class _Slot(Generic[J]):
    """One worker process and the jobs it has taken on."""

    pool: ProcessPoolExecutor
    queue: deque[J] = field(default_factory=deque)


class LocalExecutor:
    """`workers` spawned processes with one compute thread each, started on first use and kept between runs.

    Use as a context manager. Workers end with the process that started them, however it ends.
    """

    def __init__(self, workers: int) -> None:
        if workers < 1:
            raise RunError(f"a run needs at least one worker, not {workers}")
        self._workers = workers
        self._pools: list[ProcessPoolExecutor] = []

    def run(self, jobs: Sequence[J], task: Task[J], done: Callable[[J, str], None]) -> None:
        """Does every job, in any order; `done(job, digest)` is called here, once a job, as results come in.

        An exception of a job or of `done` ends the run and is raised; results handed over before stay. `RunError` when
        a job takes its worker down three times.
        """
        groups = _grouped(jobs)
        slots: list[_Slot[J]] = [_Slot(self._pool(index)) for index in range(min(self._workers, len(jobs)))]
        running: dict[Future[str], tuple[int, J]] = {}
        deaths: dict[str, int] = {}
        try:
            for index in range(len(slots)):
                self._give(index, slots, groups, running, task)
            while running:
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    index, job = running.pop(future)
                    try:
                        digest = future.result()
                    except BrokenProcessPool:
                        deaths[job.key] = deaths.get(job.key, 0) + 1
                        if deaths[job.key] > DEATHS_ALLOWED:
                            raise RunError(
                                f"a worker process died {deaths[job.key]} times on the same unit ({job.group}); "
                                "perhaps memory ran out: try fewer workers"
                            ) from None
                        slots[index].pool = self._renew(index)
                        slots[index].queue.appendleft(job)
                    else:
                        done(job, digest)
                    self._give(index, slots, groups, running, task)
        except BaseException:
            self.close()  # a job still running has no one to hand its result to
            raise

    def close(self) -> None:
        """Ends the workers, whatever they are doing."""
        for pool in self._pools:
            _end(pool)
        self._pools.clear()

    def __enter__(self) -> LocalExecutor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _give(
        self,
        index: int,
        slots: Sequence[_Slot[J]],
        groups: deque[deque[J]],
        running: dict[Future[str], tuple[int, J]],
        task: Task[J],
    ) -> None:
        slot = slots[index]
        if not slot.queue:
            slot.queue = groups.popleft() if groups else _half(max((_shareable(other.queue) for other in slots), key=len))
        if not slot.queue:
            return
        job = slot.queue.popleft()
        with _unhurried():
            try:
                future = slot.pool.submit(task, job)
            except BrokenProcessPool:  # it died between two jobs
                slot.pool = self._renew(index)
                future = slot.pool.submit(task, job)
        running[future] = (index, job)

    def _pool(self, index: int) -> ProcessPoolExecutor:
        while len(self._pools) <= index:
            self._pools.append(_new_pool())
        return self._pools[index]

    def _renew(self, index: int) -> ProcessPoolExecutor:
        _end(self._pools[index])
        self._pools[index] = _new_pool()
        return self._pools[index]


def _grouped(jobs: Sequence[J]) -> deque[deque[J]]:
    """Jobs by group, the largest group first, so that the last worker does not start the longest stretch alone."""
    groups: dict[str, deque[J]] = {}
    for job in jobs:
        groups.setdefault(job.group, deque()).append(job)
    return deque(sorted(groups.values(), key=len, reverse=True))


def _shareable(queue: deque[J]) -> deque[J]:
    """The queue, or an empty one where its jobs are to stay together."""
    return deque() if queue and queue[-1].together else queue


def _half(queue: deque[J]) -> deque[J]:
    """Takes the later half of another worker's jobs."""
    return deque(reversed([queue.pop() for _ in range((len(queue) + 1) // 2)]))


def _new_pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"), initializer=_start_worker)


@contextmanager
def _unhurried() -> Iterator[None]:
    """Holds an interruption from the keyboard back until a worker was handed all that it starts with: one left without
    would complain on the terminal."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: held.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if held:
            signal.raise_signal(signal.SIGINT)


def _end(pool: ProcessPoolExecutor) -> None:
    processes = list((pool._processes or {}).values())  # the public `kill_workers` comes with Python 3.14
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.kill()
    for process in processes:
        process.join()


def _start_worker() -> None:
    """One compute thread a worker, and no worker without its coordinator."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")  # advice to programmers, not to the person at the terminal
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interruption is the coordinator's to handle
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
