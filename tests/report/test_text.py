"""The terminal rendering: a snapshot to read, and its width."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from unlearn_spec.report import digest, render
from unlearn_spec.report.model import Report
from unlearn_spec.report.text import WIDTH, table
from unlearn_spec.verdict.model import Interval, Verification

SNAPSHOT = Path(__file__).parent / "report.txt"


def test_snapshot(report: Report) -> None:
    """After a meant change: `render(report, "text")` of the fixture, without its own digest, is the new snapshot."""
    shown = render(report, "text").replace(digest(report), "sha256:(of this report)")
    assert shown == SNAPSHOT.read_text(encoding="utf-8")


@settings(max_examples=40, deadline=None)
@given(text=st.text(max_size=200), label=st.text(min_size=1, max_size=120), name=st.text(max_size=150))
def test_no_line_is_wider_than_the_terminal(
    make_report: Callable[..., Report], run_verification: Verification, text: str, label: str, name: str
) -> None:
    first, *rest = run_verification.verdicts
    drawn = (Interval(label=label, point=0.5, low=0.0, high=1.0, hits=10**9, n=10**9, clusters=10**9),)
    changed = first.model_copy(update={"reason": text, "intervals": drawn, "artifact": name, "limit": text})
    report = make_report(verification=run_verification.model_copy(update={"verdicts": (changed, *rest)}))
    lines = render(report, "text").splitlines()
    assert max(map(len, lines)) <= WIDTH


def test_what_was_not_covered_stands_directly_after_the_results(report: Report) -> None:
    lines = render(report, "text").splitlines()
    headings = [line for line, under in itertools.pairwise(lines) if line and set(under) == {"─"}]
    assert headings[:4] == [
        "WHAT THE EVIDENCE SHOWS",
        "WHAT WAS NOT COVERED",
        "SUBJECT AND LINEAGE",
        "CRITERIA: THE POLICY AND HOW IT WAS READ",
    ]


def test_table_puts_clauses_against_subjects(
    report: Report, make_report: Callable[..., Report], run_verification: Verification
) -> None:
    calm = make_report(verification=run_verification.model_copy(update={"verdicts": run_verification.verdicts[:1]}))
    lines = table({"filtered": report, "retrained": calm}).splitlines()
    assert lines[0].split() == ["filtered", "retrained"]
    assert "✕ violated" in next(line for line in lines if line.startswith("hide-diary"))
    assert lines[-1].split("  ")[0] == "overall: the worst" and lines[-1].endswith("● supported")
