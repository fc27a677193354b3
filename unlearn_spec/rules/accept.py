"""What a policy knowingly accepts or leaves open: findings are marked, never hidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from ..finding import Finding
from ..policy.model import Accept, Policy, as_of

OPENED = ("A001", "A003", "A004")
"""Findings that an open question turns from error into warning while the policy is a draft."""


def marked(findings: Sequence[Finding], policy: Policy, today: date) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """The findings with `accepted` and `open_question` filled in, and notes on `accept` entries without effect.

    Entries past their date have no effect (S010 says so). A finding of severity error cannot be accepted.
    """
    opened = tuple(_opened(finding, policy, today) for finding in findings)
    done = tuple(_accepted(finding, policy, today) for finding in opened)
    notes = tuple(_note(entry, done) for entry in policy.accept if as_of(entry, today) and not _any_marked(entry, done))
    return done, notes


def _opened(finding: Finding, policy: Policy, today: date) -> Finding:
    if finding.code not in OPENED or policy.policy.status != "draft":
        return finding
    for question in policy.open_questions:
        if as_of(question, today) and question.clause in finding.clauses and f"`{question.field}`" in finding.message:
            severity = "warning" if finding.severity == "error" else finding.severity
            return replace(finding, severity=severity, open_question=f"{question.owner}, until {question.until}")
    return finding


def _accepted(finding: Finding, policy: Policy, today: date) -> Finding:
    for entry in policy.accept:
        if as_of(entry, today) and _speaks_of(entry, finding) and finding.severity in ("warning", "info"):
            return replace(finding, accepted=f"{entry.reason} ({entry.by}, until {entry.until})")
    return finding


def _speaks_of(entry: Accept, finding: Finding) -> bool:
    return entry.code == finding.code and entry.clause in finding.clauses


def _any_marked(entry: Accept, findings: Sequence[Finding]) -> bool:
    return any(_speaks_of(entry, finding) and finding.accepted for finding in findings)


def _note(entry: Accept, findings: Sequence[Finding]) -> str:
    if any(_speaks_of(entry, finding) for finding in findings):
        return f"accept entry for {entry.code} on {entry.clause} has no effect: an error cannot be accepted"
    return f"accept entry for {entry.code} on {entry.clause} matched nothing"
