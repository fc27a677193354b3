"""What `check` answers: exit codes, summaries, and no answer without a question asked."""

import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import unlearn_spec
from unlearn_spec.finding import Finding, Span
from unlearn_spec.rules.check import AXIOMS, CheckResult, check, check_text
from unlearn_spec.rules.render_json import render_json
from unlearn_spec.rules.render_text import render_text

EXAMPLES = Path(__file__).parents[2] / "spec" / "examples"
TODAY = date(2026, 11, 24)


def result(*codes, clauses=1, consistent=True, accepted=None):
    words = {"e": "error", "w": "warning", "i": "info", "n": "undetermined"}
    findings = tuple(Finding(c[1:], words[c[0]], "m", (Span("p", 1, 1),), accepted=accepted) for c in codes)
    return CheckResult("p", "1.0", findings, clauses, consistent)


@pytest.mark.parametrize(
    ("codes", "clauses", "exit_code"),
    [
        ((), 3, 0),
        (("wR002", "iV003"), 3, 0),
        (("eC001",), 3, 1),
        (("eC001", "nX002"), 3, 1),
        (("eS001",), 0, 2),
        (("eS010", "eC001"), 3, 2),
        (("wS009",), 3, 0),
        (("nX001",), 3, 3),
        (("nX001",), 0, 3),
        ((), 0, 2),
    ],
)
def test_exit_codes(codes, clauses, exit_code):
    assert result(*codes, clauses=clauses).exit_code == exit_code


def test_the_summary_claims_consistency_only_where_it_was_found():
    clean = result("wR002")
    assert clean.summary == (
        f"1 warning · 1 clause evaluated · no contradiction found under axioms {AXIOMS} and the declared facts"
    )
    assert result("eC001", "eC002", "wR002", consistent=False, clauses=2).summary == (
        "2 errors, 1 warning · 2 clauses evaluated"
    )
    assert result("nX001", consistent=False, clauses=0).summary == "1 undetermined · 0 clauses evaluated"
    assert result("wR002", accepted="why").summary.startswith("1 accepted · ")


def test_the_named_axioms_are_the_ones_there_are():
    from unlearn_spec.logic.axioms import AXIOMS as TABLE
    from unlearn_spec.logic.axioms import WARNED

    numbered = [axiom.id for axiom in TABLE if axiom.id.startswith("AX")]
    assert numbered == [f"AX{n}" for n in range(1, 17)]
    assert [axiom.id for axiom in TABLE if axiom.id not in (*numbered, *WARNED)] == [*(f"K{n}" for n in range(1, 6)), "P3", "P4", "C1"]
    assert AXIOMS == "AX1–AX16, K1–K5, P3, P4, C1"


@pytest.mark.parametrize(
    ("name", "codes", "exit_code"),
    [
        ("bad-example", ["V001", "C001", "C003", "C002", "R002", "A001", "A001", "A010", "T001"], 1),
        ("book-settlement", ["C004", "A011"], 0),
        ("dual-use", ["C006", "C010", "M004", "A011"], 1),
        ("erasure-request", ["R002"], 0),
    ],
)
def test_the_example_policies(name, codes, exit_code):
    found = check(EXAMPLES / f"{name}.yaml", today=TODAY)
    assert [finding.code for finding in found.findings] == codes
    assert found.exit_code == exit_code


def test_the_first_example_is_clean_but_for_what_it_accepts():
    found = check(EXAMPLES / "erasure-request.yaml", today=TODAY)
    assert [finding.accepted is not None for finding in found.findings] == [True]
    assert found.consistent and "no contradiction found" in found.summary


def test_mistakes_in_the_file_are_findings():
    found = check_text("clauses: [", "p.yaml")
    assert [finding.code for finding in found.findings] == ["Y001"]
    assert (found.exit_code, found.clauses_evaluated, found.consistent) == (2, 0, False)


def test_a_missing_file_is_a_finding(tmp_path):
    found = check(tmp_path / "none.yaml")
    assert (found.findings[0].code, found.exit_code) == ("Y001", 2)


def test_an_axiom_can_be_left_out():
    path = EXAMPLES / "book-settlement.yaml"
    assert "C004" in {finding.code for finding in check(path, today=TODAY).findings}
    without = check(path, today=TODAY, without=["AX6"])
    assert "C004" not in {finding.code for finding in without.findings}
    assert "without AX6" in without.summary


@pytest.mark.parametrize("wrong", [{"without": ["AX99"]}, {"effort": 0}])
def test_wrong_arguments_are_refused(wrong):
    with pytest.raises(ValueError):
        check(EXAMPLES / "bad-example.yaml", **wrong)


def test_too_little_effort_is_not_a_pass():
    found = check(EXAMPLES / "erasure-request.yaml", today=TODAY, effort=1)
    assert found.exit_code == 3 and not found.consistent
    assert "no contradiction" not in found.summary


def test_the_same_file_gives_the_same_result():
    one, two = (check(EXAMPLES / "dual-use.yaml", today=TODAY) for _ in range(2))
    assert one == two


def test_the_package_offers_it():
    assert unlearn_spec.check(EXAMPLES / "dual-use.yaml", today=TODAY).exit_code == 1


WORDS = {
    r'"[0-9.]+%"': ['"0%"', '"100%"', '"0.1%"', '"33.3%"'],
    r"size: \d+": ["size: 1", "size: [0, 5]", "size: 100000000"],
    r"access: \w+": ["access: product", "access: logprobs", "access: finetune"],
    r"over: \w+": ["over: mean", "over: each", 'over: {share: "90%"}'],
    r"goal: \w+": ["goal: suppress", "goal: retain", "goal: refuse", "goal: remove", "goal: destroy", "goal: rectify"],
}


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_no_policy_breaks_the_checker(data):
    """Lines dropped and words changed at random in the examples: findings, never an exception."""
    source = data.draw(st.sampled_from(sorted(path for path in EXAMPLES.glob("*.yaml") if path.name.count(".") == 1)))
    lines = source.read_text("utf-8").splitlines()
    for _ in range(data.draw(st.integers(1, 5))):
        row = data.draw(st.integers(0, len(lines) - 1))
        found = [pattern for pattern in WORDS if re.search(pattern, lines[row])]
        if found and data.draw(st.booleans()):
            pattern = data.draw(st.sampled_from(found))
            lines[row] = re.sub(pattern, data.draw(st.sampled_from(WORDS[pattern])), lines[row])
        else:
            del lines[row]
    found = check_text("\n".join(lines), today=TODAY)
    assert found.exit_code in (0, 1, 2, 3)
    assert render_text(found) and render_json(found)


def test_open_readings_are_told_once_and_after_the_error():
    """However many clauses leave the same open."""
    scope = "scope: {artifacts: [m], access: api, asked: direct, decoding: {method: greedy}}, over: mean"
    hides = "".join(f'  - {{id: hide-{i}, goal: suppress, target: a, {scope}, limit: {{at_most: "{i}%"}}}}\n' for i in range(1, 13))
    text = (
        'unlearn_spec: "1.0"\npolicy: {id: p, version: 1}\ninformation: {a: {kind: facts, size: 100, unit: question}}\n'
        "artifacts: {m: {kind: model, seen_by: {public: api}}}\nclauses:\n" + hides
        + f'  - {{id: keep, goal: retain, target: a, {scope}, limit: {{at_least: "90%"}}}}\n'
    )  # fmt: skip
    found = check_text(text, "p.yaml", today=TODAY).findings
    codes = [finding.code for finding in found]
    (open_one,) = (finding for finding in found if finding.code == "X002" and "leave" in finding.message)
    assert len(open_one.clauses) == 13 and len(open_one.spans) == 5
    assert "hide-8 and 5 others leave `reveals_when` open" in open_one.message
    assert codes.index("C001") < found.index(open_one)
