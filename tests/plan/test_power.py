"""Planned power: exact for items that stand alone, the worst case for clusters, published sizes for the rest."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unlearn_spec.plan.power import certifying_power, paired, refuting_power, to_certify, to_refute
from unlearn_spec.statistics.binomial import power_certify, power_refute
from unlearn_spec.statistics.bounded import clustered_rate_lower, clustered_rate_upper

FIVE = Fraction(1, 20)


def percent(value: int | str) -> Fraction:
    return Fraction(value) / 100


@pytest.mark.parametrize(("limit", "truth", "n"), [(5, 1, 124), (1, "0.2", 628)])
def test_sizes_to_certify(limit: int | str, truth: int | str, n: int) -> None:
    assert to_certify((), percent(limit), percent(truth), FIVE).needed == n


@pytest.mark.parametrize(("limit", "truth", "n"), [(1, 5, 110), (5, 10, 169), (5, 20, 27)])
def test_sizes_to_refute(limit: int, truth: int, n: int) -> None:
    assert to_refute((), percent(limit), percent(truth), FIVE).needed == n


@pytest.mark.parametrize(("margin", "n"), [(2, 1546), (5, 248)])
def test_sizes_of_the_paired_test(margin: int, n: int) -> None:
    found = paired(n, percent(margin), Fraction(0), FIVE)
    assert found.needed == n and found.value >= 0.8 and found.to == "certify"
    assert paired(n - 1, percent(margin), Fraction(0), FIVE).value < 0.8


def test_a_fall_beyond_the_margin_is_for_refuting() -> None:
    assert paired(100, percent(5), percent(30), FIVE).to == "refute"
    assert paired(100, percent(5), percent(5), FIVE).value == 0
    assert paired(5, percent(5), Fraction(1), FIVE).value == 1


@given(st.integers(1, 80), st.integers(1, 99), st.integers(0, 100))
@settings(max_examples=60, deadline=None)
def test_items_that_stand_alone_are_binomial(n: int, limit: int, truth: int) -> None:
    names = [str(number) for number in range(n)]
    assert certifying_power(names, percent(limit), percent(truth), FIVE) == power_certify(n, percent(limit), percent(truth), FIVE)
    expected = power_refute(n, percent(limit), percent(truth), FIVE) if truth > limit else 0.0
    assert refuting_power(names, percent(limit), percent(truth), FIVE) == expected


@given(st.lists(st.integers(1, 4), min_size=2, max_size=9), st.sampled_from([20, 40, 60]), st.integers(1, 99))
@settings(max_examples=40, deadline=None)
def test_clusters_against_every_number_of_clusters_hit(sizes: list[int], limit: int, truth: int) -> None:
    """Whole clusters, the large ones first to certify and the small ones first to refute."""
    names = [str(index) for index, size in enumerate(sizes) for _ in range(size)]
    if len(set(names)) == len(names):
        return
    count = len(sizes)

    def hits(first: list[int], hit: int) -> list[float]:
        chosen = set(first[:hit])
        return [float(int(name) in chosen) for name in names]

    large = sorted(range(count), key=lambda index: -sizes[index])
    mass = [comb(count, k) * (truth / 100) ** k * (1 - truth / 100) ** (count - k) for k in range(count + 1)]
    certified = [k for k in range(count + 1) if clustered_rate_upper(hits(large, k), names, FIVE) <= percent(limit)]
    refuted = [k for k in range(count + 1) if clustered_rate_lower(hits(large[::-1], k), names, FIVE) > percent(limit)]
    assert certifying_power(names, percent(limit), percent(truth), FIVE) == pytest.approx(sum(mass[k] for k in certified))
    expected = sum(mass[k] for k in refuted) if truth > limit else 0.0
    assert refuting_power(names, percent(limit), percent(truth), FIVE) == pytest.approx(expected)
