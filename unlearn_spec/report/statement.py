"""The report as an in-toto Statement v1: digests of all that it is about, and the verdicts, ready to be signed.

Specification: in-toto Attestation Framework, Statement layer v1. A digest called `sha256` is of a file's bytes. Model
folders, guarded systems and item lists have digests of their own kind, under names of their own, so that nobody compares
them with a file's: see `docs/records.md` and `plan.model`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ..evidence.canonical import Json, canonical_json, decimal_text
from ..plan.units import SubjectRef
from ..verdict.model import ClauseVerdict, GateResult, Interval
from .model import RESULT, Report, digest
from .wording import visible

TYPE: Final = "https://in-toto.io/Statement/v1"
PREDICATE: Final = "urn:unlearn-spec:predicate:conformance:1.0"
PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
FOLDER: Final = "unlearn_spec_folder_sha256"
ENDPOINT: Final = "unlearn_spec_endpoint_sha256"
SYSTEM: Final = "unlearn_spec_system_sha256"
ITEMS: Final = "unlearn_spec_items_sha256"
LIMITS: Final = (
    "A signature says who vouches for these bytes, not that what they say is true.",
    "Tests cannot establish that no influence remains; a bound holds for the declared population, decoding and access.",
    "Conformance with a policy is evidence that may be considered in a legal question, not its answer.",
)


def render(report: Report) -> str:
    """The statement as canonical JSON with one line feed at the end."""
    return payload(report, {}).decode() + "\n"


def payload(report: Report, files: Mapping[str, str]) -> bytes:
    """The bytes to be signed. `files`: further files of the run and their digests (`sha256:…`), by name."""
    return canonical_json(statement(report, files))


def statement(report: Report, files: Mapping[str, str]) -> Mapping[str, Json]:
    """The statement as plain data."""
    return {
        "_type": TYPE,
        "subject": list(_subjects(report, files)),
        "predicateType": PREDICATE,
        "predicate": {
            "policy": {"id": report.policy.id, "version": report.policy.version, "digest": report.integrity.policy},
            "bindings": report.integrity.bindings,
            "ledger": report.integrity.ledger,
            "verifier": {
                "id": "unlearn-spec",
                "version": report.versions.tool,
                "code": report.versions.code,
                "language": report.versions.language,
                "axioms": report.versions.axioms,
            },
            "models": [_model(subject) for subject in report.subjects],
            "data": [
                {"set": one.name, "digest": one.digest}
                for information in report.information
                for one in information.data
            ],
            "records": [{"id": one.id, "signer": one.signer, "digest": one.digest} for one in report.records],
            "statements": [{"id": one.id, "signer": one.signer, "digest": one.digest} for one in report.statements],
            "evidence": [{"unit": one.unit, "object": one.object} for one in report.evidence],
            "overall": report.overall,
            "confidence": str(report.validity.confidence) if report.validity.error else None,
            "verdicts": [_verdict(result.verdict, result.conclusion) for result in report.results],
            "limits": list(LIMITS),
        },
    }


def _subjects(report: Report, files: Mapping[str, str]) -> Iterator[Json]:
    yield _subject(RESULT, "sha256", digest(report))
    for name, value in sorted(files.items()):
        yield _subject(name, "sha256", value)
    yield _subject("policy", "sha256", report.integrity.policy)
    yield _subject("bindings", "sha256", report.integrity.bindings)
    for record in report.records:
        yield _subject(f"record {record.id}", "sha256", record.digest)
    for name, kind, model in sorted({(_name(one), ENDPOINT if one.endpoint else FOLDER, one.model) for one in report.subjects}):
        yield _subject(f"model {name}", kind, model)
    for name, system in sorted({(_name(one), one.system) for one in report.subjects if one.system is not None}):
        yield _subject(f"system {name}", SYSTEM, system)
    for name, items in sorted(
        {(one.name, one.digest) for information in report.information for one in information.data}
    ):
        yield _subject(f"data {name}", ITEMS, items)
    for found in sorted({one.object for one in report.evidence}):
        yield _subject(f"objects/{found[7:9]}/{found[7:]}", "sha256", found)


def _subject(name: str, algorithm: str, value: str) -> Json:
    return {"name": name, "digest": {algorithm: value.removeprefix("sha256:")}}


def _name(subject: SubjectRef) -> str:
    number = f" {subject.index}" if subject.role == "reference" or subject.index else ""
    return f"{subject.role}{number} {subject.artifact}"


def _model(subject: SubjectRef) -> Json:
    endpoint = {} if subject.endpoint is None else {"endpoint": subject.endpoint.model_dump(mode="json")}
    return endpoint | {
        "role": subject.role,
        "artifact": subject.artifact,
        "index": subject.index,
        "model": subject.model,
        "system": subject.system,
        "precision": subject.precision,
    }


def _verdict(verdict: ClauseVerdict, conclusion: str) -> Json:
    return {
        "clause": verdict.clause,
        "artifact": verdict.artifact,
        "outcome": verdict.outcome,
        "conclusion": visible(conclusion),
        "access": verdict.access,
        "limit": None if verdict.limit is None else visible(verdict.limit),
        "bounds": [_bound(interval) for interval in verdict.intervals],
        "controls": [_control(gate) for gate in verdict.gates],
        "conditional_on": [visible(one) for one in verdict.conditional_on],
    }


def _bound(interval: Interval) -> Json:
    return {
        "of": interval.label,
        "low": decimal_text(interval.low),
        "high": decimal_text(interval.high),
        "n": interval.n,
    }


def _control(gate: GateResult) -> Json:
    return {"control": gate.gate, "held": gate.passed}
