"""One world's processes and endpoints, measured and judged the way `verify` does it. What is finished is kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from ..calibration import labelling
from ..calibration.bench import Bench, Ending
from ..calibration.model import Cell, Judged, Truth
from ..calibration.truth import UNKNOWN, Known, Told
from ..evidence.canonical import bytes_digest, file_digest, json_digest
from ..evidence.store import Store
from ..plan.model import Obligation
from ..plan.units import Unit
from ..policy.clauses import Clause, Closeness, Remove
from ..run.places import Places, stored_table
from ..verdict.model import ClauseVerdict
from ..verifiers.table import Table
from ..verifiers.zoo.processes import Process
from ..verifiers.zoo.server import serving
from ..verifiers.zoo.specimens import ORIGINAL, Specimen
from ..wording.said import Said
from .binding import endpoint_bindings, folder_bindings, process_bindings
from .model import Served

OF_PROCESSES = "calibration/processes.yaml"
OF_ENDPOINTS = "calibration/endpoints.yaml"
_SEEN = ("bench.py", "binding.py")
"""Files of this room that a verdict depends on."""
TOLD = 0.5
"""A run's members are told, if surely more than half of them are called members, and at most a fifth of the hold-out. Where
nobody was trained on, both are called alike, and that happens in less than one run of a hundred."""
ENOUGH = 2
"""So many of four runs with told members are no accident of a process that is close to retraining: at ε 0.5, one in six
hundred at the most."""


@dataclass(frozen=True)
class ManyBench(Bench):
    """Everything about one world; its policy is that of the processes or that of the endpoints."""

    @cached_property
    def judged_by(self) -> str:
        """Of everything that a verdict depends on beside the models."""
        here = {name: file_digest(Path(__file__).with_name(name)) for name in _SEEN}
        return json_digest({"first": self.key, "here": here})[7:23]

    def process(self, process: Process) -> Judged:
        """The process's verdicts beside its truth: as kept, or drawn now. Raises as `verify` does, and `ZooError`."""
        models = [self.cabinet.model(one).name for one in (*process.runs, *process.references)]
        key = f"{self.judged_by}-{bytes_digest(chr(10).join(models).encode())[7:15]}"
        return self._once(Judged, f"many/{process.name}", key, lambda: self._judge_process(process, key))

    def served(self, specimen: Specimen, url: str) -> Served:
        """The verdicts about a model in its folder and behind the server at `url`, where it answers by its name."""
        key = f"{self.judged_by}-{self.cabinet.model(specimen).name.rpartition('-')[2]}"
        return self._once(Served, f"many/served_{specimen.name}", key, lambda: self._judge_served(specimen, url, key))

    def all_served(self, specimens: Collection[Specimen]) -> tuple[Served, ...]:
        """Serves these models as long as it takes to judge them."""
        folders = {one.name: self.cabinet.model(one) for one in (ORIGINAL, *specimens)}
        with serving(folders) as url:
            return tuple(self.served(one, url) for one in specimens)

    # --- processes ---------------------------------------------------------------------------------------------------

    def _judge_process(self, process: Process, key: str) -> Judged:
        end = self._ending(process_bindings(self.cabinet, self.document.policy, process))
        told = self._told(end) if process.holds == "unknown" else None
        clauses = {clause.id: clause for clause in self.document.policy.clauses}
        cells = [
            self._counted(clause, verdict, end, process_truth(process, told))
            for verdict in end.concluded.verification.verdicts
            if isinstance(clause := clauses[verdict.clause], Remove) and isinstance(clause.limit, Closeness)
        ]
        return Judged(
            seed=self.cabinet.seed,
            specimen=process.name,
            group=process.group,
            kept=float(process.kept),
            told=None if told is None else sum(one.share for one in told) / len(told),
            key=key,
            cells=tuple(cells),
        )

    def _told(self, end: Ending) -> tuple[Told, ...]:
        """Of each run: how many members a test that no verdict uses tells from the hold-out."""
        runs = (end.bound.artifacts["assistant"], *end.bound.runs["assistant"])
        return tuple(
            labelling.told(replace(end.bound, artifacts={"assistant": one}), lambda unit: self._table(unit, end.at)[0])
            for one in runs
        )

    def _counted(self, clause: Clause, verdict: ClauseVerdict, end: Ending, truth: Truth) -> Cell:
        obligation = end.obligation(verdict)
        if obligation is None:
            return _untested(verdict)
        shown = next((one for one in verdict.intervals if one.label == "audited"), None)
        point = _permutation_p(end, obligation) if obligation.verifier == "ensemble" else None
        return Cell(
            clause=clause.id,
            verifier=obligation.verifier,
            outcome=verdict.outcome,
            alpha=float(obligation.alpha),
            n=obligation.runs,
            point=point if shown is None else shown.point,
            low=None if shown is None else shown.low,
            high=None if shown is None else shown.high,
            power=verdict.realised_power,
            failed=tuple(gate.gate for gate in verdict.gates if not gate.passed),
            truth=truth,
        )

    # --- endpoints ---------------------------------------------------------------------------------------------------

    def _judge_served(self, specimen: Specimen, url: str, key: str) -> Served:
        policy, name = self.document.policy, specimen.name
        here = self._ending(folder_bindings(self.cabinet, policy, name, self.cabinet.model(specimen)))
        clauses = {clause.id: clause for clause in policy.clauses}

        def measure(unit: Unit) -> Table:
            return self._table(unit, here.at)[0]

        in_folder = tuple(
            self._cell(clauses[one.clause], one, here, specimen, Known(), measure)
            for one in here.concluded.verification.verdicts
        )
        truths = {one.clause: one.truth for one in in_folder}

        def behind(logprobs: str) -> tuple[Cell, ...]:
            there = self._ending(endpoint_bindings(self.cabinet, policy, name, url, logprobs))
            return tuple(
                self._asked(clauses[one.clause], one, there, truths) for one in there.concluded.verification.verdicts
            )

        def judged(cells: tuple[Cell, ...]) -> Judged:
            return Judged(
                seed=self.cabinet.seed,
                specimen=name,
                group=specimen.group,
                kept=float(specimen.kept),
                key=key,
                cells=cells,
            )

        return Served(key=key, folder=judged(in_folder), text=judged(behind("none")), logprobs=judged(behind("echo")))

    def _asked(self, clause: Clause, verdict: ClauseVerdict, end: Ending, truths: Mapping[str, Truth]) -> Cell:
        """The truth about an endpoint is that about the weights that answer."""
        obligation = end.obligation(verdict)
        if obligation is None:
            return _untested(verdict)
        found = self._counted(clause, verdict, end, truths[clause.id])
        audited = [end.seen.units[key] for key in obligation.audited]
        drawn = any(unit.data.take is not None for unit in audited)
        return found.model_copy(update={"n": obligation.n, "sampled": drawn})

    # --- measuring ---------------------------------------------------------------------------------------------------

    def _table(self, unit: Unit, at: Places) -> tuple[Table, str]:
        """What an endpoint answers is kept in memory alone: on another day another model may answer at its address."""
        if unit.subject.endpoint is None:
            return super()._table(unit, at)
        from ..verifiers.units import run_unit

        anyone = unit.subject.model_copy(update={"role": "audited"})
        content = json_digest(
            {**unit.model_copy(update={"subject": anyone}).model_dump(mode="json"), "kind": unit.kind}
        )
        if content not in self._tables:
            store = Store(self.cabinet.folder)
            digest = store.put_table(dict(run_unit(unit, load=at.load, items=at.items, suites=at.suite).columns))
            self._tables[content] = (stored_table(store, unit, digest), digest)
        return self._tables[content]


def process_truth(process: Process, told: tuple[Told, ...] | None) -> Truth:
    """Whether a process is close to retraining, by how its runs were made.

    Of a treated one it is known that it is not, where a test that no verdict uses tells the members from a hold-out in at
    least `ENOUGH` of its runs; else nobody knows.
    """
    if process.holds == "nothing":
        return Truth(state="satisfied", basis="training", rate=0.0)
    if process.holds == "share":
        return Truth(state="violated", basis="training", rate=float(process.kept))
    if process.holds == "everything":
        return Truth(state="violated", basis="construction")
    if told is not None and sum(one.low > TOLD for one in told) >= ENOUGH:
        return Truth(state="violated", basis="attack", rate=sum(one.low > TOLD for one in told) / len(told))
    return UNKNOWN


def _permutation_p(end: Ending, obligation: Obligation) -> float | None:
    """Of an ensemble comparison, as its words tell it."""
    words = next(one.measured.words for one in end.concluded.exhibits if one.obligation.id == obligation.id)
    told = words.filled.get("told")
    found = told.filled.get("p") if isinstance(told, Said) else None
    return found if isinstance(found, float) else None


def _untested(verdict: ClauseVerdict) -> Cell:
    return Cell(clause=verdict.clause, verifier="", outcome=verdict.outcome, truth=UNKNOWN)

