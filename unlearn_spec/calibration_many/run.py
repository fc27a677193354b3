"""A calibration of processes and endpoints: seeds to worker processes, what was judged to a table. Resumable at any moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path

from ..calibration.bench import kept, shipped
from ..calibration.model import Cell, Judged
from ..calibration.rows import Trial, bound, pooled, row, trials_of
from ..calibration.run import LIBRARIES, SeedJob, machine
from ..evidence.canonical import bytes_digest, file_digest
from ..plan.ensembles import least_p, level
from ..policy.clauses import Closeness, Remove
from ..policy.evidence import Ensemble
from ..policy.load import load
from ..run.executor import LocalExecutor, RunError
from ..statistics.ensembles import MIN_REFERENCES
from ..verifiers.zoo.models import hush
from ..verifiers.zoo.processes import FEW, MANY, PROCESSES, REFERENCES, SERVED, Process
from ..verifiers.zoo.specimens import Cabinet, Specimen, SpecimenConfig
from .bench import OF_ENDPOINTS, OF_PROCESSES, ManyBench
from .gates import gates, is_alike, many_thresholds
from .model import Alike, Level, ManyTable, Name, Part, Reach, Served

SLICES: dict[str, tuple[SpecimenConfig, tuple[Process, ...], tuple[Specimen, ...]]] = {
    "full": (MANY, PROCESSES, SERVED),
    "small": (
        FEW,
        tuple(one for one in PROCESSES if one.name in ("retrained_group_1", "original", "partial_20")),
        SERVED[:2],
    ),
}
"""What is judged: everything; or, for a look at the machinery, a little of models too small to learn anything."""
LEVELS = (0.01, 0.05, 0.1, 0.25)
_MOST = 1000


@dataclass(frozen=True)
class ManySetup:
    """What decides the calibration but for its seeds."""

    out: Path
    slice: str = "full"

    @property
    def processes(self) -> tuple[Process, ...]:
        return SLICES[self.slice][1]

    @property
    def served(self) -> tuple[Specimen, ...]:
        return SLICES[self.slice][2]

    def bench(self, seed: int, policy: str) -> ManyBench:
        """The bench of one seed under one policy, below `out/many`: its world is another than that of single models."""
        cabinet = Cabinet(SLICES[self.slice][0], seed, self.out / "many" / f"seed-{seed:03}")
        return ManyBench(cabinet, shipped(policy))


@dataclass(frozen=True)
class JudgeMany:
    """What a worker does with a seed."""

    setup: ManySetup

    def __call__(self, job: SeedJob) -> str:
        """Judges what is not yet judged; the digest of all of it."""
        hush()
        bench = self.setup.bench(job.seed, OF_PROCESSES)
        found = [bench.process(one).model_dump_json() for one in self.setup.processes]
        bench = self.setup.bench(job.seed, OF_ENDPOINTS)
        found += [one.model_dump_json() for one in bench.all_served(self.setup.served)]
        return bytes_digest("".join(found).encode())


def calibrate(setup: ManySetup, seeds: Sequence[int], *, workers: int, progress: Callable[[str], None]) -> None:
    """Makes, measures and judges everything of these seeds; what is there is kept.

    `progress` gets one line for each seed that is finished. Raises `RunError`, and what `verify` raises.
    """
    jobs = [SeedJob(key=f"seed {seed}", group=f"seed {seed}", seed=seed) for seed in seeds]
    finished = 0

    def done(job: SeedJob, digest: str) -> None:
        nonlocal finished
        finished += 1
        what = f"{len(setup.processes)} processes and {len(setup.served)} served models judged"
        progress(f"{job.key}: {what} ({finished} of {len(jobs)} seeds)")

    with LocalExecutor(workers) as executor:
        executor.run(jobs, JudgeMany(setup), done)


@dataclass(frozen=True)
class Found:
    """Everything judged of the seeds that are finished."""

    processes: tuple[Judged, ...]
    served: tuple[Served, ...]

    def content(self) -> bytes:
        return "\n".join(sorted(one.model_dump_json() for one in (*self.processes, *self.served))).encode()


def judged(setup: ManySetup, seeds: Sequence[int]) -> Found:
    """What was judged, as kept; nothing is measured. A seed of which something is missing, or was judged by other code or
    another policy, is left out. Raises `RunError` if no seed is finished."""
    processes: list[Judged] = []
    served: list[Served] = []
    for seed in seeds:
        of_processes, of_endpoints = setup.bench(seed, OF_PROCESSES), setup.bench(seed, OF_ENDPOINTS)
        folder = of_processes.cabinet.folder / "many"
        first = [kept(Judged, folder / f"{one.name}.json") for one in setup.processes]
        second = [kept(Served, folder / f"served_{one.name}.json") for one in setup.served]
        mine = [one for one in first if one is not None and one.key.startswith(of_processes.judged_by)]
        asked = [one for one in second if one is not None and one.key.startswith(of_endpoints.judged_by)]
        if len(mine) == len(first) and len(asked) == len(second):
            processes += mine
            served += asked
    if not processes:
        raise RunError(f"no seed is finished under {setup.out}")
    return Found(tuple(processes), tuple(served))


def table(found: Found) -> ManyTable:
    """The table of what was judged. Equal cells give equal tables on one machine."""
    text, logprobs = (tuple(one.text for one in found.served), tuple(one.logprobs for one in found.served))
    folders = tuple(one.folder for one in found.served)
    return ManyTable(
        version=bytes_digest(found.content())[7:19],
        tool=version("unlearn-spec"),
        policies={name: file_digest(shipped(name)) for name in (OF_PROCESSES, OF_ENDPOINTS)},
        seeds=tuple(sorted({one.seed for one in found.processes})),
        parts=(
            part("processes", found.processes),
            part("text", text, beside=folders),
            part("logprobs", logprobs, beside=folders),
        ),
        reach=tuple(reach()),
        machine=machine(),
        libraries={name: version(name) for name in LIBRARIES},
    )


def part(name: Name, found: Sequence[Judged], *, beside: Sequence[Judged] = ()) -> Part:
    """Counts, bounds and gates of one part; `beside`: the same models judged in their folders."""
    trials = trials_of(found)
    verifiers = tuple(pooled(one, trials) for one in dict.fromkeys(one.cell.verifier for one in trials))
    rows = tuple(row(one, trials) for one in dict.fromkeys(one.cell.clause for one in trials))
    return Part(
        name=name,
        judged=len({one.specimen for one in found}),
        verdicts=len(trials),
        verifiers=verifiers,
        rows=rows,
        gates=gates(many_thresholds(), name, verifiers, rows, trials),
        alike=alike(found, beside) if beside else None,
        levels=tuple(levels(trials)),
    )


def levels(trials: Sequence[Trial]) -> Iterable[Level]:
    """How often the p of a comparison of retrained models with retrained ones was small."""
    clean = [one for one in trials if one.cell.verifier == "ensemble" and one.cell.truth.state == "satisfied"]
    for clause in dict.fromkeys(one.cell.clause for one in clean):
        mine = [one for one in clean if one.cell.clause == clause and one.cell.point is not None]
        for most in LEVELS:
            hits = [one.cell.point is not None and one.cell.point <= most for one in mine]
            if (found := bound(hits, [one.seed for one in mine])) is not None:
                yield Level(clause=clause, at_most=most, found=found)


def alike(found: Sequence[Judged], beside: Sequence[Judged]) -> Alike:
    """How often verdicts, and their numbers, are those of the same model in its folder."""
    here = {(one.seed, one.specimen, cell.clause): cell for one in beside for cell in one.cells}
    pairs = [
        (one, cell, here[one.seed, one.specimen, cell.clause]) for one in found for cell in one.cells if cell.verifier
    ]
    seeds = [one.seed for one, _, _ in pairs]
    outcomes = bound([cell.outcome == other.outcome for _, cell, other in pairs], seeds)
    numbers = bound([_numbers(cell) == _numbers(other) for _, cell, other in pairs], seeds)
    if outcomes is None or numbers is None:
        raise RunError("nothing was judged behind an endpoint")
    return Alike(
        state="met" if is_alike(many_thresholds(), outcomes) else "not_met",
        outcomes=outcomes,
        numbers=numbers,
        differing=tuple(
            f"seed {one.seed}, {one.specimen}, {cell.clause}: {other.outcome} in the folder, {cell.outcome} behind the endpoint"
            for one, cell, other in pairs
            if cell.outcome != other.outcome
        ),
    )


def _numbers(cell: Cell) -> tuple[float | None, ...]:
    return tuple(None if value is None else round(value, 9) for value in (cell.point, cell.low, cell.high))


def reach() -> Iterable[Reach]:
    """What models as many as the calibration's can show; then, for fewer and more runs, the fewest references that could
    refute its limit at all."""
    for clause in load(shipped(OF_PROCESSES)).policy.clauses:
        if not isinstance(clause, Remove) or not isinstance(clause.limit, Closeness):
            continue
        evidence = clause.evidence
        if evidence is None or evidence.ensemble is None or evidence.runs is None or evidence.confidence is None:
            continue
        alpha = 1 - evidence.confidence
        yield _reach(evidence.ensemble, evidence.runs, REFERENCES, clause.limit, alpha)
        if evidence.ensemble.statistic != "energy":  # as many for each of them, but for groups of one size
            continue
        for runs in range(1, evidence.runs + 2):
            fewest = next(
                many
                for many in range(MIN_REFERENCES, _MOST)
                if least_p(evidence.ensemble, runs, many) < level(runs, clause.limit, alpha)
            )
            yield _reach(evidence.ensemble, runs, fewest, clause.limit, alpha)


def _reach(comparison: Ensemble, runs: int, references: int, limit: Closeness, alpha: Fraction) -> Reach:
    return Reach(
        statistic=comparison.statistic,
        runs=runs,
        references=references,
        least_p=least_p(comparison, runs, references),
        refuted_below=float(level(runs, limit, alpha)),
    )
