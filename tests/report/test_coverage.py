"""What was not covered is found by looking, and stays found."""

from __future__ import annotations

from collections.abc import Callable

from unlearn_spec.plan.model import Plan
from unlearn_spec.policy.model import Policy
from unlearn_spec.report.coverage import not_covered
from unlearn_spec.report.model import NotCovered, Report
from unlearn_spec.verdict.model import Verification

Make = Callable[..., Report]


def of(kind: str, report: Report) -> list[NotCovered]:
    return [gap for gap in report.not_covered if gap.kind == kind]


def test_undecided_clauses_are_named(report: Report) -> None:
    assert [gap.what for gap in of("clause", report)] == [
        "clause “remove-influence” on “assistant”: not testable",
        "clause “delete-raw” on “raw_store”: not tested",
        "clause “decline-wiki” on “assistant”: rejected by the checker",
    ]


def test_an_artifact_without_a_result_is_named(report: Report) -> None:
    assert [gap.what for gap in of("artifact", report)] == ["the model “assistant_mini”, derived from “assistant”"]


def test_an_audience_that_reaches_deeper_than_the_tests_is_named(report: Report) -> None:
    said = {gap.what: gap.why for gap in of("access", report)}
    assert said["“subject_facts” in “assistant” as “customers” can reach it: through the API"] == (
        "deepest test: through the product"
    )
    # whoever holds weights can fine-tune; the relearning attack covers the diary only
    assert any("“partners” can reach it: with fine-tuning" in what and "diary" not in what for what in said)
    assert not any("“assistant” as “public”" in what for what in said)


def test_probes_that_no_test_used_are_named(report: Report) -> None:
    whats = [gap.what for gap in of("probe", report)]
    assert any("“hide" not in what and "adversarial" in what and "“subject_facts”" in what for what in whats)
    assert "“support_faq” in “assistant” under adversarial prompts, or with the target supplied in context" in whats


def test_accepted_gaps_carry_reason_and_owner_as_quotations(report: Report) -> None:
    (gap,) = of("accepted", report)
    assert gap.why == "left out in the policy by “it”: “never in its training data”"


def test_variants_and_use_are_always_named(run_policy: Policy, run_plan: Plan, run_verification: Verification) -> None:
    empty = run_verification.model_copy(update={"verdicts": (), "facts": ()})
    kinds = {gap.kind for gap in not_covered(run_policy, run_plan, empty)}
    assert {"variant", "use", "language", "precision", "artifact"} <= kinds


def test_a_test_that_did_not_run_covers_nothing(
    run_policy: Policy, run_plan: Plan, run_verification: Verification
) -> None:
    missed = tuple(
        verdict.model_copy(update={"outcome": "not_tested"}) if verdict.clause == "hide-diary" else verdict
        for verdict in run_verification.verdicts
    )
    gaps = not_covered(run_policy, run_plan, run_verification.model_copy(update={"verdicts": missed}))
    assert any(gap.kind == "access" and "“diary_pages” in “assistant” as “partners”" in gap.what for gap in gaps)


def test_a_named_precision_that_was_not_tested_is_named(
    run_policy: Policy, run_plan: Plan, run_verification: Verification
) -> None:
    first, *rest = run_policy.clauses
    scope = first.scope.model_copy(update={"precision": ("int4",), "languages": ("de",)})
    policy = run_policy.model_copy(update={"clauses": (first.model_copy(update={"scope": scope}), *rest)})
    gaps = not_covered(policy, run_plan, run_verification)
    assert any(gap.what == "weights at “int4”" for gap in gaps)
    assert any(gap.what == "languages other than “de”" for gap in gaps)
