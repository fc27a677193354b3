"""What is read alone must hold alone: the first page, the page in plain language, a single line of a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import pytest

from unlearn_spec.plan.model import Plan
from unlearn_spec.policy.model import Parties, Policy
from unlearn_spec.report import LANGUAGES, Language, Report, render
from unlearn_spec.report.coverage import not_covered
from unlearn_spec.report.sections.criteria import demand
from unlearn_spec.report.sections.integrity import annex, integrity
from unlearn_spec.report.sections.opinion import confidence, opinion, parties
from unlearn_spec.report.sections.plain import plain
from unlearn_spec.report.sections.subject import subject
from unlearn_spec.report.sections.trials import trials
from unlearn_spec.verdict.model import ClauseVerdict, Verification
from unlearn_spec.wording.language import words
from unlearn_spec.wording.said import clauses, ended, said

Make = Callable[..., Report]
ATTESTED = ClauseVerdict(clause="delete-raw", artifact="raw_store", outcome="supported", reason="It is attested.")


def by_record(make: Make, verification: Verification) -> Report:
    """A report of one signed record and nothing else."""
    alone = verification.model_copy(update={"verdicts": (ATTESTED,), "facts": (), "confidence": Fraction(1)})
    return make(verification=alone)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_record_is_not_sold_as_certainty(make_report: Make, run_verification: Verification, language: Language) -> None:
    report = by_record(make_report, run_verification)
    say = words(language)
    assert confidence(report, say) == say("about.confidence_none") and "100" not in confidence(report, say)
    for format in ("text", "markdown"):
        shown = " ".join(render(report, format, language).replace("\\", "").split())  # type: ignore[arg-type]
        assert " ".join(say("about.confidence_none").split()) in shown


def test_programs_are_told_of_no_confidence_either(make_report: Make, run_verification: Verification, report: Report) -> None:
    record = by_record(make_report, run_verification)
    for format, told in (("junit", 'name="confidence"'), ("oscal", '"confidence"'), ("statement", '"confidence":"')):
        assert told in "".join(render(report, format).split("\n")).replace('": "', '":"')  # type: ignore[arg-type]
        assert told not in "".join(render(record, format).split("\n")).replace('": "', '":"')  # type: ignore[arg-type]


def test_facts_without_a_share_of_error_are_not_errorless(report: Report) -> None:
    certain = report.model_copy(update={"facts": tuple(fact.model_copy(update={"alpha": Fraction(0)}) for fact in report.facts)})
    told = str(trials(certain, words("en")))
    assert "none: not statistical" in told and "'0%'" not in told


def test_a_fact_names_the_objects_it_was_computed_from(report: Report) -> None:
    told = str(trials(report, words("en")))
    assert all(one.removeprefix("sha256:")[:12] in told for fact in report.facts for one in fact.objects)


def test_errors_that_stand_in_the_policy_are_on_the_first_page(report: Report, make_report: Make) -> None:
    """A claim that does not follow blocks no clause, so nothing else on that page would tell of it."""
    error, accepted = report.findings
    claim = replace(error, code="M003", clauses=("reply",))
    shown = str(opinion(make_report(findings=(claim, replace(claim, code="M005", accepted="why"), accepted)), words("en")))
    assert "M003: see Checker findings" in shown and "M005" not in shown
    assert "see Checker findings" not in str(opinion(make_report(findings=(accepted,)), words("en")))


def test_the_plain_page_writes_each_demand_out(report: Report) -> None:
    told = str(plain(report, words("en")))
    assert all(clause.sentence in told for clause in report.clauses)


def test_the_plain_page_leaves_out_how_it_is_counted_but_not_when_it_holds(report: Report) -> None:
    held = said("read.only_when", condition=said("read.name", name="litigation_hold"))
    whole = ended(clauses(said("demand.finish", on="assistant", duty=said("duty_word.must.must"), by=""), held, said("read.by.internal")))
    entry = report.clauses[0].model_copy(update={"sentence": str(whole), "sentence_said": whole})
    told = str(demand(entry, words("en")))
    assert "Work on assistant must be finished" in told and "litigation_hold" in told and "internal evaluator" not in told
    assert "internal evaluator" in str(demand(entry.model_copy(update={"sentence": "Otherwise, by an internal evaluator."}), words("en")))


def test_the_plain_page_says_of_an_attested_act_that_nobody_saw_it(make_report: Make, run_verification: Verification) -> None:
    report = by_record(make_report, run_verification)
    attested = report.model_copy(update={"subjects": ()})
    told = str(plain(attested, words("en")))
    assert "Attested: “delete-raw” (“raw_store”)" in told and "Kept" not in told and "the questions" not in told
    assert "Signed records were read" in told
    assert "No model was examined.'" in str(plain(attested.model_copy(update={"records": ()}), words("en")))


def test_a_log_of_others_is_not_told_as_questions_asked(report: Report) -> None:
    logged = tuple(one.model_copy(update={"log": "a log"}) for one in report.subjects)
    told = str(plain(report.model_copy(update={"subjects": logged}), words("en")))
    assert "Nothing was measured here." in told and "Questions were put" not in told
    assert "Questions were put" in str(plain(report, words("en")))


def test_a_model_of_which_only_a_record_speaks_is_not_covered(
    run_policy: Policy, run_plan: Plan, run_verification: Verification
) -> None:
    recorded = run_verification.model_copy(update={"verdicts": (ATTESTED.model_copy(update={"artifact": "assistant"}),)})
    nothing = run_plan.model_copy(update={"obligations": ()})
    gaps = {gap.what: gap.why for gap in not_covered(run_policy, nothing, recorded) if gap.kind == "artifact"}
    assert gaps["the model “assistant”"] == "no test of its answers or weights ran"
    assert gaps["the dataset “raw_store”"] == "no result speaks of it"


def test_independence_that_the_policy_asks_for_is_not_taken_as_given(
    run_policy: Policy, run_plan: Plan, run_verification: Verification
) -> None:
    def asking(name: str) -> Policy:
        clauses = tuple(
            clause.model_copy(update={"evidence": clause.evidence.model_copy(update={"evaluator": "independent"})})
            if clause.id == name and clause.evidence
            else clause
            for clause in run_policy.clauses
        )
        return run_policy.model_copy(update={"clauses": clauses})

    def gaps(policy: Policy) -> list[str]:
        return [gap.what for gap in not_covered(policy, run_plan, run_verification) if gap.kind == "independent"]

    assert gaps(asking("hide-facts")) == ["whether whoever examined “hide-facts” was independent"]
    assert gaps(asking("delete-raw")) == [], "nobody examined it"
    assert gaps(run_policy) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_model_whose_files_are_the_originals_is_said_to_be_unchanged(report: Report, language: Language) -> None:
    """A filter alone: the digests of both stand in the table, and nobody compares them."""
    say = words(language)
    sentence = say("subject.unchanged", artifacts=("assistant",)).split("\u00a0")[0]
    (original,) = (one for one in report.subjects if one.role == "original")
    same = tuple(one.model_copy(update={"model": original.model}) if one.role == "audited" else one for one in report.subjects)
    assert sentence in str(subject(report.model_copy(update={"subjects": same}), say))
    assert sentence not in str(subject(report, say)), "another model"
    audited = tuple(one for one in same if one.role == "audited")
    assert sentence not in str(subject(report.model_copy(update={"subjects": audited}), say)), "no original to hold it against"


def test_an_item_that_two_tests_reveal_is_one_item(report: Report) -> None:
    twice = tuple(one.model_copy(update={"obligation": "hide-facts@assistant"}) for one in report.revealed)
    both = report.model_copy(update={"revealed": (*report.revealed, *twice)})
    told = str(annex(both, words("en")))
    assert f"counts as revealed: {len(report.revealed)}." in told and "(hide-diary@assistant, hide-facts@assistant)" in told


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_key_behind_a_signature_is_named_by_digest(report: Report, language: Language) -> None:
    """A signer's name is what they call themselves; whose key it is can be asked of the key alone."""
    say = words(language)
    key = "sha256:" + "ab" * 32
    keyed = report.model_copy(update={"records": tuple(one.model_copy(update={"key": key}) for one in report.records)})
    assert say("integrity.key", name="acme") in (told := str(integrity(keyed, say))) and key in told
    assert say("integrity.key", name="acme") not in str(integrity(report, say))


@pytest.mark.parametrize("language", LANGUAGES)
def test_digests_that_no_other_program_takes_are_said_to_be_of_content(report: Report, language: Language) -> None:
    say = words(language)
    told = str(integrity(report, say))
    assert say("integrity.bindings") in told and say("reverify.2") in told
    assert "content" in words("en")("integrity.bindings") and "content" in words("en")("reverify.2")


@pytest.mark.parametrize("language", LANGUAGES)
def test_parties_are_the_policys_and_nobody_is_said_to_have_run_it(make_report: Make, run_policy: Policy, language: Language) -> None:
    say = words(language)
    for named in (None, Parties(obligor="acme"), Parties(obligor="acme", beneficiary="subject"),
                  Parties(obligor="acme", verifier="lab", beneficiary="subject")):  # fmt: skip
        report = make_report(policy=run_policy.model_copy(update={"parties": named}))
        told = parties(report, say)
        assert [name in told for name in ("acme", "lab", "subject")] == [
            bool(named), bool(named and named.verifier), bool(named and named.beneficiary)
        ]  # fmt: skip
        for format in ("text", "markdown"):
            assert (say("about.parties") in render(report, format, language)) is bool(named)
