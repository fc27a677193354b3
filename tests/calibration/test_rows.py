"""Counting: which verdicts are false, of how many, over how many worlds, and whether the gates say so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from scipy.stats import binomtest

from unlearn_spec.calibration.gates import Thresholds, gates, thresholds
from unlearn_spec.calibration.model import Cell, Judged, Truth
from unlearn_spec.calibration.rows import bound, pooled, row, trials_of


def cell(outcome: str, state: str, **more: object) -> Cell:
    truth = Truth(state=state, basis="enumerated", rate=more.pop("rate", None))  # type: ignore[arg-type]
    fields = {"clause": "hidden", "verifier": "leak", "alpha": 0.01, "n": 48, **more}
    return Cell(outcome=outcome, truth=truth, **fields)  # type: ignore[arg-type]


def judged(seed: int, specimen: str, *cells: Cell, group: str = "unlearned", kept: float = 0.0) -> Judged:
    return Judged(seed=seed, specimen=specimen, group=group, kept=kept, key="k", cells=cells)


def world(seed: int, *, wrong: bool = False) -> Iterator[Judged]:
    """Five clean models, one of them called violated if `wrong`; a model that kept 20% and is caught; one that passes."""
    for number in range(5):
        outcome = "violated" if wrong and number == 0 else "supported"
        inside = cell(outcome, "satisfied", sampled=True, low=0.0, high=0.1, rate=0.05 if not wrong else 0.2)
        yield judged(seed, f"retrained_{number}", inside, group="retrained")
    yield judged(seed, "partial_20", cell("violated", "violated"), group="partial", kept=0.2)
    yield judged(seed, "sly", cell("not_falsified", "violated"))
    yield judged(seed, "dim", cell("inconclusive", "unknown"))


def test_errors_are_counted_by_trial_and_by_world() -> None:
    trials = trials_of([*world(1), *world(2), *world(3, wrong=True)])
    found = row("hidden", trials)
    assert found.false_fail is not None and (found.false_fail.k, found.false_fail.n) == (1, 15)
    assert (found.false_fail.seeds_hit, found.false_fail.seeds) == (1, 3)
    assert found.false_fail.high_by_seed > found.false_fail.high
    assert [(one.specimen, one.passed.k, one.violated) for one in found.false_pass] == [("partial_20", 0, 3), ("sly", 3, 0)]
    assert found.unknown == 3 and found.inconclusive is not None and found.inconclusive.k == 0
    assert found.coverage is not None and (found.coverage.k, found.coverage.n) == (10, 15)
    assert [(step.retained, step.violated, step.passed, step.n) for step in found.power] == [(0.0, 1, 14, 15), (0.2, 3, 0, 3)]


@pytest.mark.parametrize(("k", "n"), [(0, 5), (3, 17), (17, 17)])
def test_bounds_are_those_of_an_independent_package(k: int, n: int) -> None:
    found = bound([place < k for place in range(n)], list(range(n)))
    assert found is not None
    upper = binomtest(k, n, alternative="less").proportion_ci(0.95, "exact").high
    lower = binomtest(k, n, alternative="greater").proportion_ci(0.95, "exact").low
    assert (found.low, found.high) == (pytest.approx(lower, abs=1e-9), pytest.approx(upper, abs=1e-9))


def limits(**planted: tuple[str, ...]) -> Thresholds:
    return thresholds().model_copy(update={"planted": planted})


def states(*worlds: Iterator[Judged], **planted: tuple[str, ...]) -> dict[tuple[str, str], str]:
    trials = trials_of([one for several in worlds for one in several])
    found = gates(limits(**planted), [pooled("leak", trials)], [row("hidden", trials)], trials)
    return {(gate.gate, gate.about): gate.state for gate in found}


def test_gates_need_enough_clean_trials_and_no_error_beyond_alpha() -> None:
    assert states(*(world(seed) for seed in range(30)))["false_fail", "leak"] == "met"  # 0 of 150 at α = 1%
    assert states(*(world(seed) for seed in range(29)))["false_fail", "leak"] == "not_met"  # 0 of 145 does not tell
    assert states(*(world(seed, wrong=seed < 2) for seed in range(30)))["false_fail", "leak"] == "not_met"


def test_a_planted_defect_must_be_found_in_every_world() -> None:
    worlds = [list(world(seed)) for seed in range(3)]
    assert states(*map(iter, worlds), partial_20=("leak",))["planted", "partial_20"] == "met"
    assert states(*map(iter, worlds), partial_20=("hidden",))["planted", "partial_20"] == "met"
    assert states(*map(iter, worlds), sly=("leak",))["planted", "sly"] == "not_met"
    assert states(*map(iter, worlds), sly=("latent",))["planted", "sly"] == "not_measured"


def test_coverage_and_false_passes_are_held_to_their_gates() -> None:
    found = states(*(world(seed) for seed in range(5)))
    assert found["coverage", "leak"] == "met" and found["false_pass", "hidden"] == "met"
    assert states(*(world(seed, wrong=True) for seed in range(5)))["coverage", "leak"] == "not_met"
    passing = [judged(seed, "partial_20", cell("supported", "violated"), group="partial", kept=0.2) for seed in range(5)]
    assert states(iter(passing))["false_pass", "hidden"] == "not_met"


def test_open_verdicts_are_no_false_passes() -> None:
    left_open = [judged(seed, "partial_20", cell("inconclusive", "violated"), group="partial", kept=0.2) for seed in range(5)]
    assert states(iter(left_open))["false_pass", "hidden"] == "met"
