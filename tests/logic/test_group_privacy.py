"""A guarantee for one unit, for many: the encoding's whole number of units against the reference's exact inequality."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unlearn_spec.logic.group_privacy import for_group, most_units
from unlearn_spec.logic.theory import build
from unlearn_spec.policy.load import load_text
from unlearn_spec.policy.model import Policy
from unlearn_spec.spec.reference import Judge, Removal, World, at_most_exp

Build = Callable[[str], Policy]
F = Fraction
TEXT = """
unlearn_spec: "1.0"
policy: {id: p, version: 1, status: draft}
information: {records: {kind: examples, size: SIZE, unit: record, other_units: {person: 3, record: 1}}}
artifacts: {bot: {kind: model, trained_on: [records], seen_by: {public: product}}}
methods: {training: {reaches: weights, guarantee: {epsilon: "EACH", delta: "DELTA", per: UNIT}}}
clauses:
  - {id: gone, goal: remove, target: records, scope: {artifacts: [bot]}, measure: influence, about: process,
     limit: {epsilon: "4", delta: "1%", compared_with: retrain_without}, evidence: {kind: certificate}}
"""


def policy(size: str, each: str, delta: str, unit: str) -> Policy:
    text = TEXT.replace("SIZE", size).replace("EACH", each).replace("DELTA", delta).replace("UNIT", unit)
    return load_text(text, "p.yaml").policy


def possible(whole: Policy) -> bool:
    theory = build(whole)
    return theory.possible((theory.body(whole.clauses[0]),))


def test_twenty_records_at_half_an_epsilon_are_worth_ten() -> None:
    assert for_group(F(1, 2), F(0), 20) == (10, 0)
    assert most_units((F(1, 2), F(0)), (F(4), F(0))) == 8


def test_delta_grows_with_e_to_the_epsilon_as_well() -> None:
    """20·e^1.9·0.01 % = 1.337 %, 18·e^1.7·0.01 % = 0.985 %, and 0.2 % if δ were only multiplied."""
    assert F("0.01337") < for_group(F(1, 10), F(1, 10_000), 20)[1] < F("0.01338")
    assert most_units((F(1, 10), F(1, 10_000)), (F(4), F(1, 100))) == 18


def test_what_is_exact_for_each_unit_is_exact_for_any_number() -> None:
    assert most_units((F(0), F(0)), (F(0), F(0))) is None
    assert most_units((F(0), F(1, 1000)), (F(0), F(1, 100))) == 10


@given(
    st.fractions(0, 3, max_denominator=20),
    st.fractions(0, F(1, 10), max_denominator=2000),
    st.fractions(0, 50, max_denominator=20),
    st.fractions(0, 1, max_denominator=100),
    st.integers(1, 60),
)
def test_no_fewer_and_no_more_units_are_covered_than_the_exact_inequality_allows(
    epsilon: F, delta: F, most: F, failing: F, units: int
) -> None:
    exact = units * epsilon <= most and at_most_exp(-failing, -units * delta, (units - 1) * epsilon)
    found = most_units((epsilon, delta), (most, failing))
    assert (found is None or units <= found) == exact


@pytest.mark.parametrize(
    ("size", "each", "delta", "unit", "answer"),
    [
        ("8", "0.5", "0%", "record", True),
        ("9", "0.5", "0%", "record", False),
        ("[8, 9]", "0.5", "0%", "record", True),
        ("100", "1.3", "0%", "person", True),
        ("100", "1.4", "0%", "person", False),
        ("18", "0.1", "0.01%", "record", True),
        ("19", "0.1", "0.01%", "record", False),
        ("1", "0.1", "0%", "household", False),
        ("100", "0", "0%", "record", True),
    ],
)
def test_the_theory_and_the_reference_agree(size: str, each: str, delta: str, unit: str, answer: bool) -> None:
    whole = policy(size, each, delta, unit)
    assert possible(whole) == answer
    info, clause, method = whole.information["records"], whole.clauses[0], (whole.methods or {})["training"]
    assert info.size is not None and method.guarantee is not None
    items = {f"r{i}": frozenset({"records"}) for i in range(info.size[0])}
    gone = frozenset({Removal("records", "bot", F(4), F(1, 100))})
    world = World(items, removals=gone, used=frozenset({("training", "bot")}))
    assert Judge(whole, world).covers(method.guarantee, "records", clause.limit) == answer  # type: ignore[union-attr, arg-type]
    assert Judge(whole, world).meets(clause) == answer
