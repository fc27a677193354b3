"""Metrics over per-item numbers: definitions by brute force, properties, and where two tools' numbers part."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from unlearn_spec.verifiers.metrics import likelihood, memorization, privacy, tofu, truth_ratio
from unlearn_spec.verifiers.metrics.leak_at_k import leak_at_k

flags = st.lists(st.booleans(), min_size=1, max_size=12)
losses = st.floats(0, 60)


def smallest_prefix(matches: list[bool]) -> int | None:
    return next((k for k in range(len(matches)) if all(matches[k:])), None)


@given(flags)
def test_extraction_strength_asks_for_the_smallest_prefix(matches: list[bool]) -> None:
    k = smallest_prefix(matches)
    assert memorization.extraction_strength(matches) == (0.0 if k is None else pytest.approx(1 - k / len(matches)))
    kept = matches[:-1]
    found = memorization.extraction_strength_open_unlearning(matches)
    if not kept:
        assert found == 0.0
        return
    k = smallest_prefix(kept)
    assert found == pytest.approx(1 - (len(kept) - 1 if k is None else k) / len(kept))
    assert found >= 1 / len(kept) - 1e-12, "the floor that ours does not have"


def test_one_token_answers_are_not_memorised_by_definition() -> None:
    assert memorization.extraction_strength_open_unlearning([False, True]) == 1.0
    assert memorization.extraction_strength([False]) == 0.0


@given(flags)
def test_exact_memorization_counts_every_token_or_all_but_the_last(matches: list[bool]) -> None:
    assert memorization.exact_memorization(matches) == pytest.approx(sum(matches) / len(matches))
    if len(matches) > 1:
        expected = np.float32(sum(matches[:-1])) / np.float32(len(matches) - 1)
        assert memorization.exact_memorization_open_unlearning(matches) == float(expected)
    with pytest.raises(ValueError):
        memorization.exact_memorization([])


@given(st.lists(st.tuples(losses, losses, losses), min_size=1, max_size=8))
def test_truth_ratios_are_one_idea_in_four_forms(rows: list[tuple[float, float, float]]) -> None:
    right = np.array([row[0] for row in rows])
    wrong = np.array([row[1:] for row in rows])
    geometric = np.exp(-wrong.mean(axis=1))
    ours = truth_ratio.truth_ratio_corrected(right, wrong)
    assert ((ours >= 0) & (ours <= 1)).all()
    script = truth_ratio.truth_ratio_tofu_aggregate(right, wrong)
    assert ours == pytest.approx(script / (1 + script))
    assert script == pytest.approx(np.exp(-right) / geometric, rel=1e-9)
    peer = truth_ratio.truth_ratio_open_unlearning(right, wrong)
    assert peer == pytest.approx(geometric / (np.exp(-right) + 1e-10))
    paper = truth_ratio.truth_ratio_tofu_paper(right, wrong)
    assert (paper >= 1 / script * (1 - 1e-9)).all(), "an arithmetic mean is no less than a geometric one"
    each = np.exp(right[:, None] - wrong)  # every wrong answer over the right one
    assert paper == pytest.approx(each.sum(axis=1) / wrong.shape[1], rel=1e-9)
    assert 0 <= truth_ratio.forget_score(peer) <= 1 and 0 <= truth_ratio.knowledge_score(peer) <= 1


def test_an_epsilon_decides_where_both_answers_are_tiny() -> None:
    """A model that has lost everything: the peer's ratio says the answers differ, ours that they do not."""
    right, wrong = [40.0], [[40.0, 40.0]]
    assert truth_ratio.truth_ratio_open_unlearning(right, wrong)[0] < 1e-6
    assert truth_ratio.truth_ratio_corrected(right, wrong)[0] == 0.5
    tiny = np.exp([-800.0])
    assert likelihood.option_probability_open_unlearning(tiny, [[0.0]])[0] == 0.0
    assert np.isnan(likelihood.option_probability_tofu(tiny, [[0.0]])[0])
    assert likelihood.option_probability_corrected([800.0], [[801.0]])[0] == pytest.approx(1 / (1 + math.exp(-1)))


@given(st.lists(st.tuples(losses, losses, losses), min_size=1, max_size=8))
def test_option_probabilities_agree_where_nothing_is_tiny(rows: list[tuple[float, float, float]]) -> None:
    right, wrong = np.array([row[0] for row in rows]) / 10, np.array([row[1:] for row in rows]) / 10
    c, w = likelihood.probability(right), likelihood.probability(wrong)
    ours = likelihood.option_probability_corrected(right, wrong)
    assert ours == pytest.approx(likelihood.option_probability_tofu(c, w))
    assert ours == pytest.approx(likelihood.option_probability_open_unlearning(c, w), abs=1e-6)


def test_loss_and_utility() -> None:
    assert likelihood.mean_loss([-1.0, -3.0]) == 2.0
    assert tofu.model_utility([0.5, 1.0]) == pytest.approx(2 / 3)
    assert tofu.model_utility([0.9] * 8 + [0.0]) == 0.0
    assert tofu.forget_quality([0.5, 1.0, 2.0], [0.5, 1.0, 2.0]) == 1.0
    for call in (lambda: likelihood.mean_loss([]), lambda: tofu.model_utility([])):
        with pytest.raises(ValueError):
            call()
    with pytest.raises(ValueError, match="options"):
        likelihood.option_probability_tofu([0.1], [[]])


scores = st.lists(st.integers(-3, 3).map(float), min_size=2, max_size=15)


@given(scores, scores)
def test_attack_aucs_are_scikit_learns_in_two_orientations(forget: list[float], holdout: list[float]) -> None:
    area = roc_auc_score([0] * len(forget) + [1] * len(holdout), forget + holdout)
    assert privacy.attack_auc_open_unlearning(forget, holdout) == pytest.approx(area)
    assert privacy.attack_auc_muse(forget, holdout) == pytest.approx(1 - area)


@given(st.floats(0, 1), st.floats(0.05, 0.95))
def test_privacy_leakages_are_one_formula_in_two_orientations(audited: float, retrained: float) -> None:
    theirs = privacy.privacy_leakage_muse(1 - audited, 1 - retrained)
    assert privacy.privacy_leakage_open_unlearning(audited, retrained) == pytest.approx(theirs, abs=1e-4)


def test_a_missing_reference_is_a_guess_and_a_small_one_explodes() -> None:
    assert privacy.privacy_leakage_open_unlearning(1.0, None) == pytest.approx(-100)
    assert privacy.privacy_leakage_muse(0.5, 0.01) == pytest.approx(4900)
    rng = np.random.default_rng(1)
    forget, holdout = rng.normal(size=(2, 60))
    audited, retrained = (forget - 3, holdout), (forget, holdout)
    found = privacy.privacy_leakage_corrected(audited, retrained, 0.05)
    difference = privacy.attack_auc_open_unlearning(*audited) - privacy.attack_auc_open_unlearning(*retrained)
    assert found.point == pytest.approx(difference)
    assert 0.2 < found.low < found.point < found.high <= 1


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.integers(1, 8))
def test_leak_at_k_averages_over_all_subsets(values: list[float], k: int) -> None:
    k = min(k, len(values))
    assert leak_at_k(values, k) == pytest.approx(np.mean([max(chosen) for chosen in combinations(values, k)]))
    assert leak_at_k(values, len(values)) == max(values)
    with pytest.raises(ValueError):
        leak_at_k(values, len(values) + 1)
