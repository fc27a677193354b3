"""An attack that learned nothing could have found nothing: its own training loss says so, half by half and seed by seed."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

import make

from unlearn_spec.verdict import training_loss
from unlearn_spec.verdict.relearned import grid_of, most_shown
from unlearn_spec.verifiers.table import from_columns, stack
from unlearn_spec.wording.said import Said

SLOW, FAST = Fraction(1, 10**7), Fraction(1, 1000)
Made = Mapping[tuple[Literal[0, 1], int, Fraction], tuple[float, float]]
"""The loss before and after, by half, seed and learning rate."""
FALLS: Made = {(0, 3, FAST): (4.0, 1.0), (1, 3, FAST): (4.0, 1.0)}


def check(losses: Made, runs: int = 1) -> tuple[bool, Said]:
    units = {}
    for index in range(runs):
        for (half, seed, rate), (before, after) in losses.items():
            table = make.after_attack(half, [False] * 3, [True] * 3, loss_before=before, loss=after)
            units[f"{index}/{half}/{seed}/{rate}"] = (make.relearned(half, index=index, seed=seed, learning_rate=rate), table)
    return training_loss.check(make.obligation("relearning", audited=tuple(units)), make.seen(units))


@pytest.mark.parametrize(("after", "passed"), [(0.0, True), (2.0, True), (2.001, False), (4.0, False), (5.0, False)])
def test_at_most_half_of_the_loss_may_be_left(after: float, passed: bool) -> None:
    found, told = check({**FALLS, (1, 3, FAST): (4.0, after)})
    assert found is passed
    assert "went from 4 to" in str(told) and "10 steps at rate 0.001, seed 3" in str(told)
    assert ("a higher learning rate" in str(told)) is not passed


def test_one_learning_rate_of_the_grid_is_enough_for_each_half_of_each_seed() -> None:
    grid = {(half, seed, rate): (4.0, 4.0 if rate == SLOW else 1.0) for half in (0, 1) for seed in (3, 4) for rate in (SLOW, FAST)}
    assert check(grid, runs=2)[0]
    for half in (0, 1):
        for seed in (3, 4):
            assert not check({**grid, (half, seed, FAST): (4.0, 3.9)})[0]


def test_what_one_run_learned_says_nothing_of_another() -> None:
    units = {
        f"{index}/{half}": (make.relearned(half, index=index), make.after_attack(half, [False], [True], loss_before=4.0, loss=after))
        for index, after in ((0, 1.0), (1, 3.0))
        for half in (0, 1)
    }  # fmt: skip
    assert not training_loss.check(make.obligation("relearning", audited=tuple(units)), make.seen(units))[0]


@pytest.mark.parametrize("pair", [(math.inf, 1.0), (4.0, math.inf), (math.inf, math.inf), (0.0, 0.0)])
def test_a_loss_that_is_no_number_or_was_nothing_before_shows_nothing(pair: tuple[float, float]) -> None:
    found, told = check({**FALLS, (0, 3, FAST): pair})
    assert not found and str(told)


def test_an_attack_that_did_not_reach_its_end_counts_for_nothing() -> None:
    cut, whole = (make.after_attack(half, [False], [True], step=step, loss_before=4.0, loss=0.1) for half, step in ((0, 4), (1, 10)))
    units = {"0": (make.relearned(0, looks=(4,)), cut), "1": (make.relearned(1, looks=(4,)), whole)}
    found, told = training_loss.check(make.obligation("relearning", audited=tuple(units)), make.seen(units))
    assert not found and "no finite number" in str(told)


def test_tables_of_earlier_versions_do_not_pass() -> None:
    without = from_columns("relearn", dict.fromkeys(("step", "side", "item", "cluster"), ()))
    for table in (make.after_attack(0, [False], [True]), without):
        units = {"0": (make.relearned(0), table)}
        found, told = training_loss.check(make.obligation("relearning", audited=("0",)), make.seen(units))
        assert not found and "earlier versions recorded none" in str(told)


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0.01, 20), st.floats(0, 20)), min_size=2, max_size=2))
def test_it_passes_just_where_both_halves_were_learned(pairs: list[tuple[float, float]]) -> None:
    (first, second) = pairs
    found, _ = check({(0, 3, FAST): first, (1, 3, FAST): second})
    assert found is all(after / before <= 0.5 for before, after in pairs)


@pytest.mark.parametrize(("losses", "shown"), [((3.9, 1.0), 0), ((1.0, 1.0), 40), ((3.9, 3.9), None), ((1.0, 3.9), 40)])
def test_what_the_original_shows_counts_from_where_the_attack_has_learned(losses: tuple[float, float], shown: int | None) -> None:
    """The original shows all before the attack takes hold; here its last look has wiped everything out."""
    units = {}
    for half in (0, 1):
        for role, looks in (("audited", (0, 0)), ("original", (20, 0))):
            tables = [
                make.after_attack(half, make.of(hits, 20), [], step=step, loss_before=4.0, loss=loss)
                for step, hits, loss in zip((2, 10), looks, losses, strict=True)
            ]
            units[f"{role}{half}"] = (make.relearned(half, role, looks=(2,)), stack(tables))  # type: ignore[arg-type]
    arms = {role: tuple(key for key in units if key.startswith(role)) for role in ("audited", "original")}
    wanted = make.obligation("relearning", audited=arms["audited"], original=arms["original"], access="finetune")
    found, low = most_shown(wanted, grid_of(wanted, make.EXACT, make.seen(units)))
    assert (sum(one.k for one in found) if found else None) == shown
    assert (low > Fraction(1, 2)) is (shown == 40)
