"""The bounds on the worst of a grid of attacks hold; max-T would flag a model that keeps its promise."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from relearning_grid import ALPHA, EPSILON, World, hits, shares

from unlearn_spec.statistics.bounded import clustered_rate_lower, clustered_rate_upper
from unlearn_spec.statistics.max_t import max_t_paired

REPETITIONS = 150
CEILING = ALPHA + 3 * (ALPHA * (1 - ALPHA) / REPETITIONS) ** 0.5


@pytest.mark.parametrize("follow", [0.0, 0.9])
def test_the_largest_rate_is_covered_from_both_sides(follow: float) -> None:
    world, rate = World(6, 20, follow, 0.3), 0.45
    generator = np.random.Generator(np.random.Philox(2))
    above = below = 0
    for _ in range(REPETITIONS):
        columns = hits(world, rate, generator).T.tolist()
        above += max(clustered_rate_lower(one, range(20), ALPHA / 6) for one in columns) > rate
        below += max(clustered_rate_upper(one, range(20), ALPHA) for one in columns) < rate
    assert above / REPETITIONS <= CEILING and below / REPETITIONS <= CEILING


def test_max_t_asks_for_likeness_and_not_for_closeness() -> None:
    assert EPSILON > 0
    _, _, close, alike = shares(World(4, 60, 0.9, 0.3), 15)
    assert close > 0.3  # a model within the promised ε and δ would be called a breach
    assert alike <= 0.2


def test_max_t_finds_what_sets_a_model_apart() -> None:
    world = World(4, 20, 0.9, 0.05)
    generator = np.random.Generator(np.random.Philox(3))
    found = max_t_paired(hits(world, 0.8, generator) - hits(world, 0.05, generator), range(20), seed=0)
    assert max(found.adjusted) < ALPHA
