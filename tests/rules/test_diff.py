"""What `diff` says around the clauses: what it did not compare, and what either version accepts."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from unlearn_spec.policy.load import Document, load_text
from unlearn_spec.rules.diff import diff, diff_documents
from unlearn_spec.rules.render_diff import render_diff_json, render_diff_text

EXAMPLE = Path(__file__).parents[2] / "spec" / "examples" / "erasure-request.yaml"
POLICY = """unlearn_spec: "1.0"
policy: {id: p, version: 1}
clock: {starts: request}
information: {a: {kind: facts, size: 100, unit: question}}
artifacts: {m: {kind: model, seen_by: {public: api}}}
"""
DONE = '  - {id: done, goal: finish, scope: {artifacts: [m]}, by: "9 days"}\n'
HIDE = """  - {id: hide, goal: suppress, target: a, over: mean, limit: {at_most: "5%"}, reveals_when: {metric: exact, normalisation: none},
     scope: {artifacts: [m], access: api, asked: direct, decoding: {method: greedy}}}
"""


def policy(*clauses: str, rest: str = "", file: str = "p.yaml") -> Document:
    return load_text(POLICY + rest + "clauses:\n" + "".join(clauses), file)


@pytest.mark.parametrize("effort", [1, 300])
@pytest.mark.parametrize(("before", "after", "kind"), [((DONE,), (DONE, HIDE), "added"), ((DONE, HIDE), (DONE,), "removed")])
def test_clauses_come_and_go_where_the_work_limit_is_met(
    effort: int, before: tuple[str, ...], after: tuple[str, ...], kind: str
) -> None:
    result = diff_documents(policy(*before), policy(*after), effort=effort)
    assert {finding.code for finding in result.findings} == {"X001"} and result.exit_code == 3
    (gone,) = (entry for entry in result.clauses if entry.clause == "hide")
    assert (gone.kind, gone.answer, gone.note) == (kind, None, "")


def test_what_either_version_accepts_is_named_while_it_stands() -> None:
    entry = "accept: [{code: A005, clause: done, reason: known, by: me, until: 2026-05-01}]\n".replace("2026-05-01", '"%s"')
    before, after = policy(DONE, rest=entry % "2026-05-01"), policy(DONE, rest=entry % "2027-05-01")
    said = [render_diff_text(diff_documents(before, after, today=date(year, 4, 1)), width=200) for year in (2026, 2027, 2028)]
    until = "A005 on done until 2027-05-01 (the second file)"
    assert f"accepted: A005 on done until 2026-05-01 (the first file); {until}\n" in said[0]
    assert f"accepted: {until}\n" in said[1] and "\naccepted: " not in said[2]


def test_what_both_versions_accept_is_named_once() -> None:
    result = diff(EXAMPLE, EXAMPLE, today=date(2026, 4, 1))
    assert "accepted: R002 on membership until 2036-01-01 (both)\n" in render_diff_text(result)
    entry = {"code": "R002", "clause": "membership", "until": "2036-01-01", "where": "both"}
    assert json.loads(render_diff_json(result))["accepted"] == [entry]


def test_measures_that_name_no_artifact_are_about_all() -> None:
    watch = "  - {id: watch, goal: govern, measures: [terms]%s}\n"
    rest = "artifacts: {m: {kind: model, seen_by: {public: api}}, n: {kind: model, seen_by: {public: api}}}\n"
    text = POLICY.replace(POLICY.splitlines(True)[-1], rest) + "clauses:\n"
    anywhere, there = (load_text(text + watch % scope) for scope in ("", ", scope: {artifacts: [n]}"))
    assert diff_documents(anywhere, there).answer == "weaker" and diff_documents(there, anywhere).answer == "stricter"


def test_nothing_is_said_to_pass_a_version_that_contradicts_itself() -> None:
    keep = HIDE.replace("hide", "keep").replace("suppress", "retain").replace("at_most: \"5%\"", "at_least: \"90%\"")
    sound, broken = policy(HIDE.replace("5%", "1%"), DONE), policy(HIDE, keep)
    told = [finding.message for finding in diff_documents(sound, broken).findings]
    assert any("passes hide in the second file and fails the first file" in message for message in told)
    assert any(message.endswith("that ends on day 10 fails the first file") for message in told), told
    assert not any("passes the second file" in message for message in told)
