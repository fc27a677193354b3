"""Comparisons and policy tests for other programs: JSON as its schemas say, valid SARIF, annotations on the file under review."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from results import CORPUS, ROOT
from test_diff import DONE, HIDE, policy
from test_github import read
from test_json import SCHEMA, closed
from test_sarif import VALIDATOR as SARIF

from unlearn_spec.cli import app
from unlearn_spec.rules.diff import diff, diff_documents
from unlearn_spec.rules.diff_result import DiffResult
from unlearn_spec.rules.policy_tests import run_tests
from unlearn_spec.rules.render_diff import render_diff_json
from unlearn_spec.rules.render_diff_annotated import render_diff_github, render_diff_sarif
from unlearn_spec.rules.render_policy_tests import render_tests_json

DIFF, TEST = (json.loads((ROOT / "spec" / "schema" / f"{name}.schema.json").read_text("utf-8")) for name in ("diff", "test"))
PAIRS = [
    *((folder / "before.yaml", path) for folder in (CORPUS / "D001", CORPUS / "D002", CORPUS / "D003") for path in folder.glob("*.yaml")),
    (CORPUS / "S001" / "positive.yaml", CORPUS / "D001" / "before.yaml"),
    (CORPUS / "X001" / "positive.yaml", CORPUS / "X001" / "version-2.yaml"),
]  # fmt: skip
RESULTS = [diff(*pair, no_weaker=True) for pair in PAIRS if pair[1].stem not in ("before", "cases")]
TESTS = sorted((ROOT / "spec" / "examples").glob("*.test.yaml"))


def valid(schema: Any, text: str) -> Any:
    data = json.loads(text)
    jsonschema.Draft202012Validator(closed(schema)).validate(data)
    return data


@pytest.mark.parametrize("schema", [DIFF, TEST])
def test_a_finding_is_described_as_the_one_of_a_check(schema: Any) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)
    assert {name: schema["$defs"][name] for name in SCHEMA["$defs"]} == SCHEMA["$defs"]


@pytest.mark.parametrize("result", RESULTS)
def test_a_comparison_in_json_meets_its_schema(result: DiffResult) -> None:
    assert valid(DIFF, render_diff_json(result))["answer"] == result.answer


@pytest.mark.parametrize("effort", [1, None])
def test_policy_tests_in_json_meet_their_schema(effort: int | None, tmp_path: Path) -> None:
    broken = tmp_path / "broken.test.yaml"
    broken.write_text("tests: none\n", "utf-8")
    runs = [run_tests(path, effort=effort) for path in (*TESTS[:1], broken)]
    assert [one["file"] for one in valid(TEST, render_tests_json(runs))] == [run.file for run in runs]


@pytest.mark.parametrize("result", RESULTS)
def test_a_comparison_is_valid_sarif(result: DiffResult) -> None:
    log = json.loads(render_diff_sarif(result))
    SARIF.validate(log)
    (run,) = log["runs"]
    assert [each["ruleId"] for each in run["results"]] == [each.code for each in result.findings]
    assert run["properties"]["comparison"]["exitCode"] == result.exit_code
    if result.documents is not None:
        places = [each["locations"][0]["physicalLocation"]["artifactLocation"]["index"] for each in run["results"]]
        assert set(places) <= {0} and run["artifacts"][0]["location"]["uri"].endswith(Path(result.after).name)


@pytest.mark.parametrize("result", RESULTS)
def test_each_difference_is_one_annotation(result: DiffResult) -> None:
    *told, last = render_diff_github(result).splitlines()
    commands = [read(line) for line in told]
    assert [places["title"][:4] for _, places, _ in commands] == [each.code for each in result.findings]
    assert last.partition(": ")[2].startswith(result.answer or "not compared as a whole")


@pytest.mark.parametrize(("format", "start"), [("sarif", "{"), ("github", "::error title=D001 "), ("json", "{"), ("text", "Version 2 ")])
def test_the_command_prints_each_format(
    format: str, start: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pair = (str(CORPUS / "D001" / name) for name in ("before.yaml", "positive.yaml"))
    monkeypatch.setattr(sys, "argv", ["unlearn-spec", "diff", *pair, "--no-weaker", "--format", format])
    with pytest.raises(SystemExit) as end:
        app.main()
    assert end.value.code == 1 and capsys.readouterr().out.startswith(start)


def test_what_went_is_told_in_the_file_that_is_under_review() -> None:
    accept = 'accept: [{code: A005, clause: done, reason: known, by: me, until: "2999-01-01"}]\n'
    one, other = policy(DONE, HIDE, file="old.yaml"), policy(DONE, rest=accept)
    lines = render_diff_github(diff_documents(one, other, no_weaker=True)).splitlines()
    (name, places, message), (_, note, accepted) = (read(line) for line in lines[:2])
    assert (name, places["file"], places["line"]) == ("error", "p.yaml", "7") and "no longer requires hide" in message
    assert note == {"title": "note", "file": "p.yaml"} and accepted == "accepted: A005 on done until 2999-01-01 (the second file)"
