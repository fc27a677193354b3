"""Simulated error rates: no bound misses the truth more often than it says. The long version is the benchmark."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from unlearn_spec.statistics.tests import mcnemar, sign_flip, tost


def load_benchmark() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "statistics_coverage.py"
    spec = importlib.util.spec_from_file_location("statistics_coverage", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


coverage = load_benchmark()
SITUATIONS = [
    coverage.auc_situation(20, 0.5, 0.05),
    coverage.auc_situation(20, 0.95, 0.05),
    coverage.auc_situation(60, 0.7, 0.05, spread=2.0),
    coverage.auc_situation(60, 0.8, 0.05, cluster_size=5),
    coverage.rate_situation(30, 4, 0.1, 1, 0.05),
    coverage.rate_situation(30, 4, 0.02, 0.3, 0.05),
    coverage.rate_situation(60, 1, 0.1, 0, 0.05),
    coverage.mean_situation(30, 4, 0.01, 0.3, 0.05),
    coverage.mean_situation(30, 4, 0.5, 0.3, 0.05),
    coverage.skewed_mean_situation(40, 0.05),
    coverage.paired_situation(40, 5, 0.0, 0.0, 0.05),
    coverage.paired_situation(40, 5, 0.05, 0.02, 0.05),
    coverage.paired_situation(60, 5, 0.1, 0.1, 0.05, correlation=0.1),
    coverage.paired_situation(200, 1, 0.02, 0.0, 0.05),
    coverage.paired_situation(200, 1, 0.15, 0.1, 0.05),
    coverage.paired_situation(40, 20, 0.05, 0.05, 0.05, correlation=1, noise=0.05),
    coverage.paired_situation(60, 20, 0.03, 0.05, 0.05, correlation=1, noise=0.05),
    coverage.paired_situation(100, 20, 0.04, 0.05, 0.05, correlation=1, noise=0.05),
    coverage.auc_difference_situation(40, 0.6, 0.6, 0.05),
    coverage.auc_difference_situation(100, 0.8, 0.6, 0.05),
    coverage.mean_situation(60, 4, 0.1, 0.3, 0.05, "bca"),
    coverage.mean_situation(60, 4, 0.01, 0.3, 0.05, "bca"),
    coverage.dkw_situation(40, 0.05),
    coverage.clustered_dkw_situation(40, 5, 0.0, 0.05),
    coverage.clustered_dkw_situation(40, 5, 0.3, 0.05),
    coverage.clopper_pearson_situation(100, 0.05, 0.05),
]
SLOW = [
    coverage.auc_situation(30, 0.5, 0.05, method="bootstrap"),
    coverage.auc_situation(100, 0.7, 0.05, cluster_size=5, method="bootstrap"),
    coverage.betting_situation(60, 0.1, 0.05),
    coverage.betting_situation(60, 0.3, 0.05, binary=False),
]


@pytest.mark.parametrize("situation", SITUATIONS + SLOW, ids=lambda situation: situation.name)
def test_neither_bound_misses_the_truth_more_often_than_alpha(situation: Any) -> None:
    repetitions = 40 if situation in SLOW else 250
    found = coverage.simulate(situation, repetitions, seed=42)
    limit = coverage.ceiling(situation.alpha, repetitions)
    assert max(found.low_misses, found.high_misses) <= limit
    assert found.width < 0.6, "a bound that never excludes anything would pass too"


def test_a_cluster_much_larger_than_the_rest_is_not_taken_for_a_sample() -> None:
    """Its own fate, of which one draw was seen, decides the mean: that no bound may exclude anything is then the truth."""
    situation = coverage.unequal_situation(60, 200, 0.3, 0.05)
    found = coverage.simulate(situation, 250, seed=1)
    assert max(found.low_misses, found.high_misses) <= coverage.ceiling(situation.alpha, 250)


def test_items_taken_for_independent_would_claim_too_much() -> None:
    """Why clusters matter: the unclustered AUC interval on clustered scores misses far beyond its level."""
    honest = coverage.auc_situation(100, 0.5, 0.05, cluster_size=10)

    def naive(generator: np.random.Generator) -> Any:
        shared = np.repeat(np.arange(10), 10)
        scores = [
            generator.normal(size=10)[shared] * 0.5**0.5 + generator.normal(size=100) * 0.5**0.5 for _ in range(2)
        ]
        return coverage.auc_interval(scores[0], scores[1], 0.05)

    wrong = coverage.simulate(coverage.Situation("naive", 0.05, 0.5, naive), 250, seed=1)
    right = coverage.simulate(honest, 250, seed=1)
    assert wrong.low_misses > coverage.ceiling(0.05, 250) >= right.low_misses


def test_tests_reject_a_true_null_at_most_at_their_level() -> None:
    generator = np.random.Generator(np.random.Philox(8))
    rejected = np.zeros(3)
    repetitions = 400
    for _ in range(repetitions):
        lost, gained = generator.binomial(20, 0.5), 0
        gained = 20 - lost
        rejected[0] += mcnemar(gained, lost) <= 0.05
        sample = generator.normal(0.5, 1, 30)
        error = float(sample.std(ddof=1)) / 30**0.5
        rejected[1] += tost(float(sample.mean()), error, 29, -0.5, 0.5) <= 0.05
        clusters = np.repeat(np.arange(10), 3)
        differences = generator.exponential(1, 10)[clusters] * generator.choice([-1, 1], 10)[clusters]
        rejected[2] += sign_flip(differences, clusters.tolist(), seed=0) <= 0.05
    assert (rejected / repetitions <= coverage.ceiling(0.05, repetitions)).all()
    assert rejected[1] > 0 and rejected[2] > 0
