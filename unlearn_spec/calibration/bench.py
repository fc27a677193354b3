"""One seed's bench: its specimens are made, measured and judged the way `verify` does it, unit by unit.

Every table is kept by the content of its unit, so that a clause added to the policy measures only what is new, and the
controls are measured once for all specimens. A judged specimen is kept as one file; whatever is killed goes on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from importlib import resources
from os.path import relpath
from pathlib import Path
from typing import Protocol

from ..evidence.canonical import EvidenceError, bytes_digest, file_digest, json_digest
from ..evidence.store import Store
from ..plan.bindings import load_bindings
from ..plan.bound import Bindings
from ..plan.model import Obligation, Plan, Reading, RelearnUnit, Role, Unit
from ..plan.obligations import make_plan
from ..plan.units import scoring
from ..policy.load import Document, load
from ..policy.model import Clause, Remove, Within
from ..rules.check import check_document
from ..run.conclude import blocked, conclude
from ..run.materials import gather
from ..run.places import Places, places, stored_table
from ..run.seal import write_whole
from ..verdict.facts import Seen, judge_for
from ..verdict.measured import FALL
from ..verdict.model import ClauseVerdict, Interval
from ..verifiers import recovery
from ..verifiers.table import Table
from ..verifiers.zoo.specimens import ORIGINAL, RETRAINED, SPECIMENS, Specimen
from . import truth
from .model import Cell, Judged, Truth

POLICY = "calibration/policy.yaml"
MEASURED_BY = 2
"""Raise it when a verifier's tables change for the same unit: they are then measured again."""
_SETS = {
    "diaries": "forget_docs",
    "personal_facts": "forget_qa",
    "other_facts": "retain_qa",
    "neighbour_facts": "neighbour_qa",
}
_JUDGING = ("calibration", "logic", "plan", "policy", "statistics", "verdict")
"""Rooms whose code a verdict depends on, once its tables are measured."""
_UNSEEN = ("page.py", "gates.py", "rows.py", "run.py", "schema.py")
"""Files of this room that only tell of verdicts."""

LABELLING = ((60, Fraction(1, 1000)), (200, Fraction(2, 1000)))
LABEL_SEED = 7919
"""The attacks that label treated models (steps, learning rate): the best of them counts, split by a seed of its own."""
_EXTRACTABLE = Reading(
    metric="extraction_probability", at_least=Fraction(1, 1000), decoding="sample", temperature=Fraction(1)
)


def shipped(name: str) -> Path:
    """A file of the specification, `calibration/policy.yaml`. Installed unpacked, as every folder of the package."""
    return Path(str(resources.files("unlearn_spec.spec") / name))


def kept(file: Path) -> Judged | None:
    """A judged specimen as it was kept; nothing, if the file is missing or damaged."""
    try:
        return Judged.model_validate_json(file.read_bytes())
    except (OSError, ValueError):
        return None


class Cabinet(Protocol):
    """Where one world's models and data come from; `zoo.specimens.Cabinet` is one."""

    @property
    def seed(self) -> int: ...

    @property
    def folder(self) -> Path: ...

    def data(self) -> Mapping[str, Path]:
        """Data files by stem: `forget_docs`, `holdout_docs`, `forget_qa`, `retain_qa`, `neighbour_qa`."""

    def guard(self, specimen: Specimen) -> Path | None:
        """The declaration of a specimen's guards."""

    def model(self, specimen: Specimen) -> Path:
        """The folder of a specimen's model, `NAME-KEY`, made if it is missing."""


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
        model = self.cabinet.model(specimen)
        folder = self.cabinet.folder / "judged"
        file = folder / f"{specimen.name}.json"
        key = f"{self.key}-{model.name.rpartition('-')[2]}"
        found = kept(file)
        if found is not None and found.key == key:
            return found
        found = self._judge(specimen, key)
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(file, found.model_dump_json(indent=1).encode())
        return found

    def _judge(self, specimen: Specimen, key: str) -> Judged:
        policy = self.document.policy
        digest = bytes_digest(self.document.source.text.encode())
        bound = load_bindings(self._bindings(specimen), policy, digest)
        plan = make_plan(self.document, bound, self.rejected)
        at = places(bound, plan, "cpu")
        found = {one.key: self._table(one.unit, at) for one in plan.units}
        seen = Seen(
            units={one.key: one.unit for one in plan.units},
            tables={name: table for name, (table, _) in found.items()},
            objects={name: kept for name, (_, kept) in found.items()},
        )
        concluded = conclude(plan, gather(self.document, bound, plan, at), seen)
        recovered = None
        if specimen.holds == "unknown":
            recovered = max(
                self._recovered(bound, at, "audited", *attack) - self._recovered(bound, at, "reference", *attack)
                for attack in LABELLING
            )
        clauses = {clause.id: clause for clause in policy.clauses}
        verdicts = concluded.verification.verdicts
        told = [one for one in verdicts if one.obligation in _membership_tests(plan)]
        known = truth.Known(
            caught=max((_shown(one).point for one in told), default=None),
            surely_caught=max((_shown(one).low for one in told), default=None),
            recovered=recovered,
        )
        cells = tuple(
            self._cell(clauses[verdict.clause], verdict, plan, seen, specimen, known, at) for verdict in verdicts
        )
        return Judged(
            seed=self.cabinet.seed,
            specimen=specimen.name,
            group=specimen.group,
            kept=float(specimen.kept),
            recovered=recovered,
            key=key,
            cells=cells,
        )

    # --- what is asked -----------------------------------------------------------------------------------------------

    def _bindings(self, specimen: Specimen) -> Path:
        """The bindings of a specimen: the original before it, all retrained models but itself beside it."""
        folder = self.cabinet.folder / "bindings"
        folder.mkdir(parents=True, exist_ok=True)

        def here(path: Path) -> str:
            return json.dumps(Path(relpath(path.resolve(), folder.resolve())).as_posix())

        data, guard = self.cabinet.data(), self.cabinet.guard(specimen)
        system = "" if guard is None else f", system: {here(guard)}"
        beside = [self.cabinet.model(other) for other in self.retrained if other.name != specimen.name]
        header = self.document.policy.policy
        suites = dict.fromkeys(
            clause.evidence.suite for clause in self.document.policy.clauses if clause.evidence and clause.evidence.suite
        )
        files = {name: self.policy.parent / "suites" / f"{name.partition('@')[0]}.yaml" for name in suites}
        lines = [
            'unlearn_spec_bindings: "1.0"',
            f"policy: {{id: {header.id}, version: {header.version}}}",
            f"seed: {self.cabinet.seed}",
            "device: cpu",
            f"artifacts: {{assistant: {{model: {here(self.cabinet.model(specimen))}{system}}}}}",
            f"original: {{assistant: {{model: {here(self.cabinet.model(ORIGINAL))}}}}}",
            "references:",
            "  assistant:",
            *(f"    - {{model: {here(path)}}}" for path in beside),
            "data:",
            *(f"  {name}: {{file: {here(data[stem])}}}" for name, stem in _SETS.items() if name in self._names()),
            f"holdouts: {{diaries: {{file: {here(data['holdout_docs'])}, randomised: true}}}}",
            *(["suites:"] if files else []),
            *(f"  {json.dumps(name)}: {{file: {here(path)}}}" for name, path in files.items()),
        ]
        path = folder / f"{specimen.name}.yaml"
        write_whole(path, ("\n".join(lines) + "\n").encode())
        return path

    def _names(self) -> frozenset[str]:
        return frozenset(self.document.policy.information)

    # --- measuring ---------------------------------------------------------------------------------------------------

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

    def _share(self, obligation: Obligation, clause: Clause, role: Role, seen: Seen, at: Places) -> float | None:
        """The exact share over all items of the set that the obligation drew from; None without such a subject."""
        units = [seen.units[key] for key in seen.of(obligation, role)]
        whole = [unit.model_copy(update={"data": unit.data.model_copy(update={"take": None, "seed": 0})}) for unit in units]
        if not whole:
            return None
        return judge_for(obligation, clause)([self._table(unit, at)[0] for unit in whole]).share

    def _recovered(self, bound: Bindings, at: Places, role: Role, steps: int, rate: Fraction) -> float:
        """Mean share of held-out documents that a labelling attack brings back, over both halves."""
        subject = (bound.artifacts if role == "audited" else {"assistant": bound.references["assistant"][0]})["assistant"]
        found = []
        for half in (0, 1):
            unit = RelearnUnit(
                subject=subject.ref(role, "assistant", bound.precision),
                data=bound.data["diaries"].ref(),
                reading=scoring(_EXTRACTABLE),
                half=1 if half else 0,
                steps=steps,
                learning_rate=rate,
                seed=LABEL_SEED,
            )
            found.append(recovery.outcomes(self._table(unit, at)[0], _EXTRACTABLE).share)
        return sum(found) / len(found)

    # --- telling -----------------------------------------------------------------------------------------------------

    def _cell(
        self, clause: Clause, verdict: ClauseVerdict, plan: Plan, seen: Seen, specimen: Specimen,
        known: truth.Known, at: Places,
    ) -> Cell:  # fmt: skip
        obligation = next((one for one in plan.obligations if one.id == verdict.obligation), None)
        if obligation is None:
            nothing = Truth(state="unknown", basis="none")
            return Cell(clause=clause.id, verifier="", outcome=verdict.outcome, truth=nothing)
        shown = _shown(verdict, FALL if isinstance(getattr(clause, "limit", None), Within) else "audited")
        if obligation.verifier != "relearning" and not isinstance(clause, Remove):
            known = replace(
                known,
                now=self._share(obligation, clause, "audited", seen, at),
                before=self._share(obligation, clause, "original", seen, at),
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


def _membership_tests(plan: Plan) -> frozenset[str | None]:
    return frozenset(one.id for one in plan.obligations if one.verifier == "membership")


def _is_sampled(units: Sequence[Unit]) -> bool:
    return any(unit.data.take is not None for unit in units)


def specimens(names: Sequence[str] = ()) -> tuple[Specimen, ...]:
    """The specimens of these names, or all. Raises `KeyError` for a name that none has."""
    known = {one.name: one for one in SPECIMENS}
    return tuple(known[name] for name in names) if names else SPECIMENS
