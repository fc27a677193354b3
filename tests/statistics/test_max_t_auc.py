"""The largest of many AUCs under relabelled clusters: p-values by the naive definition, valid, and sharper for copies."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest

from unlearn_spec.gpu.draws import key, subsets
from unlearn_spec.gpu.pairwise import subset_totals
from unlearn_spec.statistics.intervals import auc
from unlearn_spec.statistics.max_t import MaxT, max_t_auc

SECRET = key("auc")


def clustered(seed: int, shift: float) -> tuple[np.ndarray, int, list[str]]:
    """Two scores of items in 14 clusters of one to four that share an effect; the first seven shifted."""
    rng = np.random.default_rng(seed)
    clusters = [cluster for cluster in range(14) for _ in range(rng.integers(1, 5))]
    first = sum(cluster < 7 for cluster in clusters)
    effect = rng.normal(size=(14, 2))[clusters]
    values = effect + rng.normal(size=effect.shape) / 4 + np.array([0, shift]) * (np.array(clusters) < 7)[:, None]
    return values.T.round(1), first, [f"c{cluster}" for cluster in clusters]


def answered(values: np.ndarray, first: int, clusters: list[str], seed: int = 0) -> MaxT:
    return max_t_auc(values, first, clusters, partial(subset_totals, key("auc", seed) if seed else SECRET))


def test_p_values_equal_those_of_relabelling_items() -> None:
    values, first, clusters = clustered(3, 1.5)
    index = [int(name[1:]) for name in clusters]
    sides = [np.arange(14) < 7, *subsets(SECRET, 7, 14, range(999)).T]
    away = np.array([[auc(row[side[index]], row[~side[index]]) - 0.5 for row in values] for side in sides])
    found = answered(values, first, clusters)
    assert found.statistics == pytest.approx(away[0].tolist())
    strong = int(np.abs(away[0]).argmax())
    largest = (np.abs(away).max(axis=1) >= abs(away[0, strong]) - 1e-9).mean()
    weaker = (np.abs(away[:, 1 - strong]) >= abs(away[0, 1 - strong]) - 1e-9).mean()
    assert found.adjusted[strong] == largest
    assert found.adjusted[1 - strong] == max(largest, weaker)


def test_without_a_difference_small_p_values_are_as_rare_as_they_say() -> None:
    small = sum(min(answered(*clustered(seed, 0.0), seed=seed + 1).adjusted) <= 0.1 for seed in range(200))
    assert small <= 38  # P[Bin(200, 0.1) > 38] < 5e-5; with items taken for independent, far more are


def test_looking_at_copies_costs_nothing_and_either_direction_counts() -> None:
    values, first, clusters = clustered(5, 2.0)
    one = answered(values[1:], first, clusters).adjusted[0]
    assert one < 0.05
    assert answered(values[[1, 1]], first, clusters).adjusted == (one, one)
    assert answered(-values[1:], first, clusters).adjusted == (one,)


def test_four_people_with_fifteen_texts_each_are_four() -> None:
    values = np.repeat([[4.0, 2.0, 7.0, 6.0, 5.0, 3.0, 1.0, 0.0]], 15, axis=1)
    alone, together = ([f"c{place // size}" for place in range(120)] for size in (1, 15))
    assert answered(values, 60, alone).adjusted[0] < 0.05 < answered(values, 60, together).adjusted[0]


def test_scores_of_minus_infinity_are_ranked_lowest() -> None:
    values = np.array([[-math.inf] * 30 + np.arange(30.0).tolist()])
    assert answered(values, 30, [f"c{place}" for place in range(60)]).statistics == (-0.5,)


@pytest.mark.parametrize(
    ("values", "first", "clusters", "message"),
    [
        ([[0.0, 1.0]], 2, ["a", "b"], "items of both kinds"),
        ([[0.0, 1.0, 2.0]], 2, ["a", "b", "b"], "clusters of one kind"),
        ([[math.nan, 1.0]], 1, ["a", "b"], "none of them NaN"),
    ],
)
def test_what_cannot_be_compared_is_refused(values: list[list[float]], first: int, clusters: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        max_t_auc(values, first, clusters, partial(subset_totals, SECRET))
