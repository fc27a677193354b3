"""Members scored otherwise than the hold-out are told apart; clusters are not taken for many items."""

from __future__ import annotations

import math

import numpy as np
import pytest

from unlearn_spec.verifiers.table import Table
from unlearn_spec.verifiers.two_sample import Difference, difference


def table(scored: np.ndarray, clusters: list[str]) -> Table:
    """Scores of shape (items, 2), as LOSS and Min-K."""
    return Table(
        "score",
        (
            ("item", tuple(f"{cluster}/{place}" for place, cluster in enumerate(clusters))),
            ("cluster", tuple(clusters)),
            ("mean_logp", tuple(scored[:, 0].tolist())),
            ("min_k", tuple(scored[:, 1].tolist())),
        ),
    )


def named(word: str, count: int, size: int = 1) -> list[str]:
    return [f"{word}{place // size}" for place in range(count)]


def compared(members: np.ndarray, holdout: np.ndarray, size: int = 1, seed: int = 0) -> Difference:
    return difference(
        table(members, named("m", len(members), size)),
        table(holdout, named("h", len(holdout), size)),
        ("loss", "min_k"),
        seed=seed,
        permutations=499,
    )


def test_one_attack_that_works_is_found_among_those_that_do_not() -> None:
    rng = np.random.default_rng(0)
    found = compared(rng.normal(size=(60, 2)) + np.array([0.0, 1.2]), rng.normal(size=(60, 2)))
    assert found.attacks.p_values[1] < 0.01 < found.attacks.p_values[0]
    assert found.p_value < 0.05


def test_a_model_that_scores_alike_is_not_accused() -> None:
    rng = np.random.default_rng(1)
    accused = [compared(rng.normal(size=(20, 2)), rng.normal(size=(20, 2)), seed=seed).p_value for seed in range(60)]
    assert sum(p <= 0.05 for p in accused) <= 10  # P[Bin(60, 0.05) > 10] < 3e-4


def test_a_difference_that_no_single_score_shows_is_seen_jointly() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(150, 1))
    alike, opposed = np.hstack([x, x]), np.hstack([x, -x])  # equal margins, another dependence
    found = compared(alike, opposed)
    assert min(found.attacks.p_values) > 0.2
    assert found.joint.p_value <= 0.002


def test_four_people_with_fifteen_texts_each_are_four() -> None:
    rng = np.random.default_rng(3)
    members, holdout = (np.repeat(rng.normal(size=(4, 2)), 15, axis=0) for _ in range(2))
    alone, together = compared(members, holdout), compared(members, holdout, size=15)
    assert alone.p_value < 0.05 < together.p_value


def test_scores_of_minus_infinity_are_ranked_lowest() -> None:
    rng = np.random.default_rng(4)
    members = np.full((30, 2), -math.inf)
    assert compared(members, rng.normal(size=(30, 2))).attacks.aucs == (0.0, 0.0)


def test_equal_arguments_give_equal_numbers_and_another_seed_other_draws() -> None:
    rng = np.random.default_rng(5)
    members, holdout = rng.normal(size=(30, 2)) + 0.3, rng.normal(size=(30, 2))
    assert compared(members, holdout) == compared(members, holdout) != compared(members, holdout, seed=1)


def test_what_cannot_be_compared_is_refused() -> None:
    some = table(np.zeros((3, 2)), named("m", 3))
    with pytest.raises(ValueError, match="neither of them empty"):
        difference(some, table(np.empty((0, 2)), []), ("loss",), seed=0)
    with pytest.raises(ValueError, match="both samples"):
        difference(some, some, ("loss",), seed=0)
    with pytest.raises(ValueError, match="at least one attack"):
        difference(some, some, (), seed=0)
