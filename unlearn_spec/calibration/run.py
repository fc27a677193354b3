"""A calibration run: seeds to worker processes, judged specimens to a table, a page and a file. Resumable at any moment."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from ..evidence.canonical import bytes_digest, file_digest
from ..run.executor import Job, LocalExecutor, RunError
from ..verifiers.zoo.models import hush
from ..verifiers.zoo.specimens import CALIBRATION, TINY, Cabinet, SpecimenConfig
from .bench import Bench, kept, specimens
from .gates import gates, thresholds
from .model import Judged, Table
from .rows import pooled, row, trials_of

LIBRARIES = ("unlearn-spec", "torch", "transformers", "numpy", "scipy")
SLICES: dict[str, tuple[SpecimenConfig, tuple[str, ...]]] = {
    "full": (CALIBRATION, ()),
    "small": (TINY, ("original", "retrained_1", "partial_50", "output_filter", "collapsed")),
}
"""What is judged: everything; or, for a look at the machinery, a few models too small to learn anything."""


@dataclass(frozen=True)
class Setup:
    """What decides a calibration but for its seeds."""

    out: Path
    policy: Path
    slice: str = "full"
    names: tuple[str, ...] = ()
    """Specimens; all of the slice if none are named."""

    def bench(self, seed: int) -> Bench:
        """The bench of one seed, below `out`."""
        return Bench(Cabinet(SLICES[self.slice][0], seed, self.out / f"seed-{seed:03}"), self.policy)

    @property
    def specimens(self) -> tuple[str, ...]:
        return tuple(one.name for one in specimens(self.names or SLICES[self.slice][1]))


@dataclass(frozen=True)
class SeedJob(Job):
    """All specimens of one seed: they share their controls."""

    seed: int


@dataclass(frozen=True)
class JudgeSeed:
    """What a worker does with a seed."""

    setup: Setup

    def __call__(self, job: SeedJob) -> str:
        """Judges what is not yet judged; the digest of all of it."""
        hush()
        bench = self.setup.bench(job.seed)
        found = [bench.judged(one) for one in specimens(self.setup.specimens)]
        return bytes_digest("".join(one.model_dump_json() for one in found).encode())


def calibrate(setup: Setup, seeds: Sequence[int], *, workers: int, progress: Callable[[str], None]) -> None:
    """Makes, measures and judges every specimen of these seeds; what is there is kept.

    `progress` gets one line for each seed that is finished. Raises `RunError`, and what `verify` raises.
    """
    jobs = [SeedJob(key=f"seed {seed}", group=f"seed {seed}", seed=seed) for seed in seeds]
    finished, of_each = 0, len(setup.specimens)

    def done(job: SeedJob, digest: str) -> None:
        nonlocal finished
        finished += 1
        progress(f"{job.key}: {of_each} specimens judged ({finished} of {len(jobs)} seeds)")

    with LocalExecutor(workers) as executor:
        executor.run(jobs, JudgeSeed(setup), done)


def judged(setup: Setup, seeds: Sequence[int]) -> tuple[Judged, ...]:
    """Every judged specimen of the seeds that are finished, as kept; nothing is measured.

    One that was judged by other code, another policy or another recipe than the rest is left out, with its seed.
    Raises `RunError` if no seed is finished.
    """
    names = setup.specimens
    found: list[Judged] = []
    for seed in seeds:
        bench = setup.bench(seed)
        read = [kept(Judged, bench.cabinet.folder / "judged" / f"{name}.json") for name in names]
        ours = [one for one in read if one is not None and one.key.startswith(bench.key)]
        found += ours if len(ours) == len(names) else []
    if not found:
        raise RunError(f"no seed is finished under {setup.out}")
    return tuple(found)


def table(setup: Setup, found: Sequence[Judged]) -> Table:
    """The calibration table of these judged specimens. Equal cells give equal tables on one machine."""
    trials = trials_of(found)
    clauses = tuple(dict.fromkeys(one.cell.clause for one in trials))
    verifiers = tuple(pooled(name, trials) for name in dict.fromkeys(one.cell.verifier for one in trials))
    rows = tuple(row(clause, trials) for clause in clauses)
    content = "\n".join(sorted(one.model_dump_json() for one in found))
    return Table(
        version=bytes_digest(content.encode())[7:19],
        tool=version("unlearn-spec"),
        policy=file_digest(setup.policy),
        seeds=tuple(sorted({one.seed for one in found})),
        specimens=len({one.specimen for one in found}),
        verdicts=len(trials),
        verifiers=verifiers,
        rows=rows,
        gates=gates(thresholds(), verifiers, rows, trials),
        machine=machine(),
        libraries={name: version(name) for name in LIBRARIES},
    )


def machine() -> str:
    """Processor and system, in words; no host name."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    except OSError:
        names = []
    processor = names[0] if names else platform.machine()
    return f"{processor}, {os.cpu_count()} processors, {platform.system()}, Python {platform.python_version()}"
