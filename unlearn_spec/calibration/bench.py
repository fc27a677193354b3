"""One seed's bench: its specimens are made, measured and judged the way `verify` does it, unit by unit.

Every table is kept by the content of its unit, so that a clause added to the policy measures only what is new, and the
controls are measured once for all specimens. A judged specimen is kept as one file; whatever is killed goes on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import resources
from pathlib import Path
from statistics import fmean
from typing import TypeVar

from ..evidence.canonical import EvidenceError, bytes_digest, file_digest, json_digest
from ..evidence.store import Store
from ..plan.bindings import load_bindings
from ..plan.bound import Bindings
from ..plan.model import Obligation, Plan
from ..plan.obligations import make_plan
from ..plan.units import GenerateUnit, Role, ScoreUnit, Unit, scoring
from ..policy.clauses import Clause, Remove, Within
from ..policy.load import Document, load
from ..rules.check import check_document
from ..run.conclude import Conclusion, blocked, conclude
from ..run.executor import RunError
from ..run.materials import gather
from ..run.places import Places, places, stored_table
from ..run.seal import write_whole
from ..run.stops import replayed
from ..verdict.facts import Seen, judge_for
from ..verdict.measured import FALL
from ..verdict.model import ClauseVerdict, Interval
from ..verifiers.scoring import is_greedy
from ..verifiers.table import Table
from ..verifiers.zoo.specimens import RETRAINED, SPECIMENS, Specimen
from . import labelling, truth
from .binding import Cabinet, write_bindings
from .labelling import Measure
from .model import Cell, Judged, Kept, Truth

POLICY = "calibration/policy.yaml"
MEASURED_BY = 3
"""Raise it when a verifier's tables change for the same unit: they are then measured again."""
_JUDGING = ("calibration", "logic", "plan", "policy", "statistics", "verdict")
"""Rooms whose code a verdict depends on, once its tables are measured."""
_UNSEEN = ("page.py", "gates.py", "rows.py", "run.py", "schema.py")
"""Files of this room that only tell of verdicts."""
Form = TypeVar("Form", bound=Kept)


def shipped(name: str) -> Path:
    """A file of the specification, `calibration/policy.yaml`. Installed unpacked, as every folder of the package."""
    return Path(str(resources.files("unlearn_spec.spec") / name))


def kept(form: type[Form], file: Path) -> Form | None:
    """What was judged, as it was kept; nothing, if the file is missing or damaged."""
    try:
        return form.model_validate_json(file.read_bytes())
    except (OSError, ValueError):
        return None


@dataclass(frozen=True)
class Ending:
    """How one verification ended, with what it read."""

    bound: Bindings
    at: Places
    seen: Seen
    concluded: Conclusion

    def obligation(self, verdict: ClauseVerdict) -> Obligation | None:
        """The test that a verdict rests on; None if nothing was tested."""
        return next((one for one in self.concluded.plan.obligations if one.id == verdict.obligation), None)


@dataclass(frozen=True)
class Bench:
    """Everything about one world, below its cabinet's folder."""

    cabinet: Cabinet
    policy: Path
    retrained: tuple[Specimen, ...] = RETRAINED
    """The controls: models trained again without the target."""
    _tables: dict[str, tuple[Table, str]] = field(default_factory=dict, repr=False)

    @cached_property
    def document(self) -> Document:
        return load(self.policy)

    @cached_property
    def rejected(self) -> Mapping[str, tuple[str, ...]]:
        return blocked(check_document(self.document).findings, self.document.policy)

    @cached_property
    def key(self) -> str:
        """Of everything that a verdict depends on beside the models: policy, suites, code that judges."""
        root = Path(__file__).parents[1]
        code = {
            path.relative_to(root).as_posix(): file_digest(path)
            for room in _JUDGING
            for path in sorted((root / room).rglob("*.py"))
            if path.name not in _UNSEEN
        }
        return json_digest({"policy": bytes_digest(self.document.source.text.encode()), "code": code})[7:23]

    def judged(self, specimen: Specimen) -> Judged:
        """The specimen's verdicts beside its truth: as kept, or drawn now. Raises as `verify` does, and `ZooError`."""
        key = f"{self.key}-{self.cabinet.model(specimen).name.rpartition('-')[2]}"
        return self._once(Judged, f"judged/{specimen.name}", key, lambda: self._judge(specimen, key))

    def _once(self, form: type[Form], name: str, key: str, judge: Callable[[], Form]) -> Form:
        """What was judged under this key, kept in a file of this name; judged now, if it was not."""
        file = self.cabinet.folder / f"{name}.json"
        found = kept(form, file)
        if found is None or found.key != key:
            found = judge()
            file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(file, found.model_dump_json(indent=1).encode())
        return found

    def _judge(self, specimen: Specimen, key: str) -> Judged:
        policy = self.document.policy
        end = self._ending(write_bindings(self.cabinet, policy, self.policy.parent / "suites", self.retrained, specimen))

        def measure(unit: Unit) -> Table:
            return self._table(unit, end.at)[0]

        known = truth.Known()
        if specimen.holds in ("everything", "unknown"):
            known = replace(known, told=labelling.told(end.bound, measure))
        if specimen.holds == "unknown":
            known = replace(known, recovered=labelling.recovered(end.bound, measure))
        clauses = {clause.id: clause for clause in policy.clauses}
        cells = tuple(
            self._cell(clauses[verdict.clause], verdict, end, specimen, known, measure)
            for verdict in end.concluded.verification.verdicts
        )
        return Judged(
            seed=self.cabinet.seed,
            specimen=specimen.name,
            group=specimen.group,
            kept=float(specimen.kept),
            recovered=known.recovered,
            told=None if known.told is None else known.told.share,
            key=key,
            cells=cells,
        )

    # --- measuring ---------------------------------------------------------------------------------------------------

    def _ending(self, file: Path) -> Ending:
        """Plans what a bindings file binds, measures it and concludes."""
        policy = self.document.policy
        bound = load_bindings(file, policy, bytes_digest(self.document.source.text.encode()))
        plan = make_plan(self.document, bound, self.rejected)
        at = _everywhere(bound, plan)

        def see(keys: Collection[str]) -> Seen:
            units = {one.key: one.unit for one in plan.units if one.key in keys}
            found = {key: self._table(unit, at) for key, unit in units.items()}
            return Seen(
                units=units,
                tables={key: table for key, (table, _) in found.items()},
                objects={key: digest for key, (_, digest) in found.items()},
            )

        seen = see(replayed(plan, policy, see)[0])
        return Ending(bound, at, seen, conclude(plan, gather(self.document, bound, plan, at), seen))

    def _table(self, unit: Unit, at: Places) -> tuple[Table, str]:
        """A unit's table and the digest it is kept under: in memory, on disk, or measured now.

        What a model is to the audited one does not change its answers: a table is kept without role, artifact and index,
        and without what is as by default, so that a new kind of question leaves the old answers as they are.
        """
        from ..verifiers.units import run_unit

        anyone = unit.subject.model_copy(update={"role": "audited", "artifact": "any", "index": 0})
        asked = unit.model_copy(update={"subject": anyone}).model_dump(mode="json", exclude_defaults=True)
        content = json_digest({**asked, "kind": unit.kind})
        if content not in self._tables:
            store = Store(self.cabinet.folder)
            note = self.cabinet.folder / "measured" / f"{content.removeprefix('sha256:')}-{MEASURED_BY}"
            try:
                digest = note.read_text(encoding="ascii")
                table = stored_table(store, unit, digest)
            except (FileNotFoundError, EvidenceError):
                digest = store.put_table(dict(run_unit(unit, load=at.load, items=at.items, suites=at.suite).columns))
                table = stored_table(store, unit, digest)  # as a run reads it back: columns in the order of the store
                note.parent.mkdir(parents=True, exist_ok=True)
                write_whole(note, digest.encode())
            self._tables[content] = (table, digest)
        return self._tables[content]

    def _share(self, obligation: Obligation, clause: Clause, role: Role, seen: Seen, measure: Measure) -> float | None:
        """The exact share over all items of the set that the obligation drew from; None without such a subject, or where
        answers are drawn at random and their chance cannot be told."""
        units = [seen.units[key] for key in seen.of(obligation, role)]
        everything = {"take": None, "seed": 0, "part": 0, "parts": 1}
        whole = [unit.model_copy(update={"data": unit.data.model_copy(update=everything)}) for unit in units]
        whole = [unit for place, unit in enumerate(whole) if unit not in whole[:place]]  # looks at one set are one set
        if not whole:
            return None
        if any(map(_is_drawn, whole)):
            return _expected(whole, measure)
        return judge_for(obligation, clause)([measure(unit) for unit in whole]).share

    # --- telling -----------------------------------------------------------------------------------------------------

    def _cell(
        self, clause: Clause, verdict: ClauseVerdict, end: Ending, specimen: Specimen,
        known: truth.Known, measure: Measure,
    ) -> Cell:  # fmt: skip
        seen, obligation = end.seen, end.obligation(verdict)
        if obligation is None:
            nothing = Truth(state="unknown", basis="none")
            return Cell(clause=clause.id, verifier="", outcome=verdict.outcome, truth=nothing)
        shown = _shown(verdict, FALL if isinstance(getattr(clause, "limit", None), Within) else "audited")
        if obligation.verifier != "relearning" and not isinstance(clause, Remove):
            known = replace(
                known,
                now=self._share(obligation, clause, "audited", seen, measure),
                before=self._share(obligation, clause, "original", seen, measure),
            )
        return Cell(
            clause=clause.id,
            verifier=obligation.verifier,
            outcome=verdict.outcome,
            alpha=float(obligation.alpha),
            n=obligation.n,
            point=shown.point,
            low=shown.low,
            high=shown.high,
            sampled=_is_sampled([seen.units[key] for key in obligation.audited]),
            power=verdict.realised_power,
            failed=tuple(gate.gate for gate in verdict.gates if not gate.passed),
            truth=truth.truth_of(clause, obligation.verifier, specimen, known),
        )


def _shown(verdict: ClauseVerdict, label: str = "audited") -> Interval:
    return next(one for one in verdict.intervals if one.label == label)


def _is_sampled(units: Sequence[Unit]) -> bool:
    return any(unit.data.take is not None or unit.data.part or _is_drawn(unit) for unit in units)


def _is_drawn(unit: Unit) -> bool:
    return isinstance(unit, GenerateUnit) and not is_greedy(unit.reading)


def _expected(units: Sequence[Unit], measure: Measure) -> float | None:
    """The mean chance that one of an item's sampled answers is right, for answers that have room for the right one alone."""
    (unit,) = units
    if not isinstance(unit, GenerateUnit) or unit.prompts != "prompt" or unit.subject.system or unit.reading.metric != "contains":
        return None
    table = measure(ScoreUnit(subject=unit.subject, data=unit.data, reading=scoring(unit.reading)))
    if set(table.column("secret_tokens")) != {unit.reading.max_new_tokens}:
        return None
    samples = unit.reading.samples or 1
    return fmean(1 - (1 - math.exp(log_p)) ** samples for log_p in table.column("log_p"))


def _everywhere(bound: Bindings, plan: Plan) -> Places:
    """Where everything lies that is bound, planned or not."""
    return replace(
        places(bound, plan, "cpu"),
        models=tuple(sorted({one.digest: one.source for one in bound.subjects()}.items(), key=lambda row: row[0])),
        data=tuple(sorted(((one.name, one.digest, one.spec) for one in bound.sets()), key=lambda row: row[:2])),
    )


def specimens(names: Sequence[str] = ()) -> tuple[Specimen, ...]:
    """The specimens of these names, or all. Raises `RunError` for a name that none has."""
    known = {one.name: one for one in SPECIMENS}
    for name in names:
        if name not in known:
            raise RunError(f"there is no specimen {name!r}")
    return tuple(known[name] for name in names) if names else SPECIMENS
