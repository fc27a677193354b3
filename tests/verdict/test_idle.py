"""A test of removal that could refute nothing is told before anything is measured, and told by its true cause afterwards."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest
from msgspec.structs import replace

sys.path.insert(0, str(Path(__file__).parents[1] / "plan"))

from laboratory import Lab, small_policy

from unlearn_spec.logic.footing import footing
from unlearn_spec.logic.formulas import reading_of
from unlearn_spec.logic.judge import judge
from unlearn_spec.logic.process import one_run_rules
from unlearn_spec.plan.bindings import load_bindings
from unlearn_spec.plan.bound import Bindings
from unlearn_spec.plan.case import Case
from unlearn_spec.plan.model import Obligation, Plan
from unlearn_spec.plan.obligations import make_plan
from unlearn_spec.plan.units import Reading
from unlearn_spec.policy.load import Document, load_text
from unlearn_spec.rules import testability
from unlearn_spec.run.audit_questions import PlanError, check_questions
from unlearn_spec.verdict.decide import Exhibit, decide
from unlearn_spec.verdict.measured import Measured, cell, revealed
from unlearn_spec.verdict.model import ClauseVerdict, GateResult
from unlearn_spec.wording.said import said

CONTAINS = "reveals_when: {metric: contains, normalisation: casefold}"
EXTRACTABLE = 'reveals_when: {metric: extraction_probability, at_least: "0.1%"}'
OVERLAPS = 'reveals_when: {metric: rouge_l, at_least: "60%"}'
GREEDY = "decoding: {method: greedy}"
SAMPLED = 'decoding: {method: sample, temperature: "1", samples: 1}'
TESTS = {
    "relearning": 'access: finetune, relearn: {steps: 3, learning_rate: ["0.001", "0.0001"]}',
    "quantization": "access: weights, quantize: [int4]",
    "extraction": "access: weights",
}


@dataclass(frozen=True)
class Written:
    """What a policy says of the set, beside the removal clause."""

    test: str = "relearning"
    fact: str | None = f"{EXTRACTABLE}, {SAMPLED}"
    at: str = "access: finetune, asked: adversarial"
    rate: str | None = None
    elsewhere: str | None = None
    """How a rate clause on another set of the artifact counts."""
    refute_at: str | None = "20%"
    more: str = ""

    def text(self) -> str:
        level = "" if self.refute_at is None else f', refute_at: "{self.refute_at}"'
        lines = [
            "  - {id: gone, goal: remove, target: diaries, scope: {artifacts: [assistant]}, measure: influence, about: process, "
            'limit: {epsilon: "0.1", delta: "0.1%", compared_with: retrain_without}, evidence: {kind: test, population: '
            f'these_items, decide: not_refuted, power_at: "95%", {TESTS[self.test]}{level}}}}}'
        ]
        for name, target, counts in (("hide", "diaries", self.rate), ("tell", "facts", self.elsewhere)):
            if counts is not None:
                shown, drawn = counts.split("; ")
                lines.append(
                    f"  - {{id: {name}, goal: suppress, target: {target}, scope: {{artifacts: [assistant], access: weights, asked: "
                    f'direct, {drawn}}}, over: mean, about: model, limit: {{at_most: "5%"}}, {shown}}}'
                )
        lines.append(self.more)
        if self.fact is not None:
            counted = f", {self.fact}" if self.fact else ""
            lines.append(
                "reference_retrain:\n  - {id: r1, target: diaries, without: diaries, in: assistant, "
                f'{self.at}, mean_between: ["0%", "0.01%"]{counted}}}'
            )
        return small_policy("\n".join(line for line in lines if line))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("laboratory") / "lab"


def planned(place: Path, written: Written) -> tuple[Document, Plan, Obligation]:
    document = load_text(written.text(), "policy.yaml")
    plan = make_plan(document, bound(place, document))
    return document, plan, next(one for one in plan.obligations if one.clause == "gone")


def bound(place: Path, document: Document) -> Bindings:
    """The laboratory's files, written once."""
    if not place.exists():
        Lab(place, document.source.text)
    file = place / "bindings.yaml"
    file.write_text(json.dumps(BINDINGS))
    return load_bindings(file, document.policy)


BINDINGS = {
    "unlearn_spec_bindings": "1.0",
    "policy": {"id": "small", "version": 1},
    "seed": 17,
    "device": "cpu",
    "artifacts": {"assistant": {"model": "models/audited"}},
    "original": {"assistant": {"model": "models/original"}},
    "references": {"assistant": [{"model": "models/retrained-0"}, {"model": "models/retrained-1"}]},
    "data": {name: {"file": f"data/{name}.jsonl"} for name in ("facts", "kept", "diaries")},
}

OTHER = (
    "  - {id: gone-too, goal: remove, target: facts, scope: {artifacts: [assistant]}, measure: influence, about: process, "
    'limit: {epsilon: "0.1", delta: "0.1%", compared_with: retrain_without}}'
)
VARIANTS = (
    *(
        Written(test, fact, rate=rate)
        for test, fact, rate in itertools.product(
            TESTS,
            (None, "", EXTRACTABLE, f"{EXTRACTABLE}, {SAMPLED}", f"{CONTAINS}, {GREEDY}", f"{OVERLAPS}, {GREEDY}"),
            (None, f"{CONTAINS}; {GREEDY}", f"{EXTRACTABLE}; {SAMPLED}"),
        )
    ),
    Written(at="access: weights, asked: adversarial"),
    Written(at="access: finetune, asked: direct"),
    Written(refute_at=None),
    Written(refute_at="0.1%"),
    Written(refute_at="1%"),
    Written(more=OTHER),
    Written(fact="", elsewhere=f"{CONTAINS}; {GREEDY}"),
    Written("extraction", "", elsewhere=f"{CONTAINS}; {GREEDY}"),
)


@pytest.mark.parametrize("written", VARIANTS, ids=str)
def test_check_and_plan_say_that_nothing_can_refute_just_where_nothing_can(place: Path, written: Written) -> None:
    """The theory is asked: does the test refute the clause if every item is revealed?"""
    document, plan, test = planned(place, written)
    clause = document.policy.clauses[0]
    rule = one_run_rules(document.policy).get(("gone", "assistant"))
    everything = replace(revealed(test, clause, Fraction(1), test.alpha), low=Fraction(1))
    refutes = judge(document.policy, clause, "assistant", [everything], one_run=rule).answer == "refuted"
    told = [note for note in plan.notes if note.kind == "cannot_refute"]
    found = [one for one in testability.testability_findings(document) if one.code == "T002" and one.clauses == ("gone",)]
    assert (bool(told), bool(found)) == (not refutes, not refutes)
    assert test.power is not None and (test.power >= 0.8) is refutes
    assert refutes or test.power == 0


@pytest.mark.parametrize("test", TESTS)
def test_the_test_counts_as_the_fact_does_that_it_is_held_against(place: Path, test: str) -> None:
    """Whatever another clause on the set says first: nothing passes from one way of counting to another."""
    document, _, found = planned(place, Written(test, rate=f"{CONTAINS}; {GREEDY}"))
    held = footing(document.policy, document.policy.clauses[0], "assistant")  # type: ignore[arg-type]
    assert held is not None and held.fact.id == "r1"
    assert cell(document.policy.clauses[0], found) == str(reading_of(held.counted.reveals_when, held.counted.decoding))
    assert found.reading is not None and found.reading.metric == "extraction_probability"


def test_a_run_whose_removal_was_counted_otherwise_is_no_run_of_this_policy(place: Path) -> None:
    document, plan, test = planned(place, Written(rate=f"{CONTAINS}; {GREEDY}"))
    clause = document.policy.clauses[0]
    assert clause.evidence is not None
    case = Case(document.policy, bound(place, document), clause, "assistant", clause.evidence, test.alpha)
    units = {one.key: one.unit for one in plan.units}
    check_questions(case, test, units)
    other = Reading(metric="contains", normalisation="casefold", decoding="greedy")
    with pytest.raises(PlanError, match="another verifier or reading"):
        check_questions(case, test.model_copy(update={"reading": other}), units)


def test_where_a_clause_and_a_fact_count_alike_they_are_taken_before_a_lower_bound(place: Path) -> None:
    two = Written(rate=f"{CONTAINS}; {GREEDY}").text() + (
        "  - {id: r2, target: diaries, without: diaries, in: assistant, access: finetune, asked: adversarial, "
        f'mean_between: ["0%", "0.5%"], {CONTAINS}, {GREEDY}}}\n'
    )
    policy = load_text(two, "policy.yaml").policy
    held = footing(policy, policy.clauses[0], "assistant")  # type: ignore[arg-type]
    rule = one_run_rules(policy)["gone", "assistant"]
    assert held is not None and (held.fact.id, held.counted.reveals_when.metric) == ("r2", "contains")
    assert rule.reference == "r2" and rule.tau > Fraction("0.005")  # bounded by the fact that counts as the test does


def verdict(place: Path, written: Written, share: Fraction, gates: Sequence[GateResult] = ()) -> ClauseVerdict:
    """What is concluded if the test finds that share of the items."""
    document, plan, test = planned(place, written)
    clause = document.policy.clauses[0]
    words = said("found.relearned", items="", others="", failures="")
    measured = Measured(test.id, (revealed(test, clause, share, test.alpha),), (), (), 0.2, 0.95, 1.0, words)
    return decide(document.policy, plan, [Exhibit(test, measured, tuple(gates))]).verdicts[0]


@pytest.mark.parametrize(
    ("written", "cause", "needed"),
    [
        (Written(fact=None), "declares nothing", "Declare it under `reference_retrain`"),
        (Written(fact=EXTRACTABLE), "What `r1` speaks of is not what the test can count", "both `reveals_when`"),
        (Written("extraction", f"{OVERLAPS}, {GREEDY}"), "not what the test can count", "extraction_probability, and `decoding`"),
        (Written(at="access: weights, asked: adversarial"), "`r1` speaks of `weights`", "`access: finetune`"),
        (Written(refute_at=None), "registers no rate", "Write `refute_at`, above 0.1"),
        (Written(refute_at="0.1%"), "one run already counts from 0.1%", "`refute_at` above 0.1"),
        (Written(refute_at="1%"), "all that `policy.confidence` leaves", "A higher `refute_at`"),
        (Written(more=OTHER), "the influence of facts is to go", "One set that holds all of them"),
    ],
)
@pytest.mark.parametrize("share", [Fraction(0), Fraction(1)])
def test_the_verdict_says_why_nothing_could_refute(place: Path, written: Written, cause: str, needed: str, share: Fraction) -> None:
    """Also where everything was revealed: that is no breach "though not for certain"."""
    lost = GateResult(gate="positive", passed=False, found="nothing was bound", units=())
    for gates in ((), (lost,)):
        found = verdict(place, written, share, gates)
        assert (found.outcome, found.realised_power) == ("inconclusive", 0.0)
        assert "it could not have refuted the clause" in found.reason
        assert cause in found.reason and needed in found.reason and "for certain" not in found.reason


def test_a_test_that_can_refute_does(place: Path) -> None:
    written = Written(rate=f"{CONTAINS}; {GREEDY}")
    assert verdict(place, written, Fraction(1)).outcome == "violated"
    assert verdict(place, written, Fraction(0)).outcome == "not_falsified"
