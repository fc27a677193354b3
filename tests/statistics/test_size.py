"""Simulated size of every test: a true null is rejected no more often than its level. The long version is the benchmark."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


def load_benchmark() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "statistics_size.py"
    spec = importlib.util.spec_from_file_location("statistics_size", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


size = load_benchmark()
CASES = list(size.cases())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_true_null_is_rejected_at_most_at_the_level_and_a_wrong_one_is_noticed(case: Any) -> None:
    repetitions = 40 if any(word in case.name for word in ("models", "groups")) else 250
    rejected = size.p_values(case, repetitions, 42, null=True) <= 0.05
    assert rejected.mean() <= size.ceiling(0.05, repetitions)
    assert (size.p_values(case, 25, 42, null=False) <= 0.05).mean() > 0.2, "a test that never rejects would pass too"


def test_guess_counts_that_are_not_registered_report_leakage_where_there_is_none() -> None:
    assert size.unregistered(60, 400, seed=1) > 0.25
