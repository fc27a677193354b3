"""Each axiom broken once by a tiny world; everything else in that world is in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from unlearn_spec.policy.load import load_text
from unlearn_spec.policy.model import Relation
from unlearn_spec.spec.reference import Rate, Removal, World, broken_axioms, broken_facts

F = Fraction

POLICY = load_text("""
unlearn_spec: "1.0"
policy: {id: tiny, version: 1}
clock: {starts: request}
information:
  text: {kind: examples, size: 1}
  summary: {kind: examples, built_from: text}
  summary_of_summary: {kind: examples, built_from: summary}
  excerpt: {kind: examples, built_from: text}
  parts: {kind: facts, size: [1, 2]}
  whole: {kind: facts, built_from: parts}
relations:
  - {excerpt: within, of: text}
  - {parts: disjoint_from, with: whole}
people: {partners: {within: outside}, outside: {}, public: {}}
artifacts:
  base: {kind: model, trained_on: [text], seen_by: {public: weights, partners: weights, outside: api}}
  small: {kind: model, derived_from: base, trained_on: [summary_of_summary], seen_by: {outside: api}}
  desk: {kind: service, serves_from: [index], seen_by: {outside: product}}
  index: {kind: index, holds: [text], seen_by: {outside: product}}
parties: {obligor: acme}
controls: {acme: [base]}
exclusive: [[day, night]]
situations: [day, night]
methods:
  filter: {reaches: product, takes: "2 days", not_on: [index]}
  retrain: {reaches: weights, takes: "5 days", guarantee: {epsilon: "0", delta: "0%"}}
measured_before:
  - {id: b, target: parts, in: base, access: api, asked: direct, mean_at_least: "50%"}
reference_retrain:
  - {id: r, target: parts, without: text, in: base, access: api, asked: direct, mean_between: ["10%", "20%"]}
clauses:
  - id: gone
    goal: remove
    target: text
    scope: {artifacts: [base]}
    measure: membership
    limit: {tpr_at_most: "4%", at_fpr: "1%"}
    evidence: {kind: test, needs_raw_data: true, at: "20 days", samples: 10, confidence: "95%", decide: not_refuted}
""").policy

X = Rate("x_sup", "p", "base", "api", "direct")
KNOWN = replace(X, kind="x_inf")
ZERO, HALF, QUARTER = F(0), F(1, 2), F(1, 4)

ORDERLY = World(
    items={"t": frozenset({"text"}), "s": frozenset({"summary"}), "p": frozenset({"parts"}), "w": frozenset({"whole"})},
    influenced=frozenset({
        ("text", "base"), ("text", "small"), ("summary_of_summary", "small"), ("summary", "small"),
        ("excerpt", "base"), ("excerpt", "small"),  # part of what both were trained on
    }),
    finish={"base": F(5), "small": F(0)},
    controls=frozenset({("acme", "base")}),
)


def with_rates(*rates: tuple[Rate, F], **changes: Any) -> World:
    return replace(ORDERLY, rates=dict(rates), **changes)


def removed(artifact: str = "base", epsilon: F = ZERO, delta: F = ZERO, target: str = "text") -> frozenset[Removal]:
    return frozenset({Removal(target, artifact, epsilon, delta)})


RETRAINED = replace(ORDERLY, used=frozenset({("retrain", "base")}))
AT_WEIGHTS = replace(X, access="weights")
ON_SMALL = replace(X, artifact="small")


def close(rate: F, reference: F) -> World:
    """Rem(text, base, 1/2, 1 %) holds, and one rate has this value here and there."""
    atoms = removed(epsilon=HALF, delta=F(1, 100))
    return replace(RETRAINED, removals=atoms, rates={replace(X, about="process"): rate, replace(X, when="reference"): reference})


# e^(1/2) = 1.64872127…: closeness allows 1.64872127·f + 0.01 at the most, 0.0264872127 at f = 1 %.
def membership(power: str) -> World:
    atoms = removed(epsilon=HALF, delta=F(1, 100))
    return replace(RETRAINED, removals=atoms, tpr={("text", "base", F(1, 100)): F(power)})


def asked_of(rate: Rate, now: F, before: F, **changes: Any) -> World:
    return with_rates((rate, now), (replace(rate, when="before"), before), **changes)


BROKEN: list[tuple[str, World]] = [
    ("AX1", with_rates((X, F(101, 100)))),
    ("AX1", with_rates((X, F(-1, 100)))),
    ("AX1", replace(ORDERLY, kept={("t", "index"): F(-1)})),
    ("AX1", replace(ORDERLY, items={"p": frozenset({"parts"})})),  # the target of `gone` has no item
    ("AX1", replace(ORDERLY, tpr={("text", "base", F(1, 10)): QUARTER, ("text", "base", HALF): F(1, 5)})),
    ("AX1", replace(RETRAINED, removals=removed() | removed("small", HALF, HALF),  # base lacks the weaker one
                    used=frozenset({("retrain", "base"), ("retrain", "small")}), finish={},
                    influenced=ORDERLY.influenced - {("text", "base"), ("excerpt", "base")})),
    ("AX1", with_rates((X, QUARTER), destroyed=frozenset({"base"}))),
    ("AX1", replace(ORDERLY, kept={("t", "index"): F(31)}, finish={**ORDERLY.finish, "index": F(30)},
                    destroyed=frozenset({"index"}))),
    ("AX1", replace(ORDERLY, served={("desk", "index", "t"): HALF}, destroyed=frozenset({"index"}))),
    ("AX3", with_rates((X, HALF), (replace(X, asked="adversarial"), QUARTER))),
    ("AX3", with_rates((X, HALF), (replace(X, access="finetune"), QUARTER))),
    ("AX3", with_rates((X, HALF), (replace(X, access="weights", asked="paraphrase"), QUARTER))),
    ("AX3", with_rates((KNOWN, HALF), (X, QUARTER))),
    ("AX3", with_rates((KNOWN, QUARTER), (replace(KNOWN, asked="adversarial"), HALF))),
    ("AX3", with_rates((replace(KNOWN, asked="adversarial"), HALF), (AT_WEIGHTS, QUARTER))),  # they share direct probes
    ("AX3", with_rates((replace(X, asked="elicit"), HALF), (replace(X, asked="adversarial"), QUARTER))),
    ("AX3", with_rates((replace(X, kind="y_inf"), HALF), (replace(X, kind="y_sup"), QUARTER))),
    ("AX3", with_rates((replace(KNOWN, asked="paraphrase"), HALF), (replace(AT_WEIGHTS, asked="adversarial"), QUARTER))),
    ("AX4", replace(ORDERLY, recalled=frozenset({("base", "public")}))),
    ("AX5", membership("0.0265")),
    ("AX6", close(F("0.1749"), F("0.1"))),  # above e^0.5·0.1 + 0.01 = 0.174872
    ("AX6", close(F("0.054"), F("0.1"))),  # below e^−0.5·(0.1 − 0.01) = 0.054588
    ("AX6", close(F("0.82"), F("0.9"))),  # below 1 − 0.01 − e^0.5·(1 − 0.9) = 0.825128
    ("AX6", close(F("0.946"), F("0.9"))),  # above 1 − e^−0.5·(1 − 0.01 − 0.9) = 0.945412
    ("AX7", asked_of(X, QUARTER, HALF)),
    ("AX7", asked_of(replace(X, kind="y_inf", reading="greedy"), QUARTER, HALF, used=frozenset({("filter", "base")}))),
    ("AX7", replace(RETRAINED, finish={"base": F(4)})),  # retraining takes five days
    ("AX7", replace(ORDERLY, used=frozenset({("filter", "index")}))),
    ("AX12", with_rates((X, HALF), (replace(X, kind="y_sup"), QUARTER))),
    ("AX12", with_rates((KNOWN, HALF), (replace(X, kind="y_inf"), QUARTER))),
    ("AX12", with_rates((KNOWN, HALF), (replace(X, kind="z_inf"), F(51, 100)))),
    ("K1", replace(ORDERLY, influenced=ORDERLY.influenced - {("text", "base")})),
    ("K2", replace(RETRAINED, removals=removed())),  # text is gone from base without remainder, yet influences it
    ("K3", replace(ORDERLY, removals=removed(epsilon=HALF))),  # nothing was done to base
    ("K3", replace(ORDERLY, removals=removed(epsilon=HALF), used=frozenset({("filter", "base")}))),
    ("K5", replace(ORDERLY, influenced=ORDERLY.influenced - {("summary", "small")})),  # a summary of it was trained on
    ("P3", with_rates((replace(X, artifact="desk", access="product"), HALF), (replace(X, artifact="desk"), QUARTER),
                      served={("desk", "index", "p"): F(24, 100)})),  # 1/2 > 1/4 + 0.24
    ("P3", replace(ORDERLY, served={("desk", "index", "p"): F(2)})),
    ("P3", with_rates((replace(KNOWN, artifact="desk", access="product"), HALF),
                      (replace(X, artifact="desk", asked="adversarial"), QUARTER),
                      served={("desk", "index", "p"): ZERO})),  # what is always known is revealed
    ("C1", replace(ORDERLY, acted_on=frozenset({"small"}))),
]


@pytest.mark.parametrize(("axiom", "world"), BROKEN, ids=[f"{axiom}-{n}" for n, (axiom, _) in enumerate(BROKEN)])
def test_a_world_breaks_one_axiom_and_no_other(axiom: str, world: World) -> None:
    assert broken_axioms(POLICY, world) == (axiom,)
    assert broken_axioms(POLICY, world, without=(axiom,)) == ()


def test_an_orderly_world_breaks_none() -> None:
    assert broken_axioms(POLICY, ORDERLY, also=("AX9", "P1", "P2"), without=("AX9",)) == ()
    assert broken_axioms(POLICY, replace(RETRAINED, tpr={("text", "base", F(1, 100)): F(1)})) == ()


READ: list[tuple[str, str, World]] = [  # an axiom that says how others are read, with the one that it makes bite
    ("AX3", "AX12", with_rates((X, HALF), (replace(X, kind="y_sup", asked="adversarial"), QUARTER))),
    ("AX3", "AX12", with_rates((X, HALF), (replace(X, kind="y_sup", access="weights"), QUARTER))),
    ("AX3", "AX12", with_rates((KNOWN, HALF), (replace(X, kind="y_sup", access="weights"), QUARTER))),
    ("AX3", "AX12", with_rates((replace(KNOWN, asked="adversarial"), HALF), (replace(X, kind="z_inf"), F(51, 100)))),
    ("AX8", "AX7", asked_of(ON_SMALL, QUARTER, HALF, used=frozenset({("retrain", "base")}))),
    ("AX8", "K3", replace(RETRAINED, removals=removed("small", HALF, HALF, "summary_of_summary"))),
    ("AX10", "AX4", replace(ORDERLY, recalled=frozenset({("base", "outside")}))),  # partners are inside: weights
    ("K4", "K1", replace(ORDERLY, influenced=ORDERLY.influenced - {("text", "small")})),
    ("P4", "AX7", asked_of(AT_WEIGHTS, QUARTER, HALF, used=frozenset({("filter", "base")}))),
]


@pytest.mark.parametrize(("reader", "other", "world"), READ)
def test_an_axiom_about_others_is_named_with_the_one_it_makes_bite(reader: str, other: str, world: World) -> None:
    if reader == "K4":  # text influences small by K5, too, for a summary of it was trained on: grant its removal
        atoms = removed("small", target="summary_of_summary")
        world = replace(world, removals=atoms, used=frozenset({("retrain", "small")}), finish={},
                        influenced=world.influenced - {("summary_of_summary", "small"), ("summary", "small")})
    assert set(broken_axioms(POLICY, world)) == {reader, other}
    assert broken_axioms(POLICY, world, without=(reader,)) == ()
    assert broken_axioms(POLICY, world, without=(other,)) == ()


def in_context(known: Rate) -> World:
    said = Rate("x_sup", "w", "base", "weights", "in_context")
    return with_rates((known, HALF), (said, QUARTER))


REQUESTED: list[tuple[str, World]] = [
    ("AX9", replace(ORDERLY, kept={("t", "index"): F(19)})),  # done on day 5, but the test cannot run before day 20
    ("P1", in_context(KNOWN)),  # the parts stay known, the whole is said less often when asked for in context
    ("P1", in_context(replace(KNOWN, reading="contains"))),
    ("P1", in_context(replace(KNOWN, about="process"))),
    ("P2", in_context(Rate("x_inf", "t", "base", "api", "in_context"))),
]


@pytest.mark.parametrize(("axiom", "world"), REQUESTED)
def test_some_axioms_are_asked_on_request_alone(axiom: str, world: World) -> None:
    assert broken_axioms(POLICY, world) == ()
    assert broken_axioms(POLICY, world, also=("P1", "P2") if axiom != "AX9" else ("AX9",)) == (axiom,)


def test_raw_items_kept_exactly_until_the_test_are_kept_long_enough() -> None:
    assert broken_axioms(POLICY, replace(ORDERLY, kept={("t", "index"): F(20)}), also=("AX9",)) == ()


def test_ax16_left_out_empties_undeclared_overlaps() -> None:
    shared = replace(ORDERLY, items={**ORDERLY.items, "b": frozenset({"text", "summary"})})
    inside = replace(ORDERLY, items={**ORDERLY.items, "b": frozenset({"text", "excerpt"})})
    assert broken_axioms(POLICY, shared) == broken_axioms(POLICY, inside, without=("AX16",)) == ()
    assert broken_axioms(POLICY, shared, without=("AX16",)) == ("AX16",)


def test_ax16_left_out_keeps_the_overlaps_that_relations_entail() -> None:
    met = (*POLICY.relations, Relation(left="excerpt", kind="overlaps", right="summary"))
    policy = POLICY.model_copy(update={"relations": met})
    through = replace(ORDERLY, items={**ORDERLY.items, "b": frozenset({"text", "excerpt", "summary"})})
    beside = replace(ORDERLY, items={**ORDERLY.items, "b": frozenset({"text", "summary"})})
    assert broken_axioms(policy, through, without=("AX16",)) == ()
    assert broken_axioms(policy, beside, without=("AX16",)) == ("AX16",)


ALLOWED: list[World] = [
    with_rates((X, HALF), (replace(X, asked="in_context"), QUARTER)),  # beside the chain
    with_rates((X, HALF), (replace(X, asked="in_context", access="finetune"), QUARTER)),
    with_rates((X, HALF), (replace(X, access="finetune", reading="other"), QUARTER)),  # another reading, another rate
    with_rates((X, HALF), (replace(X, access="finetune", about="process"), QUARTER)),  # the average, of more models
    with_rates((KNOWN, HALF), (replace(KNOWN, access="finetune"), QUARTER)),  # access gives no order for what is known
    with_rates((replace(X, asked="elicit"), HALF), (X, QUARTER)),  # a suite says nothing about `direct` by its name
    with_rates((KNOWN, HALF), (replace(X, asked="elicit"), QUARTER)),
    with_rates((X, HALF), (replace(X, kind="y_sup", reading="method=greedy"), QUARTER)),  # another decoding
    with_rates((replace(X, artifact="desk", access="product"), F(1)), (replace(X, artifact="desk"), ZERO)),  # served: not said
    membership("0.0264"),
    close(F("0.1748"), F("0.1")),
    close(F("0.0546"), F("0.1")),
    close(F("0.8252"), F("0.9")),
    close(F("0.9454"), F("0.9")),
    close(F("0.01"), F(0)),  # exactly δ, where e^ε has nothing to multiply
    replace(close(F(1), F(0)), rates={X: F(1), replace(X, when="reference"): F(0)}),  # of one model
    replace(close(F(1), F(0)), removals=frozenset({Removal("text", "base", F(0), F(0), "retrain_then_same_steps")})),
    asked_of(X, F(0), HALF, destroyed=frozenset({"base"})),
    asked_of(replace(X, access="product"), QUARTER, HALF, used=frozenset({("filter", "base")})),
    replace(ORDERLY, removals=removed(epsilon=HALF), destroyed=frozenset({"base"})),
    with_rates((replace(X, artifact="desk", access="product"), HALF), (replace(X, artifact="desk"), QUARTER),
               served={("desk", "index", "p"): QUARTER}),
    replace(RETRAINED, used=frozenset({("retrain", "base"), ("retrain", "small")}), finish={},
            removals=removed("base", HALF, HALF) | removed("base", F(1), HALF)
            | removed("small", F(1), F(1, 100), "summary_of_summary")
            | removed("small", F(1), HALF, "summary_of_summary")),
]


@pytest.mark.parametrize("world", ALLOWED)
def test_what_no_axiom_forbids(world: World) -> None:
    assert broken_axioms(POLICY, world) == ()


def test_exactly_delta_and_a_hair_more() -> None:
    assert broken_axioms(POLICY, close(F("0.01") + F(1, 10**60), F(0))) == ("AX6",)


def test_a_fine_tuning_attack_belongs_to_every_class_at_finetune() -> None:
    attack = with_rates((replace(X, asked="relearn", access="weights"), HALF), (replace(X, access="finetune"), QUARTER))
    assert broken_axioms(POLICY, attack) == ()
    assert broken_axioms(POLICY, replace(attack, altered={"relearn": "finetune"})) == ("AX3",)


def test_removal_ends_influence_only_if_what_was_made_from_the_target_is_removed_too() -> None:
    trained = frozenset({("retrain", "base"), ("retrain", "small")})
    kept = replace(ORDERLY, used=trained, finish={}, removals=removed("small"))
    assert broken_axioms(POLICY, kept) == ()  # text still influences small, through the summary of a summary
    both = replace(kept, removals=kept.removals | removed("small", target="summary_of_summary"))
    assert broken_axioms(POLICY, both) == ("K2",)
    free = both.influenced - {("text", "small"), ("summary_of_summary", "small"), ("excerpt", "small")}
    assert broken_axioms(POLICY, replace(both, influenced=free)) == ()


def test_without_methods_nothing_is_frozen_and_removal_needs_none() -> None:
    policy = POLICY.model_copy(update={"methods": None})
    for world in (asked_of(X, QUARTER, HALF), replace(ORDERLY, removals=removed(epsilon=HALF))):
        assert broken_axioms(policy, world) == () != broken_axioms(POLICY, world)


B, R = replace(X, when="before"), replace(X, when="reference")
TRUE = replace(ORDERLY, rates={B: HALF, R: F(1, 5)})
FACTS: dict[str, Callable[[World], World]] = {
    "size of parts": lambda w: replace(w, items={"t": frozenset({"text"})}),
    "excerpt within text": lambda w: replace(w, items={**w.items, "e": frozenset({"excerpt"})}),
    "parts disjoint_from whole": lambda w: replace(w, items={**w.items, "p": frozenset({"parts", "whole"})}),
    "examples and facts are different items":
        lambda w: replace(w, items={**w.items, "s": frozenset({"summary", "whole"})}),
    "b": lambda w: replace(w, rates={**w.rates, B: F("0.49")}),
    "r": lambda w: replace(w, rates={**w.rates, R: F("0.21")}),
    "controls": lambda w: replace(w, controls=frozenset({("acme", "base"), ("acme", "small")})),
    "exclusive day, night": lambda w: replace(w, situations=frozenset({"day", "night"})),
}


@pytest.mark.parametrize("fact", FACTS)
def test_a_world_breaks_one_declared_fact(fact: str) -> None:
    assert broken_facts(POLICY, TRUE) == ()
    assert broken_facts(POLICY, FACTS[fact](TRUE)) == (fact,)


def test_a_fact_speaks_of_the_reference_if_there_is_one() -> None:
    other = POLICY.reference_retrain[0].model_copy(update={"id": "s", "without": "summary"})
    two = POLICY.model_copy(update={"reference_retrain": (*POLICY.reference_retrain, other)})
    assert broken_facts(POLICY, FACTS["r"](TRUE)) == ("r",) and broken_facts(two, FACTS["r"](TRUE)) == ()


def test_no_two_of_many_disjoint_sets_share_an_item() -> None:
    text = """
unlearn_spec: "1.0"
policy: {id: three, version: 1, status: draft}
information: {a: {kind: facts}, b: {kind: facts}, c: {kind: facts}}
relations: [{disjoint: [a, b, c]}]
artifacts: {bot: {kind: model, seen_by: {public: product}}}
clauses: [{id: out, goal: exclude_future, target: a, scope: {artifacts: [bot]}}]
"""
    three = load_text(text).policy
    for some in ("a", "b", "c"):
        assert broken_facts(three, World({"i": frozenset({some})})) == ()
    for pair in ("ab", "ac", "bc"):
        assert len(broken_facts(three, World({"i": frozenset(pair)}))) == 1
