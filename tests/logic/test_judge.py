"""What evidence must not decide: one named case for each way to a verdict that it does not carry."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from msgspec.structs import replace

from unlearn_spec.logic.evidence import CountFact, DropFact, MembershipFact, RateFact, RecordFact
from unlearn_spec.logic.judge import Judgement, judge
from unlearn_spec.logic.process import OneRun, one_run_rules
from unlearn_spec.policy.model import Policy

Build = Callable[[str], Policy]
SETS = """
information:
  secrets: {kind: facts, size: 40, unit: question}
  records: {kind: examples, size: 40, unit: record}
  diaries: {kind: examples, size: 40, unit: record}
artifacts:
  bot:   {kind: model, trained_on: [records, diaries], seen_by: {public: product}}
  other: {kind: model, seen_by: {public: product}}
  index: {kind: index, holds: [records], seen_by: {staff: product}}
"""
HIDE = "goal: suppress, target: secrets, over: mean"
KEEP = "goal: retain, target: secrets, over: mean"
GONE = (
    "goal: remove, target: records, measure: influence, about: process, "
    'limit: {epsilon: "0.5", delta: "1%", compared_with: retrain_without}'
)


def clause(text: str, *, access: str = "product", asked: str = "direct", rates: bool = True) -> str:
    cell = f", access: {access}, asked: {asked}" if rates else ""
    return f"clauses:\n  - {{id: c, {text}, scope: {{artifacts: [bot]{cell}}}}}\n"


def rate(
    low: str, high: str, *, access: str = "product", asked: str = "direct", side: str = "reveals", **more: Any
) -> RateFact:
    given: dict[str, Any] = {
        "id": "rate",
        "target": "secrets",
        "artifact": "bot",
        "reading": "|",
        "alpha": Fraction(1, 100),
    }
    given |= {"access": access, "asked": asked, "side": side, "low": Fraction(low), "high": Fraction(high)}
    return RateFact(**(given | more))


def record(**fields: Any) -> RecordFact:
    given: dict[str, Any] = {
        "id": "record",
        "kind": "procedure",
        "signer": "lab",
        "clause": "c",
        "artifact": "bot",
        "day": Fraction(3),
    }
    return RecordFact(**(given | fields))


def judged(policy: Policy, *facts: Any, suite: str | None = None, one_run: OneRun | None = None) -> Judgement:
    return judge(policy, policy.clauses[0], "bot", facts, suite=suite, one_run=one_run)


# --- signed records --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("numbers", [{}, {"epsilon": Fraction(0)}, {"delta": Fraction(0)}])
@pytest.mark.parametrize("kind", ["procedure", "certificate", "attestation"])
def test_a_record_that_states_no_closeness_carries_no_removal(
    policy_of: Build, kind: str, numbers: dict[str, Fraction]
) -> None:
    """Any procedure may be signed; that it was a retraining is for the record to say, with ε and δ."""
    policy = policy_of(SETS + clause(GONE, rates=False))
    assert judged(policy, record(kind=kind, **numbers)).answer == "open"
    exact = record(epsilon=Fraction(0), delta=Fraction(0))
    assert judged(policy, exact).answer == "entailed"
    assert judged(policy, replace(exact, clause="d")).answer == "open"
    assert judged(policy, replace(exact, artifact="other")).answer == "open"


@pytest.mark.parametrize("text", [GONE, "goal: destroy", "goal: finish"])
def test_a_record_of_a_late_act_carries_no_deadline(policy_of: Build, text: str) -> None:
    policy = policy_of(SETS + clause(text + ', by: "30 days"', rates=False))
    done = record(epsilon=Fraction(0), delta=Fraction(0))
    assert judged(policy, replace(done, day=Fraction(30))).answer == "entailed"
    assert judged(policy, replace(done, day=Fraction(31))).answer == "open"
    assert judged(policy, replace(done, day=None)).answer == "open"


def test_an_index_that_nothing_is_said_to_serve_from_is_not_empty_by_itself(policy_of: Build) -> None:
    policy = policy_of(SETS + "clauses: [{id: c, goal: de_index, target: records, scope: {artifacts: [index]}}]\n")
    assert judge(policy, policy.clauses[0], "index", []).answer == "open"
    attested = record(kind="attestation", artifact="index")
    assert judge(policy, policy.clauses[0], "index", [attested]).answer == "entailed"


def test_a_record_that_a_test_and_a_declared_fact_contradict_supports_nothing(policy_of: Build) -> None:
    policy = policy_of(
        SETS
        + "reference_retrain:\n"
        + '  - {id: r, target: secrets, without: records, in: bot, access: weights, asked: adversarial, mean_between: ["0%", "1%"]}\n'
        + clause(GONE, rates=False)
    )
    exact, leak = record(epsilon=Fraction(0), delta=Fraction(0)), rate("1/2", "1", access="weights", one_run=False)
    assert judged(policy, leak) == Judgement("refuted", ("rate",), ("r",))
    assert judged(policy, exact).answer == "entailed"
    assert judged(policy, exact, leak).answer == "inconsistent"


# --- one training run and the process behind it ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ('goal: suppress, target: secrets, over: each, about: process, limit: {at_most: "5%"}', "count"),
        ('goal: retain, target: secrets, over: each, about: process, limit: {at_least: "5%"}', "known"),
        ('goal: retain, target: secrets, over: mean, about: process, limit: {within: "5%", of: before}', "drop"),
        ('goal: suppress, target: secrets, over: mean, about: process, limit: {at_most: "5%"}', "rate"),
        (
            'goal: remove, target: records, measure: membership, about: process, limit: {tpr_at_most: "5%", at_fpr: "1%"}',
            "caught",
        ),
    ],
)
def test_one_run_decides_nothing_about_a_process(policy_of: Build, text: str, fact: str) -> None:
    """4.0.4: whatever was measured, be it every item's own rate; and the same evidence does decide the one model."""
    cell = ("secrets", "bot", "product", "direct", "|")
    low, high = Fraction(1, 20), Fraction(0)
    evidence: dict[str, Any] = {
        "count": CountFact("f", *cell, "reveals", low, False, 0, 0, high),  # type: ignore[arg-type]
        "known": CountFact("f", *cell, "knows", low, True, 40, 40, high),  # type: ignore[arg-type]
        "drop": DropFact("f", *cell, Fraction(-1), low, high),  # type: ignore[arg-type]
        "rate": rate("0", "1/100"),
        "caught": MembershipFact("f", "records", "bot", Fraction(1, 100), Fraction(9, 10), Fraction(1), high, True),
    }
    test = "evidence: {kind: test, access: product, controls: [randomised_holdout]}" if fact == "caught" else "note: x"
    written = clause(f"{text}, {test}", rates=fact != "caught")
    assert judged(policy_of(SETS + written), evidence[fact]).answer == "open"
    about_model = policy_of(SETS + written.replace("about: process", "about: model"))
    assert judged(about_model, evidence[fact]).answer == ("refuted" if fact == "caught" else "entailed")


def test_one_run_refutes_an_expectation_only_from_the_registered_rate_on(policy_of: Build) -> None:
    text = 'about: process, limit: {at_most: "2%"}, evidence: {kind: test, access: product, refute_at: "80%"}'
    policy = policy_of(SETS + clause(f"{HIDE}, {text}"))
    rule = one_run_rules(policy)["c", "bot"]
    assert judged(policy, rate("4/5", "1"), one_run=rule).answer == "refuted"
    assert judged(policy, rate("79/100", "1"), one_run=rule).answer == "open"
    assert judged(policy, rate("4/5", "1")).answer == "open"
    answered = policy_of(SETS + clause(f"{HIDE}, reveals_when: {{metric: not_refusal}}, {text}"))
    refusing, answering = rate("1", "1", side="refuses"), rate("0", "1/5", side="refuses")
    assert judged(answered, refusing, one_run=rule).answer == "open"
    assert judged(answered, answering, one_run=rule).answer == "refuted"


# --- worst cases and suites ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("access", "asked"), [("product", "adversarial"), ("finetune", "direct"), ("finetune", "suite:x")]
)
def test_what_was_tried_bounds_a_worst_case_from_below_only(policy_of: Build, access: str, asked: str) -> None:
    """4.0.8: no list of attacks, and no model that nobody fine-tuned, shows what the best attack would reveal."""
    policy = policy_of(SETS + clause(HIDE + ', limit: {at_most: "5%"}', access=access, asked="adversarial"))
    suite = asked if asked.startswith("suite:") else None
    assert judged(policy, rate("0", "1/100", access=access, asked=asked), suite=suite).answer == "open"
    assert judged(policy, rate("1/2", "1", access=access, asked=asked), suite=suite).answer == "refuted"
    none_left = CountFact(
        "n", "secrets", "bot", access, asked, "|", "reveals", Fraction(1, 20), False, 0, 0, Fraction(0)
    )  # type: ignore[arg-type]
    assert judged(policy, none_left, suite=suite).answer == "open"


def test_a_suite_supports_adversarial_questions_only(policy_of: Build) -> None:
    """4.0.18: a clean suite does not support a clause about direct questions, and a broken one does not refute it."""
    clean, leaking = rate("0", "1/100", asked="suite:x"), rate("1/2", "1", asked="suite:x")
    for asked in ("direct", "paraphrase", "in_context"):
        policy = policy_of(SETS + clause(HIDE + ', limit: {at_most: "5%"}', asked=asked))
        assert judged(policy, clean, suite="suite:x").answer == "open"
        assert judged(policy, leaking, suite="suite:x").answer == "open"


def test_a_suite_that_hands_the_target_over_bears_on_in_context_alone(policy_of: Build) -> None:
    """That a model repeats what it was just told is no leak, and that it does not is no silence."""
    cell = "in_context:x"
    clean, leaking = rate("0", "1/100", asked=cell), rate("1/2", "1", asked=cell)
    for asked in ("direct", "paraphrase", "adversarial"):
        for access in ("product", "finetune"):
            policy = policy_of(SETS + clause(HIDE + ', limit: {at_most: "5%"}', access=access, asked=asked))
            for fact in (clean, leaking):
                assert judged(policy, replace(fact, access=access), suite=cell).answer == "open"
    policy = policy_of(SETS + clause(HIDE + ', limit: {at_most: "5%"}', asked="in_context"))
    assert judged(policy, clean, suite=cell).answer == "entailed"
    assert judged(policy, leaking, suite=cell).answer == "refuted"
    assert judged(policy, clean).answer == "open"  # of the whole class only what a suite shows


def test_relearning_may_refute_and_never_supports(policy_of: Build) -> None:
    policy = policy_of(SETS + clause(HIDE + ', limit: {at_most: "5%"}', access="finetune"))
    cell = {"access": "finetune", "asked": "suite:relearn-0"}
    assert judged(policy, rate("0", "1/100", **cell), suite="suite:relearn-0").answer == "open"
    assert judged(policy, rate("1/2", "1", **cell), suite="suite:relearn-0").answer == "refuted"


def test_rounding_may_refute_what_holders_of_weights_are_asked_about_and_never_supports(policy_of: Build) -> None:
    cell = {"access": "weights", "asked": "suite:quantize-0"}
    for asked in ("direct", "paraphrase", "adversarial"):
        policy = policy_of(SETS + clause(HIDE + ', limit: {at_most: "5%"}', access="weights", asked=asked))
        assert judged(policy, rate("0", "1/100", **cell), suite="suite:quantize-0").answer == "open"
        assert judged(policy, rate("1/2", "1", **cell), suite="suite:quantize-0").answer == "refuted"
    shallower = policy_of(SETS + clause(HIDE + ', limit: {at_most: "5%"}', access="logprobs"))
    assert judged(shallower, rate("1/2", "1", **cell)).answer == "open"
    tuned = {"access": "weights", "asked": "suite:relearn-0"}  # fine-tuning takes more than the weights
    policy = policy_of(SETS + clause(HIDE + ', limit: {at_most: "5%"}', access="weights"))
    assert judged(policy, rate("1/2", "1", **tuned)).answer == "open"


def test_a_suite_of_prompts_is_no_alteration_whatever_its_name(policy_of: Build) -> None:
    policy = policy_of(SETS + clause(HIDE + ', limit: {at_most: "5%"}', access="weights"))
    named = {"access": "weights", "asked": f"suite:quantize-tricks@sha256:{'0' * 64}"}
    assert judged(policy, rate("1/2", "1", **named)).answer == "open"


# --- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "met", "broken"),
    [
        ('goal: suppress, limit: {at_most: "5%"}, reveals_when: {metric: refusal}', ("0", "1/20"), ("1/10", "1")),
        ('goal: suppress, limit: {at_most: "5%"}, reveals_when: {metric: not_refusal}', ("19/20", "1"), ("0", "9/10")),
        ('goal: retain, limit: {at_least: "95%"}, reveals_when: {metric: refusal}', ("19/20", "1"), ("0", "9/10")),
        ('goal: retain, limit: {at_least: "95%"}, reveals_when: {metric: not_refusal}', ("0", "1/20"), ("1/10", "1")),
        ('goal: refuse, limit: {at_least: "95%"}', ("19/20", "1"), ("0", "9/10")),
    ],
)
def test_refusals_count_the_way_the_clause_reads(
    policy_of: Build, text: str, met: tuple[str, str], broken: tuple[str, str]
) -> None:
    """The fact always speaks of the share refused; which side of it a clause wants, goal and metric say together."""
    policy = policy_of(SETS + clause(f"{text}, target: secrets, over: mean"))
    assert judged(policy, rate(*met, side="refuses")).answer == "entailed"
    assert judged(policy, rate(*broken, side="refuses")).answer == "refuted"
    assert judged(policy, rate("0", "1", side="refuses")).answer == "open"


# --- what a verdict rests on -----------------------------------------------------------------------------------------


def test_declared_facts_alone_decide_nothing(policy_of: Build) -> None:
    """No listed method reaches the API and half was revealed there before: a conflict for `check`, not a measurement."""
    blocks = (
        SETS
        + "methods: {filter: {reaches: product}}\n"
        + 'measured_before: [{id: b, target: secrets, in: bot, access: api, asked: direct, mean_at_least: "50%"}]\n'
    )
    policy = policy_of(blocks + clause(HIDE + ', limit: {at_most: "5%"}', access="api"))
    assert judged(policy).answer == "open"
    assert judged(policy, rate("0", "1", access="api")).answer == "open"
    assert judged(policy, rate("1/10", "1", access="api")) == Judgement("refuted", ("rate",))


def test_a_reference_without_every_removed_target_is_another_model(policy_of: Build) -> None:
    """4.0.2: the reference is trained without all targets under removal, not without the clause's own alone."""
    blocks = (
        SETS
        + "reference_retrain:\n"
        + '  - {id: r, target: secrets, without: records, in: bot, access: weights, asked: adversarial, mean_between: ["0%", "1%"]}\n'
    )
    alone = blocks + clause(GONE, rates=False)
    both = alone + f"  - {{id: d, {GONE.replace('records', 'diaries')}, scope: {{artifacts: [bot]}}}}\n"
    leak = rate("1/2", "1", access="weights", one_run=False)
    assert judged(policy_of(alone), leak).answer == "refuted"
    assert judged(policy_of(both), leak).answer == "open"


def test_no_relation_between_sets_is_taken_on_trust(policy_of: Build) -> None:
    """`within` is a declared fact like any other: without its name in the verdict nothing may rest on it."""
    within = "relations: [{diaries: within, of: records}]\n"
    policy = policy_of(SETS + within + clause('goal: suppress, target: diaries, over: each, limit: {at_most: "5%"}'))
    whole = CountFact(
        "n", "records", "bot", "product", "direct", "|", "reveals", Fraction(1, 20), False, 0, 0, Fraction(0)
    )
    assert judged(policy, whole).answer == "open"


def test_a_deadline_that_no_test_sees_is_named(policy_of: Build) -> None:
    policy = policy_of(
        SETS
        + "methods: {filter: {reaches: product}}\n"
        + clause(HIDE + ', limit: {at_most: "5%"}, by: "30 days", using: [filter]')
    )
    assert judged(policy, rate("0", "1/100")) == Judgement(
        "entailed", ("rate",), ("the deadline of c (30 days)", "the use of filter on bot")
    )
    assert judged(policy, rate("1/2", "1")) == Judgement("refuted", ("rate",))


@pytest.mark.parametrize("control", ["controls: [randomised_holdout]", "controls: []"])
def test_only_a_hold_out_from_the_same_lottery_shows_who_was_a_member(policy_of: Build, control: str) -> None:
    """A hold-out that can be told apart without a model measures that difference, and refutes nothing."""
    what = "goal: remove, target: records, measure: membership, about: model"
    test = f"evidence: {{kind: test, access: product, {control}}}"
    policy = policy_of(SETS + clause(f'{what}, limit: {{tpr_at_most: "5%", at_fpr: "1%"}}, {test}', rates=False))
    for same_lottery, answer in ((True, "refuted"), (False, "open")):
        fact = MembershipFact(
            "f", "records", "bot", Fraction(1, 100), Fraction(9, 10), Fraction(1), Fraction(0), same_lottery
        )
        assert judged(policy, fact).answer == answer


@pytest.mark.parametrize(
    ("asked", "whose_high", "answer"),
    [("suite:relearn-0123456789ab", "0.3", "refuted"), ("suite:relearn-0123456789ab", "0.9", "open"), ("direct", "0.3", "open")],
)
def test_registered_fine_tunings_of_retrainings_limit_what_they_bring_back_elsewhere(
    policy_of: Build, asked: str, whose_high: str, answer: str
) -> None:
    """All runs show the target after the same fine-tunings; what other fine-tunings show of a retraining nobody can list."""
    policy = policy_of(SETS + clause(GONE, rates=False))
    fact = rate("0.9", "1", access="finetune", asked=asked, target="records", one_run=False)
    beside = replace(fact, id="beside", low=Fraction(0), high=Fraction(whose_high), whose="reference")
    assert judged(policy, fact, beside).answer == answer
    assert judged(policy, replace(fact, low=Fraction(0), high=Fraction(0)), beside).answer == "open", "never support"
