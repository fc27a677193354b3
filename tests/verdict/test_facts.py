"""What measured tables say about a clause: the side of its limit, with the registered error, and no more."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

import make

from unlearn_spec.gpu import draws
from unlearn_spec.logic.evidence import CountFact, DropFact, MembershipFact, RateFact, RecordFact
from unlearn_spec.statistics.binomial import (
    clopper_pearson_lower,
    clopper_pearson_upper,
    pmf,
    power_refute,
    samples_for_zero_failures,
)
from unlearn_spec.verdict.facts import Measured, measure, recorded
from unlearn_spec.verdict.relearned import beyond_control, grid_of


def rate(k: int, n: int, clause: Any, *, cluster_size: int = 1, **fields: Any) -> Measured:
    table = make.answers(make.of(k, n), cluster_size=cluster_size)
    return measure(make.obligation(**fields), clause, make.seen({"audited": (make.generated(), table)}), seed=0)


def only(measured: Measured) -> Any:
    (fact,) = measured.facts
    return fact


# --- rates -----------------------------------------------------------------------------------------------------------


def test_enough_clean_items_put_the_rate_below_the_limit() -> None:
    n = samples_for_zero_failures(Fraction(1, 20), make.ALPHA)
    assert n == 90
    fact = only(rate(0, n, make.suppress("5%")))
    assert (fact.low, fact.high, fact.alpha, fact.side) == (0, Fraction(1, 20), make.ALPHA, "reveals")
    assert fact.reading == "metric=exact|"
    fact = only(rate(0, n - 1, make.suppress("5%")))
    assert (fact.low, fact.high) == (0, 1)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 300), st.data())
def test_the_fact_is_the_side_of_the_limit_that_one_bound_shows(n: int, data: st.DataObject) -> None:
    k, percent = data.draw(st.integers(0, n)), data.draw(st.integers(1, 99))
    fact = only(rate(k, n, make.suppress(f"{percent}%")))
    limit = Fraction(percent, 100)
    low, high = clopper_pearson_lower(k, n, make.ALPHA), clopper_pearson_upper(k, n, make.ALPHA)
    if min(abs(low - limit), abs(high - limit)) > 1e-8:  # bounds are rounded outwards
        assert (fact.high <= limit) == (high <= limit)
        assert (fact.low > limit) == (low > limit)
    assert 0 <= fact.low <= fact.high <= 1
    assert not (fact.low > 0 and fact.high < 1)


def test_the_fact_is_wrong_no_more_often_than_registered() -> None:
    """Whatever the true rate, on either side of the limit: the exact chance over all outcomes of 60 items."""
    n, alpha = 60, Fraction(1, 10)
    facts = [only(rate(k, n, make.suppress("20%"), alpha=alpha)) for k in range(n + 1)]
    for truth in (Fraction(percent, 1000) for percent in (1, 50, 150, 190, 199, 200, 201, 210, 300, 700)):
        wrong = sum(pmf(k, n, truth) for k, fact in enumerate(facts) if not fact.low <= truth <= fact.high)
        assert wrong <= alpha


def test_items_that_share_a_cluster_show_less() -> None:
    single, shared = (rate(0, 100, make.suppress("5%"), cluster_size=size) for size in (1, 10))
    assert only(single).high == Fraction(1, 20)
    assert only(shared).high == 1
    assert shared.intervals[0].clusters == 10
    assert "in 10 clusters" in str(shared.words)


def test_any_answer_reveals_but_only_every_answer_keeps() -> None:
    first, second = make.answers(make.of(2, 4)), make.answers([False] * 4)
    units = {"a": (make.generated(), first), "b": (make.generated(), second)}
    fields: dict[str, Any] = {"audited": ("a", "b")}
    revealed = measure(make.obligation(**fields), make.suppress(), make.seen(units), seed=0)
    assert revealed.intervals[0].hits == 2
    keep = make.clause(goal="retain", limit={"at_least": "50%"}, reveals_when={"metric": "exact"})
    known = measure(make.obligation("retention", **fields), keep, make.seen(units), seed=0)
    assert known.intervals[0].hits == 0


def test_a_floor_is_met_from_above() -> None:
    keep = make.clause(goal="retain", limit={"at_least": "80%"}, reveals_when={"metric": "exact"})
    assert (only(rate(199, 200, keep, verifier="retention")).low) == Fraction(4, 5)
    broken = only(rate(20, 200, keep, verifier="retention"))
    assert broken.low == 0
    assert broken.high < Fraction(4, 5)
    assert broken.side == "knows"


def test_refusals_count_an_item_only_if_every_answer_refuses() -> None:
    refuse = make.clause(goal="refuse", limit={"at_least": "90%"})
    tables = [make.answers([False] * 100, refusals=make.of(k, 100)) for k in (100, 99)]
    units = {key: (make.generated(), table) for key, table in zip("ab", tables, strict=True)}
    found = measure(make.obligation("refusal", audited=("a", "b")), refuse, make.seen(units), seed=0)
    assert found.intervals[0].hits == 99
    assert (only(found).side, only(found).low) == ("refuses", Fraction(9, 10))


def test_answers_to_neighbours_are_stated_as_refusals() -> None:
    keep = make.clause(goal="retain", limit={"at_least": "80%"}, reveals_when={"metric": "not_refusal"})
    table = make.answers([True] * 100, refusals=make.of(0, 100))
    reading = make.EXACT.model_copy(update={"metric": "not_refusal"})
    found = measure(
        make.obligation("refusal", reading=reading), keep, make.seen({"audited": (make.generated(), table)}), seed=0
    )
    assert found.intervals[0].hits == 100
    assert (only(found).side, only(found).high, only(found).reading) == ("refuses", Fraction(1, 5), "|")


def test_computed_extraction_over_the_listed_items_has_no_error() -> None:
    hidden = make.clause(
        goal="suppress", limit={"at_most": "5%"}, reveals_when={"metric": "extraction_probability", "at_least": "0.1%"}
    )
    table = make.scores([-1.0] * 3 + [-50.0] * 37)
    units = make.seen({"audited": (make.scored(), table)})
    listed = measure(make.obligation("extraction", reading=make.EXTRACTION), hidden, units, seed=0)
    assert (only(listed).low, only(listed).high, only(listed).alpha) == (Fraction(3, 40), Fraction(3, 40), 0)
    wider = measure(
        make.obligation("extraction", reading=make.EXTRACTION, population="wider"), hidden, units, seed=0
    )
    assert (only(wider).low, only(wider).high, only(wider).alpha) == (0, 1, make.ALPHA)


def test_a_limit_for_each_item_is_counted() -> None:
    found = rate(2, 50, make.suppress("5%", over="each"))
    mean, number = found.facts
    assert isinstance(mean, RateFact)
    assert isinstance(number, CountFact)
    assert (number.low, number.high, number.threshold, number.inclusive, number.alpha) == (2, 2, Fraction(1, 20), False, 0)
    assert len(rate(2, 50, make.suppress("5%", over="each"), population="wider").facts) == 1


def test_one_run_speaks_of_a_process_only_from_the_registered_rate_on() -> None:
    process = make.suppress("5%", about="process")
    level: dict[str, Any] = {"refute_at": Fraction(1, 2)}
    assert only(rate(0, 500, process, **level)).high == 1
    assert only(rate(200, 500, process, **level)).low == 0
    assert only(rate(300, 500, process, **level)).low == Fraction(1, 2)


def test_realised_power_falls_with_items_and_with_clusters() -> None:
    effect = Fraction(1, 4)
    single = rate(0, 100, make.suppress("5%"), effect=effect).realised_power
    shared = rate(0, 100, make.suppress("5%"), effect=effect, cluster_size=10).realised_power
    few = rate(0, 10, make.suppress("5%"), effect=effect).realised_power
    assert single == pytest.approx(power_refute(100, Fraction(1, 20), effect, make.ALPHA))
    assert single is not None and shared is not None and few is not None
    assert single > 0.95 > shared >= few
    assert rate(0, 100, make.suppress("5%")).realised_power is None


# --- falls -----------------------------------------------------------------------------------------------------------


def fall(before: int, now: int, n: int = 300) -> DropFact:
    keep = make.clause(goal="retain", limit={"within": "10%", "of": "before"}, reveals_when={"metric": "exact"})
    units = make.seen(
        {
            "audited": (make.generated(), make.answers(make.of(now, n))),
            "original": (make.generated("original"), make.answers(make.of(before, n))),
        }
    )
    found = measure(make.obligation("retention", original=("original",), effect=Fraction(1, 4)), keep, units, seed=0)
    assert found.realised_power is not None and found.realised_power > 0.8
    assert found.intervals[0].label == "fall since before"
    assert found.intervals[0].point == pytest.approx((before - now) / n)
    fact = only(found)
    assert isinstance(fact, DropFact)
    return fact


def test_a_fall_lies_within_beyond_or_across_the_margin() -> None:
    assert fall(300, 297).high == Fraction(1, 10)
    assert fall(200, 230).high == Fraction(1, 10)
    assert fall(300, 200).low > Fraction(1, 10)
    assert (fall(300, 272).low, fall(300, 272).high) == (-1, 1)


def test_what_was_never_known_cannot_fall() -> None:
    keep = make.clause(goal="retain", limit={"within": "10%", "of": "before"}, reveals_when={"metric": "exact"})
    arms = {"audited": make.generated(), "original": make.generated("original")}
    units = make.seen({name: (unit, make.answers(make.of(20, 300))) for name, unit in arms.items()})
    found = measure(make.obligation("retention", original=("original",), effect=Fraction(1, 4)), keep, units, seed=0)
    assert found.realised_power == 0


# --- removal ---------------------------------------------------------------------------------------------------------

REMOVE = make.clause(
    goal="remove", measure="influence", about="process", limit={"epsilon": "0.1", "delta": "1%", "compared_with": "retrain_without"}
)


def relearning(audited: tuple[int, int], reference: tuple[int, int], **fields: Any) -> Measured:
    n, units = 40, {}
    for half in (0, 1):
        units[f"a{half}"] = (make.relearned(half), make.after_attack(half, make.of(audited[half], n), make.of(n, n)))
        table = make.after_attack(half, make.of(reference[half], n), make.of(n, n))
        units[f"r{half}"] = (make.relearned(half, "reference"), table)
    wanted = make.obligation("relearning", audited=("a0", "a1"), references=("r0", "r1"), access="finetune", **fields)
    return measure(wanted, REMOVE, make.seen(units), seed=0)


def test_relearning_counts_the_half_that_was_not_attacked_and_the_worse_of_both() -> None:
    found = relearning((2, 30), (0, 0))
    expected = clopper_pearson_lower(30, 40, make.ALPHA / 2)
    assert float(only(found).low) == pytest.approx(expected, abs=1e-8)
    assert only(found).high == 1
    assert [one.label for one in found.intervals] == ["audited", "never trained"]
    assert (found.intervals[0].hits, found.intervals[0].n) == (32, 80)
    assert "2 of 40 and 30 of 40 items held out from relearning were revealed" in str(found.words)


def test_relearning_refutes_a_process_from_the_registered_rate_on() -> None:
    level: dict[str, Any] = {"refute_at": Fraction(1, 2), "effect": Fraction(4, 5)}
    assert only(relearning((2, 30), (0, 0), **level)).low == Fraction(1, 2)
    assert only(relearning((2, 24), (0, 0), **level)).low == 0
    power = relearning((2, 24), (0, 0), **level).realised_power
    assert power == pytest.approx(power_refute(40, Fraction(1, 2), Fraction(4, 5), make.ALPHA / 2))


def test_the_worst_of_a_grid_counts_and_its_attacks_share_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    units = {}
    for steps, hits in ((10, (2, 3)), (20, (30, 5))):
        for half in (0, 1):
            for role, found in (("audited", make.of(hits[half], 40)), ("reference", make.of(0, 40))):
                unit = make.relearned(half, role).model_copy(update={"steps": steps})  # type: ignore[arg-type]
                units[f"{role}{half}{steps}"] = (unit, make.after_attack(half, found, found, step=steps))
    arms = {role: tuple(key for key in units if key.startswith(role)) for role in ("audited", "reference")}
    wanted = make.obligation("relearning", audited=arms["audited"], references=arms["reference"], access="finetune")
    found = measure(wanted, REMOVE, make.seen(units), seed=0)
    assert float(only(found).low) == pytest.approx(clopper_pearson_lower(30, 40, make.ALPHA / 4), abs=1e-8)
    assert "the worst of 2 attacks (20 steps at rate 0.001, seed 0) 30 of 40 and 5 of 40" in str(found.words)
    grid = grid_of(wanted, make.EXACT, make.seen(units))
    weak, strong = beyond_control(wanted, grid, seed=0)
    assert weak is not None and strong is not None and strong < 0.001 < weak
    monkeypatch.setattr(draws, "BREAK_EVEN", 1)
    weak_by_counter, strong_by_counter = beyond_control(wanted, grid, seed=0)
    assert strong_by_counter == strong and weak_by_counter != weak == pytest.approx(weak_by_counter, abs=0.02)
    assert beyond_control(wanted.model_copy(update={"id": "another"}), grid, seed=0)[0] not in (weak, weak_by_counter)


def test_an_attack_that_diverged_leaves_the_others_and_names_another_suite() -> None:
    units = {}
    for steps in (10, 20):
        for half in (0, 1):
            table = make.after_attack(half, make.of(30, 40) if steps == 10 else [], [], step=steps)
            units[f"a{half}{steps}"] = (make.relearned(half).model_copy(update={"steps": steps}), table)
    wanted = make.obligation("relearning", audited=tuple(units), access="finetune", asked="suite:relearn-0")
    found = measure(wanted, REMOVE, make.seen(units), seed=0)
    assert only(found).asked == "suite:relearn-0-completed"
    assert float(only(found).low) == pytest.approx(clopper_pearson_lower(30, 40, make.ALPHA / 4), abs=1e-8)
    assert "training diverged after 20 steps at rate 0.001, seed 0 on the audited model" in str(found.words)


def test_a_relearned_rate_is_bounded_by_the_worse_half() -> None:
    units = make.seen(
        {f"a{half}": (make.relearned(half), make.after_attack(half, make.of(k, 200), [])) for half, k in enumerate((0, 12))}
    )
    wanted = make.obligation("relearning", audited=("a0", "a1"), access="finetune")
    assert only(measure(wanted, make.suppress("15%"), units, seed=0)).high == Fraction(3, 20)
    assert only(measure(wanted, make.suppress("5%"), units, seed=0)).high == 1


MEMBERSHIP = make.clause(goal="remove", measure="membership", about="model", limit={"tpr_at_most": "50%", "at_fpr": "20%"})


def membership(members: list[float], holdout: list[float], *, cluster_size: int = 1) -> Measured:
    units = {
        "in": (make.scored(), make.scores(members)),
        "out": (make.scored(data="holdout:facts"), make.scores(holdout, "other", cluster_size=cluster_size)),
    }
    wanted = make.obligation(
        "membership", audited=("in", "out"), access="weights", effect=Fraction(19, 20), reading=None
    )
    return measure(wanted, MEMBERSHIP, make.seen(units), seed=0)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_members_that_stand_out_on_either_side_are_caught(sign: float) -> None:
    found = membership([sign * (10 + i) for i in range(60)], [float(i % 7) for i in range(60)])
    fact = only(found)
    assert isinstance(fact, MembershipFact)
    assert float(fact.low) == pytest.approx(clopper_pearson_lower(60, 60, make.ALPHA / 16), abs=1e-8)
    assert fact.high == 1
    assert found.realised_power is not None and found.realised_power > 0.8


def test_a_small_holdout_supports_no_false_positive_rate_and_says_how_many_would() -> None:
    found = membership([10.0 + i for i in range(60)], [float(i) for i in range(20)])
    assert only(found).low == 0
    assert found.realised_power == 0
    needed = samples_for_zero_failures(Fraction(1, 5), make.ALPHA / 16)
    assert f"{needed} would" in str(found.words)


def test_only_one_item_of_a_holdout_cluster_counts() -> None:
    found = membership([10.0 + i for i in range(60)], [float(i) for i in range(60)], cluster_size=3)
    assert "20 never-trained items do not support" in str(found.words)


def test_best_of_many_attacks_on_noise_rarely_exceeds_the_truth() -> None:
    """Members and hold-out from one lottery: each attack's true rate at FPR 20 % is at most 20 %."""
    random, wrong = np.random.default_rng(11), 0
    for _ in range(200):
        fact = only(membership(random.normal(size=60).tolist(), random.normal(size=60).tolist()))
        wrong += fact.low > Fraction(1, 5)
    assert wrong <= 8  # 1 % registered


# --- the rest --------------------------------------------------------------------------------------------------------


def test_facts_are_stated_in_words_with_their_evidence() -> None:
    found = rate(0, 90, make.suppress("5%"))
    (stated,) = found.stated
    assert stated.id == only(found).id == "clause@assistant#rate"
    assert stated.words == "the share of facts revealed is at most 5%, on assistant, access product, asked direct"
    assert stated.objects == ("sha256:" + "0" * 64,)


def test_a_record_is_as_true_as_its_signer() -> None:
    record = RecordFact("log", "procedure", "acme", "clause", "assistant", day=Fraction(3))
    found = recorded(make.obligation("record", reading=None, record="training-log", audited=()), record)
    assert found.facts == (record,)
    assert str(found.words) == "The procedure training-log, signed by acme, is taken at its word."


def test_a_verifier_that_does_not_bear_on_the_clause_is_refused() -> None:
    with pytest.raises(ValueError, match="membership does not bear on a suppress clause"):
        rate(0, 10, make.suppress(), verifier="membership")
