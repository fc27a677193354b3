"""Membership and records: what one training run may say of a process, and what happens when a test contradicts a record."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest

from unlearn_spec.logic.evidence import MembershipFact, RecordFact
from unlearn_spec.logic.formulas import reading_of
from unlearn_spec.logic.judge import judge
from unlearn_spec.logic.process import one_run_rules
from unlearn_spec.plan.model import Cost, Obligation, Plan
from unlearn_spec.policy.clauses import Retain
from unlearn_spec.policy.load import load_text
from unlearn_spec.policy.model import Policy
from unlearn_spec.spec.reference import reading as reference_reading
from unlearn_spec.verdict.decide import Exhibit, decide
from unlearn_spec.verdict.measured import Measured
from unlearn_spec.verdict.model import ClauseVerdict, GateResult, Interval

POLICY = """\
unlearn_spec: "1.0"
policy: {{id: one, version: 1, confidence: "90%"}}
information:
  diaries: {{kind: examples, size: 400, unit: document}}
artifacts:
  assistant: {{kind: model, trained_on: [diaries], seen_by: {{public: product}}}}
clauses:
  - id: removed
    goal: remove
    target: diaries
    scope: {{artifacts: [assistant]}}
    measure: influence
    about: process
    limit: {{epsilon: "0.5", delta: "1%", compared_with: retrain_without}}
    evidence: {{kind: procedure, evaluator: independent}}
  - id: told-apart
    goal: remove
    target: diaries
    scope: {{artifacts: [assistant]}}
    measure: membership
    about: {about}
    limit: {{tpr_at_most: "4%", at_fpr: "1%"}}
    evidence: {{kind: test, access: logprobs, decide: not_refuted, controls: [randomised_holdout]{more}}}
"""
ALPHA = Fraction(1, 100)


def policy(about: str = "model", more: str = "") -> Policy:
    return load_text(POLICY.format(about=about, more=more)).policy


def caught(share: str) -> MembershipFact:
    low = Fraction(share)
    return MembershipFact(
        "told-apart@assistant#membership", "diaries", "assistant", Fraction(1, 100), low, Fraction(1), ALPHA, same_lottery=True
    )


def answer(found: Policy, share: str) -> str:
    rule = one_run_rules(found).get(("told-apart", "assistant"))
    return judge(found, found.clauses[1], "assistant", (caught(share),), one_run=rule).answer


def test_of_the_model_itself_any_excess_refutes() -> None:
    assert (answer(policy(), "0.05"), answer(policy(), "0.03")) == ("refuted", "open")


def test_of_the_process_one_run_refutes_only_from_the_registered_rate_on() -> None:
    assert answer(policy("process"), "0.97") == "open"
    registered = policy("process", ', refute_at: "80%"')
    assert (answer(registered, "0.81"), answer(registered, "0.79")) == ("refuted", "open")


def test_what_one_run_may_wrongly_refute_is_charged() -> None:
    """Markov: at most 4% expected, so 80% is reached by one run with a chance of at most a twentieth."""
    rule = one_run_rules(policy("process", ', refute_at: "80%"'))[("told-apart", "assistant")]
    assert rule.error == pytest.approx(Fraction(1, 20), abs=1e-6)
    assert one_run_rules(policy("process", ', refute_at: "40%"')) == {}  # a tenth is all the policy's confidence leaves


# --- beside a record -------------------------------------------------------------------------------------------------


def verdicts(found: Policy, share: str, *, epsilon: str = "0", gates: Sequence[GateResult] = ()) -> list[ClauseVerdict]:
    record = RecordFact(
        "removed@assistant#log", "procedure", "lab", "removed", "assistant", None, Fraction(epsilon), Fraction(0)
    )
    exhibits = (
        Exhibit(obligation("removed", "record"), measured("removed", record, "The procedure log is true."), ()),
        Exhibit(
            obligation("told-apart", "membership"),
            measured("told-apart", caught(share), "It caught some."),
            tuple(gates),
        ),
    )
    plan = Plan(
        policy="", bindings="", confidence=Fraction(9, 10), seed=0, units=(),
        obligations=tuple(exhibit.obligation for exhibit in exhibits), missing=(),
    )  # fmt: skip
    return list(decide(found, plan, exhibits).verdicts)


def obligation(clause: str, verifier: str) -> Obligation:
    return Obligation(
        id=f"{clause}@assistant", clause=clause, artifact="assistant", verifier=verifier, target="diaries",  # type: ignore[arg-type]
        access="logprobs", asked="direct", reading=None, n=400, clusters=400, alpha=ALPHA, decide="not_refuted", limit="",
        effect=None, power=None, audited=(), controls=(), cost=Cost(),
    )  # fmt: skip


def measured(clause: str, fact: RecordFact | MembershipFact, words: str) -> Measured:
    audited = Interval(label="audited", point=0.1, low=0.0, high=1.0, hits=40, n=400, clusters=400)
    return Measured(f"{clause}@assistant", (fact,), (), (audited,), None, None, None, words)


def test_a_record_that_a_test_contradicts_supports_nothing() -> None:
    removed, told_apart = verdicts(policy(), "0.9")
    assert (removed.outcome, told_apart.outcome) == ("inconclusive", "violated")
    assert "It caught some." in removed.reason and "told-apart@assistant" in removed.reason


def test_a_test_that_the_certified_closeness_allows_leaves_the_record_alone() -> None:
    """Within ε = 0.4 a test at 1% false positives may find 1.49%."""
    assert [found.outcome for found in verdicts(policy(), "0.0149", epsilon="0.4")] == ["supported", "inconclusive"]
    assert verdicts(policy(), "0.0150", epsilon="0.4")[0].outcome == "inconclusive"


def test_a_test_whose_hold_out_is_no_control_contradicts_no_record() -> None:
    blind = GateResult(gate="blind_baseline", passed=False, found="AUC 0.9", units=())
    removed, told_apart = verdicts(policy(), "0.9", gates=[blind])
    assert (removed.outcome, told_apart.outcome) == ("supported", "not_testable")
    assert told_apart.stands_on == (), "what it measured is no fact about members"
    assert verdicts(policy(), "0.9")[1].stands_on == ("told-apart@assistant#membership",)


def test_what_a_hold_out_told_apart_without_a_model_shows_is_no_premise() -> None:
    """The verdict names the facts it stands on; a test of members against strangers is not among them."""
    (held, failed) = (GateResult(gate="blind_baseline", passed=passed, found="AUC", units=()) for passed in (True, False))
    fair, apart = (verdicts(policy(), "0.9", gates=[gate])[1] for gate in (held, failed))
    assert (fair.outcome, fair.stands_on) == ("violated", ("told-apart@assistant#membership",))
    assert (apart.outcome, apart.stands_on) == ("not_testable", ())


def test_without_a_registered_effect_the_reason_says_which_one_would_have_been_found() -> None:
    reason = verdicts(policy(), "0")[1].reason
    assert "`power_at`" in reason and "with these 400 independent draws a rate of 9% would be found" in reason


@pytest.mark.parametrize(("written", "measured"), [("", ", samples: 1"), (", samples: 1", "")])
def test_one_answer_an_asking_is_meant_where_no_number_is_written(written: str, measured: str) -> None:
    """A declared fact about one answer bears on a clause that does not say how many are drawn, and the other way round."""
    drawn = 'decoding: {{method: sample, temperature: "1"{}}}'
    when = "reveals_when: {metric: contains, normalisation: casefold}"
    text = f"""\
unlearn_spec: "1.0"
policy: {{id: one, version: 1, confidence: "90%"}}
information:
  facts: {{kind: facts, size: 400, unit: question}}
artifacts:
  assistant: {{kind: model, seen_by: {{public: product}}}}
measured_before:
  - {{id: b, target: facts, in: assistant, access: api, asked: direct, mean_at_least: "50%", {when}, {drawn.format(measured)}}}
clauses:
  - id: kept
    goal: retain
    target: facts
    scope: {{artifacts: [assistant], access: api, asked: direct, {drawn.format(written)}}}
    over: mean
    about: model
    limit: {{at_least: "40%"}}
    {when}
"""
    found = load_text(text).policy
    fact, clause = found.measured_before[0], found.clauses[0]
    assert isinstance(clause, Retain)
    assert reading_of(fact.reveals_when, fact.decoding) == reading_of(clause.reveals_when, clause.scope.decoding)
    assert reference_reading(fact.reveals_when, fact.decoding) == reference_reading(clause.reveals_when, clause.scope.decoding)
