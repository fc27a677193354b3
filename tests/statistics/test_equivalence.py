"""TOST, Kolmogorov–Smirnov, max-T and their planning against SciPy and brute force."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ks_2samp, permutation_test, ttest_1samp, ttest_ind

from unlearn_spec.statistics import power
from unlearn_spec.statistics.equivalence import paired_tost, unpaired_tost
from unlearn_spec.statistics.max_t import max_t_groups, max_t_paired
from unlearn_spec.statistics.multiplicity import intersection_union
from unlearn_spec.statistics.tests import mcnemar
from unlearn_spec.statistics.two_sample import kolmogorov_smirnov

pytestmark = pytest.mark.filterwarnings("ignore:ks_2samp")
samples = st.lists(st.floats(-3, 3).map(lambda v: round(v, 3)), min_size=2, max_size=15)


@given(samples, st.floats(0.1, 2))
def test_paired_tost_is_two_one_sample_t_tests(values: list[float], margin: float) -> None:
    found = paired_tost(values, range(len(values)), margin)
    if len(set(values)) == 1:
        assert found == 1.0
        return
    above = ttest_1samp(values, -margin, alternative="greater").pvalue
    below = ttest_1samp(values, margin, alternative="less").pvalue
    assert found == pytest.approx(max(above, below), abs=1e-9)


@given(samples, samples, st.floats(0.1, 2))
def test_unpaired_tost_is_two_welch_tests(x: list[float], y: list[float], margin: float) -> None:
    found = unpaired_tost(x, y, margin)
    if len(set(x)) == 1 or len(set(y)) == 1:
        return
    above = ttest_ind(np.array(x) + margin, y, equal_var=False, alternative="greater").pvalue
    below = ttest_ind(np.array(x) - margin, y, equal_var=False, alternative="less").pvalue
    assert found == pytest.approx(max(above, below), abs=1e-9)


def test_copies_of_an_item_are_no_evidence() -> None:
    values = np.random.default_rng(1).normal(0, 0.5, 12)
    names = np.repeat(range(12), 8).tolist()
    assert paired_tost(np.repeat(values, 8), names, 0.4) == pytest.approx(paired_tost(values, range(12), 0.4))
    copied = unpaired_tost(np.repeat(values, 8), values, 0.4, first_clusters=names)
    assert copied == pytest.approx(unpaired_tost(values, values, 0.4))
    assert paired_tost([0.0] * 50, range(50), 0.1) == 1.0, "no variation: nothing to judge by"


@given(samples, samples)
def test_ks_is_scipys(x: list[float], y: list[float]) -> None:
    found, reference = kolmogorov_smirnov(x, y), ks_2samp(x, y)
    assert (found.statistic, found.p_value) == (reference.statistic, reference.pvalue)


def test_intersection_union_takes_the_worst() -> None:
    assert intersection_union([0.01, 0.04, 0.001]) == 0.04
    for bad in ([], [1.5]):
        with pytest.raises(ValueError):
            intersection_union(bad)


@pytest.mark.parametrize("alternative", ["greater", "two_sided"])
def test_max_t_is_the_step_down_over_all_sign_patterns(alternative: str) -> None:
    table = np.random.default_rng(2).normal(0.4, 1, (6, 3))
    scale = np.sqrt((table**2).sum(axis=0))
    flips = np.array([np.array(signs) @ table / scale for signs in product((1, -1), repeat=6)])
    observed = table.sum(axis=0) / scale
    if alternative == "two_sided":
        flips, observed = abs(flips), abs(observed)
    order = sorted(range(3), key=lambda j: -observed[j])
    running, expected = 0.0, [0.0] * 3
    for rank, j in enumerate(order):
        rest = order[rank:]
        running = max(running, float(np.mean(flips[:, rest].max(axis=1) >= observed[j] - 1e-9)))
        expected[j] = running
    assert max_t_paired(table, range(6), seed=0, alternative=alternative).adjusted == pytest.approx(expected)


def test_equal_attacks_are_not_paid_for_twice() -> None:
    """Where Bonferroni would multiply by ten, max-T sees one attack."""
    column = np.random.default_rng(3).normal(0.6, 1, (10, 1))
    one = max_t_paired(column, range(10), seed=0).adjusted[0]
    assert max_t_paired(np.repeat(column, 10, axis=1), range(10), seed=0).adjusted == pytest.approx([one] * 10)


def test_max_t_of_groups_agrees_with_a_permutation_test_of_one_attack() -> None:
    table = np.random.default_rng(4).normal(size=(14, 1))
    table[:6] += 1
    reference = permutation_test(
        (table[:6, 0], table[6:, 0]), lambda a, b: a.mean() - b.mean(), alternative="greater", n_resamples=np.inf,
        vectorized=False,
    )  # fmt: skip
    assert max_t_groups(table, 6, seed=0).adjusted[0] == pytest.approx(reference.pvalue, abs=0.01)
    with pytest.raises(ValueError):
        max_t_groups(table, 14, seed=0)
    with pytest.raises(ValueError):
        max_t_paired([[np.nan]], [0], seed=0)


def simulated(reject, repetitions: int = 1500) -> float:  # type: ignore[no-untyped-def]
    generator = np.random.Generator(np.random.Philox(9))
    return float(np.mean([reject(generator) for _ in range(repetitions)]))


def test_planned_samples_have_the_power_they_promise() -> None:
    pairs = power.paired_equivalence_samples(0.3, 1.0, 0.05, 0.8)
    groups = power.unpaired_equivalence_samples(0.3, 1.0, 0.05, 0.8)
    changed = power.mcnemar_samples(0.2, 0.08, 0.05, 0.8)
    assert pairs is not None and groups is not None and changed is not None
    assert groups == pytest.approx(2 * pairs, abs=2)
    found = (
        simulated(lambda g: paired_tost(g.normal(size=pairs), range(pairs), 0.3) <= 0.05, 400),
        simulated(lambda g: unpaired_tost(g.normal(size=groups), g.normal(size=groups), 0.3) <= 0.05, 400),
    )
    assert found == (pytest.approx(0.8, abs=0.07), pytest.approx(0.8, abs=0.07))
    assert simulated(
        lambda g: mcnemar(*g.multinomial(changed, [0.2, 0.08, 0.72])[:2].tolist(), "gain") <= 0.05
    ) == pytest.approx(0.8, abs=0.06)


def test_planning_says_when_no_sample_is_enough_and_what_clusters_cost() -> None:
    assert power.paired_equivalence_samples(0.1, 1.0, 0.05, 0.8, difference=0.1) is None
    assert power.auc_bound_samples(0.6, 0.6, 0.05, 0.8) is None
    assert power.mean_samples(0.0, 1.0, 0.05, 0.8) is None
    n = power.auc_bound_samples(0.6, 0.5, 0.05, 0.8)
    assert n is not None and power.auc_bound_power(n, n, 0.6, 0.5, 0.05) >= 0.8 > power.auc_bound_power(
        n - 1, n - 1, 0.6, 0.5, 0.05
    )
    effect = power.design_effect(20, 0.3)
    assert effect == pytest.approx(6.7)
    single, many = power.mean_samples(0.1, 0.5, 0.05, 0.8), power.mean_samples(0.1, 0.5, 0.05, 0.8, effect)
    assert single is not None and many is not None and many == pytest.approx(effect * single, rel=0.02)
