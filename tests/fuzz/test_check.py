"""Whatever the file, `check` answers in findings, soon, and points into the file. `UNLEARN_SPEC_FUZZ` gives the number of files."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from checked import answer
from mutations import damaged, subjects

FILES = int(os.environ.get("UNLEARN_SPEC_FUZZ", "60"))
LIMIT = 60
"""Seconds for one file, on a busy machine."""


@contextmanager
def soon() -> Iterator[None]:
    def late(*_: object) -> None:
        raise AssertionError(f"no answer after {LIMIT} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(LIMIT)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@settings(
    max_examples=FILES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 2**48))
def test_a_damaged_policy_is_answered(tmp_path: Path, seed: int) -> None:
    with soon():
        answer(damaged(Random(seed)), tmp_path / "p.yaml")


@settings(max_examples=FILES * 3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**48))
def test_a_damaged_policy_is_answered_without_a_solver(tmp_path: Path, seed: int) -> None:
    with soon():
        answer(damaged(Random(seed)), tmp_path / "p.yaml", solver=False)


def test_what_is_damaged_was_sound() -> None:
    assert len(subjects()) > 100


HEAD = 'unlearn_spec: "1.0"\npolicy: {id: p, version: 1}\n'
CLAUSE = (
    "clauses:\n  - {id: it, goal: suppress, target: a, scope: {artifacts: [m], access: product, asked: direct}, over: mean,\n"
    '     limit: {at_most: "1%"}}\n'
)
MODEL = "artifacts: {m: {kind: model, seen_by: {public: product}}}\n"


@pytest.mark.parametrize(
    ("blocks", "code"),
    [
        (
            "information: {a: {kind: facts, size: 40}, b: {kind: facts, size: 30}}\nrelations: [{a: within, of: b}]\n"
            + MODEL,
            "F001",
        ),
        ("information: {a: {kind: facts, size: [0, 0]}}\n" + MODEL, "F001"),
        ("information: {a: {kind: facts, size: 1000000}}\n" + MODEL, "X002"),
        (
            "information: {a: {kind: facts, size: 40}}\nrelations: [{a: overlaps, with: a, exactly: 3}]\n" + MODEL,
            "S013",
        ),
        (
            "information: {a: {kind: facts, size: 40}}\n"
            "artifacts: {m: {kind: model, derived_from: n, seen_by: {public: product}}, n: {kind: model, derived_from: m, seen_by: {}}}\n",
            "S013",
        ),
        (
            "information: {a: {kind: facts, size: 40}, b: {kind: facts, size: 40}}\n"
            "relations: [{a: within, of: b}, {b: within, of: a}]\n" + MODEL,
            "F002",
        ),
        ("information: {a: {kind: facts, size: 40}, A: {kind: facts, size: 40}}\n" + MODEL, "N002"),
        ("information: {а: {kind: facts, size: 40}}\n" + MODEL, "S006"),
    ],
)
def test_strange_declarations(tmp_path: Path, blocks: str, code: str) -> None:
    result = answer((HEAD + blocks + CLAUSE).encode(), tmp_path / "p.yaml")
    assert code in {finding.code for finding in result.findings}


def test_a_period_of_a_million_years_has_a_repair(tmp_path: Path) -> None:
    text = HEAD + (
        "clock: {starts: today}\n"
        "information: {a: {kind: examples, size: 40}}\n"
        "artifacts: {store: {kind: dataset, holds: [a], seen_by: {staff: product}}}\n"
        'clauses:\n  - {id: out, goal: delete, target: a, scope: {artifacts: [store]}, by: "30 days"}\n'
        '  - {id: in, goal: keep, target: a, scope: {artifacts: [store]}, until: "999999999 weeks"}\n'
    )
    with soon():
        result = answer(text.encode(), tmp_path / "p.yaml")
    (finding,) = (finding for finding in result.findings if finding.code == "C001")
    assert "until 30 days on in" in {fix.text for fix in finding.fixes}
