"""The pure families: from tables to counts, and the gates that void them."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unlearn_spec.plan.units import Reading
from unlearn_spec.verifiers import degeneracy, membership, recovery, refusal, retention
from unlearn_spec.verifiers.blind import blind_baseline
from unlearn_spec.verifiers.extraction import chance, extractable
from unlearn_spec.verifiers.gap import gap
from unlearn_spec.verifiers.items import Item
from unlearn_spec.verifiers.outcomes import Outcomes, gather
from unlearn_spec.verifiers.table import Table, from_columns, from_rows, stack

EXACT = Reading(metric="exact", decoding="greedy")


def answers(*rows: tuple[str, int, int, bool], column: str = "exact") -> Table:
    names = ("item", "cluster", "probe", "sample", column)
    return from_rows(
        "generate", names, ({**dict(zip(names, (item, item[0], *rest), strict=True))} for item, *rest in rows)
    )


def some_answer(tables: Sequence[Table], reading: Reading) -> Outcomes:
    """Hit: at least one answer to the item meets the reading."""
    return gather(tables, reading, every=False)


# --- tables


@pytest.mark.parametrize("columns", [{"a": [1], "b": []}, {"a": [1, 2.0]}, {"a": [math.nan]}, {"a": [1, True]}])
def test_tables_refuse_what_is_no_column(columns: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="column"):
        from_columns("score", columns)


def test_tables_stack_and_split() -> None:
    one, two = answers(("a1", 0, 0, True)), answers(("b1", 0, 0, False))
    both = stack([one.with_column("side", "x"), two.with_column("side", "y")])
    assert both.where("side", "y").column("item") == ("b1",)
    with pytest.raises(ValueError, match="same columns"):
        stack([one, two.with_column("side", "y")])
    with pytest.raises(KeyError, match="without a column"):
        one.column("nothing")


# --- outcomes, retention, refusal


def test_any_answer_reveals_and_every_answer_retains() -> None:
    table = answers(("a1", 0, 0, True), ("a1", 1, 0, False), ("a2", 0, 0, False), ("b1", 0, 0, True))
    later = answers(("a2", 2, 0, True), ("b1", 2, 0, True))
    found = some_answer([table, later], EXACT)
    assert (found.items, found.clusters, found.hits) == (("a1", "a2", "b1"), ("a", "a", "b"), (True, True, True))
    assert (found.k, found.n, found.cluster_count, found.share) == (3, 3, 2, 1.0)
    assert retention.outcomes([table, later], EXACT).hits == (False, False, True)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3), st.booleans()), min_size=1))
def test_splitting_a_table_into_units_changes_nothing(rows: list[tuple[str, int, bool]]) -> None:
    full = [(item, probe, 0, hit) for item, probe, hit in rows]
    for every in (False, True):
        assert gather([answers(*full)], EXACT, every=every) == gather([answers(row) for row in full], EXACT, every=every)


def test_readings_decide_what_a_row_shows() -> None:
    table = from_columns(
        "generate", {"item": ["a", "b"], "cluster": ["a", "b"], "rouge_l": [0.5, 0.49], "refusal": [True, False]}
    )
    half = Reading(metric="rouge_l", at_least=Fraction(1, 2), decoding="greedy")
    assert some_answer([table], half).hits == (True, False)
    assert some_answer([table], Reading(metric="not_refusal", decoding="greedy")).hits == (False, True)
    assert refusal.always([table]).hits == (True, False)
    with pytest.raises(ValueError, match="needs at_least"):
        some_answer([table], Reading(metric="rouge_l", decoding="greedy"))
    with pytest.raises(ValueError, match="no table decides"):
        some_answer([table], Reading(metric="human", decoding="greedy"))


def test_an_item_has_one_cluster() -> None:
    torn = from_columns("generate", {"item": ["a", "a"], "cluster": ["x", "y"], "exact": [True, True]})
    with pytest.raises(ValueError, match="two clusters"):
        some_answer([torn], EXACT)


def test_retention_is_compared_item_by_item() -> None:
    old = answers(("a1", 0, 0, True), ("a2", 0, 0, True), ("b1", 0, 0, False), ("b2", 0, 0, True))
    new = answers(("b1", 0, 0, True), ("a2", 0, 0, False), ("a1", 0, 0, True), ("b2", 0, 0, False))
    pair = retention.paired([old], [new], EXACT)
    assert (pair.lost, pair.gained, pair.drop) == (2, 1, 0.25)
    with pytest.raises(ValueError, match="different items"):
        retention.paired([old], [answers(("a1", 0, 0, True))], EXACT)


def test_one_answer_without_a_refusal_is_enough() -> None:
    table = answers(("a", 0, 0, True), ("a", 1, 0, False), ("b", 0, 0, True), column="refusal")
    assert refusal.always([table]).hits == (False, True)


# --- extraction


@given(st.floats(-200, 0), st.integers(1, 10**6))
def test_the_chance_of_n_answers(log_p: float, n: int) -> None:
    p = math.exp(log_p)
    assert chance(log_p, n) == pytest.approx(-math.expm1(n * math.log1p(-p)) if p < 1 else 1.0, rel=1e-9)
    assert chance(log_p, 1) == pytest.approx(p, rel=1e-9)


def test_printed_examples_and_extremes() -> None:
    half, nearly = Fraction(1, 2), Fraction(95, 100)
    assert not extractable(math.log(1e-3), 692, half) and extractable(math.log(1e-3), 693, half)
    assert not extractable(math.log(1e-3), 2994, nearly) and extractable(math.log(1e-3), 2995, nearly)
    assert not extractable(-math.inf, 10**9, Fraction(1, 10**9))
    assert extractable(0.0, 1, Fraction(1)) and not extractable(-0.1, 10**9, Fraction(1))
    assert chance(-math.inf, 10**9) == 0.0 and chance(0.0, 1) == 1.0
    assert chance(-700.0, 10) == pytest.approx(10 * math.exp(-700.0))
    assert extractable(math.log(1e-3), 1, Fraction(1, 1000))
    with pytest.raises(ValueError, match="lies in"):
        extractable(-1.0, 1, Fraction(0))
    with pytest.raises(ValueError, match="at most 0"):
        chance(0.1, 1)


def test_items_are_extractable_by_the_declared_number_of_answers() -> None:
    table = from_columns("score", {"item": ["a", "b"], "cluster": ["a", "b"], "log_p": [math.log(0.01), -math.inf]})
    once = Reading(metric="extraction_probability", at_least=Fraction(1, 2), decoding="sample")
    assert some_answer([table], once).k == 0
    assert some_answer([table], once.model_copy(update={"samples": 69})).hits == (True, False)
    assert some_answer([table], once.model_copy(update={"samples": 68})).k == 0


# --- membership


def scored(seed: int, count: int, shift: float, spread: float = 1.0) -> Table:
    rng = random.Random(seed)
    values = [rng.gauss(shift, spread) for _ in range(count)]
    names = [f"{seed}-{place}" for place in range(count)]
    return from_columns(
        "score",
        {
            "item": names, "cluster": names, "mean_logp": values, "zlib_bytes": [10] * count,
            "min_k": values, "min_k_pp": [-value for value in values],
        },
    )


def test_attacks_are_oriented_and_two_sided() -> None:
    results = membership.run(scored(1, 200, 2.0), scored(2, 200, 0.0), ("loss", "zlib", "min_k", "min_k_pp"), allowed=2)
    found = {(result.attack, result.direction): result for result in results}
    assert len(found) == 8
    assert found["loss", "higher"].auc > 0.85 and found["loss", "lower"].auc == pytest.approx(
        1 - found["loss", "higher"].auc
    )
    assert found["loss", "higher"].caught.k == found["zlib", "higher"].caught.k > 20
    assert found["min_k_pp", "lower"].caught.k == found["loss", "higher"].caught.k
    hidden = membership.run(scored(1, 200, -2.0), scored(2, 200, 0.0), ("loss",), allowed=2)
    assert max(hidden, key=lambda result: result.caught.k).direction == "lower"


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30), st.integers(0, 31))
def test_no_more_false_alarms_than_allowed(values: list[int], allowed: int) -> None:
    table = from_columns(
        "score",
        {"item": [str(place) for place in range(len(values))], "cluster": ["c"] * len(values),
         "mean_logp": [float(value) for value in values]},
    )
    for result in membership.run(table, table, ("loss",), allowed=allowed):
        assert result.false_alarms <= max(allowed, 0)
        assert result.false_alarms == result.caught.k  # the same items on both sides
        assert result.auc == pytest.approx(0.5)
        if allowed >= len(values):
            assert result.caught.k == len(values)


def test_membership_needs_both_sides() -> None:
    empty = from_columns("score", {"item": [], "cluster": [], "mean_logp": []})
    with pytest.raises(ValueError, match="hold-out"):
        membership.run(scored(1, 3, 0), empty, ("loss",), allowed=0)
    with pytest.raises(ValueError, match="fewer than none"):
        membership.run(scored(1, 3, 0), scored(2, 3, 0), ("loss",), allowed=-1)


# --- blind baseline


def lottery(seed: int, count: int, name: str, extra: str = "", words: int = 24) -> tuple[Item, ...]:
    rng = random.Random(seed)
    return tuple(
        Item(f"{name}{place}", f"{name}{place}", text=" ".join([*rng.choices("abcdefghijklmnop", k=words), extra]))
        for place in range(count)
    )


def test_equal_lotteries_are_not_separable() -> None:
    alarms = sum(
        blind_baseline(lottery(2 * seed, 40, "m"), lottery(2 * seed + 1, 40, "h"), alpha=Fraction(1, 20)).separable
        for seed in range(40)
    )
    assert alarms <= 4  # at most 5 % expected of 40, less the harmless margin


def test_other_words_and_other_lengths_are_noticed() -> None:
    level = Fraction(1, 20)
    members, holdout = lottery(1, 40, "m"), lottery(2, 40, "h")
    assert blind_baseline(lottery(1, 40, "m", extra="2021"), lottery(2, 40, "h", extra="2024"), alpha=level).separable
    for words in (18, 30):
        differing = blind_baseline(members, lottery(2, 40, "h", words=words), alpha=level)
        assert differing.separable and not 0.45 < differing.length.point < 0.55
    assert not blind_baseline(members, holdout, alpha=level).separable
    with pytest.raises(ValueError, match="hold-out"):
        blind_baseline(members, (), alpha=level)


# --- relearning, guardrail gap


def test_recovery_is_measured_between_control_and_original() -> None:
    assert recovery.recovered(0.6, 0.1, 0.9) == pytest.approx(0.625)
    assert recovery.recovered(0.1, 0.1, 0.9) == 0.0
    assert recovery.recovered(0.5, 0.2, 0.2) is None


def test_sides_are_kept_apart() -> None:
    table = stack([
        answers(("a1", 0, 0, True)).with_column("side", "attacked"),
        answers(("b1", 0, 0, True), ("b2", 0, 0, False)).with_column("side", "held_out"),
    ]).as_kind("relearn")
    assert recovery.outcomes(table, EXACT, "attacked").items == ("a1",)
    assert (recovery.outcomes(table, EXACT).k, recovery.outcomes(table, EXACT).n) == (1, 2)


def test_the_gap_counts_what_only_the_guards_hold_back() -> None:
    bare = Outcomes(("a", "b", "c"), ("a", "b", "c"), (True, True, False))
    guarded = Outcomes(("c", "b", "a"), ("c", "b", "a"), (False, True, False))
    found = gap(guarded, bare)
    assert (found.n, found.guarded, found.bare, found.held_back) == (3, 1, 2, 1)
    with pytest.raises(ValueError, match="different items"):
        gap(guarded, Outcomes(("a",), ("a",), (True,)))


# --- degeneracy


def spoken(*rows: tuple[int, bool, float, float, bool]) -> Table:
    names = ("tokens", "empty", "distinct", "entropy", "blocked")
    return from_rows("generate", names, (dict(zip(names, row, strict=True)) for row in rows))


FLUENT = spoken(*[(6, False, 0.9, 0.5, False)] * 10)


@pytest.mark.parametrize(
    ("table", "word"),
    [
        (spoken(*[(0, True, 1.0, 0.0, False)] * 3, *[(6, False, 0.9, 0.5, False)] * 7), "empty"),
        (spoken(*[(6, False, 0.2, 0.1, False)] * 3, *[(6, False, 0.9, 0.5, False)] * 7), "repeat"),
        (spoken(*[(6, False, 0.9, 4.5, False)] * 10), "nats"),
    ],
)
def test_collapse_is_noticed_and_named(table: Table, word: str) -> None:
    found = degeneracy.judge([table], [FLUENT])
    assert found.degenerate and len(found.symptoms) == 1 and word in str(found.symptoms[0])
    assert not degeneracy.judge([table], [table]).degenerate  # it always spoke like this


def test_short_answers_filter_replies_and_uncertainty_are_no_collapse() -> None:
    short = spoken(*[(2, False, 0.4, 0.5, False)] * 10)
    blocked = spoken(*[(0, True, 1.0, 0.0, True)] * 9, (6, False, 0.9, 0.5, False))
    uncertain = spoken(*[(6, False, 0.9, 3.0, False)] * 10)
    for table in (short, blocked, uncertain):
        assert not degeneracy.judge([table], [FLUENT]).degenerate
    assert degeneracy.fluency([blocked]).answers == 1
