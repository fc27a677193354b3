"""A run of policy tests as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from ..finding import Finding
from .excerpt import only_in
from .policy_tests import Outcome, TestResult, TestRun
from .render_json import finding_data, span_data
from .render_text import WIDTH, in_lines, render_finding
from .terminal import folded, visible

_SIGN = {"as_expected": "ok  ", "otherwise": "FAIL", "undetermined": "?   "}


def render_tests_text(run: TestRun, *, colour: bool = False, width: int = WIDTH) -> str:
    """Each test with what was expected and found otherwise, then the summary line."""
    blocks = [_told(finding, run, colour, width) for finding in run.findings]
    lines = [line for result in run.results for line in _result(result, run, colour, width)]
    blocks += ["\n".join(lines)] if lines else []
    return in_lines("\n\n".join([*blocks, f"{visible(run.file)}: {run.summary}"]))


def _result(result: TestResult, run: TestRun, colour: bool, width: int) -> Iterator[str]:
    statuses = {outcome.status for outcome in result.outcomes}
    worst = next((word for word in ("otherwise", "undetermined") if word in statuses), "as_expected")
    yield f"{'ERR ' if result.findings else _SIGN[worst]} {visible(result.name)}"
    for outcome in result.outcomes:
        if outcome.status != "as_expected":
            yield f"       {_otherwise(outcome)}"
            if outcome.turns_on:
                lines = folded(f"it turns on {visible(outcome.turns_on)}", width - 9)
                yield from (f"         {line}" for line in lines)
    for finding in result.findings:
        yield _told(finding, run, colour, width)


def _otherwise(outcome: Outcome) -> str:
    span = outcome.span
    where = visible(f"{span.file}:{span.line}:{span.column}")
    expected, found = _words(outcome.expected), _words(outcome.found)
    return f"{where}: {visible(outcome.about)}: expected {expected}, but {found}"


def _words(answer: str) -> str:
    return {
        "not_shown": "not shown (what is told decides neither way)",
        "not_applicable": "not applicable (the clause does not bind there)",
    }.get(answer, answer)


def _told(finding: Finding, run: TestRun, colour: bool, width: int) -> str:
    """With an excerpt of the file of its first place."""
    file = finding.spans[0].file if finding.spans else ""
    source = next((source for source in run.sources if source.file == file), None)
    return render_finding(only_in(finding, file), source, colour=colour, width=width)


def render_tests_json(runs: Sequence[TestRun]) -> str:
    """A list with one object a file."""
    return json.dumps([_data(run) for run in runs], ensure_ascii=True, indent=2) + "\n"


def _data(run: TestRun) -> dict[str, Any]:
    return {
        "file": run.file,
        "policy": run.policy,
        "findings": [finding_data(finding) for finding in run.findings],
        "tests": [
            {
                "name": result.name,
                "findings": [finding_data(finding) for finding in result.findings],
                "outcomes": [
                    {
                        "about": outcome.about,
                        "expected": outcome.expected,
                        "found": outcome.found,
                        "status": outcome.status,
                        "turns_on": outcome.turns_on,
                        "span": span_data(outcome.span),
                    }
                    for outcome in result.outcomes
                ],
            }
            for result in run.results
        ],
        "summary": {"text": run.summary, "exit_code": run.exit_code},
    }
