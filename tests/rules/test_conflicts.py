"""What findings about conflicts say: proofs on request, rejected proofs, cuts that are told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random

import pytest
import yaml

from unlearn_spec.cli.check import check as run
from unlearn_spec.logic import conflicts as module
from unlearn_spec.logic import proof as proofs
from unlearn_spec.rules import proofs as rule
from unlearn_spec.rules.check import check, check_text
from unlearn_spec.rules.render_json import render_json
from unlearn_spec.rules.render_text import render_text

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 24)
BAD = ROOT / "spec" / "examples" / "bad-example.yaml"
EIGHT = ROOT / "spec" / "conformance" / "C005" / "any-three-of-eight.yaml"


def test_arithmetic_is_shown_on_request_and_always_in_json():
    result = check(BAD, today=TODAY)
    assert "arithmetic:" not in render_text(result)
    shown = render_text(result, show_arithmetic=True)
    assert "together at most 373 of 400 = 93.25%, but keep-wiki wants at least 380 = 95%" in shown
    data = json.loads(render_json(result))
    assert all(bool(finding["arithmetic"]) == (finding["code"][0] == "C") for finding in data["findings"])


def test_the_command_shows_it(capsys):
    assert run([BAD], show_arithmetic=True) == 1
    assert "  arithmetic:\n    kept (product, direct) of the 30 items" in capsys.readouterr().out


def test_a_rejected_proof_is_an_error_and_no_arithmetic(monkeypatch):
    monkeypatch.setattr(proofs, "proves", lambda *_: False)
    result = check(BAD, today=TODAY)
    codes = [finding.code for finding in result.findings]
    assert codes.count("X003") == sum(code[0] == "C" for code in codes) == 3
    assert result.exit_code == 1
    assert all(not finding.arithmetic for finding in result.findings)
    assert "forget-facts" in next(finding.message for finding in result.findings if finding.code == "X003")


def test_a_conflict_without_a_proof_says_so(monkeypatch):
    monkeypatch.setattr(rule, "prove", lambda *_, **__: None)
    told = [finding.arithmetic for finding in check(BAD, today=TODAY).findings if finding.code == "C001"]
    assert told == [(rule.NONE_FOUND,)]


def test_a_proof_does_without_an_axiom_that_is_left_out():
    shared = ROOT / "spec" / "conformance" / "C004" / "positive.yaml"
    assert not any(f.code == "C004" for f in check(shared, today=TODAY, without=["AX6"]).findings)
    (finding,) = [f for f in check(BAD, today=TODAY, without=["AX12"]).findings if f.code == "C001"]
    assert finding.arithmetic and not any("AX12" in line for line in finding.arithmetic)


def test_a_family_names_few_and_counts_all():
    (finding,) = [f for f in check(EIGHT, today=TODAY).findings if f.code == "C005"]
    assert "against 8 clauses together" in finding.message
    assert len(finding.clauses) == 6 and len(finding.spans) == 6
    assert [fix.text for fix in finding.fixes] == ["at_least 76% on keep-phone-book"]


def ladder(count):
    scope = "scope: {artifacts: [bot], access: product, asked: direct, decoding: {method: greedy}}, over: mean"
    seen = "reveals_when: {metric: contains, normalisation: casefold}"
    lines = ['unlearn_spec: "1.0"', "policy: {id: ladder, version: 1}"]
    lines += ["information: {facts: {kind: facts, size: 40, unit: question}}"]
    lines += ["artifacts: {bot: {kind: model, seen_by: {public: product}}}", "clauses:"]
    for i in range(count):
        lines += [
            f'  - {{id: low-{i}, goal: suppress, target: facts, {scope}, {seen}, limit: {{at_most: "{i + 1}%"}}}}'
        ]
        lines += [
            f'  - {{id: high-{i}, goal: retain, target: facts, {scope}, {seen}, limit: {{at_least: "{90 + i}%"}}}}'
        ]
    return "\n".join(lines)


def test_conflicts_beyond_those_told_are_counted():
    findings = check_text(ladder(4), today=TODAY).findings
    assert sum(finding.code == "C001" for finding in findings) == module.MOST_TOLD
    (rest,) = [finding for finding in findings if finding.code == "X002"]
    assert rest.message.startswith("not listed: 6 more conflicts among low-0, high-0")


def test_a_search_that_ended_early_says_that_there_may_be_more(monkeypatch):
    monkeypatch.setattr(module, "MOST_QUESTIONS", 12)
    (rest,) = [finding for finding in check_text(ladder(4), today=TODAY).findings if finding.code == "X002"]
    assert "the search ended at its limit" in rest.message and "may be" in rest.message


def test_what_settles_all_conflicts_is_told_with_the_first():
    first, second = [finding for finding in check_text(ladder(2), today=TODAY).findings if finding.code == "C001"][:2]
    assert first.fixes[-1].text.startswith("to settle all 4 conflicts among these clauses: ")
    assert first.fixes[-1].verified
    assert not any("to settle all" in fix.text for fix in second.fixes)


@pytest.mark.parametrize("path", [BAD, EIGHT], ids=lambda path: path.stem)
def test_the_order_of_clauses_changes_no_conflict(path):
    data = yaml.safe_load(path.read_text("utf-8"))
    wanted = {frozenset(f.clauses) for f in check(path, today=TODAY).findings if f.code[0] == "C" and f.code != "C005"}
    for seed in range(3):
        Random(seed).shuffle(data["clauses"])
        findings = check_text(json.dumps(data), today=TODAY).findings
        assert {frozenset(f.clauses) for f in findings if f.code[0] == "C" and f.code != "C005"} == wanted
        assert [replace(f, spans=()) for f in findings] == [
            replace(f, spans=()) for f in check_text(json.dumps(data), today=TODAY).findings
        ]


def test_one_model_and_the_average_may_differ() -> None:
    """A limit on one released model and a floor on the expectation: a warning, and an error where both mean the same."""
    shared = "target: facts, scope: {artifacts: [bot], access: api, asked: direct, decoding: {method: greedy}}, over: mean"
    reads = "reveals_when: {metric: contains, normalisation: casefold}"
    head = (
        'unlearn_spec: "1.0"\npolicy: {id: p, version: 1}\ninformation: {facts: {kind: facts, size: 40, unit: question}}\n'
        "artifacts: {bot: {kind: model, seen_by: {public: api}}}\nclauses:\n"
        f'  - {{id: hide, goal: suppress, {shared}, limit: {{at_most: "2%"}}, {reads}, about: model}}\n'
        f'  - {{id: keep, goal: retain, {shared}, limit: {{at_least: "90%"}}, {reads}, about: ABOUT}}\n'
    )
    for about, severity in (("process", "warning"), ("model", "error")):
        found = [f for f in check_text(head.replace("ABOUT", about)).findings if f.code == "C001"]
        assert [f.severity for f in found] == [severity]


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ("method-not-used-on-it", "no listed method that reaches api can treat assistant: assistant is under `not_on` of refusal_training"),
        ("named-method-cannot-treat-it", "no method that it names can treat vendor_model: vendor_model is under `not_on`"),
        ("positive", "no listed method reaches api: the only one stops at product"),
    ],
)  # fmt: skip
def test_an_infeasible_clause_is_told_why(policy: str, reason: str) -> None:
    found = check(ROOT / "spec" / "conformance" / "C003" / f"{policy}.yaml").findings
    assert [reason in finding.message for finding in found if finding.code == "C003"] == [True]
