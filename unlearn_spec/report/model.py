"""The one result model: everything a report says, in any format. `build.py` makes it; renderers only read it.

No target material, wall clock, host, user or absolute path has a field here. The same inputs give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from typing import Final, Literal

from pydantic import ValidationError, model_validator

from ..finding import Finding
from ..plan.model import Missing
from ..plan.units import Frozen, SubjectRef
from ..verdict.model import WORST_FIRST, Fact, Outcome
from ..wording.said import Said
from .about import Artifact, ClauseEntry, InformationSet, PolicyHeader, Versions
from .digests import Digest, KeyedDigest
from .found import (
    Answers,
    AttackFamily,
    Guardrail,
    NotCovered,
    Redacted,
    RegisteredTest,
    Relearning,
    Result,
    ToldApart,
)
from .grounds import Assumption, Axiom, Calibrated, EvidenceObject, Integrity, Record, Stated, Validity

__all__ = [
    "MAX_BYTES",
    "RESULT",
    "Answers",
    "Artifact",
    "Assumption",
    "AttackFamily",
    "Axiom",
    "Calibrated",
    "ClauseEntry",
    "Digest",
    "EvidenceObject",
    "Guardrail",
    "InformationSet",
    "Integrity",
    "KeyedDigest",
    "NotCovered",
    "PolicyHeader",
    "Record",
    "Redacted",
    "RegisteredTest",
    "Relearning",
    "Report",
    "ReportError",
    "Result",
    "Stated",
    "ToldApart",
    "Validity",
    "Versions",
    "canonical",
    "digest",
    "parse",
]

RESULT: Final = "result.json"
"""The report as canonical JSON, in the run folder: its name."""


MAX_BYTES: Final = 1 << 28
"""No report in any format is larger."""


class ReportError(Exception):
    """A report that cannot be read, built or rendered. The message is one line, fit for a user."""


class Report(Frozen):
    """A conformance report."""

    unlearn_spec_report: Literal["1.0"] = "1.0"
    policy: PolicyHeader
    versions: Versions
    overall: Outcome
    """The worst result; never an average."""
    subjects: tuple[SubjectRef, ...]
    information: tuple[InformationSet, ...]
    clauses: tuple[ClauseEntry, ...]
    results: tuple[Result, ...]
    not_covered: tuple[NotCovered, ...]
    facts: tuple[Fact, ...]
    tests: tuple[RegisteredTest, ...]
    missing: tuple[Missing, ...]
    relearning: tuple[Relearning, ...]
    guardrails: tuple[Guardrail, ...]
    revealed: tuple[Redacted, ...]
    evidence: tuple[EvidenceObject, ...]
    records: tuple[Record, ...]
    findings: tuple[Finding, ...]
    assumptions: tuple[Assumption, ...]
    axioms: tuple[Axiom, ...]
    validity: Validity
    integrity: Integrity
    statements: tuple[Stated, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    """In the policy's order."""
    outside: tuple[Said, ...] = ()
    """What must hold outside the model for the results to stay true: complementary controls of deployers and users."""
    calibration: tuple[Calibrated, ...] = ()
    """Of each verifier used, in the order of first use; empty where no table is shipped."""
    retest: tuple[Said, ...] = ()
    """Events after which the results no longer speak of the present."""
    notes: tuple[Said, ...] = ()
    """What the data and the limits give reason to doubt, found before measuring."""
    attacks: tuple[AttackFamily, ...] = ()
    answers: tuple[Answers, ...] = ()
    told_apart: tuple[ToldApart, ...] = ()
    """Where membership was tested, by model and attack."""

    @model_validator(mode="after")
    def _worst_and_named(self) -> Report:
        outcomes = {result.verdict.outcome for result in self.results}
        worst = next((outcome for outcome in WORST_FIRST if outcome in outcomes), "not_tested")
        if self.overall != worst:
            raise ValueError(f"overall is {self.overall}, but the worst result is {worst}")
        unknown = sorted({result.verdict.clause for result in self.results} - {clause.id for clause in self.clauses})
        if unknown:
            raise ValueError(f"a result names the clause {unknown[0]!r}, which the report does not list")
        if len({clause.id for clause in self.clauses}) < len(self.clauses):
            raise ValueError("two clauses share an id")
        return self

    def clause(self, name: str) -> ClauseEntry:
        """The clause with that id. Raises `KeyError`."""
        return {clause.id: clause for clause in self.clauses}[name]


def canonical(report: Report) -> str:
    """The report as canonical JSON: keys sorted, no spaces, ASCII only, one line feed at the end.

    Raises `ReportError` for a number that is not finite.
    """
    try:
        text = json.dumps(
            report.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
        )
    except ValueError:
        raise ReportError("the report holds a number that is not finite") from None
    return text + "\n"


def digest(report: Report) -> str:
    """SHA-256 of the canonical JSON: the digest of a run's `result.json`."""
    return "sha256:" + hashlib.sha256(canonical(report).encode()).hexdigest()


def parse(text: str) -> Report:
    """Reads canonical JSON back. Raises `ReportError` with the first thing that is wrong."""
    try:
        report = Report.model_validate_json(text)
        canonical(report)
        return report
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ReportError(f"not a conformance report: {where + ': ' if where else ''}{first['msg']}") from None
