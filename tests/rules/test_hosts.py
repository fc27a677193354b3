"""What editors and code hosts are given: SARIF, workflow commands, and repairs that can be applied."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import jsonschema
import pytest

from unlearn_spec.finding import Edit
from unlearn_spec.rules.check import CheckResult, check, check_text
from unlearn_spec.rules.render_github import render_github
from unlearn_spec.rules.render_json import as_data
from unlearn_spec.rules.render_sarif import render_sarif

ROOT = Path(__file__).parents[2]
CORPUS = sorted(path for path in (ROOT / "spec" / "conformance").glob("*/*.yaml") if path.name != "cases.yaml")
DAY = date(2026, 11, 24)
SARIF_SCHEMA = os.environ.get("UNLEARN_SPEC_SARIF_SCHEMA")
"""A copy of the published sarif-schema-2.1.0.json, which is not ours to ship."""


def applied(text: str, edits: Sequence[Edit]) -> str:
    """The text after the edits, which do not overlap."""
    lines = text.split("\n")
    for edit in sorted(edits, key=lambda one: (one.span.line, one.span.column), reverse=True):
        line, start = lines[edit.span.line - 1], edit.span.column - 1
        lines[edit.span.line - 1] = line[:start] + edit.text + line[start + edit.span.length :]
    return "\n".join(lines)


@pytest.fixture(scope="module")
def results() -> list[CheckResult]:
    return [check(path, today=DAY) for path in CORPUS]


@pytest.fixture(scope="module")
def log(results: list[CheckResult]) -> dict:
    return json.loads(render_sarif(results))


@pytest.mark.skipif(SARIF_SCHEMA is None, reason="UNLEARN_SPEC_SARIF_SCHEMA names no copy of the published schema")
def test_the_log_fits_the_published_schema(log: dict) -> None:
    jsonschema.validate(log, json.loads(Path(SARIF_SCHEMA or "").read_text("utf-8")))


def test_every_finding_is_a_result_of_a_rule_in_the_log(log: dict, results: list[CheckResult]) -> None:
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    findings = [finding for result in results for finding in result.findings]
    assert len(run["results"]) == len(findings)
    for result, finding in zip(run["results"], findings, strict=True):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == finding.code
        assert result["message"]["text"].startswith(finding.message)
        assert (result.get("suppressions") is not None) == (finding.accepted is not None)
        region = result["locations"][0]["physicalLocation"]["region"]
        span = finding.spans[0]
        assert (region["startLine"], region["startColumn"], region["endColumn"] - region["startColumn"]) == (
            span.line, span.column, span.length,
        )  # fmt: skip


def test_a_log_names_files_by_reference_and_nothing_of_the_machine(log: dict) -> None:
    text = json.dumps(log)
    assert str(ROOT) not in text
    for artifact in log["runs"][0]["artifacts"]:
        assert re.fullmatch(r"[A-Za-z0-9._~/%-]+", artifact["location"]["uri"])


def test_fingerprints_stay_when_lines_move() -> None:
    text = (ROOT / "spec" / "examples" / "bad-example.yaml").read_text("utf-8")
    one, two = (json.loads(render_sarif([check_text(t, "p.yaml", today=DAY)])) for t in (text, "# a remark\n" + text))
    marks = [[r["partialFingerprints"] for r in log["runs"][0]["results"]] for log in (one, two)]
    assert marks[0] == marks[1] and len(marks[0]) > 5


def test_a_policy_cannot_speak_to_the_host() -> None:
    text = 'unlearn_spec: "1.0"\npolicy: {id: p, version: 1}\n"::error::x\\n::set-env name=A::b\\r%0A": 1\n'
    shown = render_github([check_text(text, "a,b::c.yaml", today=DAY)])
    commands = shown.splitlines()
    assert all(line.startswith(("::error title=", "::warning title=", "::notice title=")) for line in commands[:-1])
    assert "::set-env" not in [line[:9] for line in commands] and "::" not in commands[-1]
    assert all("%0A" not in line or "%250A" in line or "fix:" in line for line in commands)


def test_accepted_findings_are_notices_and_stay() -> None:
    shown = render_github([check(ROOT / "spec" / "examples" / "erasure-request.yaml", today=DAY)])
    assert shown.startswith("::notice title=R002 shadowed-clause (accepted)") and "accepted: " in shown


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_checked_repair_applied_to_the_text_mends_it(path: Path) -> None:
    text = path.read_text("utf-8", errors="replace")
    for finding in check_text(text, "p.yaml", today=DAY).findings:
        for fix in finding.fixes:
            if fix.verified and fix.edits:
                changed = check_text(applied(text, fix.edits), "p.yaml", today=DAY)
                assert (finding.code, finding.clauses) not in [(f.code, f.clauses) for f in changed.findings]


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_suggested_word_is_accepted_where_it_is_put(path: Path) -> None:
    text = path.read_text("utf-8", errors="replace")
    for finding in check_text(text, "p.yaml", today=DAY).findings:
        for fix in finding.fixes:
            if fix.edits and finding.code[0] in "YS":
                changed = check_text(applied(text, fix.edits), "p.yaml", today=DAY)
                same = [f for f in changed.findings if (f.code, f.spans[0].line, f.spans[0].column, f.message) ==
                        (finding.code, finding.spans[0].line, finding.spans[0].column, finding.message)]  # fmt: skip
                assert not same


def test_json_fits_its_schema(results: list[CheckResult]) -> None:
    schema = json.loads((ROOT / "spec" / "schema" / "findings.schema.json").read_text("utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    for result in results:
        validator.validate(as_data(result))
