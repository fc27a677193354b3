"""`unlearn-spec compare`: what two verifications were about, and which verdicts differ and why."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import signed
from here import Here

from unlearn_spec.cli.compare import run_compare
from unlearn_spec.report.forbidden import claims
from unlearn_spec.report.model import Report, parse
from unlearn_spec.run.compare import compare
from unlearn_spec.run.verify import verify

Edit = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The report of the miniature: four clauses inconclusive, one supported by a record, one not decided."""
    folder = tmp_path_factory.mktemp("compared")
    result = verify(*signed.build(folder / "in"), folder / "run", executor=Here())
    return result.report.model_dump(mode="json")


def made(content: dict[str, Any], *edits: Edit) -> Report:
    copy = json.loads(json.dumps(content))
    for edit in edits:
        edit(copy)
    return parse(json.dumps(copy))


def outcome(clause: str, word: str, **verdict: Any) -> Edit:
    def edit(content: dict[str, Any]) -> None:
        for one in content["results"]:
            if one["verdict"]["clause"] == clause:
                one["verdict"] |= {"outcome": word, **verdict}
        order = ["violated", "rejected", "inconclusive", "not_testable", "not_tested", "not_falsified", "supported"]
        content["overall"] = min((one["verdict"]["outcome"] for one in content["results"]), key=order.index)

    return edit


def test_a_report_is_the_same_as_itself(content: dict[str, Any]) -> None:
    found = compare(made(content), made(content))
    assert found.same and not found.inputs and all(not change.reasons for change in found.changes)


@pytest.mark.parametrize(
    ("before", "after", "direction"),
    [("inconclusive", "violated", "worse"), ("violated", "inconclusive", "better"), ("supported", "supported", "same"),
     ("supported", "not_falsified", "worse"), ("not_tested", "inconclusive", "worse")],
)  # fmt: skip
def test_outcomes_are_ordered_as_the_overall_result_orders_them(
    content: dict[str, Any], before: str, after: str, direction: str
) -> None:
    found = compare(
        made(content, outcome("hidden", before)), made(content, outcome("hidden", after, reason="Because."))
    )
    (change,) = (one for one in found.changes if one.clause == "hidden")
    assert change.direction == direction
    assert direction == "same" or "now: Because." in change.reasons


def test_the_reason_names_model_limit_control_and_bounds(content: dict[str, Any]) -> None:
    def another(content: dict[str, Any]) -> None:
        for subject in content["subjects"]:
            subject["model"] = "sha256:" + "1" * 64
        verdict = content["results"][0]["verdict"]
        verdict["limit"] = "at most 1%"
        verdict["gates"][0]["passed"] = not verdict["gates"][0]["passed"]
        verdict["intervals"][0]["high"] = 0.9

    found = compare(made(content), made(content, another, outcome("hidden", "violated")))
    (change,) = (one for one in found.changes if one.clause == "hidden")
    told = " ".join(change.reasons)
    for words in (
        "another model or system",
        "the limit: from at most 50% to at most 1%",
        "the control positive failed then and held now",
        "90%]",
    ):
        assert words in told
    assert {one.sort for one in found.inputs} == {"models"}


def test_every_kind_of_input_is_told(content: dict[str, Any]) -> None:
    def another(content: dict[str, Any]) -> None:
        content["policy"]["version"] = 2
        content["integrity"]["policy"] = "sha256:" + "2" * 64
        content["versions"]["tool"], content["validity"]["seed"] = "9.9.9", 99
        content["records"] = []
        for information in content["information"]:
            for data in information["data"]:
                data["digest"] = "sha256:" + "3" * 64

    found = compare(made(content), made(content, another))
    assert {one.sort for one in found.inputs} == {"policy", "data", "records", "program", "other"}
    assert any("from tiny, version 1 to tiny, version 2" in one.words for one in found.inputs)
    assert any(one.words == "completion: gone" for one in found.inputs)


def test_the_same_model_asked_otherwise_is_not_the_same_input(content: dict[str, Any]) -> None:
    def otherwise(content: dict[str, Any]) -> None:
        for subject in content["subjects"]:
            subject["prompt"] = "Q: {prompt}"

    (found, *_) = compare(made(content), made(content, otherwise)).inputs
    assert found.sort == "models" and "asked through “Q: {prompt}”" in found.words


@pytest.mark.parametrize("format", ["text", "json"])
def test_a_report_with_a_number_that_is_none_is_refused(
    content: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str], format: str
) -> None:
    (tmp_path / "a.json").write_text(json.dumps(content))
    content = json.loads(json.dumps(content))
    content["results"][0]["verdict"]["effect"] = float("inf")
    (tmp_path / "b.json").write_text(json.dumps(content))
    assert run_compare(tmp_path / "a.json", tmp_path / "b.json", format) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and "a number that is not finite" in shown.err


def test_clauses_that_only_one_has_are_told(content: dict[str, Any]) -> None:
    def shorter(content: dict[str, Any]) -> None:
        content["clauses"] = [one for one in content["clauses"] if one["id"] != "kept"]
        content["results"] = [one for one in content["results"] if one["verdict"]["clause"] != "kept"]

    gone, added = compare(made(content), made(content, shorter)), compare(made(content, shorter), made(content))
    assert [one.direction for one in gone.changes if one.clause == "kept"] == ["gone"]
    assert [one.direction for one in added.changes if one.clause == "kept"] == ["added"]
    assert not gone.same


def test_the_command_prints_and_exits(
    content: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, report in (("a", made(content)), ("b", made(content, outcome("hidden", "violated")))):
        (tmp_path / f"{name}.json").write_text(report.model_dump_json())
    a, b = tmp_path / "a.json", tmp_path / "b.json"
    assert run_compare(a, a) == 0
    assert run_compare(a, b) == 1
    shown = capsys.readouterr().out
    assert "“hidden” on “assistant”: from inconclusive to violated (worse)" in shown and "the same in both" in shown
    assert claims(shown) == ()
    assert run_compare(a, b, "json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["same"] is False and told["changes"][0]["direction"] == "worse"
    assert run_compare(a, tmp_path / "gone") == 2
    b.write_bytes(b"\xff")
    assert run_compare(a, b) == 2
    assert capsys.readouterr().err.count("error: ") == 2
