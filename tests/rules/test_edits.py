"""Edits do what their fix says: made in the file, they take the finding away and bring no new error."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date

import pytest
import yaml
from results import EXAMPLES, FOLDERS, TODAY, checked, day

from unlearn_spec.finding import Edit, Finding, Span
from unlearn_spec.policy.edits import applied, field_removed, item_added, name_replaced, value_replaced, value_set
from unlearn_spec.policy.read import read
from unlearn_spec.policy.source import Source
from unlearn_spec.rules.check import CheckResult, check, check_text

TO_BE_WRITTEN = (
    "list a method that reaches",
    "a proof of ",
    "drop ",
)
"""Repairs that were tried and are no edits: a person has to name something, or to give a clause up."""


SAID = "would then have to change too"
"""What a repair says of clauses that clash with those of its conflict once they are changed."""


def same(finding: Finding) -> tuple[object, ...]:
    """What two findings share that say the same of the same clauses; numbers in the message may have changed."""
    return (finding.code, finding.clauses, finding.situation) if finding.clauses else (finding.code, finding.message)


def mended(result: CheckResult, today: date, effort: int | None = None) -> int:
    """How many repairs of a policy are edits. Each is made alone: its finding goes, and no error comes unsaid."""
    before, made = Counter(map(same, result.findings)), 0
    for finding in result.findings:
        for fix in finding.fixes:
            if fix.edits:
                assert result.source is not None
                text = applied(result.source.text, fix.edits)
                after = check_text(text, result.file, today=today, effort=effort).findings
                assert Counter(map(same, after))[same(finding)] < before[same(finding)], (
                    result.file,
                    finding.code,
                    fix,
                )
                assert SAID in fix.text or not new_errors(result.findings, after), (
                    result.file,
                    finding.code,
                    fix,
                    new_errors(result.findings, after),
                )
                made += 1
    return made


def new_errors(before: tuple[Finding, ...], after: tuple[Finding, ...]) -> list[Finding]:
    """Errors of kinds, or about clauses, that had none. A file that was not read as far before cannot have new ones."""
    if any(finding.code[0] in "YS" and finding.severity == "error" for finding in before):
        return []
    known = {(finding.code, finding.clauses) for finding in before}
    return [f for f in after if f.severity == "error" and (f.code, f.clauses) not in known]


@pytest.mark.parametrize("folder", FOLDERS)
def test_an_edit_takes_its_finding_away(folder: str) -> None:
    for case, result in checked(folder):
        mended(result, day(case), case.get("effort"))


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_repair_that_was_tried_is_an_edit(folder: str) -> None:
    for _, result in checked(folder):
        for finding in result.findings:
            for fix in finding.fixes:
                assert fix.edits or not fix.verified or any(words in fix.text for words in TO_BE_WRITTEN), fix


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_was_tried_is_one_way_and_not_two(folder: str) -> None:
    tried = [fix.text for _, result in checked(folder) for finding in result.findings for fix in finding.fixes if fix.verified]
    assert [text for text in tried if " or " in text or text.startswith("or ")] == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_clause_to_paste_loads_and_what_is_left_to_write_shows(folder: str) -> None:
    """A snippet is YAML; a goal alone would leave the clause with the limit of another one."""
    for _, result in checked(folder):
        if (source := result.source) is None:
            continue
        for fix in [fix for finding in result.findings if finding.code != "S002" for fix in finding.fixes if fix.snippet]:
            assert fix.edits or isinstance(yaml.safe_load(fix.snippet), dict | list), fix
            assert not fix.snippet.startswith("goal: ") or "…" in fix.snippet, fix
            if fix.snippet.startswith("- {id: ") and "…" not in fix.snippet:
                data = read(source.text, "p.yaml").data
                assert isinstance(data, dict)
                data["clauses"] += yaml.safe_load(fix.snippet)
                after = check_text(json.dumps(data), "p.yaml", today=TODAY, solver=False).findings
                assert [f.message for f in new_errors(result.findings, after) if f.code[0] in "YS"] == [], fix


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_too(path) -> None:
    mended(check(path, today=TODAY), TODAY)


@pytest.mark.parametrize(
    "code",
    ["A005", "A012", "C001", "C002", "C003", "C004", "C005", "C006", "C007", "C008", "N001", "S001", "S003", "S004",
     "S005", "S007", "S008", "T001", "T002", "T003", "T004", "T005", "Y001", "Y002"],
)  # fmt: skip
def test_these_codes_offer_edits(code: str) -> None:
    findings = [finding for _, result in checked(code) for finding in result.findings if finding.code == code]
    assert any(fix.edits for finding in findings for fix in finding.fixes)


FLOW = 'a: {id: x, "list": ["one", two], note: "b"}  # kept\r\nb: 1\r\n'
BLOCK = "a:\n  - id: x  # kept\n    list: [one, two]\n    long: >\n      folded\n      text\n  - list:\n    - one\n"


def source(text: str) -> Source:
    return read(text, "p.yaml").source


@pytest.mark.parametrize(
    ("text", "edits", "wanted"),
    [
        (FLOW, lambda s: field_removed(s, ("a", "id")), FLOW.replace("id: x, ", "")),
        (FLOW, lambda s: field_removed(s, ("a", "note")), FLOW.replace(', note: "b"', "")),
        (FLOW, lambda s: field_removed(s, ("b",)), FLOW.replace("b: 1", "")),
        ("a: {b: 1}\n", lambda s: field_removed(s, ("a", "b")), None),
        (BLOCK, lambda s: field_removed(s, ("a", 0, "id")), None),
        (BLOCK, lambda s: field_removed(s, ("a", 0, "list")), BLOCK.replace("    list: [one, two]", "")),
        (BLOCK, lambda s: field_removed(s, ("a", 0, "long")), None),
        (BLOCK, lambda s: item_added(s, ("a", 1, "list"), "two"), BLOCK.replace("- one", "- one\n    - two")),
        (FLOW, lambda s: value_replaced(s, ("a", "note"), '"c"'), FLOW.replace('"b"', '"c"')),
        (FLOW, lambda s: name_replaced(s, ("a", "list", 0), "uno"), FLOW.replace('"one"', '"uno"')),
        (FLOW, lambda s: name_replaced(s, ("a", "list", 1), "dos"), FLOW.replace("two", "dos")),
        (FLOW, lambda s: name_replaced(s, ("a", "list", 1), "no: {"), FLOW.replace("two", '"no: {"')),
        (FLOW, lambda s: name_replaced(s, ("a", "list"), "lists", key=True), FLOW.replace('"list"', '"lists"')),
        (FLOW, lambda s: value_set(s, ("a", "new"), "1"), FLOW.replace("id: x,", "id: x, new: 1,")),
        (FLOW, lambda s: item_added(s, ("a", "list"), "three"), FLOW.replace("two]", "two, three]")),
        (FLOW, lambda s: item_added(s, ("a", "new"), "one"), FLOW.replace("id: x,", "id: x, new: [one],")),
        (FLOW, lambda s: value_set(s, ("c",), "2"), FLOW.replace("kept\r\n", "kept\r\nc: 2\r\n")),
        (BLOCK, lambda s: value_set(s, ("a", 0, "new"), "1"), BLOCK.replace("# kept", "# kept\n    new: 1")),
        (BLOCK, lambda s: item_added(s, ("a", 0, "list"), "three"), BLOCK.replace("two]", "two, three]")),
        (BLOCK, lambda s: value_replaced(s, ("a", 0, "long"), "short"), None),
        (BLOCK, lambda s: name_replaced(s, ("a", 0, "long"), "longer", key=True), BLOCK.replace("long:", "longer:")),
        (BLOCK, lambda s: value_set(s, ("a", 1, "new"), "1"), None),
        (BLOCK, lambda s: item_added(s, ("a",), "{id: y}"), BLOCK + "  - {id: y}\n"),
        (BLOCK.replace("list:\n    - one", "long: >\n      folded"), lambda s: item_added(s, ("a",), "{id: y}"), None),
        (BLOCK.replace("list:\n    - one", "list: [one,\n      two]"), lambda s: item_added(s, ("a",), "{id: y}"), None),
        (BLOCK, lambda s: value_replaced(s, ("a", 7), "1"), None),
        ("? id\n: x\n", lambda s: value_set(s, ("new",), "1"), None),
        ('"a\n  b": x\n', lambda s: name_replaced(s, ("a b",), "c", key=True), None),
    ],
)  # fmt: skip
def test_an_edit_changes_one_place_or_is_not_made(text, edits, wanted) -> None:
    made = edits(source(text))
    assert (applied(text, made) if made else None) == wanted


def at(line: int, column: int, length: int, text: str) -> Edit:
    return Edit(Span("p", line, column, length), text)


def test_edits_count_in_the_text_as_it_was() -> None:
    edits = [at(2, 2, 1, "long"), at(1, 1, 1, ""), at(2, 1, 0, ">"), at(2, 4, 0, "<")]
    assert applied("ab\ncde\n", edits) == "b\n>clonge<\n"
    with pytest.raises(ValueError, match="overlap"):
        applied("abc", [at(1, 1, 2, "x"), at(1, 2, 1, "y")])
