"""Accepted findings and open questions are marked, never hidden, and only while they stand."""

from dataclasses import replace
from datetime import date

import pytest

from unlearn_spec.finding import Finding, Span
from unlearn_spec.policy.load import load_text
from unlearn_spec.rules.accept import marked

TODAY = date(2026, 11, 24)
SHADOWED = Finding("R002", "warning", "weak adds nothing", (Span("p", 1, 1),), clauses=("weak", "hide"))
OPEN = Finding("A001", "error", "hide does not say `access`, and it matters", (Span("p", 1, 1),), clauses=("hide",))


def policy(status="draft", entries="", questions=""):
    text = f"""unlearn_spec: "1.0"
policy: {{id: p, version: 1, status: {status}, confidence: "95%"}}
parties: {{obligor: acme}}
controls: {{acme: [assistant]}}
information: {{diary: {{kind: facts, size: 40, unit: question}}}}
artifacts: {{assistant: {{kind: model, seen_by: {{public: product}}}}}}
clauses:
  - {{id: hide, goal: destroy, scope: {{artifacts: [assistant]}}}}
  - {{id: weak, goal: destroy, scope: {{artifacts: [assistant]}}}}
accept: [{entries}]
open_questions: [{questions}]
"""
    return load_text(text).policy


def entry(code="R002", clause="weak", until="2027-01-01"):
    return f'{{code: {code}, clause: {clause}, reason: "second route", by: dpo, until: "{until}"}}'


def question(field="access", clause="hide", until="2027-01-01"):
    return f'{{clause: {clause}, field: {field}, owner: legal, until: "{until}"}}'


def test_an_accepted_finding_stays_and_says_why():
    (found,), notes = marked([SHADOWED], policy(entries=entry()), TODAY)
    assert found == replace(SHADOWED, accepted="second route (dpo, until 2027-01-01)")
    assert notes == ()


@pytest.mark.parametrize("entries", [entry(code="R001"), entry(clause="hide", code="V003")])
def test_an_entry_that_matches_nothing_is_noted(entries):
    (found,), (note,) = marked([SHADOWED], policy(entries=entries), TODAY)
    assert found == SHADOWED
    assert note.startswith("accept entry for ") and note.endswith("matched nothing")


def test_an_entry_ends_after_its_day():
    for day, accepted in ((date(2027, 1, 1), True), (date(2027, 1, 2), False)):
        (found,), _ = marked([SHADOWED], policy(entries=entry()), day)
        assert (found.accepted is not None) is accepted


def test_an_error_is_not_accepted():
    error = replace(SHADOWED, code="C001", severity="error")
    (found,), (note,) = marked([error], policy(entries=entry(code="C001")), TODAY)
    assert found.accepted is None
    assert "an error cannot be accepted" in note


def test_an_open_question_makes_a_drafts_error_a_warning():
    (found,), _ = marked([OPEN], policy(questions=question()), TODAY)
    assert (found.severity, found.open_question) == ("warning", "legal, until 2027-01-01")


@pytest.mark.parametrize(
    ("status", "questions", "day"),
    [
        ("superseded", question(), TODAY),
        ("draft", question(field="asked"), TODAY),
        ("draft", question(clause="weak"), TODAY),
        ("draft", question(), date(2027, 1, 2)),
    ],
)
def test_otherwise_it_stays_an_error(status, questions, day):
    (found,), _ = marked([OPEN], policy(status=status, questions=questions), day)
    assert (found.severity, found.open_question) == ("error", None)
