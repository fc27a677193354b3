"""Processes and endpoints, judged on models that learn nothing: each verdict beside its truth, nothing done twice."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from unlearn_spec.calibration.model import Cell, Judged, Truth
from unlearn_spec.calibration.rows import trials_of
from unlearn_spec.calibration.run import SeedJob
from unlearn_spec.calibration.truth import Told
from unlearn_spec.calibration_many import bench as benches
from unlearn_spec.calibration_many.bench import process_truth
from unlearn_spec.calibration_many.page import sections
from unlearn_spec.calibration_many.run import JudgeMany, ManySetup, alike, judged, levels, reach, table
from unlearn_spec.run.executor import RunError
from unlearn_spec.verifiers import units
from unlearn_spec.verifiers.zoo.processes import FEW, PROCESSES, REFERENCES, RETRAINED, RUNS, SERVED
from unlearn_spec.verifiers.zoo.server import serving
from unlearn_spec.verifiers.zoo.specimens import ORIGINAL, SPECIMENS, Cabinet

BY_NAME = {one.name: one for one in PROCESSES}


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> ManySetup:
    """One world, judged whole."""
    made = ManySetup(tmp_path_factory.mktemp("many"), "small")
    JudgeMany(made)(SeedJob(key="seed 5", group="seed 5", seed=5))
    return made


# --- processes -------------------------------------------------------------------------------------------------------


def test_runs_are_independent_and_references_are_none_of_them() -> None:
    for process in PROCESSES:
        assert len({one.label for one in process.runs}) == RUNS
        assert len(process.references) == REFERENCES and set(process.references) <= set(RETRAINED)
        assert not set(process.runs) & set(process.references)
    groups = [one for one in PROCESSES if one.holds == "nothing"]
    assert sorted(run.label for one in groups for run in one.runs) == sorted(one.label for one in RETRAINED)
    assert [one.label for one in BY_NAME["fails_in_one"].runs].count("original_run_4") == 1


def test_a_treated_run_comes_from_the_original_of_its_run(tmp_path: Path) -> None:
    cabinet = Cabinet(FEW, 5, tmp_path)
    npo = next(one for one in SPECIMENS if one.name == "npo")
    cabinet.model(replace(npo, run=2))
    made = sorted(path.name.rpartition("-")[0] for path in (tmp_path / "models").iterdir())
    assert made == ["npo_run_2", "original_run_2"]
    first, second = (cabinet.model(replace(ORIGINAL, run=run)) / "model.safetensors" for run in (1, 2))
    assert first.read_bytes() != second.read_bytes()


def told(*lows: float) -> tuple[Told, ...]:
    return tuple(Told(1.0, low) for low in lows)


def test_the_truth_of_a_process_is_how_its_runs_were_made() -> None:
    states = {name: process_truth(BY_NAME[name], None) for name in BY_NAME if BY_NAME[name].holds != "unknown"}
    assert {name for name, truth in states.items() if truth.state == "satisfied"} == {f"retrained_group_{i}" for i in (1, 2, 3, 4)}
    assert states["partial_20"].rate == 0.2 and states["fails_in_one"].basis == "construction"
    treated = BY_NAME["npo"]
    assert process_truth(treated, told(0.9, 0.1, 0.6, 0.0)).state == "violated"
    assert process_truth(treated, told(0.9, 0.1, 0.4, 0.0)).state == "unknown"  # of one run chance may tell


def test_a_process_is_judged_by_every_clause_beside_its_truth(setup: ManySetup) -> None:
    clean = next(one for one in judged(setup, (5,)).processes if one.specimen == "retrained_group_1")
    assert [(cell.verifier, cell.alpha) for cell in clean.cells] == [("ensemble", 0.01)] * 3 + [("extraction", 0.05)]
    assert {cell.truth.state for cell in clean.cells} == {"satisfied"} and not any(cell.outcome == "violated" for cell in clean.cells)
    for cell in clean.cells[:3]:  # a p that 1,820 ways to choose four of sixteen models can give
        assert cell.point is not None and cell.point * 1820 == pytest.approx(round(cell.point * 1820), abs=1e-6)
    assert clean.cells[3].n == RUNS and (clean.cells[3].point, clean.cells[3].truth.rate) == (0.0, 0.0)


# --- endpoints -------------------------------------------------------------------------------------------------------


def test_an_endpoint_comes_to_what_the_folder_comes_to(setup: ManySetup) -> None:
    found = judged(setup, (5,)).served
    assert len(found) == 2
    for one in found:
        tested = {cell.clause for cell in one.text.cells if cell.verifier}
        assert {cell.clause for cell in one.folder.cells} - tested == {"chosen-of-four", "documents-hidden"}
        assert all(cell.verifier for cell in one.logprobs.cells)
        for route in (one.text, one.logprobs):
            compared = alike([route], [one.folder])
            assert compared.outcomes.k == compared.numbers.k == compared.outcomes.n and not compared.differing


def test_another_model_behind_the_endpoint_shows(setup: ManySetup) -> None:
    bench = setup.bench(5, benches.OF_ENDPOINTS)
    folders = {one.name: bench.cabinet.model(one) for one in (ORIGINAL, RETRAINED[0])}
    with serving({ORIGINAL.name: folders["original"], "retrained_1": folders["original"]}) as url:
        found = bench._judge_served(RETRAINED[0], url, "any")
    compared = alike([found.logprobs], [found.folder])
    assert compared.numbers.k < compared.numbers.n


# --- the whole -------------------------------------------------------------------------------------------------------


def test_what_is_judged_is_not_judged_again_and_what_is_damaged_is(setup: ManySetup, monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[Any] = []
    really = units.run_unit

    def counted(unit: Any, **lookups: Any) -> Any:
        measured.append(unit)
        return really(unit, **lookups)

    monkeypatch.setattr(units, "run_unit", counted)
    job = SeedJob(key="seed 5", group="seed 5", seed=5)
    digest = JudgeMany(setup)(job)
    assert not measured
    file = setup.bench(5, benches.OF_PROCESSES).cabinet.folder / "many" / "original.json"
    whole = file.read_bytes()
    file.write_bytes(whole[:50])
    with pytest.raises(RunError, match="no seed is finished"):
        judged(setup, (5,))
    assert JudgeMany(setup)(job) == digest and file.read_bytes() == whole
    assert not measured  # the tables were there


def test_the_table_counts_all_of_it_and_the_page_shows_its_gates(setup: ManySetup) -> None:
    found = table(judged(setup, (5, 6)))
    assert found.seeds == (5,)
    assert [(one.name, one.judged) for one in found.parts] == [("processes", 3), ("text", 2), ("logprobs", 2)]
    shown = sections(found)
    for part in found.parts:
        assert part.verdicts == sum(row.inconclusive.n + row.unknown for row in part.rows if row.inconclusive is not None)
        assert all(gate.found in shown for gate in part.gates)
    ensemble = found.part("processes").verifiers[0]
    assert ensemble.false_fail is not None and (ensemble.false_fail.k, ensemble.false_fail.n) == (0, 3)


def cell(outcome: Any, point: float | None, state: Any = "satisfied", verifier: str = "ensemble") -> Cell:
    return Cell(clause="alike", verifier=verifier, outcome=outcome, point=point, truth=Truth(state=state, basis="training"))


def one(seed: int, *cells: Cell) -> Judged:
    return Judged(seed=seed, specimen="some", group="retrained", kept=0.0, key="", cells=cells)


def test_small_p_are_counted_where_there_is_no_difference() -> None:
    found = [one(1, cell("violated", 0.001)), one(2, cell("inconclusive", 0.08)), one(3, cell("violated", 0.001, "violated"))]
    counts = {level.at_most: (level.found.k, level.found.n) for level in levels(trials_of(found))}
    assert counts == {0.01: (1, 2), 0.05: (1, 2), 0.1: (2, 2), 0.25: (2, 2)}


def test_a_verdict_that_differs_is_named() -> None:
    there, here = one(1, cell("violated", 0.5, verifier="leak")), one(1, cell("inconclusive", 0.5, verifier="leak"))
    found = alike([there], [here])
    assert (found.outcomes.k, found.numbers.k, found.state) == (0, 1, "not_met")
    assert found.differing == ("seed 1, some, alike: inconclusive in the folder, violated behind the endpoint",)


def test_no_fewer_references_could_show_a_difference() -> None:
    rows = [row for row in reach() if row.statistic == "energy"][1:]
    assert [row.runs for row in rows] == [1, 2, 3, 4, 5]
    for row in rows:
        assert row.least_p < row.refuted_below
    alone = rows[0]  # one audited model is one of K + 1: p is 1 / (K + 1) at the least
    assert alone.least_p == pytest.approx(1 / (alone.references + 1)) and Fraction(1, alone.references) > alone.refuted_below
    assert {run.name for run in SERVED} >= {"original", "partial_20", "refusal_tuned"}
