"""Holm, and planned power, against known numbers and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unlearn_spec.statistics import power
from unlearn_spec.statistics.intervals import auc_interval
from unlearn_spec.statistics.multiplicity import holm, holm_adjusted


def test_holm_follows_a_worked_example() -> None:
    assert holm_adjusted((0.01, 0.04, 0.03, 0.005)) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm((0.01, 0.04, 0.03, 0.005), 0.05) == (True, False, False, True)
    assert holm((), 0.05) == ()
    with pytest.raises(ValueError):
        holm_adjusted((1.2,))


@given(st.lists(st.floats(0, 1), max_size=12), st.sampled_from([0.01, 0.05]))
def test_holm_is_the_step_down_procedure(p_values: list[float], alpha: float) -> None:
    expected = [False] * len(p_values)
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        if (len(p_values) - rank) * p_values[index] > alpha:
            break
        expected[index] = True
    assert holm(p_values, alpha) == tuple(expected)


@pytest.mark.parametrize(("margin", "n"), [(0.1, 145), (0.05, 575), (0.03, 1590), (0.02, 3570)])
def test_auc_equivalence_needs_the_known_sizes(margin: float, n: int) -> None:
    found = power.auc_equivalence_samples(margin, 0.05, 0.8)
    assert found == pytest.approx(n, rel=0.01)
    assert found is not None and power.auc_equivalence_power(found, found, margin, 0.05) >= 0.8
    assert power.auc_equivalence_power(found - 1, found - 1, margin, 0.05) < 0.8


@pytest.mark.parametrize(("n", "half_width"), [(40, 0.127), (100, 0.080), (400, 0.040), (1000, 0.025)])
def test_hanley_mcneil_gives_the_known_half_widths(n: int, half_width: float) -> None:
    assert 1.96 * power.hanley_mcneil_variance(0.5, n, n) ** 0.5 == pytest.approx(half_width, abs=5e-4)


def test_paired_non_inferiority_needs_the_known_sizes() -> None:
    assert power.paired_noninferiority_samples(0.02, 0.1, 0.05, 0.8) == 1546
    assert power.paired_noninferiority_samples(0.05, 0.1, 0.05, 0.8) == 248
    assert power.paired_noninferiority_samples(0.05, 0.1, 0.05, 0.8, difference=-0.05) is None
    assert power.paired_noninferiority_power(10, 0.05, 0.0, 0.05) == 1.0


def test_planned_power_of_an_auc_bound_is_reached_in_simulation() -> None:
    rng = np.random.default_rng(3)
    distance = 2**0.5 * 0.5244  # AUC 0.70
    refuted = [auc_interval(rng.normal(distance, 1, 60), rng.normal(0, 1, 60), 0.05).low > 0.6 for _ in range(400)]
    assert np.mean(refuted) == pytest.approx(power.auc_bound_power(60, 60, 0.6, 0.7, 0.05), abs=0.08)


def test_clustering_costs_its_design_effect() -> None:
    assert power.mean_power(400, 0.05, 0.5, 0.05, design_effect=4) == pytest.approx(
        power.mean_power(100, 0.05, 0.5, 0.05)
    )


@given(st.integers(2, 10**6))
def test_the_smallest_n_is_found_exactly(n: int) -> None:
    assert power.smallest_n(lambda m: 0.9 if m >= n else 0.1, 0.8) == n


def test_impossible_sizes_are_none_and_bad_arguments_errors() -> None:
    assert power.smallest_n(lambda _: 0.1, 0.8) is None
    assert power.auc_equivalence_samples(0.05, 0.05, 0.8, auc=0.6) is None
    for call in (
        lambda: power.normal_power(0.1, 0.0, 0.05),
        lambda: power.normal_power(0.1, 1.0, 0.0),
        lambda: power.paired_noninferiority_power(10, 0.05, 0.1, 0.05, difference=0.2),
        lambda: power.hanley_mcneil_variance(1.2, 5, 5),
        lambda: power.mean_power(0, 1, 1, 0.05),
    ):
        with pytest.raises(ValueError):
            call()
