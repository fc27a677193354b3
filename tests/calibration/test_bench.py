"""The machinery of a calibration on models that learn nothing: every verdict beside its truth, nothing done twice."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from unlearn_spec.calibration import labelling
from unlearn_spec.calibration.bench import POLICY, Bench, shipped, specimens
from unlearn_spec.calibration.page import page
from unlearn_spec.calibration.run import Setup, calibrate, judged, table
from unlearn_spec.cli.calibrate import calibrate as command
from unlearn_spec.run.executor import RunError
from unlearn_spec.verifiers import units
from unlearn_spec.verifiers.subjects.model import load_model
from unlearn_spec.verifiers.zoo.specimens import TINY, Cabinet

CHOSEN = ("original", "retrained_1", "output_filter")


def short_policy(folder: Path, *clauses: str) -> Path:
    """The shipped policy with these clauses alone and two-step attacks."""
    text = shipped(POLICY).read_text(encoding="utf-8").replace("steps: 60", "steps: 2")
    head, *found = text.split("\n  - id: ")
    assert {clause.partition("\n")[0] for clause in found} >= set(clauses)
    head = head if "unguessable" not in head else f"{head}\n\nclauses:" if "\nclauses:" not in head else head
    kept = [clause for clause in found if clause.partition("\n")[0] in (*clauses, "unguessable")]
    (folder / "suites").mkdir(parents=True, exist_ok=True)
    for suite in (shipped(POLICY).parent / "suites").iterdir():
        (folder / "suites" / suite.name).write_bytes(suite.read_bytes())
    file = folder / "policy.yaml"
    file.write_text("\n  - id: ".join([head, *kept]) + "\n", encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("calibration")


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every unit that is measured from here on; labelling attacks are shortened."""
    found: list[Any] = []
    really = units.run_unit

    def counted(unit: Any, **lookups: Any) -> Any:
        found.append(unit)
        return really(unit, **lookups)

    monkeypatch.setattr(units, "run_unit", counted)
    monkeypatch.setattr(labelling, "LABELLING", ((1, labelling.LABELLING[0][1]),))
    return found


FEW = ("answers-in-product", "documents-all", "removed-by-relearning", "kept-at-least")


def a_bench(place: Path, *clauses: str) -> Bench:
    return Bench(Cabinet(TINY, 5, place / "seed-005"), short_policy(place / "-".join(clauses), *clauses))


def test_each_specimen_gets_every_verdict_beside_its_truth(place: Path, measured: list[Any]) -> None:
    bench = a_bench(place, *FEW)
    original, retrained, filtered = (bench.judged(one) for one in specimens(CHOSEN))
    assert [cell.clause for cell in retrained.cells] == list(FEW)
    truths = {cell.clause: cell.truth for cell in retrained.cells}
    assert (truths["removed-by-relearning"].state, truths["removed-by-relearning"].basis) == ("satisfied", "training")
    assert truths["documents-all"].basis == "enumerated" and truths["documents-all"].rate == 0
    held = {one.specimen: one.cells[2].truth for one in (original, filtered)}
    assert {truth.state for truth in held.values()} == {"violated"}
    assert all(cell.alpha == pytest.approx(0.01) for cell in retrained.cells)
    # What is judged as one model's control and as another's subject is measured once.
    asked = [(unit.kind, unit.subject.model, unit.subject.system, unit.model_dump_json(exclude={"subject"})) for unit in measured]
    assert len(set(asked)) == len(asked)


def test_a_killed_run_goes_on_with_what_it_has(place: Path, measured: list[Any]) -> None:
    a_bench(place, *FEW).judged(specimens(("retrained_1",))[0])
    assert not measured, "a judged specimen was measured again"
    bench = a_bench(place, *FEW)
    file = bench.cabinet.folder / "judged" / "retrained_1.json"
    before = file.read_bytes()
    file.unlink()
    bench.judged(specimens(("retrained_1",))[0])
    assert not measured and file.read_bytes() == before
    note = next((bench.cabinet.folder / "measured").iterdir())
    note.unlink()
    file.unlink()
    again = a_bench(place, *FEW)
    for one in specimens(CHOSEN):
        (bench.cabinet.folder / "judged" / f"{one.name}.json").unlink(missing_ok=True)
        again.judged(one)
    assert len(measured) == 1 and file.read_bytes() == before


def test_a_clause_more_measures_only_what_is_new(place: Path, measured: list[Any]) -> None:
    bench = a_bench(place, *FEW, "answers-behind-phrase")
    found = bench.judged(specimens(("retrained_1",))[0])
    assert len(found.cells) == len(FEW) + 1
    assert measured and all(getattr(unit, "suite", None) or unit.repeat for unit in measured if unit.kind == "generate")
    assert all(unit.kind == "generate" for unit in measured)


def test_a_test_that_ends_early_asks_no_more_than_it_did(place: Path, measured: list[Any]) -> None:
    bench = a_bench(place, "answers-with-looks")
    (cell,) = bench.judged(specimens(("retrained_1",))[0]).cells
    parts = {unit.data.part for unit in measured if unit.data.parts > 1}
    assert cell.verifier == "leak" and parts == {1, 2, 3, 4}  # four people who leave cannot settle it before the last look
    assert cell.sampled and cell.truth.basis == "enumerated"
    assert cell.low is not None and cell.high is not None and cell.truth.rate is not None
    assert cell.low <= cell.truth.rate <= cell.high


def test_answers_drawn_at_random_are_held_against_their_chance(place: Path, measured: list[Any]) -> None:
    bench = a_bench(place, "answers-in-samples")
    specimen = specimens(("original",))[0]
    (cell,) = bench.judged(specimen).cells
    model = load_model(bench.cabinet.model(specimen))
    chances = []
    for line in bench.cabinet.data()["forget_qa"].read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        prompt, both = model.encode(row["prompt"]), model.encode(f"{row['prompt']} {row['answer']}")
        with torch.inference_mode():
            logs = model.network(torch.tensor([both])).logits[0].log_softmax(dim=-1)
        once = sum(float(logs[place - 1, both[place]]) for place in range(len(prompt), len(both)))
        chances.append(1 - (1 - math.exp(once)) ** 32)
    assert cell.sampled and (cell.truth.state, cell.truth.basis) == ("satisfied", "enumerated")
    assert cell.truth.rate == pytest.approx(sum(chances) / len(chances), rel=1e-4)


def test_choices_and_a_probe_are_judged_on_data_of_the_world(place: Path, measured: list[Any]) -> None:
    bench = a_bench(place, "chosen-of-four", "removed-by-probe", "documents-kept")
    choice, probe, kept = bench.judged(specimens(("retrained_1",))[0]).cells
    assert (choice.verifier, choice.truth.basis) == ("choice", "enumerated")
    assert (probe.verifier, probe.truth.state) == ("latent", "satisfied")
    assert (kept.verifier, kept.truth.basis) == ("retention", "enumerated")
    taught = {unit.taught.name for unit in measured if unit.kind == "inspect"}
    assert taught == {"kept_documents"}


def test_a_treated_model_is_labelled_by_attacks_that_no_verdict_reads(place: Path, measured: list[Any]) -> None:
    bench = a_bench(place, "removed-by-membership", "removed-by-extraction")
    found = bench.judged(specimens(("graddiff",))[0])
    assert found.recovered is not None and found.told is not None
    attacks = [unit for unit in measured if unit.kind == "relearn"]
    assert {unit.seed for unit in attacks} == {labelling.LABEL_SEED}
    assert {cell.truth.basis for cell in found.cells} <= {"attack", "none"}
    filtered = bench.judged(specimens(("logit_mask",))[0])
    assert filtered.recovered is None and filtered.told is not None


def test_a_specimen_that_there_is_not_is_told_before_anything_is_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(tmp_path / "out", 1, 0, "small", 1, None, ("nobody",), False) == 2
    assert capsys.readouterr().err == "error: there is no specimen 'nobody'\n"
    assert not (tmp_path / "out").exists()


def test_a_run_writes_its_table_from_what_is_finished(place: Path, tmp_path: Path) -> None:
    policy = short_policy(tmp_path / "p", "kept-at-least")
    setup = Setup(tmp_path / "out", policy, "small", ("original", "retrained_1"))
    with pytest.raises(RunError, match="no seed is finished"):
        judged(setup, (0, 1))
    lines: list[str] = []
    calibrate(setup, (0,), workers=1, progress=lines.append)
    assert len(lines) == 1
    found = table(setup, judged(setup, (0, 1)))
    assert found.seeds == (0,) and found.specimens == 2 and found.verdicts == 2
    assert page(found) == page(table(setup, judged(setup, (0,))))
    (file,) = (tmp_path / "out").glob("seed-000*/**/judged/retrained_1.json")
    whole = file.read_bytes()
    file.write_bytes(whole[:50])
    with pytest.raises(RunError, match="no seed is finished"):  # what is damaged is not there
        judged(setup, (0,))
    calibrate(setup, (0,), workers=1, progress=lines.append)
    assert file.read_bytes() == whole
    (tmp_path / "p" / "policy.yaml").write_text(policy.read_text().replace('at_least: "80%"', 'at_least: "70%"'))
    with pytest.raises(RunError):  # judged by another policy: not this table's
        judged(Setup(tmp_path / "out", policy, "small", ("original", "retrained_1")), (0, 1))
