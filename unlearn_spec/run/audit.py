"""Whether a finished run still holds: read again, re-hashed, decided again from what it kept. No model, no network.

The steps go from bytes to meaning: the seal, the evidence, the ledger's chain, signature and time-stamps, what the report
says it is about, program versions, the plan, the verdicts, the numbers. The first that does not hold is named, and the
audit stops there: what stands on it means nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ..evidence.canonical import EvidenceError, bytes_digest, file_digest
from ..evidence.ledger import FILE_NAME
from ..evidence.store import Store
from ..plan.model import Plan
from ..policy.load import PolicyError, load
from ..report.model import Report, ReportError, canonical, parse
from ..rules.check import check_document
from ..rules.wording import count
from .audit_plan import PlanError, check_plan
from .conclude import Conclusion, conclude, seen_in
from .difference import report_difference, verdict_difference
from .finished import Finished, UnfinishedError, read_finished
from .materials import Materials
from .seal import RESULT, SEAL, sealed
from .verify import json_bytes
from .versions import versions_here

Outcome = Literal["holds", "broken", "open"]
Name = Literal["seal", "evidence", "ledger", "policy", "report", "versions", "plan", "verdicts", "numbers"]


class AuditError(Exception):
    """Something that cannot be audited at all. The message is one line, fit for a user."""


@dataclass(frozen=True)
class Step:
    """One thing looked at. `open`: it cannot be told from what is here."""

    name: str
    outcome: Outcome
    words: str


@dataclass(frozen=True)
class Audit:
    """What was found, in the order in which it was looked at."""

    steps: tuple[Step, ...]
    report: Report | None = None
    """The run's report, if the audit came as far as reading it."""

    @property
    def first(self) -> Step | None:
        """The first thing that does not hold; if there is none, the first that cannot be told."""
        broken = (step for step in self.steps if step.outcome == "broken")
        return next(broken, next((step for step in self.steps if step.outcome == "open"), None))

    @property
    def exit_code(self) -> int:
        """0 it holds; 1 something does not; 3 it cannot be told, and nothing worse."""
        outcomes = {step.outcome for step in self.steps}
        return 1 if "broken" in outcomes else 3 if "open" in outcomes else 0


class _BrokenError(Exception):
    """Does not hold."""


class _OpenError(Exception):
    """Cannot be told, and nothing after it can."""


@dataclass
class _Log:
    steps: list[Step] = field(default_factory=list)
    report: Report | None = None

    def add(self, name: str, outcome: Outcome, words: str) -> None:
        self.steps.append(Step(name, outcome, words))

    @contextmanager
    def step(self, name: Name) -> Iterator[list[str]]:
        """Appends a step that holds, with the words put into the list; or, if something was raised, one that does not."""
        words: list[str] = []
        try:
            yield words
        except (_BrokenError, EvidenceError, ReportError, PlanError) as error:
            self.add(name, "broken", str(error))
            raise _StopError from None
        except (_OpenError, UnfinishedError) as error:
            self.add(name, "open", str(error))
            raise _StopError from None
        self.add(name, "holds", " ".join(words))


class _StopError(Exception):
    """The last step ended the audit."""


def audit(run: Path, *, policy: Path | None = None) -> Audit:
    """Audits the run in a folder; `policy`: the file that it should be about, if someone holds one.

    Writes nothing. Raises `AuditError` for a folder that holds no run.
    """
    if not (run / FILE_NAME).is_file() and not (run / SEAL).is_file():
        missing = "no such folder" if not run.is_dir() else "holds no run"
        raise AuditError(f"{run}: {missing}")
    log = _Log()
    with suppress(_StopError):
        _audit(run, policy, log)
    return Audit(tuple(log.steps), log.report)


def _audit(run: Path, policy: Path | None, log: _Log) -> None:
    store = Store(run)
    with log.step("seal") as words:
        words.append(_seal(run))
    with log.step("evidence") as words:
        words.append(f"{count(_rehash(run, store), 'object')} re-hashed: each has the bytes that its name says.")
    with log.step("ledger") as words:
        ledger = read_finished(run, store)
        plan = ledger.plan
        words.append(
            f"{count(len(ledger.rows), 'row')}, each chained to the one before; the plan stands before anything measured."
        )
    with log.step("policy") as words:
        materials = ledger.materials(store)
        words.append(_policy(plan, materials, policy))
    with log.step("report") as words:
        report = _report(run, ledger, plan)
        log.report = report
        words.append(
            "result.json is the report that the run ended with, about this policy, these bindings and this ledger."
        )
    with log.step("versions") as words:
        differing = _versions(report, ledger)
        words.append(
            f"unlearn-spec {report.versions.tool}, axiom set {report.versions.axioms}, as here."
            if not differing
            else f"Not as here: {differing}."
        )
    findings = check_document(materials.document, today=ledger.day).findings
    with log.step("plan") as words:
        check_plan(plan, materials.document, findings)
        words.append(
            f"{count(len(plan.units), 'unit')} for {count(len(plan.obligations), 'obligation')}; "
            "their error shares are those the policy leaves."
        )
    with log.step("verdicts") as words:
        concluded = _concluded(plan, materials, store, ledger)
        stored = store.get_bytes(ledger.verification)
        if json_bytes(concluded.verification) != stored:
            _differs(verdict_difference(stored, concluded.verification), differing)
        words.append(_decided(report))
    with log.step("numbers") as words:
        again = concluded.report(findings, ledger.content)
        again = again.model_copy(update={"versions": report.versions}) if differing else again
        if canonical(again) != canonical(report):
            _differs(report_difference(report, again), differing)
        words.append(
            "Every number, name and sentence of the report follows from the evidence; made again, it is the same."
        )


def _concluded(plan: Plan, materials: Materials, store: Store, ledger: Finished) -> Conclusion:
    try:
        return conclude(plan, materials, seen_in(store, plan, ledger.finished))
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:  # tables that no verifier writes
        raise _BrokenError(f"nothing can be concluded from the evidence: {error}") from None


def _differs(words: str, differing: str) -> None:
    if differing:
        raise _OpenError(f"{words}. But the versions are not as here ({differing}): with the same, it may be equal.")
    raise _BrokenError(words)


# --- bytes -----------------------------------------------------------------------------------------------------------


def _seal(run: Path) -> str:
    found = sealed(run)
    if found is None:
        return "There is none: the run has not ended, or its seal was taken away."
    for name, digest in found.items():
        if not (run / name).is_file():
            raise _BrokenError(f"{name} is missing")
        if file_digest(run / name) != digest:
            raise _BrokenError(f"{name} was changed after the run ended")
    for name in (f"{FILE_NAME}-wal", f"{FILE_NAME}-journal"):
        if (run / name).exists():
            raise _BrokenError(f"{name} was put beside the ledger after the run ended")
    return f"{' and '.join(found)} have the bytes that the run ended with."


def _rehash(run: Path, store: Store) -> int:
    known = list(store.digests())
    for digest in known:
        store.verify(digest)
    return len(known)


# --- policy, report, versions --------------------------------------------------------------------------------------------


def _policy(plan: Plan, materials: Materials, file: Path | None) -> str:
    header = materials.document.policy.policy
    name = f"{header.id}, version {header.version}, {plan.policy}"
    if file is None:
        return f"The run is about {name}."
    try:
        given = load(file)
    except PolicyError as error:
        raise AuditError(f"{file}: {error}") from None
    if bytes_digest(given.source.text.encode()) == plan.policy:
        return f"The run is about the policy given: {name}."
    other = given.policy.policy
    about = f"the run is about {header.id}, version {header.version}"
    if (other.id, other.version) != (header.id, header.version):
        raise _BrokenError(f"{about}; the policy given is {other.id}, version {other.version}")
    raise _BrokenError(f"{about}; the policy given is another text under that name and version")


def _report(run: Path, ledger: Finished, plan: Plan) -> Report:
    data = (run / RESULT).read_bytes()
    if bytes_digest(data) != ledger.report:
        raise _BrokenError(f"{RESULT} is not the report that the run ended with")
    report = parse(data.decode())
    if canonical(report).encode() != data:
        raise _BrokenError(f"{RESULT} is not written as the program writes it")
    here = {"policy": plan.policy, "bindings": plan.bindings, "ledger": ledger.content}
    for name, digest in here.items():
        said = getattr(report.integrity, name)
        if said != digest:
            raise _BrokenError(f"the report is about the {name} {said}, the run about {digest}")
    return report


def _versions(report: Report, ledger: Finished) -> str:
    """How what concluded the run differs from what is here, as far as it bears on concluding again; nothing if it does not."""
    here = versions_here()
    registered = ledger.versions
    if registered.get("unlearn-spec") != report.versions.tool:
        raise _BrokenError(
            f"the report says unlearn-spec {report.versions.tool}, the ledger {registered.get('unlearn-spec')}."
        )
    there = {name: registered.get(name, "") for name in here.libraries} | {
        "axiom set": report.versions.axioms,
        "program source": report.versions.code or "",
    }
    mine = {**here.libraries, "axiom set": here.axioms, "program source": here.code}
    if there["unlearn-spec"] != mine["unlearn-spec"] or there["axiom set"] != mine["axiom set"]:
        raise _OpenError(
            f"the run was concluded by unlearn-spec {there['unlearn-spec']} with axiom set {there['axiom set']}; here is "
            f"{mine['unlearn-spec']} with {mine['axiom set']}. Digests and chain hold; to decide again, install that version."
        )
    return ", ".join(
        f"{name} {there[name][:19]} there, {mine[name][:19]} here" for name in mine if there[name] != mine[name]
    )


def _decided(report: Report) -> str:
    results = report.results
    if not any(result.verdict.obligation for result in results):
        return "No clause was verified: nothing was planned for any. The report says so."
    return f"Decided again from the evidence: {count(len(results), 'verdict')}, each the same."
