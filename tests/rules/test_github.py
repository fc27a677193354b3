"""Annotations of GitHub Actions: every finding one command, and no command but ours."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from results import FOLDERS, checked

from unlearn_spec.finding import Finding, Fix, Span
from unlearn_spec.policy.source import Source
from unlearn_spec.rules.check import CheckResult
from unlearn_spec.rules.render_github import render_github
from unlearn_spec.rules.render_text import render_text

COMMAND = re.compile(r"::(error|warning|notice) ([^:\n]*)::(.*)\Z")
INJECTED = "x\n::error::injected\r\n::set-output name=a::b%0A::add-mask::c,line=9::##[error]d\u2028::stop-commands::e"


def read(line: str) -> tuple[str, dict[str, str], str]:
    """A command line as the runner reads it: name, properties, message."""
    found = COMMAND.match(line)
    assert found, line
    pairs = (pair.partition("=") for pair in found[2].split(","))
    return found[1], {name: unquote(value) for name, _, value in pairs}, unquote(found[3])


def result(*findings: Finding, file: str = "p.yaml", notes: tuple[str, ...] = ()) -> CheckResult:
    return CheckResult(file, "1.0", findings, 1, notes=notes, source=Source(file, "\n\nit: is here\n", {}, {}))


def finding(**more: Any) -> Finding:
    return Finding("R002", **({"severity": "warning", "message": "m", "spans": (Span("p.yaml", 3, 5, 4),)} | more))


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_finding_of_the_corpus_is_one_command(folder: str) -> None:
    results = [result for _, result in checked(folder)]
    findings = [each for one in results for each in one.findings]
    commands, rest = [], []
    for line in render_github(results).splitlines():
        (commands if line.startswith("::") else rest).append(line)
    notes = sum(len(one.notes) for one in results)
    assert len(commands) == len(findings) + notes and len(rest) == len(results)
    told = [read(line) for line in commands if not line.startswith("::notice title=note,")]
    for (name, places, message), each in zip(told, findings, strict=True):
        assert places["title"].startswith(f"{each.code} ")
        assert int(places["line"]) == each.spans[0].line
        assert int(places["col"]) <= int(places["endColumn"])
        assert message.splitlines()[0] == each.message
        assert (name == "notice") == (each.accepted is not None or each.severity == "info")


def test_a_command_in_full() -> None:
    full = finding(message="50% of a: b, c", why=("because",), situation=("audit",), fixes=(Fix("mend", True),))
    assert render_github([result(full)]).splitlines()[0] == (
        "::warning title=R002 shadowed-clause,file=p.yaml,line=3,col=5,endColumn=9"
        "::50%25 of a: b, c%0Awhen: audit%0Awhy: because%0Afix: mend (re-checked)"
    )


def test_an_accepted_finding_is_a_notice_with_reason_person_and_day() -> None:
    accepted = finding(accepted="second route (dpo, until 2027-01-01)")
    name, places, message = read(render_github([result(accepted)]).splitlines()[0])
    assert (name, places["title"]) == ("notice", "R002 shadowed-clause (accepted)")
    assert message.endswith("accepted: second route (dpo, until 2027-01-01)")


def test_columns_are_utf16_code_units() -> None:
    place = finding(spans=(Span("p.yaml", 1, 5, 2),))
    one = CheckResult("p.yaml", "1.0", (place,), 1, source=Source("p.yaml", "a: \U0001f600é\U00020000x", {}, {}))
    _, places, _ = read(render_github([one]).splitlines()[0])
    assert (places["col"], places["endColumn"]) == ("6", "9")


@pytest.mark.parametrize(("severity", "name"), [("error", "error"), ("undetermined", "warning"), ("info", "notice")])
def test_severities(severity: str, name: str) -> None:
    assert read(render_github([result(finding(severity=severity))]).splitlines()[0])[0] == name


@given(st.text(), st.sampled_from(["", INJECTED]))
@settings(max_examples=100, deadline=None)
def test_text_from_a_policy_gives_no_command(text: str, more: str) -> None:
    hostile = text + more
    one = Finding(
        "R002", "warning", hostile, (Span(hostile, 3, 5, 4, hostile),), why=(hostile,),
        fixes=(Fix(hostile, snippet=hostile),), accepted=hostile, open_question=hostile, situation=(hostile,),
    )  # fmt: skip
    shown = render_github([result(one, file="p" + hostile, notes=(hostile,))])
    lines = shown.removesuffix("\n").split("\n")
    assert len(lines) == len(shown.splitlines()) == 3
    assert read(lines[0])[1].keys() == {"file", "line", "col", "endColumn", "title"}
    assert read(lines[1])[1].keys() == {"file", "title"}
    assert not lines[2].startswith("::") and "##[" not in lines[2]


@given(st.text(), st.sampled_from(["", INJECTED, "word " * 30 + "::error::x " * 20, "##[error]x"]))
@settings(max_examples=100, deadline=None)
def test_text_output_in_a_build_log_gives_none_either(text: str, more: str) -> None:
    hostile = text + more
    one = finding(message=hostile, why=(hostile,), fixes=(Fix(hostile, snippet=hostile),), accepted=hostile)
    for line in render_text(result(one, notes=(hostile,))).splitlines():
        assert not line.lstrip().startswith("::") and "##[" not in line
