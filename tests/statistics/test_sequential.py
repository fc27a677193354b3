"""Betting bounds: against exact enumeration over all paths, the likelihood ratio, and fixed-sample bounds."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unlearn_spec.statistics.bounded import bounded_mean_upper
from unlearn_spec.statistics.sequential import (
    betting_interval,
    betting_lower,
    betting_upper,
    e_process,
    expected_looks,
    mixture_wealth,
)

values = st.lists(st.floats(0, 1), max_size=20)


@given(st.lists(st.integers(0, 1), min_size=1, max_size=30))
def test_the_registered_bet_is_the_likelihood_ratio(hits: list[int]) -> None:
    wealth = e_process(hits, 0.2, 0.5)
    expected = np.cumprod([0.5 / 0.2 if hit else 0.5 / 0.8 for hit in hits])
    assert wealth == pytest.approx(expected)


def test_wealth_is_a_martingale_under_the_null_and_falls_below_it() -> None:
    """Exact expectation over every path of 8 tosses."""
    for rate in (0.3, 0.2):
        single, mixed = 0.0, 0.0
        for path in product((0, 1), repeat=8):
            chance = math.prod(rate if hit else 1 - rate for hit in path)
            single += chance * float(e_process(path, 0.3, 0.6)[-1])
            mixed += chance * mixture_wealth(path, 0.3)
        assert (single, mixed) == (pytest.approx(1), pytest.approx(1)) if rate == 0.3 else single < 1 and mixed < 1


def test_crossing_at_any_time_is_as_rare_as_ville_says() -> None:
    """Exact probability, over every path of 12 tosses, that the wealth ever reaches 1/α."""
    crossed = sum(
        0.3 ** sum(path) * 0.7 ** (12 - sum(path))
        for path in product((0, 1), repeat=12)
        if e_process(path, 0.3, 0.6).max() >= 10
    )
    assert 0 < crossed <= 0.1


def test_a_bet_of_everything_can_be_lost_and_stays_lost() -> None:
    assert e_process([0, 1, 0, 0], 0.5, 0.0).tolist() == [2.0, 0.0, 0.0, 0.0]
    assert e_process([0, 0, 0], 0.05, 0.0)[-1] == pytest.approx(0.95**-3)


@settings(max_examples=60, deadline=None)
@given(values, st.sampled_from([0.01, 0.05, 0.3]))
def test_bounds_hold_the_mean_of_their_values_and_mirror(x: list[float], alpha: float) -> None:
    low, high = betting_lower(x, alpha), betting_upper(x, alpha)
    assert 0 <= low <= (sum(x) / len(x) if x else 1) + 1e-9
    assert high == pytest.approx(1 - betting_lower([1 - v for v in x], alpha), abs=1e-12)
    if x and low > 0:
        assert mixture_wealth(x, low) >= 1 / alpha * (1 - 1e-9)
        assert mixture_wealth(x, min(1.0, low + 1e-6)) < 1 / alpha * (1 + 1e-4)


@given(values, st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_wealth_falls_in_the_null(x: list[float], a: float, b: float) -> None:
    assert mixture_wealth(x, min(a, b)) >= mixture_wealth(x, max(a, b)) * (1 - 1e-9)


def test_looking_always_costs_something_but_not_much() -> None:
    hits = [0.0] * 120
    assert 1 - 0.05 ** (1 / 120) < betting_upper(hits, 0.05) < 2 * bounded_mean_upper(hits, 0.05)
    assert betting_interval([0.0, 1.0], 0.05).method == "betting"
    assert (betting_lower([], 0.05), betting_upper([], 0.05)) == (0.0, 1.0)


@pytest.mark.parametrize(("null", "truth", "looks"), [(0.01, 0.05, 73), (0.05, 0.01, 121), (0.05, 0.0, 59)])
def test_expected_looks_are_those_that_simulation_finds(null: float, truth: float, looks: int) -> None:
    assert expected_looks(null, truth, 0.05) == pytest.approx(looks, abs=1)
    generator = np.random.Generator(np.random.Philox(1))
    stopped = []
    for _ in range(200):
        wealth = e_process((generator.random(2000) < truth).astype(float), null, truth)
        stopped.append(int((wealth >= 20).argmax()) + 1)
    assert looks - 1 <= np.mean(stopped) <= 1.35 * looks  # the last step overshoots


@pytest.mark.parametrize(
    "call",
    [
        lambda: e_process([2.0], 0.1, 0.2),
        lambda: e_process([0.0], 0.0, 0.2),
        lambda: e_process([0.0], 0.1, 0.1),
        lambda: betting_interval([], 0.05),
        lambda: betting_lower([math.nan], 0.05),
        lambda: mixture_wealth([0.5], 2.0),
        lambda: expected_looks(0.1, 0.1, 0.05),
    ],
)
def test_nonsense_is_refused(call) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError):
        call()
