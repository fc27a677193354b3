"""The one-run audit against exact enumeration, known values, and mechanisms whose ε is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from unlearn_spec.statistics.canaries import (
    Guesses,
    audit,
    audit_p_value,
    audit_power,
    epsilon_lower,
    guesses_needed,
)


@pytest.mark.parametrize(
    ("guesses", "correct", "epsilon"), [(100, 100, 3.49), (100, 90, 1.63), (1000, 750, 0.977), (100, 50, 0.0)]
)
def test_bounds_at_known_counts(guesses: int, correct: int, epsilon: float) -> None:
    assert epsilon_lower(guesses, guesses, correct, 0.05) == pytest.approx(epsilon, abs=0.005)


@given(st.integers(1, 200), st.floats(0, 1), st.sampled_from([0.01, 0.05]))
def test_without_delta_it_is_the_binomial_bound_on_the_accuracy(guesses: int, share: float, alpha: float) -> None:
    correct = round(share * guesses)
    accuracy = binomtest(correct, guesses, alternative="greater").proportion_ci(1 - alpha, method="exact").low
    expected = max(0.0, math.log(accuracy / (1 - accuracy))) if accuracy > 0 else 0.0
    assert epsilon_lower(guesses, guesses, correct, alpha) == pytest.approx(expected, abs=1e-6)


def test_what_delta_adds_is_its_definition_by_enumeration() -> None:
    m, r, v, eps, delta = 300, 40, 31, 0.7, 1e-4
    q = math.exp(eps) / (1 + math.exp(eps))
    mass = [float(binom.pmf(k, r, q)) for k in range(r + 1)]
    worst = max(sum(mass[v - i : v]) / i for i in range(1, v + 1))
    assert audit_p_value(m, r, v, eps, delta) == pytest.approx(sum(mass[v:]) + 2 * m * delta * worst)
    assert epsilon_lower(m, r, v, 0.05, delta) < epsilon_lower(m, r, v, 0.05)


@given(st.integers(1, 60), st.integers(0, 60), st.sampled_from([0.0, 1e-3]))
def test_more_right_guesses_never_lower_the_bound(guesses: int, correct: int, delta: float) -> None:
    correct = min(correct, guesses - 1)
    bounds = [epsilon_lower(100, guesses, k, 0.05, delta) for k in (correct, correct + 1)]
    assert bounds[0] <= bounds[1] + 1e-8


def test_only_registered_splits_count_and_they_share_the_error() -> None:
    coins = np.array([1] * 50 + [0] * 50)
    scores = -np.arange(100.0)
    one = audit(scores, coins, [Guesses(20, 20)], 0.05)
    assert (one.correct, one.canaries) == (40, 100)
    assert one.epsilon_lower == pytest.approx(epsilon_lower(100, 40, 40, 0.05))
    two = audit(scores, coins, [Guesses(20, 20), Guesses(5, 5)], 0.05)
    assert two.guesses == Guesses(20, 20)
    assert two.epsilon_lower == pytest.approx(epsilon_lower(100, 40, 40, 0.025))
    assert audit(scores, coins, [Guesses(0, 30)], 0.05).correct == 30
    assert audit(scores, 1 - coins, [Guesses(20, 20)], 0.05).epsilon_lower == 0


def test_power_is_that_of_the_bound_and_the_number_needed_is_the_first() -> None:
    limit, accuracy, alpha = 1.0, 0.9, 0.05
    exact = sum(float(binom.pmf(k, 60, accuracy)) for k in range(61) if epsilon_lower(60, 60, k, alpha) > limit + 1e-9)
    assert audit_power(60, limit, accuracy, alpha) == pytest.approx(exact)
    n = guesses_needed(limit, accuracy, 0.8, alpha)
    assert n is not None and audit_power(n, limit, accuracy, alpha) >= 0.8
    assert all(audit_power(k, limit, accuracy, alpha) < 0.8 for k in range(1, n))
    assert guesses_needed(2.0, 0.7, 0.8, alpha, most=500) is None


@pytest.mark.parametrize(
    "call",
    [
        lambda: Guesses(0, 0),
        lambda: audit([0.0], [1], [Guesses(1, 1)], 0.05),
        lambda: audit([0.0, 1.0], [1, 2], [Guesses(1, 1)], 0.05),
        lambda: audit([0.0, 1.0], [1, 0], [], 0.05),
        lambda: audit_p_value(10, 5, 6, 1.0),
        lambda: audit_power(0, 1.0, 0.9, 0.05),
    ],
)
def test_nonsense_is_refused(call) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError):
        call()
