"""Runs and canaries in bindings and plans: what they can show is said before anything is measured."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from laboratory import Lab, documents, model_folder, small_policy, write_rows

from unlearn_spec.plan.bindings import BindingError
from unlearn_spec.plan.obligations import make_plan
from unlearn_spec.policy.load import PolicyError, load_text

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


def test_canaries_register_how_many_guesses_must_be_right(tmp_path: Path) -> None:
    here = lab(tmp_path, "canaries: {guesses: 20}")
    rows = [{**row, "put_in": number % 2 == 0} for number, row in enumerate(documents(20, first=500))]
    write_rows(tmp_path / "data" / "canaries.jsonl", rows)
    here.bindings["canaries"] = {"diaries": {"file": "data/canaries.jsonl", "included": "put_in"}}
    (test,) = make_plan(here.document, here.load()).obligations
    assert test.verifier == "canaries" and test.needed is not None and 10 < test.needed <= 20


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
