"""A finished run, read from its folder: what its ledger says, in order, and the plan that it registered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ..evidence.canonical import EvidenceError
from ..evidence.ledger import REPORT_NOTE, Ledger, Row
from ..evidence.store import Store
from ..plan.model import Plan
from ..rules.wording import count
from .materials import Materials, recall
from .seal import SEAL
from .stops import ENDED
from .verify import DAY, VERIFICATION


class UnfinishedError(Exception):
    """A run that has not ended, or was made by a version that kept less. The message is one line and says what to do."""


@dataclass(frozen=True)
class Finished:
    """What a finished run's ledger says."""

    ledger: Ledger
    rows: tuple[Row, ...]
    content: str
    """The digest of its content, as in reports."""
    day: date
    """For which the policy was checked."""
    plan: Plan
    versions: Mapping[str, str]
    """Program and libraries that measured and concluded."""
    finished: Mapping[str, str]
    """Unit key → evidence object."""
    ended: Mapping[str, int]
    """Test → look at which it ended, for tests with looks."""
    verification: str
    """Object that holds the verdicts."""
    report: str
    """Digest of the report that the run ended with."""

    def materials(self, store: Store) -> Materials:
        """What the run keeps to conclude from. Raises `EvidenceError` or `UnfinishedError`."""
        if not any(row.kind == "material" for row in self.rows):
            raise UnfinishedError(
                "the run keeps nothing to conclude from again: an earlier version of the program made it"
            )
        return recall(self.ledger, store, self.plan)


def read_finished(run: Path, store: Store) -> Finished:
    """Reads the ledger and checks its chain, that the plan stands before every result, and that all it names is there.

    Raises `EvidenceError` for what does not fit together, `UnfinishedError` for a run that has not ended.
    """
    with Ledger(run, read_only=True) as ledger:
        rows, content = ledger.rows(), ledger.content_digest()
    _present(rows, store)
    for row in rows:
        _readable(row)
    plans = [row for row in rows if row.kind == "plan"]
    results = [row for row in rows if row.kind in ("unit_finished", "verdict")]
    if results and (not plans or results[0].number < plans[0].number):
        raise EvidenceError(f"row {results[0].number} of the ledger records a result before a plan was registered")
    if not plans:
        raise UnfinishedError("the run has no plan yet and measured nothing; `unlearn-spec verify` goes on with it")
    plan = _plan(plans[0], store)
    finished = {row.payload["key"]: row.payload["object"] for row in rows if row.kind == "unit_finished"}
    strangers = sorted(set(finished) - {planned.key for planned in plan.units})
    if strangers:
        raise EvidenceError(f"a unit was measured that was not planned: {strangers[0]}")
    notes = [row.payload for row in rows if row.kind == "note"]
    days = [note[DAY] for note in notes if DAY in note]
    reports = [note[REPORT_NOTE] for note in notes if REPORT_NOTE in note]
    verification = ledger.object("verdict", VERIFICATION)
    if verification is None or not reports or not days:
        raise UnfinishedError(
            f"the run has not ended: {len(finished)} of {count(len(plan.units), 'unit')} measured, nothing concluded; what "
            "is there fits together, and `unlearn-spec verify` goes on with it"
        )
    if not (run / SEAL).is_file():
        raise UnfinishedError(
            f"{SEAL} is missing from a run that was concluded: it was interrupted at its very end, or the seal was taken "
            "away; `unlearn-spec verify` makes it again"
        )
    return Finished(
        ledger=ledger,
        rows=rows,
        content=content,
        day=date.fromisoformat(days[0]),
        plan=plan,
        versions=plans[0].payload["versions"],
        finished=finished,
        ended={note[ENDED]: note["look"] for note in notes if ENDED in note},
        verification=verification,
        report=reports[-1],
    )


def _present(rows: tuple[Row, ...], store: Store) -> None:
    for row in rows:
        named = row.payload.get("object") if row.kind != "plan" else row.payload.get("plan")
        if isinstance(named, str) and not store.has(named):
            raise EvidenceError(f"row {row.number} of the ledger names the object {named}, which is missing")


def _readable(row: Row) -> None:
    """Raises `EvidenceError` for a plan or a note whose fields are not of the kind that the program writes."""
    try:
        if row.kind == "plan":
            texts = (*(row.payload[name] for name in ("plan", "policy", "bindings")), *row.payload["versions"].values())
        else:
            texts = tuple(row.payload[name] for name in (DAY, REPORT_NOTE, ENDED) if name in row.payload)
            if ENDED in row.payload and not isinstance(row.payload["look"], int):
                raise TypeError
            date.fromisoformat(row.payload.get(DAY, "2000-01-01"))
        if not all(isinstance(text, str) for text in texts):
            raise TypeError
    except (AttributeError, KeyError, TypeError, ValueError):
        raise EvidenceError(f"row {row.number} of the ledger ({row.kind}) is not of the form this version writes") from None


def _plan(row: Row, store: Store) -> Plan:
    try:
        plan = Plan.model_validate_json(store.get_bytes(row.payload["plan"]))
    except (KeyError, ValueError):
        raise EvidenceError("the registered plan cannot be read") from None
    for name, digest in (("policy", plan.policy), ("bindings", plan.bindings)):
        if row.payload.get(name) != digest:
            raise EvidenceError(f"the registered plan is about another {name} than the ledger says")
    return plan
