"""A comparison of two versions for other programs: SARIF, and annotations of GitHub Actions, on the lines of the later file."""

from __future__ import annotations

import os
from dataclasses import replace

from ..finding import Finding
from .annotation import Annotated
from .diff_result import DiffResult
from .render_diff import accepted, closing
from .render_github import commands
from .render_sarif import log, uri


def render_diff_github(result: DiffResult, *, root: str = os.curdir) -> str:
    """One command a finding, one for what is accepted, then a line of summary."""
    return commands([_annotated(result)], root)


def render_diff_sarif(result: DiffResult, *, root: str = os.curdir) -> str:
    """A SARIF log with a final line break. `root` is the folder from which files are named."""
    comparison = {
        "before": uri(root, result.before),
        "after": uri(root, result.after),
        "answer": result.answer,
        "exitCode": result.exit_code,
        "text": result.summary,
    }
    return log([_annotated(result)], {"comparison": comparison}, root)


def _annotated(result: DiffResult) -> Annotated:
    notes = (f"accepted: {accepted(result)}",) if result.accepted else ()
    findings = tuple(_in_the_later(finding, result) for finding in result.findings)
    summary = f"{closing(result)}. {result.summary}"
    return Annotated((result.after, result.before), findings, notes, summary, result.sources)


def _in_the_later(finding: Finding, result: DiffResult) -> Finding:
    """With a place in the later file first: that is the one under review, and a removed clause has no line there."""
    if result.documents is None or any(span.file == result.after for span in finding.spans[:1]):
        return finding
    _, after = result.documents
    return replace(finding, spans=(after.source.key(("clauses",)), *finding.spans))
