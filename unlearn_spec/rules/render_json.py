"""A check result as JSON: stable keys, stable order, plain ASCII, the same bytes for the same result."""

from __future__ import annotations

import json
from typing import Any

from ..finding import Finding, Fix, Span
from .check import CheckResult
from .codes import CODES


def render_json(result: CheckResult) -> str:
    """`{file, language, findings, summary}` with a final line break. Spans count lines and columns from 1."""
    return json.dumps(as_data(result), ensure_ascii=True, indent=2) + "\n"


def render_json_all(results: tuple[CheckResult, ...]) -> str:
    """One object for one file; a list of such objects, in the order given, for several."""
    if len(results) == 1:
        return render_json(results[0])
    return json.dumps([as_data(result) for result in results], ensure_ascii=True, indent=2) + "\n"


def as_data(result: CheckResult) -> dict[str, Any]:
    """The result as plain data; every key is always there."""
    return {
        "file": result.file,
        "language": result.language,
        "findings": [_finding(finding) for finding in result.findings],
        "summary": {
            **result.counts,
            "clauses_evaluated": result.clauses_evaluated,
            "consistent": result.consistent,
            "without": list(result.without),
            "notes": list(result.notes),
            "text": result.summary,
            "exit_code": result.exit_code,
        },
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "name": CODES[finding.code].name,
        "severity": finding.severity,
        "message": finding.message,
        "spans": [_span(span) for span in finding.spans],
        "why": list(finding.why),
        "fixes": [_fix(fix) for fix in finding.fixes],
        "clauses": list(finding.clauses),
        "axioms": list(finding.axioms),
        "situation": list(finding.situation),
        "arithmetic": list(finding.arithmetic),
        "accepted": finding.accepted,
        "open_question": finding.open_question,
        "world": finding.world,
        "page": f"docs/rules/{finding.code}.md",
    }


def _span(span: Span) -> dict[str, Any]:
    return {
        "file": span.file,
        "line": span.line,
        "column": span.column,
        "length": span.length,
        "label": span.label,
    }


def _fix(fix: Fix) -> dict[str, Any]:
    edits = [{"span": _span(edit.span), "text": edit.text} for edit in fix.edits]
    return {"text": fix.text, "verified": fix.verified, "snippet": fix.snippet, "edits": edits}


def finding_data(finding: Finding) -> dict[str, Any]:
    """One finding as plain data."""
    return _finding(finding)


def span_data(span: Span) -> dict[str, Any]:
    """A place as plain data."""
    return _span(span)
