"""The truth about a specimen comes from how it was made and from asking every item; where neither tells, it is unknown."""

from __future__ import annotations

import pytest

from unlearn_spec.calibration.bench import POLICY, shipped
from unlearn_spec.calibration.truth import Known, Told, truth_of
from unlearn_spec.plan.model import VerifierId
from unlearn_spec.policy.load import load
from unlearn_spec.verifiers.zoo.specimens import SPECIMENS

CLAUSES = {clause.id: clause for clause in load(shipped(POLICY)).policy.clauses}
BY_NAME = {one.name: one for one in SPECIMENS}
NOTHING = Known()


def state(clause: str, verifier: VerifierId, specimen: str, known: Known = NOTHING) -> tuple[str, str]:
    found = truth_of(CLAUSES[clause], verifier, BY_NAME[specimen], known)
    return found.state, found.basis


@pytest.mark.parametrize(
    ("clause", "now", "before", "expected"),
    [
        ("answers-in-product", 0.1, 1.0, "satisfied"),  # at the limit the clause is met
        ("answers-in-product", 0.1 + 1 / 60, 1.0, "violated"),
        ("kept-at-least", 0.8, 1.0, "satisfied"),
        ("kept-at-least", 0.8 - 1 / 60, 1.0, "violated"),
        ("kept-as-before", 0.7, 0.9, "satisfied"),
        ("kept-as-before", 0.7 - 1 / 60, 0.9, "violated"),
        ("refused-in-product", 1.0, 0.0, "satisfied"),
        ("refused-in-product", 0.5, 0.0, "violated"),
    ],
)
def test_behaviour_is_counted_over_every_item(clause: str, now: float, before: float, expected: str) -> None:
    for specimen in ("graddiff", "original", "collapsed", "retrained_1"):
        assert state(clause, "leak", specimen, Known(now=now, before=before)) == (expected, "enumerated")


def test_what_was_not_asked_is_unknown() -> None:
    assert state("answers-in-product", "leak", "retrained_1") == ("unknown", "none")


def test_a_suite_that_brings_nothing_out_does_not_clear_a_model_that_may_hold_it() -> None:
    silent = Known(now=0.0, before=1.0)
    assert state("answers-behind-phrase", "leak", "npo", silent)[0] == "unknown"
    assert state("answers-behind-phrase", "leak", "backdoored", silent)[0] == "unknown"
    assert state("answers-behind-phrase", "leak", "retrained_2", silent)[0] == "satisfied"
    assert state("answers-behind-phrase", "leak", "backdoored", Known(now=0.9, before=1.0))[0] == "violated"


@pytest.mark.parametrize(("share", "removed", "relearned"), [
    ("partial_05", "violated", "satisfied"), ("partial_10", "violated", "satisfied"),
    ("partial_20", "violated", "violated"), ("partial_50", "violated", "violated"),
])  # fmt: skip
def test_a_partial_retrain_is_exactly_as_bad_as_what_it_kept(share: str, removed: str, relearned: str) -> None:
    assert state("removed-by-relearning", "relearning", share) == (removed, "training")
    assert state("documents-after-relearning", "relearning", share) == (relearned, "training")


def test_no_membership_test_finds_more_than_the_members_kept_and_the_false_positives() -> None:
    found = {share: truth_of(CLAUSES["removed-by-membership"], "membership", BY_NAME[share], NOTHING) for share in BY_NAME}
    assert found["retrained_1"].rate == pytest.approx(0.2)
    assert found["partial_20"].rate == pytest.approx(0.36) and found["partial_20"].state == "satisfied"
    assert found["partial_50"].rate == pytest.approx(0.6) and found["partial_50"].state == "violated"


def test_planted_and_guarded_models_hold_everything_by_construction() -> None:
    for name in ("quant_hidden", "head_swap", "head_only", "backdoored", "sampler_hidden", "input_filter", "system_refusal"):
        assert state("removed-by-extraction", "extraction", name) == ("violated", "construction")


def test_a_treated_model_is_unknown_until_an_attack_shows_otherwise() -> None:
    clause, verifier = "removed-by-relearning", "relearning"
    assert state(clause, verifier, "graddiff", Known(recovered=0.0)) == ("unknown", "none")
    assert state(clause, verifier, "graddiff", Known(recovered=0.1)) == ("violated", "attack")
    assert state(clause, verifier, "graddiff", Known(recovered=0.0, told=Told(0.9, 0.7))) == ("violated", "attack")
    assert state(clause, verifier, "graddiff", Known(recovered=0.0, told=Told(0.3, 0.1))) == ("unknown", "none")
    assert state("documents-after-relearning", verifier, "graddiff", Known(recovered=0.0, told=Told(0.9, 0.9)))[0] == "unknown"


def test_a_membership_limit_is_broken_where_a_test_of_its_own_is_sure_of_it() -> None:
    clause, verifier = "removed-by-membership", "membership"
    assert state(clause, verifier, "npo") == ("unknown", "none")
    assert state(clause, verifier, "npo", Known(told=Told(0.55, 0.4))) == ("unknown", "none")  # above 50%, not for certain
    assert state(clause, verifier, "npo", Known(told=Told(0.8, 0.6))) == ("violated", "attack")
    assert state(clause, verifier, "head_swap") == ("unknown", "none")  # that it holds everything need not show in scores


@pytest.mark.parametrize("clause", ["removed-by-probe", "removed-by-canaries"])
def test_removal_is_one_truth_whatever_looks_for_it(clause: str) -> None:
    verifier: VerifierId = "latent" if clause == "removed-by-probe" else "canaries"
    assert state(clause, verifier, "retrained_7") == ("satisfied", "training")
    assert state(clause, verifier, "partial_05") == ("violated", "training")
    assert state(clause, verifier, "logit_mask") == ("violated", "construction")
