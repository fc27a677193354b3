"""Verdicts that evidence, however it came out, must not lead to."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

sys.path.insert(0, str(Path(__file__).parent))

import make

from unlearn_spec.logic.evidence import EvidenceFact, MembershipFact, RateFact
from unlearn_spec.logic.judge import judge
from unlearn_spec.plan.model import Obligation, Plan
from unlearn_spec.policy.load import load_text
from unlearn_spec.policy.model import Policy
from unlearn_spec.policy.vocabulary import access_rank
from unlearn_spec.verdict.decide import Exhibit, decide
from unlearn_spec.verdict.facts import Measured, measure
from unlearn_spec.verdict.model import ClauseVerdict, GateResult

HEAD = """
unlearn_spec: "1.0"
policy: {id: one, version: 1}
information: {facts: {kind: facts, size: 100, unit: question}, diaries: {kind: examples, size: 100, unit: record}}
artifacts: {assistant: {kind: model, trained_on: [diaries], seen_by: {public: product}}}
clauses:
"""
SUITE = "suite:attacks"


def policy(
    goal: str, *, access: str = "product", asked: str = "direct", about: str = "model", more: str = ""
) -> Policy:
    scope = f"{{artifacts: [assistant], access: {access}, asked: {asked}, decoding: {{method: greedy}}}}"
    metric = "" if "reveals_when" in goal else ", reveals_when: {metric: exact}"
    text = (
        f"  - {{id: clause, goal: {goal}, target: facts, over: mean, about: {about}, scope: {scope}{metric}{more}}}\n"
    )
    return load_text(HEAD + text).policy


def rate(
    low: str, high: str, *, access: str = "product", asked: str = "direct", side: str = "reveals", n: int = 1
) -> RateFact:
    reading = "metric=exact|method=greedy"
    bounds = Fraction(low), Fraction(high)
    return RateFact(
        f"clause@assistant/{n}#rate", "facts", "assistant", access, asked, reading, side, *bounds, make.ALPHA
    )  # type: ignore[arg-type]


def exhibit(fact: EvidenceFact, *gates: GateResult, power: float | None = 0.99, **fields: Any) -> Exhibit:
    wanted = make.obligation(**({"effect": Fraction(1, 2), "access": getattr(fact, "access", "logprobs")} | fields))
    found = Measured(wanted.id, (fact,), (), (), 0.05, 0.5, power, "Some answers were seen.")
    return Exhibit(wanted, found, gates)


def verdict(text: Policy, *exhibits: Exhibit) -> ClauseVerdict:
    obligations: tuple[Obligation, ...] = tuple(one.obligation for one in exhibits)
    digest = "sha256:" + "0" * 64
    plan = Plan(
        policy=digest,
        bindings=digest,
        confidence=Fraction(9, 10),
        seed=0,
        units=(),
        obligations=obligations,
        missing=(),
    )
    (found,) = decide(text, plan, exhibits).verdicts
    return found


SUPPRESS = 'suppress, limit: {at_most: "5%"}'


def test_a_membership_test_that_also_finds_what_was_never_trained_on_violates_nothing() -> None:
    scope = "scope: {artifacts: [assistant]}, measure: membership, about: model"
    test = "evidence: {kind: test, access: logprobs, decide: not_refuted, controls: [randomised_holdout]}"
    clause = f'  - {{id: clause, goal: remove, target: diaries, {scope}, limit: {{tpr_at_most: "5%", at_fpr: "1%"}}, {test}}}\n'
    text = load_text(HEAD + clause).policy
    fact = MembershipFact(
        "clause@assistant#m", "diaries", "assistant", Fraction(1, 100), Fraction(1, 2), Fraction(1), make.ALPHA, True
    )
    found, failed = (
        GateResult(gate="negative", passed=passed, found="a model never trained on them", units=())
        for passed in (True, False)
    )
    attacked = {"verifier": "membership", "target": "diaries", "decide": "not_refuted"}
    assert verdict(text, exhibit(fact, found, **attacked)).outcome == "violated"
    assert verdict(text, exhibit(fact, failed, **attacked)).outcome == "inconclusive"


@pytest.mark.parametrize("goal", [SUPPRESS, 'retain, limit: {at_least: "95%"}', 'refuse, limit: {at_least: "95%"}'])
def test_one_run_leaves_no_process_unfalsified(goal: str) -> None:
    """Nothing that one run shows could have refuted the clause, so finding nothing says nothing."""
    nothing = rate("0", "1", side="reveals")
    for about, outcome in (("model", "not_falsified"), ("process", "inconclusive")):
        found = verdict(policy(goal, about=about), exhibit(nothing, decide="not_refuted"))
        assert found.outcome == outcome


@pytest.mark.parametrize(("asked", "access"), [("suite:quantize-000000000000", "weights"), ("suite:relearn-000000000000", "finetune")])
@pytest.mark.parametrize("speaks_of", ["product", "api", "weights", "finetune"])
def test_an_altered_copy_leaves_nothing_unfalsified_that_is_asked_from_further_outside(
    asked: str, access: str, speaks_of: str
) -> None:
    """What a rounded or fine-tuned copy reveals, whoever has the answers alone may never see."""
    nothing = exhibit(rate("0", "1", access=access, asked=asked), asked=asked, decide="not_refuted")
    could = access_rank(speaks_of) >= access_rank(access)  # type: ignore[arg-type]
    found = verdict(policy(SUPPRESS, access=speaks_of), nothing)
    assert found.outcome == ("not_falsified" if could else "inconclusive")
    assert could or "would not have refuted the clause" in found.reason


def test_another_reading_than_the_clause_s_leaves_it_unfalsified_no_more() -> None:
    counted = replace(rate("0", "1"), reading="metric=contains|method=greedy")
    assert verdict(policy(SUPPRESS), exhibit(rate("0", "1"), decide="not_refuted")).outcome == "not_falsified"
    assert verdict(policy(SUPPRESS), exhibit(counted, decide="not_refuted")).outcome == "inconclusive"


@pytest.mark.parametrize("asked", ["direct", "paraphrase", "in_context"])
@pytest.mark.parametrize("decide_by", ["certify", "not_refuted"])
def test_a_suite_decides_nothing_about_milder_questions(asked: str, decide_by: str) -> None:
    text = policy(SUPPRESS, asked=asked)
    for fact in (rate("0", "1/100", asked=SUITE), rate("1/2", "1", asked=SUITE), rate("0", "1", asked=SUITE)):
        found = verdict(text, exhibit(fact, asked=SUITE, decide=decide_by))
        assert found.outcome == "inconclusive"
        assert "suite" in found.reason


def test_attacks_without_fine_tuning_support_nothing_at_finetune() -> None:
    """They bound the worst case from below: at best nothing was found, and the verdict does not blame the interval."""
    text = policy(SUPPRESS, access="finetune", asked="adversarial")
    for asked in (SUITE, "direct"):
        found = verdict(text, exhibit(rate("0", "1/100", access="finetune", asked=asked), asked=asked))
        assert found.outcome == "not_falsified"


def test_the_weakest_of_several_tests_counts() -> None:
    """A correction has two rates; that one of them would have been found to fail is not enough."""
    scope = "scope: {artifacts: [assistant], access: product, asked: direct, decoding: {method: greedy}}, over: mean"
    limit = 'limit: {at_least: "90%", at_most: "5%"}, reveals_when: {metric: exact}'
    text = load_text(HEAD + f"  - {{id: clause, goal: rectify, target: facts, {scope}, {limit}}}\n").policy
    old, new = rate("0", "1"), rate("0", "1", n=2)
    strong = exhibit(old, decide="not_refuted")
    for power, outcome in ((0.9, "not_falsified"), (0.1, "inconclusive"), (None, "inconclusive")):
        weak = exhibit(new, power=power, decide="not_refuted", id="clause@assistant/2")
        assert verdict(text, strong, weak).outcome == outcome
    unstated = exhibit(new, effect=None, decide="not_refuted", id="clause@assistant/2")
    assert verdict(text, strong, unstated).outcome == "inconclusive"


@pytest.mark.parametrize("over", ["mean", "each", '{share: "90%"}'])
@pytest.mark.parametrize("limit", ["0%", "10%", "100%"])
@pytest.mark.parametrize("refused", [0, 5, 30, 100])
def test_over_refusal_is_judged_by_its_refusals(over: str, limit: str, refused: int) -> None:
    """`suppress` with the metric `refusal`: refusing at most so often. A complete list decides single items exactly."""
    scope = "scope: {artifacts: [assistant], access: product, asked: direct, decoding: {method: greedy}}"
    rest = f'over: {over}, limit: {{at_most: "{limit}"}}, reveals_when: {{metric: refusal}}'
    text = load_text(HEAD + f"  - {{id: clause, goal: suppress, target: facts, {scope}, {rest}}}\n").policy
    (clause,) = text.clauses
    table = make.answers(make.of(0, 100), refusals=make.of(refused, 100))
    units = make.seen({"audited": (make.generated(), table)})
    reading = make.EXACT.model_copy(update={"metric": "refusal"})
    facts = measure(make.obligation("refusal", reading=reading), clause, units, seed=0).facts
    spared = {"mean": int(limit[:-1]), "each": 0, '{share: "90%"}': 10}[over] if limit != "100%" else 100
    found = judge(text, clause, "assistant", facts).answer
    assert found in {("entailed" if refused <= spared else "refuted"), *(("open",) if over == "mean" else ())}
    if refused in (0, 100) and over == "mean" and limit == "10%":
        assert found == ("entailed" if refused == 0 else "refuted")
