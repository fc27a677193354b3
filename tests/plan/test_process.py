"""Runs and canaries in bindings and plans: what they can show is said before anything is measured."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from laboratory import Lab, documents, model_folder, small_policy, write_rows

from unlearn_spec.logic.process import one_run_rules
from unlearn_spec.plan.bindings import BindingError
from unlearn_spec.plan.model import Plan
from unlearn_spec.plan.obligations import make_plan
from unlearn_spec.policy.load import PolicyError, load_text
from unlearn_spec.policy.vocabulary import access_rank

CLOSE = (
    "  - {id: gone, goal: remove, target: diaries, scope: {artifacts: [assistant]}, measure: influence, about: process, "
    'limit: {epsilon: "1", delta: "0%", compared_with: retrain_without}, evidence: {kind: test, access: weights, %s}}'
)


def lab(folder: Path, evidence: str) -> Lab:
    return Lab(folder, small_policy(CLOSE.replace("%s", evidence)))


def test_a_run_that_is_bound_twice_is_no_further_run(tmp_path: Path) -> None:
    here = lab(tmp_path, 'runs: 2, refute_at: "20%"')
    for name, told in (("audited", "audited model itself"), ("retrained-0", "same model as reference 0")):
        here.bindings["runs"] = {"assistant": [{"model": f"models/{name}"}]}
        with pytest.raises(BindingError, match=told):
            here.load()


@pytest.mark.parametrize(
    ("evidence", "needs"),
    [
        ('runs: 2, refute_at: "20%"', "runs and as many references"),
        ("ensemble: {statistic: mmd}, runs: 2", "references, retrained independently"),
        ("canaries: {guesses: 6}", "About"),
    ],
)
def test_too_few_models_or_guesses_are_not_testable_with_the_number_that_would_do(
    tmp_path: Path, evidence: str, needs: str
) -> None:
    here = lab(tmp_path, evidence)
    model_folder(tmp_path / "models" / "again", 9)
    here.bindings["runs"] = {"assistant": [{"model": "models/again"}]}
    rows = [{**row, "put_in": number % 2 == 0} for number, row in enumerate(documents(20, first=500))]
    write_rows(tmp_path / "data" / "canaries.jsonl", rows)
    here.bindings["canaries"] = {"diaries": {"file": "data/canaries.jsonl", "included": "put_in"}}
    (missing,) = make_plan(here.document, here.load()).missing
    assert missing.outcome == "not_testable" and needs in missing.needs


def with_canaries(folder: Path, evidence: str, access: str = "weights") -> Plan:
    here = Lab(folder, small_policy(CLOSE.replace("access: weights, %s", f"access: {access}, {evidence}")))
    rows = [{**row, "put_in": number % 2 == 0} for number, row in enumerate(documents(20, first=500))]
    write_rows(folder / "data" / "canaries.jsonl", rows)
    here.bindings["canaries"] = {"diaries": {"file": "data/canaries.jsonl", "included": "put_in"}}
    return make_plan(here.document, here.load())


def test_canaries_register_how_many_guesses_must_be_right(tmp_path: Path) -> None:
    (test,) = with_canaries(tmp_path, "canaries: {guesses: 20}").obligations
    assert test.verifier == "canaries" and test.needed is not None and 10 < test.needed <= 20


def test_the_score_that_ranks_canaries_is_in_the_plan_and_changes_nothing_else(tmp_path: Path) -> None:
    plain = with_canaries(tmp_path / "plain", "canaries: {guesses: 20}")
    scored = with_canaries(tmp_path / "scored", "canaries: {guesses: 20, score: min_k_pp}")
    (default,), (test,) = plain.obligations, scored.obligations
    assert test.refuting == f"{default.refuting}, ranked by Min-K++"
    assert test.model_copy(update={"refuting": default.refuting, "refuting_said": default.refuting_said}) == default
    assert scored.units == plain.units


def test_a_score_that_the_access_does_not_show_is_not_testable(tmp_path: Path) -> None:
    """The checker says so first (T005); the plan does not rest on it."""
    (missing,) = with_canaries(tmp_path, "canaries: {guesses: 20, score: min_k_pp}", access="logprobs").missing
    assert missing.outcome == "not_testable"
    assert "`min_k_pp`" in missing.reason and "access: weights" in missing.needs


@pytest.mark.parametrize(
    "evidence",
    [
        "runs: 2",
        'canaries: {guesses: 8}, refute_at: "20%"',
        "canaries: {guesses: 8}, runs: 2",
        'ensemble: {statistic: mmd}, power_at: "20%"',
    ],
)
def test_fields_that_do_not_go_together_are_refused(evidence: str) -> None:
    with pytest.raises(PolicyError, match=r"S00[27]"):
        load_text(small_policy(CLOSE.replace("%s", evidence)), "policy.yaml")


REFERENCE = """reference_retrain:
  - {id: retrained, target: diaries, without: diaries, in: assistant, access: %s, asked: adversarial,
     mean_between: ["0%%", "0.1%%"], reveals_when: {metric: extraction_probability, at_least: "0.1%%"},
     decoding: {method: sample, temperature: "1", samples: 1}}
"""
ALTERED = {"weights": "quantize: [int4]", "finetune": 'relearn: {steps: 3, learning_rate: "0.001"}'}


@pytest.mark.parametrize("declared", ["api", "logprobs", "weights", "finetune"])
@pytest.mark.parametrize("taken", sorted(ALTERED))
def test_what_retrainings_show_from_outside_bounds_no_altered_copy_of_them(declared: str, taken: str) -> None:
    """Where the evidence does not say its access, altering a copy says it."""
    evidence = f'{ALTERED[taken]}, refute_at: "50%"'
    policy = load_text(small_policy(CLOSE.replace("%s", evidence)) + REFERENCE % declared, "policy.yaml").policy
    assert bool(one_run_rules(policy)) == (access_rank(declared) >= access_rank(taken))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "evidence",
    ['quantize: [int8], refute_at: "20%"', 'relearn: {steps: 3, learning_rate: "0.001"}', "ensemble: {statistic: mmd}", 'refute_at: "20%"'],
)
def test_models_asked_through_other_templates_are_not_compared(tmp_path: Path, evidence: str) -> None:
    """A reference that does not understand its prompt shows little, and the audited model would look guilty beside it."""
    access = "access: finetune, " if "relearn" in evidence else "access: weights, "
    here = Lab(tmp_path, small_policy(CLOSE.replace("access: weights, ", access).replace("%s", evidence)))
    here.bindings["references"]["assistant"][1]["prompt"] = "### {prompt} ###"
    (missing,) = make_plan(here.document, here.load()).missing
    assert missing.outcome == "not_testable" and "another prompt template" in missing.reason


def test_whole_models_are_compared_in_one_form(tmp_path: Path) -> None:
    """How a model is served shows in its scores: relabelling would find that, and call it influence."""
    here = lab(tmp_path, "ensemble: {statistic: mmd}")
    server = {"url": "http://127.0.0.1:9/v1", "model": "retrained", "logprobs": "echo"}
    here.bindings["references"]["assistant"].append({"endpoint": server})
    (missing,) = make_plan(here.document, here.load()).missing
    assert missing.outcome == "not_testable" and "different forms" in missing.reason
