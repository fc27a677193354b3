"""The page of the blind round says what its results say, and shows every error."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from blind_page import is_error, page, results

from unlearn_spec.calibration.bench import shipped
from unlearn_spec.calibration.model import Cell, Judged, State, Truth
from unlearn_spec.calibration.rows import trials_of
from unlearn_spec.verdict.model import Outcome

RESULTS = shipped("calibration/blind.json")
PAGE = Path(__file__).parents[2] / "docs" / "calibration-blind.md"


@pytest.fixture(scope="module")
def judged() -> tuple[Judged, ...]:
    if not RESULTS.is_file():
        pytest.skip("no blind round is published: see benchmarks/blind_round.py")
    return results(RESULTS.read_text(encoding="utf-8"))


def test_the_page_is_the_results(judged: tuple[Judged, ...]) -> None:
    assert PAGE.read_text(encoding="utf-8") == page(judged), "run `python benchmarks/blind_page.py spec/calibration/blind.json`"


def test_every_error_has_a_line(judged: tuple[Judged, ...]) -> None:
    lines = page(judged).splitlines()
    for one in trials_of(judged):
        if kind := is_error(one):
            start = f"| {one.seed} | `{one.specimen}` | `{one.cell.clause}` | {kind} |"
            assert sum(line.startswith(start) for line in lines) == 1


@pytest.mark.parametrize(
    ("state", "outcome", "kind"),
    [
        ("satisfied", "violated", "false fail"),
        ("violated", "supported", "false pass"),
        ("violated", "not_falsified", "false pass"),
        ("satisfied", "supported", ""),
        ("violated", "inconclusive", ""),
        ("unknown", "violated", ""),
    ],
)
def test_what_an_error_is(state: State, outcome: Outcome, kind: str) -> None:
    cell = Cell(clause="c", verifier="leak", outcome=outcome, truth=Truth(state=state, basis="enumerated"))
    (trial,) = trials_of([Judged(seed=0, specimen="m", group="g", kept=0.0, key="k", cells=(cell,))])
    assert is_error(trial) == kind
