"""Paired comparisons against brute force, libraries and the cases that break the usual formulas."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import binomtest, norm, ttest_1samp

from unlearn_spec.statistics.intervals import Floats, bootstrap_t_reach
from unlearn_spec.statistics.tests import (
    mcnemar,
    paired_difference_exact,
    paired_difference_interval,
    sign_flip,
    tango_interval,
    tost,
)

Z = norm.ppf(0.95)
tables = st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(0, 60)).filter(lambda t: sum(t) > 0)


@pytest.mark.parametrize("n", [1, 40, 1000])
def test_tango_without_any_discordant_item_has_its_closed_form(n: int) -> None:
    found = tango_interval(0, 0, n, 0.05)
    assert (found.low, found.high) == (pytest.approx(-(Z**2) / (n + Z**2)), pytest.approx(Z**2 / (n + Z**2)))


@settings(max_examples=60, deadline=None)
@given(tables)
def test_tango_bounds_are_where_the_score_statistic_reaches_z(table: tuple[int, int, int]) -> None:
    """The nuisance parameter is maximised numerically here, not by Tango's closed form."""
    gains, losses, same = table
    n = gains + losses + same
    found = tango_interval(gains, losses, n, 0.05)
    assert -1 <= found.low <= found.point <= found.high <= 1
    for delta in (found.low, found.high):
        if not 0.001 < abs(delta) < 0.999:
            continue

        def cost(q: float, delta: float = delta) -> float:
            cells = ((gains, q + delta), (losses, q), (same, 1 - 2 * q - delta))
            return -sum(count * np.log(max(share, 1e-300)) for count, share in cells)

        lowest, highest = max(0.0, -delta), (1 - delta) / 2
        q = minimize_scalar(cost, bounds=(lowest, highest), method="bounded", options={"xatol": 1e-12}).x
        statistic = (gains - losses - n * delta) / np.sqrt(n * (2 * q + delta - delta**2))
        assert abs(statistic) == pytest.approx(Z, rel=2e-3)


@given(tables)
def test_tango_mirrors_when_gains_and_losses_swap(table: tuple[int, int, int]) -> None:
    gains, losses, same = table
    n = gains + losses + same
    there, back = tango_interval(gains, losses, n, 0.05), tango_interval(losses, gains, n, 0.05)
    assert (there.low, there.high) == (pytest.approx(-back.high), pytest.approx(-back.low))


def test_paired_difference_chooses_its_method_by_what_changed() -> None:
    rng = np.random.default_rng(1)
    old = (rng.random(300) < 0.7).astype(float)
    few = old.copy()
    few[np.flatnonzero(old)[:3]] = 0
    many = np.where(rng.random(300) < 0.2, 1 - old, old)
    singles, groups = list(range(300)), [item // 5 for item in range(300)]
    assert paired_difference_interval(old, old, singles, 0.05, seed=0).method == "exact_fallback"
    assert paired_difference_interval(old, few, singles, 0.05, seed=0).method == "exact_fallback"
    assert paired_difference_interval(old, many, singles, 0.05, seed=0).method == "tango"
    clustered = paired_difference_interval(old, many, groups, 0.05, seed=0)
    assert clustered.method == "bootstrap_t"
    assert clustered.point == pytest.approx(float((many - old).mean()))
    assert clustered == paired_difference_interval(old, many, groups, 0.05, seed=0)


def changed(clusters: int, seed: int = 4) -> tuple[Floats, Floats, list[int]]:
    """Before and after of so many clusters of five items, of which about a fifth changed, and one in ten was lost whole."""
    generator = np.random.default_rng(seed)
    old = (generator.random(5 * clusters) < 0.6).astype(float)
    new = np.where(generator.random(old.size) < 0.2, 1 - old, old)
    whole = np.repeat(generator.random(clusters) < 0.1, 5)
    return np.where(whole, 1.0, old), np.where(whole, 0.0, new), [item // 5 for item in range(old.size)]


def test_few_clusters_of_several_items_are_not_resampled() -> None:
    methods = [paired_difference_interval(*changed(clusters), 0.05, seed=0).method for clusters in (49, 50)]
    assert methods == ["exact_fallback", "bootstrap_t"]


def test_a_resampled_difference_mirrors_when_old_and_new_swap() -> None:
    """What may not have been seen is allowed for on both sides: among losses of whole clusters, and among gains."""
    old, new, groups = changed(80)
    there, back = (paired_difference_interval(*pair, groups, 0.05, seed=0) for pair in ((old, new), (new, old)))
    assert there.method == back.method == "bootstrap_t"
    assert (there.low, there.high) == (pytest.approx(-back.high), pytest.approx(-back.low))


def test_half_of_alpha_is_resampled_and_half_is_for_worse_clusters_that_were_not_seen() -> None:
    old, new, groups = changed(80)
    found = paired_difference_interval(old, new, groups, 0.05, seed=7)
    sums = (new - old).reshape(80, 5).sum(axis=1)
    below, above = bootstrap_t_reach(sums, np.full(80, 5.0), 0.025, 7)
    unseen = 1 - 0.025 ** (1 / 80)  # the largest share of clusters of which none would be among 80, in 1 of 40 times
    worse, better = (5 + sums.min()) / 5, (5 - sums.max()) / 5
    assert worse == 0 < better, "an author lost as a whole was seen, and none gained as a whole"
    assert found.low == pytest.approx(found.point - below)
    assert found.high == pytest.approx(found.point + above + unseen * better)


def test_identical_models_are_non_inferior_only_as_far_as_the_clusters_carry() -> None:
    outcomes, groups = [1.0] * 200, [item // 5 for item in range(200)]
    found = paired_difference_interval(outcomes, outcomes, groups, 0.05, seed=0)
    assert found.low == pytest.approx(-(1 - 0.025 ** (1 / 40)))
    assert found.low > -0.1 and not found.low > -0.05


def test_a_collapsed_model_is_seen_whatever_the_clusters() -> None:
    old, new = [1.0] * 60, [0.0] * 60
    found = paired_difference_exact(old, new, [item // 3 for item in range(60)], 0.01)
    assert found.point == -1
    assert found.high < -0.5


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.integers(0, 9)), min_size=1, max_size=40))
@example(rows=[(0.0, 0.9999999999999999, 0)])  # a mean that rounds to 1
def test_paired_differences_hold_their_point_and_reverse(rows: list[tuple[float, float, int]]) -> None:
    old, new, names = ([row[i] for row in rows] for i in range(3))
    there = paired_difference_exact(old, new, names, 0.05)  # type: ignore[arg-type]
    back = paired_difference_exact(new, old, names, 0.05)  # type: ignore[arg-type]
    assert -1 <= there.low <= there.point + 1e-9 and there.point - 1e-9 <= there.high <= 1
    assert (there.low, there.high) == (pytest.approx(-back.high), pytest.approx(-back.low))


@pytest.mark.parametrize(("old", "new"), [([], []), ([1], [1, 0]), ([2], [0]), ([float("nan")], [0])])
def test_unpaired_or_unbounded_outcomes_are_refused(old: list[float], new: list[float]) -> None:
    with pytest.raises(ValueError):
        paired_difference_interval(old, new, range(len(old)), 0.05, seed=0)


@given(st.integers(0, 40), st.integers(0, 40))
def test_mcnemar_is_the_exact_binomial_test(gains: int, losses: int) -> None:
    n = gains + losses
    two_sided = binomtest(gains, n, 0.5).pvalue if n else 1.0
    assert mcnemar(gains, losses) == pytest.approx(two_sided)
    assert mcnemar(gains, losses, "gain") == pytest.approx(binomtest(gains, n, 0.5, "greater").pvalue if n else 1.0)
    assert mcnemar(gains, losses, "loss") == pytest.approx(mcnemar(losses, gains, "gain"))


def test_tost_is_the_larger_of_two_t_tests() -> None:
    sample = np.random.default_rng(4).normal(0.1, 1, 40)
    error = sample.std(ddof=1) / 40**0.5
    expected = max(
        ttest_1samp(sample, -0.5, alternative="greater").pvalue, ttest_1samp(sample, 0.5, alternative="less").pvalue
    )
    assert tost(float(sample.mean()), float(error), 39, -0.5, 0.5) == pytest.approx(expected)
    with pytest.raises(ValueError):
        tost(0, 0, 39, -0.5, 0.5)


@given(st.lists(st.tuples(st.integers(-4, 4), st.integers(0, 5)), min_size=1, max_size=12))
def test_sign_flip_enumerates_every_pattern_of_few_clusters(rows: list[tuple[int, int]]) -> None:
    totals: dict[int, int] = {}
    for value, name in rows:
        totals[name] = totals.get(name, 0) + value
    sums = list(totals.values())
    flipped = [sum(s * v for s, v in zip(signs, sums, strict=True)) for signs in product((1, -1), repeat=len(sums))]
    values, names = [float(value) for value, _ in rows], [name for _, name in rows]
    assert sign_flip(values, names, seed=0) == np.mean([abs(f) >= abs(sum(sums)) for f in flipped])
    assert sign_flip(values, names, seed=0, alternative="greater") == np.mean([f >= sum(sums) for f in flipped])
    assert sign_flip(values, names, seed=0, alternative="less") == np.mean([f <= sum(sums) for f in flipped])


def test_sign_flip_with_many_clusters_is_seeded_and_never_zero() -> None:
    names = [item // 2 for item in range(80)]
    assert sign_flip([1.0] * 80, names, seed=1) == 1 / 10_000
    noise = np.random.default_rng(0).normal(size=80)
    p = sign_flip(noise, names, seed=1)
    assert p == sign_flip(noise, names, seed=1)
    pair_sums = noise.reshape(40, 2).sum(axis=1)
    approximate = 2 * norm.sf(abs(pair_sums.sum()) / np.sqrt((pair_sums**2).sum()))
    assert p == pytest.approx(approximate, abs=0.05)
