"""Distribution-free bounds for means in [0, 1] and for clustered rates."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unlearn_spec.statistics.binomial import clopper_pearson_lower, clopper_pearson_upper, pmf, zero_failure_upper
from unlearn_spec.statistics.bounded import (
    bounded_mean_lower,
    bounded_mean_upper,
    clustered_rate_lower,
    clustered_rate_upper,
)

shares = st.lists(st.floats(0, 1), min_size=1, max_size=40)
alphas = st.sampled_from([0.001, 0.01, 0.05, 0.3])


@given(shares, alphas)
def test_bounds_enclose_the_mean_and_mirror(values: list[float], alpha: float) -> None:
    mean = math.fsum(values) / len(values)
    low, high = bounded_mean_lower(values, alpha), bounded_mean_upper(values, alpha)
    assert 0 <= low <= mean + 1e-12 and mean - 1e-12 <= high <= 1
    assert bounded_mean_upper([1 - value for value in values], alpha) == pytest.approx(1 - low, abs=1e-9)


@given(st.integers(1, 300), alphas)
def test_nothing_seen_gives_the_exact_zero_failure_bound(n: int, alpha: float) -> None:
    assert bounded_mean_upper([0.0] * n, alpha) == zero_failure_upper(n, alpha)
    assert bounded_mean_lower([1.0] * n, alpha) == pytest.approx(1 - zero_failure_upper(n, alpha))


@given(st.integers(1, 60), st.floats(0, 1), alphas)
def test_binary_values_are_bounded_no_better_than_exactly(n: int, share: float, alpha: float) -> None:
    k = round(n * share)
    values = [1.0] * k + [0.0] * (n - k)
    assert bounded_mean_upper(values, alpha) >= clopper_pearson_upper(k, n, alpha) - 1e-12
    assert clustered_rate_upper(values, range(n), alpha) == clopper_pearson_upper(k, n, alpha)
    assert clustered_rate_lower(values, range(n), alpha) == pytest.approx(clopper_pearson_lower(k, n, alpha), abs=1e-12)


@given(shares, st.integers(2, 6))
def test_repeating_items_within_their_cluster_adds_no_evidence(values: list[float], copies: int) -> None:
    repeated = [value for value in values for _ in range(copies)]
    names = [item for item in range(len(values)) for _ in range(copies)]
    assert clustered_rate_upper(repeated, names, 0.05) == pytest.approx(bounded_mean_upper(values, 0.05), abs=1e-6)


def test_the_number_of_clusters_decides_the_bound_at_zero_hits() -> None:
    items = [0.0] * 120
    bounds = [clustered_rate_upper(items, [item // size for item in range(120)], 0.05) for size in (1, 3, 40)]
    assert bounds == [pytest.approx(1 - 0.05 ** (1 / n)) for n in (120, 40, 3)]
    assert clustered_rate_upper([], [], 0.05) == 1.0
    uneven = clustered_rate_upper([0.0] * 10, [0, 1, 2, 3, 4, 5, 5, 5, 5, 5], 0.05)
    assert uneven > 1 - 0.05 ** (1 / 6), "a large cluster weighs more than the others and counts as one draw"


@pytest.mark.parametrize("rate", [0.02, 0.2, 0.6])
@pytest.mark.parametrize("n", [10, 40])
def test_coverage_when_whole_clusters_agree_is_exact_by_enumeration(rate: float, n: int) -> None:
    """The least favourable case for a bounded mean: every cluster is all hits or none."""
    missed = sum(
        pmf(k, n, rate)
        for k in range(n + 1)
        if clustered_rate_upper([1.0] * (2 * k) + [0.0] * (2 * (n - k)), [i // 2 for i in range(2 * n)], 0.05) < rate
    )
    assert missed <= 0.05


def test_fractions_are_accepted_as_error_probabilities() -> None:
    assert bounded_mean_upper([0.2] * 30, Fraction(1, 20)) == bounded_mean_upper([0.2] * 30, 0.05)


@pytest.mark.parametrize("values", [[-0.1], [1.1], [float("nan")]])
def test_values_outside_the_unit_interval_are_refused(values: list[float]) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        bounded_mean_upper(values, 0.05)
    with pytest.raises(ValueError):
        clustered_rate_upper([1.0], [], 0.05)
    with pytest.raises(ValueError):
        bounded_mean_upper([0.5], 0.0)
