"""Two versions of a policy: equal to itself, opposite when exchanged, transitive, and never stricter for being looser."""

from __future__ import annotations

import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from policies import Small, loaded, random_policy

from unlearn_spec.logic.compare import Comparison, compare
from unlearn_spec.logic.evaluate import evaluate
from unlearn_spec.logic.meaning import body
from unlearn_spec.policy.load import load_text
from unlearn_spec.policy.model import Policy

OPPOSITE = {"stricter": "weaker", "weaker": "stricter", "equivalent": "equivalent", "incomparable": "incomparable"}
SEEDS = st.integers(0, 5000)


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_a_policy_is_equivalent_to_itself(seed: int) -> None:
    policy = loaded(random_policy(seed))
    found = compare(policy, policy)
    assert all(change.answer == "equivalent" for change in found.changes)
    assert found.answer == ("equivalent" if not found.contradictory else None)


@settings(max_examples=25, deadline=None)
@given(SEEDS, SEEDS)
def test_exchanging_the_versions_gives_the_opposite(seed: int, other: int) -> None:
    one, two = loaded(random_policy(seed)), on_the_ground_of(random_policy(seed), random_policy(other))
    forth, back = compare(one, two), compare(two, one)
    assume(forth.answer is not None)
    assert back.answer is not None and forth.answer is not None
    assert back.answer == OPPOSITE[forth.answer]
    assert {c.before for c in forth.changes if c.lost} == {c.after for c in back.changes if c.gained}


@settings(max_examples=15, deadline=None)
@given(SEEDS, st.lists(st.integers(0, 3), min_size=2, max_size=2))
def test_what_is_weaker_than_the_weaker_is_weaker(seed: int, which: list[int]) -> None:
    first = random_policy(seed)
    second = loosened(first, which[0])
    third = loosened(second, which[1])
    answers = [compare(loaded(a), loaded(b)).answer for a, b in ((first, second), (second, third), (first, third))]
    assume(None not in answers)
    if "weaker" in answers[:2] and set(answers[:2]) <= {"weaker", "equivalent"}:
        assert answers[2] == "weaker"
    if answers[:2] == ["equivalent", "equivalent"]:
        assert answers[2] == "equivalent"


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.integers(0, 3))
def test_loosening_a_limit_is_never_stricter(seed: int, which: int) -> None:
    before = random_policy(seed)
    found = compare(loaded(before), loaded(loosened(before, which)))
    assert not any(change.gained for change in found.changes)
    assert found.answer in ("weaker", "equivalent", None)


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.integers(0, 3))
def test_every_world_shown_passes_the_one_and_fails_the_other(seed: int, which: int) -> None:
    before = random_policy(seed)
    one, two = loaded(before), loaded(loosened(before, which))
    for forth in (True, False):
        old, new = (one, two) if forth else (two, one)
        found = compare(old, new)
        for change in found.changes:
            for loss, fails, passes in ((change.lost, old, new), (change.gained, new, old)):
                if loss is not None and loss.shown is not None and loss.shown.world is not None and not found.contradictory:
                    world, name = loss.shown.world, change.before if fails is old else change.after
                    denied = next(clause for clause in fails.clauses if clause.id == name)
                    assert evaluate(body(fails, denied), world) is False
                    assert all(evaluate(body(passes, clause), world) is not False for clause in passes.clauses)


def loosened(small: Small, which: int) -> Small:
    """One limit moved by a step to the lax side."""
    i = which % len(small.clauses)
    clause = small.clauses[i]
    step = Fraction(1, 20)
    up = clause.goal in ("suppress", "keep_up", "remove")
    limit = min(Fraction(1), clause.limit + step) if up else max(Fraction(0), clause.limit - step)
    if clause.goal == "remove":
        limit = clause.limit + Fraction(1, 4)
    clauses = (*small.clauses[:i], replace(clause, limit=limit), *small.clauses[i + 1 :])
    return replace(small, clauses=clauses)


def on_the_ground_of(ground: Small, other: Small) -> Policy:
    """The clauses of the one under the facts of the other, as far as they speak of its sets."""
    clauses = tuple(clause for clause in other.clauses if clause.target in ground.sizes and clause.goal != "remove")
    return loaded(replace(ground, clauses=clauses or ground.clauses[:1]))


# --- single cases ----------------------------------------------------------------------------------------------------

HEAD = """unlearn_spec: "1.0"
policy: {id: p, version: 1}
clock: {starts: request}
information:
  records: {kind: examples, size: 40, unit: record}
  facts: {kind: facts, size: 30, unit: question}
artifacts:
  bot: {kind: model, trained_on: [records], seen_by: {public: api}}
  store: {kind: dataset, holds: [records], seen_by: {staff: product}}
situations: [hold]
methods: {npo: {reaches: weights, takes: "2 days"}, filter: {reaches: product, takes: "1 day"}}
clauses:
"""


def answer(before: str, after: str, *, head: str = HEAD, after_head: str = HEAD) -> Comparison:
    return compare(load_text(head + before).policy, load_text(after_head + after).policy)


RATE = "scope: {artifacts: [bot], access: api, asked: direct}, over: mean"


def influence(epsilon: str, reference: str) -> str:
    limit = f'{{epsilon: "{epsilon}", delta: "1%", compared_with: {reference}}}'
    scope = "scope: {artifacts: [bot]}, measure: influence, about: process"
    return f"{{id: a, goal: remove, target: records, {scope}, limit: {limit}}}"


def membership(tpr: str) -> str:
    scope = "scope: {artifacts: [bot]}, measure: membership, about: process"
    return f'{{id: a, goal: remove, target: records, {scope}, limit: {{tpr_at_most: "{tpr}", at_fpr: "1%"}}}}'


def suppress(scope: str) -> str:
    rate = RATE.replace("direct}", f"direct, {scope}}}")
    return f'{{id: a, goal: suppress, target: facts, {rate}, limit: {{at_most: "5%"}}}}'


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ('{id: a, goal: delete, target: records, scope: {artifacts: [store]}, by: "30 days"}',
         '{id: a, goal: delete, target: records, scope: {artifacts: [store]}, by: "40 days"}', "weaker"),
        ('{id: a, goal: keep, target: records, scope: {artifacts: [store]}, until: "30 days"}',
         '{id: a, goal: keep, target: records, scope: {artifacts: [store]}, until: "40 days"}', "stricter"),
        (influence("0.5", "retrain_without"),
         influence("0.7", "retrain_without"), "weaker"),
        (influence("0.5", "retrain_without"),
         influence("0.5", "retrain_then_same_steps"), "incomparable"),
        (membership("4%"),
         membership("3%"), "stricter"),
        ("{id: a, goal: ban, scope: {artifacts: [bot]}, methods: [npo]}",
         "{id: a, goal: ban, scope: {artifacts: [bot]}, methods: [npo, filter]}", "stricter"),
        ("{id: a, goal: destroy, scope: {artifacts: [bot]}}", "{id: b, goal: destroy, scope: {artifacts: [bot]}}", "equivalent"),
        ("{id: a, goal: govern, scope: {artifacts: [bot]}, measures: [monitoring, terms]}",
         "{id: b, goal: govern, scope: {artifacts: [bot]}, measures: [monitoring]}", "weaker"),
        ("{id: a, goal: exclude_future, target: records, scope: {artifacts: [bot]}}",
         '{id: a, goal: exclude_future, target: records, scope: {artifacts: [bot]}, by: "9 days"}', "stricter"),
        (f'{{id: a, goal: suppress, target: facts, {RATE}, limit: {{at_most: "5%"}}}}',
         f'{{id: a, goal: suppress, target: facts, {RATE}, limit: {{at_most: "5%"}}, strength: should}}', "weaker"),
        (f'{{id: a, goal: suppress, target: facts, {RATE}, limit: {{at_most: "5%"}}}}',
         suppress("languages: [en]"), "weaker"),
        (f'{{id: a, goal: suppress, target: facts, {RATE}, limit: {{at_most: "5%"}}}}',
         suppress("when: hold"), "weaker"),
        (f'{{id: a, goal: suppress, target: facts, {RATE}, limit: {{at_most: "5%"}}, using: [npo, filter]}}',
         f'{{id: a, goal: suppress, target: facts, {RATE}, limit: {{at_most: "5%"}}, using: [npo]}}', "stricter"),
        (suppress("decoding: {method: greedy, max_new_tokens: 64}"),
         suppress("decoding: {method: greedy, max_new_tokens: 4}"), "weaker"),
    ],
)  # fmt: skip
def test_goals_without_rates_and_fields_without_axioms(before: str, after: str, expected: str) -> None:
    for text in (before, after):
        load_text(HEAD + f"  - {text}\n")
    assert answer(f"  - {before}\n", f"  - {after}\n").answer == expected


def test_an_exception_more_is_a_weaker_promise() -> None:
    clause = f"  - {suppress('languages: [en]')}\n"
    excepting = HEAD.replace("size: 30, unit: question}", "size: 30, unit: question, exceptions: [quotation]}")
    assert answer(clause, clause, after_head=excepting).answer == "weaker"
    assert answer(clause, clause, head=excepting).answer == "stricter"


def test_how_long_answers_are_has_no_order_for_what_is_kept() -> None:
    short, long = (
        f'  - {{id: a, goal: retain, target: facts, scope: {{artifacts: [bot], access: api, asked: direct, '
        f'decoding: {{method: greedy, max_new_tokens: {n}}}}}, over: mean, limit: {{at_least: "90%"}}}}\n'
        for n in (4, 64)
    )
    assert answer(short, long).answer == "incomparable"


def test_a_clause_that_others_still_demand_is_no_loss() -> None:
    weak = f'{{id: a, goal: suppress, target: facts, {RATE}, limit: {{at_most: "5%"}}}}'
    strong = f'{{id: b, goal: suppress, target: facts, {RATE}, limit: {{at_most: "3%"}}}}'
    found = answer(f"  - {weak}\n  - {strong}\n", f"  - {strong}\n")
    assert found.answer == "equivalent"
    assert [c.still for c in found.changes if c.before == "a"] == [("b",)]


def test_overriding_a_clause_weakens_it() -> None:
    delete = '{id: a, goal: delete, target: records, scope: {artifacts: [store]}, by: "30 days"}'
    hold = (
        '{id: h, goal: keep, target: records, scope: {artifacts: [store], when: hold}, until: "90 days", overrides: [a]}'
    )
    found = answer(f"  - {delete}\n", f"  - {delete}\n  - {hold}\n")
    lost = next(change for change in found.changes if change.before == "a").lost
    assert found.answer == "incomparable" and lost is not None
    assert lost.shown is not None and lost.shown.situation == ("hold",)


def test_other_sizes_change_nothing_by_themselves() -> None:
    clause = f'  - {{id: a, goal: suppress, target: facts, {RATE}, limit: {{at_most: "5%"}}}}\n'
    assert answer(clause, clause, after_head=HEAD.replace("size: 30", "size: 50")).answer == "equivalent"


def test_a_side_without_a_world_is_named_first() -> None:
    low = f'  - {{id: a, goal: suppress, target: facts, {RATE}, limit: {{at_most: "5%"}}}}\n'
    high = f'  - {{id: b, goal: retain, target: facts, {RATE}, limit: {{at_least: "50%"}}}}\n'
    found = answer(low, low + high)
    assert found.answer is None
    assert [(which, core.clauses) for which, core in found.contradictory] == [("after", ("a", "b"))]
    assert [change.answer for change in found.changes] == ["equivalent", "stricter"]


def test_open_fields_are_closed_first() -> None:
    shut = f'  - {{id: a, goal: suppress, target: facts, {RATE}, limit: {{at_most: "5%"}}}}\n'
    ajar = '  - {id: a, goal: suppress, target: facts, scope: {artifacts: [bot], access: api}, over: mean, limit: {at_most: "5%"}}\n'
    assert answer(shut, ajar).open == (("after", "a", "asked"),)
    assert answer(ajar, ajar).answer == "equivalent"


def test_a_question_given_up_is_no_answer() -> None:
    clause = f'  - {{id: a, goal: suppress, target: facts, {RATE}, limit: {{at_most: "5%"}}}}\n'
    policy = load_text(HEAD + clause).policy
    found = compare(policy, load_text(HEAD + clause.replace("5%", "4%")).policy, effort=1)
    assert found.answer is None and any(change.undetermined for change in found.changes)
