"""Whether a finished run still holds: read again, re-hashed, decided again from what it kept. No model, no network.

The steps go from bytes to meaning: the seal, the evidence, the ledger's chain, signature and time-stamps, what the report
says it is about, program versions, the plan, the verdicts, the numbers. The first that does not hold is named, and the
audit stops there: what stands on it means nothing.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..evidence.canonical import EvidenceError, bytes_digest, file_digest, small_file
from ..evidence.envelope import keyid
from ..evidence.ledger import FILE_NAME
from ..evidence.store import Store
from ..plan.model import Plan
from ..policy.load import PolicyError, load
from ..report.model import RESULT, Report, canonical, parse
from ..report.statement import payload
from ..rules.check import check_document
from ..rules.wording import count
from .audit_log import Audit, AuditError, BrokenError, Log, OpenError, Step, StopError
from .audit_plan import check_plan
from .audit_sizes import check_sizes
from .conclude import Conclusion, conclude, seen_in
from .difference import report_difference, verdict_difference
from .finished import Finished, read_finished
from .materials import Materials
from .seal import SEAL, sealed
from .signing import STAMP, STATEMENT, check_payload, check_signatures, envelope_of, files_of
from .timestamp import check_stamp
from .verify import json_bytes
from .versions import versions_here

__all__ = ["Audit", "AuditError", "Held", "Step", "audit"]


@dataclass(frozen=True)
class Held:
    """What the one who audits holds, apart from the run."""

    policy: Path | None = None
    """The policy file that the run should be about."""
    keys: tuple[Path, ...] = ()
    """Public keys that should have signed it."""
    stamps: tuple[Path, ...] = ()
    """Time-stamps of its signed statement."""
    roots: tuple[Path, ...] = ()
    """Root certificates of time-stamping authorities."""


def audit(run: Path, held: Held | None = None) -> Audit:
    """Audits the run in a folder. Writes nothing. Raises `AuditError` for a folder or file that cannot be looked at."""
    if not (run / FILE_NAME).is_file() and not (run / SEAL).is_file():
        missing = "no such folder" if not run.is_dir() else "holds no run"
        raise AuditError(f"{run}: {missing}")
    log, held = Log(), held or Held()
    for file in held.keys:  # one that is none says nothing of the run
        _usable(file)
    for file in held.roots:  # asked for later, and only where there is a stamp
        _bytes(file)
    with suppress(StopError):
        _audit(run, held, log)
    return Audit(tuple(log.steps), log.report)


def _audit(run: Path, held: Held, log: Log) -> None:
    store = Store(run)
    with log.step("seal") as words:
        words.append(_seal(run))
    with log.step("evidence") as words:
        words.append(f"{count(_rehash(store), 'object')} re-hashed: each has the bytes that its name says.")
    with log.step("ledger") as words:
        ledger = read_finished(run, store)
        plan = ledger.plan
        words.append(
            f"{count(len(ledger.rows), 'row')}, each chained to the one before; the plan stands before anything measured. "
            f"Written, by the clock of the machine, from {ledger.rows[0].at} to {ledger.rows[-1].at}."
        )
    with log.step("policy") as words:
        materials = ledger.materials(store)
        words.append(_policy(plan, materials, held.policy))
    there, here = ledger.versions.get("unlearn-spec"), versions_here().libraries["unlearn-spec"]
    if there != here:  # its report may have another form: nothing in it is to be judged by this program
        log.add("versions", "open", f"the run was concluded by unlearn-spec {there}, here is {here}; install that version")
        raise StopError
    with log.step("report") as words:
        report = _report(run, ledger, plan)
        log.report = report
        words.append(
            "result.json is the report that the run ended with, about this policy, these bindings and this ledger."
        )
    _signature(run, report, held, log)
    with log.step("versions") as words:
        differing = _versions(report, ledger)
        words.append(
            f"unlearn-spec {report.versions.tool}, axiom set {report.versions.axioms}, as here."
            if not differing
            else f"Not as here: {differing}."
        )
    findings = check_document(materials.document, today=ledger.day).findings
    with log.step("plan") as words:
        check_plan(plan, materials.document, materials.bindings, findings)
        words.append(
            f"{count(len(plan.units), 'unit')} for {count(len(plan.obligations), 'obligation')}; "
            "their controls, and their shares of error, are those the policy asks for and leaves."
        )
    with log.step("verdicts") as words:
        concluded = _concluded(plan, materials, store, ledger)
        stored = store.get_bytes(ledger.verification)
        if json_bytes(concluded.verification) != stored:
            _differs(verdict_difference(stored, concluded.verification), differing)
        words.append(_decided(report))
    with log.step("numbers") as words:
        again = concluded.report(findings, ledger.content)
        if differing:  # the calibration table may be another one, as the program
            again = again.model_copy(update={"versions": report.versions, "calibration": report.calibration})
        if canonical(again) != canonical(report):
            _differs(report_difference(report, again), differing)
        words.append(
            "Every number, name and sentence of the report follows from the evidence; made again, it is the same."
        )


def _concluded(plan: Plan, materials: Materials, store: Store, ledger: Finished) -> Conclusion:
    try:
        seen = seen_in(store, plan, ledger.finished, materials.document.policy, ledger.ended)
        check_sizes(plan, materials, seen)
        return conclude(plan, materials, seen)
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:  # tables that no verifier writes
        raise BrokenError(f"nothing can be concluded from the evidence: {error}") from None


def _differs(words: str, differing: str) -> None:
    if differing:
        raise OpenError(f"{words}. But the versions are not as here ({differing}): with the same, it may be equal.")
    raise BrokenError(words)


# --- bytes -----------------------------------------------------------------------------------------------------------


def _seal(run: Path) -> str:
    found = sealed(run)
    if found is None:
        return "There is none: the run has not ended, or its seal was taken away."
    for name, digest in found.items():
        if not (run / name).is_file():
            raise BrokenError(f"{name} is missing")
        if file_digest(run / name) != digest:
            raise BrokenError(f"{name} was changed after the run ended")
    for name in (f"{FILE_NAME}-wal", f"{FILE_NAME}-journal"):
        if (run / name).exists():
            raise BrokenError(f"{name} was put beside the ledger after the run ended")
    return f"{' and '.join(found)} have the bytes that the run ended with."


def _rehash(store: Store) -> int:
    known = list(store.digests())
    for digest in known:
        store.verify(digest)
    return len(known)


# --- signature -------------------------------------------------------------------------------------------------------


def _signature(run: Path, report: Report, held: Held, log: Log) -> None:
    with log.step("signature") as words:
        envelope = envelope_of(run)
        if envelope is not None:
            check_payload(envelope, payload(report, files_of(run)))
            check_signatures(envelope, [_bytes(key) for key in held.keys])
        elif held.keys:
            raise BrokenError("the run is not signed, and a key was given")
        else:
            words.append("The run is not signed: whoever could write this folder could have made all of it.")
            log.outcome = "absent"
        if envelope is not None and held.keys:
            words.append(
                f"Signed by {count(len(held.keys), 'key')} given: report, evidence, ledger and what they are about."
            )
        elif envelope is not None:
            words.append(
                f"signed by {', '.join(one.keyid[:16] + '…' for one in envelope.signatures)}, about this run; who that is "
                "cannot be told without a public key (--key)"
            )
            log.outcome = "open"
    _stamps(run, held, log)


def _stamps(run: Path, held: Held, log: Log) -> None:
    stamps = (*held.stamps, *([run / STAMP] if (run / STAMP).exists() and not held.stamps else []))
    for stamp in stamps:
        with log.step("time-stamp") as words:
            if stamp.exists() and not stamp.is_file():
                raise BrokenError(f"{stamp.name} is not a file")
            if not (run / STATEMENT).is_file():
                raise BrokenError(f"{stamp.name} stamps a signed statement, and the run has none")
            found = check_stamp(stamp, (run / STATEMENT).read_bytes(), [_bytes(root) for root in held.roots])
            words.append(found.words(STATEMENT))
            log.outcome = "holds" if found.verified else "open"
    if held.roots and not stamps:
        with log.step("time-stamp"):
            raise BrokenError("the run has no time-stamp, and a root certificate was given")


def _usable(key: Path) -> None:
    try:
        keyid(_bytes(key))
    except EvidenceError as error:
        raise AuditError(f"{key}: {error}") from None


def _bytes(file: Path) -> bytes:
    try:
        return small_file(file)
    except OSError as error:
        raise AuditError(f"{file}: cannot be read: {error.strerror}") from None


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
        raise BrokenError(f"{about}; the policy given is {other.id}, version {other.version}")
    raise BrokenError(f"{about}; the policy given is another text under that name and version")


def _report(run: Path, ledger: Finished, plan: Plan) -> Report:
    if file_digest(run / RESULT) != ledger.report:  # before it is read: it may be of any size
        raise BrokenError(f"{RESULT} is not the report that the run ended with")
    data = (run / RESULT).read_bytes()
    try:
        report = parse(data.decode())
    except UnicodeDecodeError:
        raise BrokenError(f"{RESULT} is not text") from None
    if canonical(report).encode() != data:
        if report.versions.code != versions_here().code:  # whose reports may hold other fields
            raise OpenError(f"{RESULT} was written by another program source; with the same, it may hold")
        raise BrokenError(f"{RESULT} is not written as the program writes it")
    here = {"policy": plan.policy, "bindings": plan.bindings, "ledger": ledger.content}
    for name, digest in here.items():
        said = getattr(report.integrity, name)
        if said != digest:
            raise BrokenError(f"the report is about the {name} {said}, the run about {digest}")
    return report


def _versions(report: Report, ledger: Finished) -> str:
    """How what concluded the run differs from what is here, as far as it bears on concluding again; nothing if it does not."""
    here = versions_here()
    registered = ledger.versions
    if registered.get("unlearn-spec") != report.versions.tool:
        raise BrokenError(
            f"the report says unlearn-spec {report.versions.tool}, the ledger {registered.get('unlearn-spec')}."
        )
    there = {name: registered.get(name, "") for name in here.libraries} | {
        "axiom set": report.versions.axioms,
        "program source": report.versions.code or "",
    }
    mine = {**here.libraries, "axiom set": here.axioms, "program source": here.code}
    if there["unlearn-spec"] != mine["unlearn-spec"] or there["axiom set"] != mine["axiom set"]:
        raise OpenError(
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
