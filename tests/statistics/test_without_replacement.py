"""Bounds for a finite population seen in random order: error over all looks, and what is known when all was seen."""

from __future__ import annotations

import math
import sys
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unlearn_spec.statistics.without_replacement import CAPITAL, total_upper, wealth_against_total

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import statistics_looks as simulated

VALUES = st.lists(st.sampled_from([0.0, 0.25, 1.0]), min_size=1, max_size=12)


def test_wealth_is_an_average_over_all_orders() -> None:
    """Under the null exactly: the mean wealth over every order is one, whatever has been seen."""
    population = (1.0, 0.0, 0.5, 0.0, 0.25)
    for seen in range(1, len(population)):
        wealth = [wealth_against_total(order[:seen], len(population), sum(population)) for order in permutations(population)]
        assert math.fsum(wealth) / len(wealth) == pytest.approx(1.0, abs=1e-9)


def test_no_hits_give_what_the_hypergeometric_test_gives_at_half_the_error() -> None:
    """The boldest gambler's wealth after n misses is one over the chance of n misses among K hits."""
    n, population, hits = 30, 100, 10
    chance = math.comb(population - hits, n) / math.comb(population, n)
    assert wealth_against_total([0.0] * n, population, hits) >= CAPITAL[0] / chance * (1 - 1e-9)


@given(VALUES, st.integers(0, 8))
@settings(max_examples=60)
def test_the_bound_holds_what_is_possible(values: list[float], left: int) -> None:
    population = len(values) + left
    high = total_upper(values, population, 0.05)
    assert sum(values) - 1e-6 <= high <= sum(values) + left + 1e-6
    if not left:
        assert high == pytest.approx(sum(values))


@given(VALUES)
@settings(max_examples=40)
def test_the_bound_is_where_the_wealth_reaches_its_mark(values: list[float]) -> None:
    population = len(values) + 20
    bound = total_upper(values, population, 0.05)
    if bound < sum(values) + 20 - 1e-6:
        assert wealth_against_total(values, population, bound) >= 20 * (1 - 1e-6)
        assert wealth_against_total(values, population, max(0.0, bound - 1e-3)) < 20


@pytest.mark.parametrize("values", [[1.5], [-0.1], [[0.5]], [float("nan")]])
def test_bad_values_are_refused(values: object) -> None:
    with pytest.raises(ValueError):
        total_upper(values, 10, 0.05)
    with pytest.raises(ValueError):
        total_upper([0.0, 0.0], 1, 0.05)


@pytest.mark.parametrize("case", simulated.CASES, ids=lambda case: case.name)
def test_stopping_at_the_worst_look_errs_no_more_than_alpha(case: simulated.Case) -> None:
    """Fast form of `python benchmarks/statistics_looks.py`: the error of a test that ends at any look, in its worst case."""
    found = simulated.errors(case, runs=40, seed=1)
    assert simulated.acceptable(found, 40, simulated.ALPHA)


def test_a_fixed_sample_bound_at_each_look_would_err_more() -> None:
    """What the looks would cost without bounds made for them; else the test above could not fail."""
    wrong = simulated.peeking(runs=80, seed=2)
    assert not simulated.acceptable(wrong, 80, simulated.ALPHA)
