"""From two policy files to what the later one no longer guarantees, and what it newly requires."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from ..finding import Finding
from ..logic.compare import compare
from ..logic.smt import DEFAULT_EFFORT
from ..policy.load import Document, PolicyError, load
from ..policy.read import unread
from .declared import accepted, declared_differently, evidence_changes
from .diff_result import DiffResult
from .diff_told import Teller
from .diff_worlds import confirmed


def diff(
    before: str | Path,
    after: str | Path,
    *,
    no_weaker: bool = False,
    effort: int | None = None,
    today: date | None = None,
) -> DiffResult:
    """Compare two policy files, the earlier first. Mistakes in the files are findings; nothing is raised for them."""
    found: list[Finding] = []
    documents: list[Document] = []
    for path in (before, after):
        try:
            documents.append(load(path))
        except PolicyError as error:
            found += error.findings
    if found:
        summary = "Nothing was compared: first mend the mistakes in the files."
        names = dict.fromkeys(span.file for finding in found for span in finding.spans)
        mistaken = tuple(map(unread, names))
        return DiffResult(str(before), str(after), ("", ""), None, summary, (), (), (), (), tuple(found), mistaken=mistaken)
    return diff_documents(documents[0], documents[1], no_weaker=no_weaker, effort=effort, today=today)


def diff_documents(
    before: Document,
    after: Document,
    *,
    no_weaker: bool = False,
    effort: int | None = None,
    today: date | None = None,
) -> DiffResult:
    """Like `diff`, for policies that are loaded."""
    comparison = confirmed(compare(before.policy, after.policy, effort=effort or DEFAULT_EFFORT))
    teller = Teller(before, after, comparison, no_weaker)
    clauses = tuple(teller.clause(change) for change in comparison.changes)
    pairs = [
        (teller.old(change), teller.new(change)) for change in comparison.changes if change.before and change.after
    ]
    evidence = evidence_changes(pairs)
    declared = declared_differently(before.policy, after.policy)
    findings = (*teller.not_compared(), *teller.findings(), *teller.evidence(evidence))
    return DiffResult(
        before.source.file,
        after.source.file,
        teller.names,
        comparison.answer,
        teller.summary(clauses, evidence, declared),
        clauses,
        evidence,
        declared,
        accepted(before.policy, after.policy, today or date.today()),
        findings,
        (before, after),
    )
