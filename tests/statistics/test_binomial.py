"""Exact binomial bounds, power and sample sizes against rational arithmetic, SciPy and published numbers."""

from __future__ import annotations

import random
import subprocess
import sys
from fractions import Fraction
from math import comb

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.stats import beta, binom

from unlearn_spec.statistics import binomial as b

ALPHA = Fraction(1, 20)
rates = st.fractions(0, 1, max_denominator=200)
alphas = st.fractions(Fraction(1, 1000), Fraction(999, 1000), max_denominator=1000)


@st.composite
def counts(draw: st.DrawFn, most: int = 60) -> tuple[int, int]:
    n = draw(st.integers(1, most))
    return draw(st.integers(0, n)), n


def exact_cdf(k: int, n: int, p: Fraction) -> Fraction:
    return sum((comb(n, j) * p**j * (1 - p) ** (n - j) for j in range(k + 1)), Fraction(0))


@given(counts(), rates)
def test_distribution_agrees_with_rational_arithmetic(kn: tuple[int, int], p: Fraction) -> None:
    k, n = kn
    assert b.cdf(k, n, p) == pytest.approx(float(exact_cdf(k, n, p)), rel=1e-13, abs=0)
    assert b.tail(k, n, p) == pytest.approx(float(1 - exact_cdf(k - 1, n, p)), rel=1e-13, abs=0)
    assert b.pmf(k, n, p) == pytest.approx(float(exact_cdf(k, n, p) - exact_cdf(k - 1, n, p)), rel=1e-13, abs=0)


def test_bounds_agree_with_scipy_up_to_a_million_draws() -> None:
    rng = random.Random(7)
    for _ in range(1500):
        n = int(10 ** rng.uniform(0, 6))
        k = rng.choice([0, 1, n - 1, n, rng.randint(0, n), min(n, int(10 ** rng.uniform(0, 3)))])
        alpha = 10 ** rng.uniform(-9, -0.01)
        if k < n:
            assert b.clopper_pearson_upper(k, n, alpha) == pytest.approx(beta.isf(alpha, k + 1, n - k), rel=1e-9)
        if k > 0:
            assert b.clopper_pearson_lower(k, n, alpha) == pytest.approx(beta.ppf(alpha, k, n - k + 1), rel=1e-9)
        p = min(1.0, max(0.0, k / n + rng.gauss(0, 3) * (k * (n - k) / n**3) ** 0.5))
        assert b.cdf(k, n, p) == pytest.approx(binom.cdf(k, n, p), abs=1e-10)
        assert b.tail(k, n, p) == pytest.approx(binom.sf(k - 1, n, p), abs=1e-10)


@given(counts(400), alphas)
def test_a_bound_is_where_its_tail_equals_alpha(kn: tuple[int, int], alpha: Fraction) -> None:
    k, n = kn
    if k < n:
        assert b.cdf(k, n, b.clopper_pearson_upper(k, n, alpha)) == pytest.approx(float(alpha), rel=1e-9)
    if k > 0:
        assert b.tail(k, n, b.clopper_pearson_lower(k, n, alpha)) == pytest.approx(float(alpha), rel=1e-9)


@given(counts(200), alphas)
def test_bounds_are_mirrored_and_monotone(kn: tuple[int, int], alpha: Fraction) -> None:
    k, n = kn
    upper = b.clopper_pearson_upper(k, n, alpha)
    assert upper == pytest.approx(1 - b.clopper_pearson_lower(n - k, n, alpha), abs=1e-12)
    if k < n:
        assert b.clopper_pearson_upper(k + 1, n, alpha) > upper
    assert b.clopper_pearson_upper(k, n + 1, alpha) < upper or k == n
    assert b.clopper_pearson_upper(k, n, alpha / 2) >= upper


@given(counts(200), rates, alphas)
def test_thresholds_are_the_bounds_read_backwards(kn: tuple[int, int], limit: Fraction, alpha: Fraction) -> None:
    k, n = kn
    most, fewest = b.max_failures_certifying(n, limit, alpha), b.min_failures_refuting(n, limit, alpha)
    upper, lower = b.clopper_pearson_upper(k, n, alpha), b.clopper_pearson_lower(k, n, alpha)
    if abs(upper - limit) > 1e-9 or limit == 1:
        assert (most is not None and k <= most) == (upper <= limit)
    if abs(lower - limit) > 1e-9 or limit == 0:
        assert (fewest is not None and k >= fewest) == (lower > limit)
    if most is not None and fewest is not None and alpha < Fraction(1, 2):
        assert most < fewest


@pytest.mark.parametrize(
    ("limit", "at_95", "at_99"),
    [("0.1", 29, 44), ("0.05", 59, 90), ("0.02", 149, 228), ("0.01", 299, 459), ("0.001", 2995, 4603)],
)
def test_samples_for_zero_failures_match_the_known_table(limit: str, at_95: int, at_99: int) -> None:
    assert b.samples_for_zero_failures(Fraction(limit), ALPHA) == at_95
    assert b.samples_for_zero_failures(Fraction(limit), Fraction(1, 100)) == at_99


def test_samples_for_zero_failures_settle_ties_exactly() -> None:
    assert b.samples_for_zero_failures(Fraction(1, 2), Fraction(1, 8)) == 3
    assert b.samples_for_zero_failures(Fraction(1, 10), Fraction(9, 10) ** 40) == 40
    assert b.samples_for_zero_failures(Fraction(1, 10), Fraction(9, 10) ** 40 - Fraction(1, 10**50)) == 41
    assert b.samples_for_zero_failures(0, ALPHA) is None
    assert b.samples_for_zero_failures(1, ALPHA) == 1


@given(st.fractions(Fraction(1, 500), Fraction(1, 2), max_denominator=500), alphas)
def test_samples_for_zero_failures_are_the_smallest_that_do(limit: Fraction, alpha: Fraction) -> None:
    n = b.samples_for_zero_failures(limit, alpha)
    assert n is not None
    assert (1 - limit) ** n <= alpha
    assert n == 1 or (1 - limit) ** (n - 1) > alpha


def test_extreme_counts_have_closed_forms() -> None:
    assert b.zero_failure_upper(40, ALPHA) == pytest.approx(0.0721575, abs=1e-7)
    assert b.clopper_pearson_upper(0, 40, ALPHA) == b.zero_failure_upper(40, ALPHA)
    assert b.clopper_pearson_lower(40, 40, ALPHA) == b.all_failures_lower(40, ALPHA)
    assert b.all_failures_lower(40, ALPHA) == pytest.approx(1 - b.zero_failure_upper(40, ALPHA), abs=1e-15)
    assert b.clopper_pearson_lower(0, 40, ALPHA) == 0.0
    assert b.clopper_pearson_upper(40, 40, ALPHA) == 1.0
    assert (b.cdf(0, 5, 0), b.tail(1, 5, 0), b.cdf(4, 5, 1), b.tail(5, 5, 1)) == (1.0, 0.0, 0.0, 1.0)
    assert (b.zero_failure_upper(0, ALPHA), b.all_failures_lower(0, ALPHA)) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("limit", "truth", "eighty", "ninety"), [("0.05", "0.01", 124, 153), ("0.01", "0.002", 628, 773)]
)
def test_certifying_sample_sizes_match_the_known_table(limit: str, truth: str, eighty: int, ninety: int) -> None:
    for power, n in (("0.8", eighty), ("0.9", ninety)):
        assert b.samples_for_power_certify(Fraction(limit), Fraction(truth), Fraction(power), ALPHA) == n


@pytest.mark.parametrize(
    ("limit", "truth", "eighty", "ninety"),
    [("0.01", "0.05", 110, 132), ("0.05", "0.1", 169, 233), ("0.05", "0.2", 27, 38)],
)
def test_refuting_sample_sizes_match_the_known_table(limit: str, truth: str, eighty: int, ninety: int) -> None:
    for power, n in (("0.8", eighty), ("0.9", ninety)):
        assert b.samples_for_power_refute(Fraction(limit), Fraction(truth), Fraction(power), ALPHA) == n


@settings(max_examples=40, deadline=None)
@example(Fraction(93, 100), Fraction(6, 7), 0.95, 0.2)
@example(Fraction(3, 4), Fraction(6, 7), 0.8, 0.05)
@given(rates, rates, st.sampled_from([0.5, 0.8, 0.95]), st.sampled_from([0.01, 0.05, 0.2]))
def test_sample_sizes_are_the_first_that_reach_the_power(
    limit: Fraction, truth: Fraction, power: float, alpha: float
) -> None:
    def first(reached: list[float]) -> int | None:
        return next((n for n, value in enumerate(reached, 1) if value >= power), None)

    horizon = range(1, 120)
    for n, expected in (
        (
            b.samples_for_power_certify(limit, truth, power, alpha),
            first([b.power_certify(m, limit, truth, alpha) for m in horizon]),
        ),
        (
            b.samples_for_power_refute(limit, truth, power, alpha),
            first([b.power_refute(m, limit, truth, alpha) for m in horizon]),
        ),
    ):
        assert n == expected if n is not None and n < 120 else expected is None


def test_hard_sample_sizes_are_found_or_declined() -> None:
    n = b.samples_for_power_certify(0.5, 0.49, 0.9, 0.01)
    assert n is not None
    assert b.power_certify(n, 0.5, 0.49, 0.01) >= 0.9
    assert b.samples_for_power_certify(0.5, 0.4999, 0.9, 0.01) is None
    assert b.samples_for_power_certify(0.1, 0.1, 0.9, 0.01) is None
    assert b.samples_for_power_refute(0.1, 0.1, 0.9, 0.01) is None


@pytest.mark.parametrize("truth", [0.003, 0.05, 0.5, 0.97])
def test_one_sided_coverage_holds_for_every_true_rate(truth: float) -> None:
    """Exactly, by enumeration: the upper (lower) bound misses with probability at most alpha."""
    for n in (1, 17, 120):
        mass = [b.pmf(k, n, truth) for k in range(n + 1)]
        assert sum(m for k, m in enumerate(mass) if b.clopper_pearson_upper(k, n, 0.05) < truth) <= 0.05 + 1e-12
        assert sum(m for k, m in enumerate(mass) if b.clopper_pearson_lower(k, n, 0.05) > truth) <= 0.05 + 1e-12


@given(counts(300), alphas)
def test_rational_bounds_are_rounded_outwards(kn: tuple[int, int], alpha: Fraction) -> None:
    k, n = kn
    upper, lower = b.clopper_pearson_upper(k, n, alpha), b.clopper_pearson_lower(k, n, alpha)
    assert min(1, upper) <= b.ceil_decimal(upper) <= Fraction(upper) + Fraction(2, 10**9)
    assert Fraction(lower) - Fraction(2, 10**9) <= b.floor_decimal(lower) <= lower
    assert (10**9) % b.ceil_decimal(upper).denominator == 0


@pytest.mark.parametrize(
    "call",
    [
        lambda: b.clopper_pearson_upper(3, 2, 0.05),
        lambda: b.clopper_pearson_lower(-1, 2, 0.05),
        lambda: b.clopper_pearson_upper(1, 2, 0),
        lambda: b.zero_failure_upper(10, 1),
        lambda: b.cdf(1, 2, 1.5),
        lambda: b.cdf(1, 2, float("nan")),
        lambda: b.power_certify(10, -0.1, 0.5, 0.05),
        lambda: b.samples_for_zero_failures(2, 0.05),
    ],
)
def test_bad_arguments_are_refused(call) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError):
        call()


def test_what_the_checker_and_the_plan_import_needs_only_the_standard_library() -> None:
    code = (
        "import sys\n"
        "from unlearn_spec.statistics import binomial, bounded, multiplicity, power\n"
        "print([m for m in ('numpy', 'scipy', 'torch', 'pandas') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


@settings(deadline=None)
@given(st.integers(0, 3000), rates, alphas)
def test_whether_a_test_can_decide_at_all_is_whether_some_count_decides(n: int, limit: Fraction, alpha: Fraction) -> None:
    assert b.can_certify(n, limit, alpha) == (b.max_failures_certifying(n, limit, alpha) is not None)
    assert b.can_refute(n, limit, alpha) == (b.min_failures_refuting(n, limit, alpha) is not None)


def test_no_number_of_draws_takes_long_to_judge() -> None:
    assert b.can_certify(10**12, Fraction(1, 100), Fraction(1, 20)) and not b.can_certify(10**12, 0, Fraction(1, 20))
    assert b.can_refute(10**12, Fraction(99, 100), Fraction(1, 20)) and not b.can_refute(10**12, 1, Fraction(1, 20))
