"""The report says what the run knows, in the policy's order, and nothing about the machine."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from unlearn_spec.finding import Edit, Finding, Fix, Span
from unlearn_spec.plan.model import Plan
from unlearn_spec.policy.model import Policy
from unlearn_spec.report import ReportError, canonical, digest, parse
from unlearn_spec.report.model import Redacted, Report
from unlearn_spec.verdict.model import WORST_FIRST, ClauseVerdict, Fact, Interval, Verification

Make = Callable[..., Report]
CLAUSES = ("hide-facts", "no-membership", "hide-diary", "keep-faq", "remove-influence", "delete-raw", "decline-wiki")

shares = st.floats(0, 1, allow_nan=False)
intervals = st.builds(
    lambda label, ends, n: Interval(label=label, point=sorted(ends)[1], low=min(ends), high=max(ends), hits=n, n=n + 1),
    st.sampled_from(["audited", "original", "never trained", "other"]),
    st.tuples(shares, shares, shares),
    st.integers(0, 10**6),
)
verdicts = st.builds(
    ClauseVerdict,
    clause=st.sampled_from(CLAUSES),
    artifact=st.sampled_from(["assistant", "raw_store"]),
    outcome=st.sampled_from(WORST_FIRST),
    reason=st.text(max_size=40),
    access=st.sampled_from([None, "product", "finetune"]),
    asked=st.sampled_from([None, "direct", "suite:attacks@sha256:00"]),
    limit=st.sampled_from([None, "at most 5%"]),
    limit_at=st.none() | shares,
    intervals=st.lists(intervals, max_size=3).map(tuple),
    conditional_on=st.sampled_from([(), ("AX3",), ("signer acme", "AX4")]),
)
verifications = st.builds(
    lambda found: Verification(confidence=Fraction(19, 20), facts=(), verdicts=tuple(found)),
    st.lists(verdicts, max_size=8),
)


def test_same_inputs_give_the_same_bytes(make_report: Make) -> None:
    assert canonical(make_report()) == canonical(make_report())


@settings(max_examples=60, deadline=None)
@given(verification=verifications)
def test_json_reads_back_and_the_order_of_verdicts_does_not_matter(
    make_report: Make, verification: Verification
) -> None:
    report = make_report(verification=verification)
    assert parse(canonical(report)) == report
    distinct = len({(v.clause, v.artifact, v.obligation) for v in verification.verdicts}) == len(verification.verdicts)
    if distinct:
        turned = verification.model_copy(update={"verdicts": verification.verdicts[::-1]})
        again = make_report(verification=turned)
        assert [r.verdict for r in again.results] == [r.verdict for r in report.results]


@settings(max_examples=60, deadline=None)
@given(verification=verifications)
def test_overall_is_the_worst_result(make_report: Make, verification: Verification) -> None:
    report = make_report(verification=verification)
    ranks = [WORST_FIRST.index(v.outcome) for v in verification.verdicts]
    assert report.overall == (WORST_FIRST[min(ranks)] if ranks else "not_tested")


def test_an_overall_result_better_than_the_worst_is_refused(report: Report) -> None:
    forged = {**report.model_dump(mode="json"), "overall": "supported"}
    with pytest.raises(ReportError, match="overall is supported, but the worst result is violated"):
        parse(json.dumps(forged))


def test_results_follow_the_policy_order(report: Report) -> None:
    assert [result.verdict.clause for result in report.results] == list(CLAUSES)


def test_findings_keep_file_names_and_lose_folders(make_report: Make) -> None:
    spans = (
        Span("/home/someone/a b/policy.yaml", 1, 1),
        Span(r"C:\Users\someone\policy.yaml", 2, 1),
        Span("p.yaml", 3, 1),
    )
    fix = Fix("mend it", edits=tuple(Edit(span, "x") for span in spans))
    (found,) = make_report(findings=(Finding("C001", "error", "x", spans, fixes=(fix,)),)).findings
    assert [span.file for span in found.spans] == ["policy.yaml", "policy.yaml", "p.yaml"]
    assert [edit.span.file for edit in found.fixes[0].edits] == ["policy.yaml", "policy.yaml", "p.yaml"]


def test_no_path_of_the_machine_and_no_clock(report: Report) -> None:
    def texts(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [text for part in value.values() for text in texts(part)]
        if isinstance(value, list):
            return [text for part in value for text in texts(part)]
        return [value] if isinstance(value, str) else []

    for text in texts(json.loads(canonical(report))):
        assert not PurePosixPath(text).is_absolute() and not PureWindowsPath(text).is_absolute(), text


def test_every_number_that_is_not_finite_is_refused(make_report: Make, run_verification: Verification) -> None:
    first, *rest = run_verification.verdicts
    broken = first.model_copy(update={"limit_at": float("nan")})
    with pytest.raises(ReportError, match="not finite"):
        canonical(make_report(verification=run_verification.model_copy(update={"verdicts": (broken, *rest)})))


def test_a_clause_without_a_sentence_and_an_undeclared_clause_are_refused(
    make_report: Make, run_verification: Verification
) -> None:
    with pytest.raises(ReportError, match="'hide-facts' has no sentence"):
        make_report(sentences={})
    stray = ClauseVerdict(clause="nowhere", artifact="assistant", outcome="violated", reason="r")
    with pytest.raises(ReportError, match="'nowhere'"):
        make_report(verification=run_verification.model_copy(update={"verdicts": (stray,)}))


def test_subjects_are_listed_once_audited_first(report: Report) -> None:
    assert [subject.role for subject in report.subjects] == ["audited", "audited", "original", "reference"]
    assert len(set(report.subjects)) == len(report.subjects)


def test_only_measured_units_are_evidence(make_report: Make, run_plan: Plan) -> None:
    one = run_plan.units[0].key
    report = make_report(objects={one: "sha256:" + "0" * 64})
    assert [item.unit for item in report.evidence] == [one]


def test_confidence_and_error_add_to_one(report: Report) -> None:
    assert report.validity.confidence + report.validity.error == 1
    assert report.validity.facts == len(report.facts)


def test_assumptions_name_the_clauses_that_need_them(report: Report) -> None:
    assert [(a.words, a.clauses) for a in report.assumptions] == [
        ("the assumption AX3 (see the axioms)", ("hide-diary",))
    ]


@pytest.mark.parametrize("item", ["the secret answer", "sha256:" + "0" * 64, "hmac-sha256:" + "0" * 63, ""])
def test_a_revealed_item_is_a_keyed_digest_or_nothing(item: str) -> None:
    with pytest.raises(ValidationError):
        Redacted(obligation="hide-diary@assistant", item=item, length=3)


def test_free_text_about_the_target_is_not_carried(make_report: Make, run_policy: Policy) -> None:
    secret = "the diary says: meet me under the clock"
    information = {
        name: entry.model_copy(update={"description": secret, "exceptions": (secret,), "source": secret})
        for name, entry in run_policy.information.items()
    }
    report = make_report(policy=run_policy.model_copy(update={"information": information}))
    assert secret not in canonical(report)


def test_the_digest_is_of_the_canonical_bytes(report: Report, make_report: Make) -> None:
    other = make_report(ledger="sha256:" + "1" * 64)
    assert digest(report) == digest(make_report()) != digest(other)
    assert canonical(report).isascii() and canonical(report).endswith("}\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Invalid JSON"),
        ("[]", "not a conformance report"),
        ("{}", "policy: Field required"),
        ("\x00", "Invalid JSON"),
    ],
)
def test_what_is_not_a_report_is_refused_in_one_line(text: str, said: str) -> None:
    with pytest.raises(ReportError, match=said) as caught:
        parse(text)
    assert "\n" not in str(caught.value)


def test_facts_are_in_order_of_their_ids(make_report: Make, run_verification: Verification) -> None:
    def fact(name: str) -> Fact:
        return Fact(
            id=name, obligation="o", words="w", low=Fraction(0), high=Fraction(1), alpha=Fraction(1, 99), objects=()
        )

    found = make_report(verification=run_verification.model_copy(update={"facts": (fact("b"), fact("a"))}))
    assert [f.id for f in found.facts] == ["a", "b"]
