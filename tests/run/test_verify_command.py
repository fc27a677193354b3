"""`unlearn-spec verify` as a command: exit status, and plain words for whatever is wrong with its input."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import tiny
from here import Here

from unlearn_spec.cli.verify import EXIT
from unlearn_spec.cli.verify import verify as command
from unlearn_spec.finding import Finding, Span
from unlearn_spec.policy.load import load
from unlearn_spec.run.executor import RunError
from unlearn_spec.run.verify import blocked, verify
from unlearn_spec.verdict.model import WORST_FIRST


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return tiny.build(tmp_path_factory.mktemp("tiny"))


def test_a_finished_run_is_printed_again(
    inputs: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    verify(*inputs, tmp_path / "run", executor=Here())
    assert command(*inputs, tmp_path / "run") == 3
    shown = capsys.readouterr()
    assert shown.out.startswith("CONFORMANCE REPORT")
    assert shown.err == ""
    assert str(tmp_path) not in shown.out


def test_every_outcome_has_an_exit_status() -> None:
    assert set(EXIT) == set(WORST_FIRST)
    assert {outcome for outcome, code in EXIT.items() if code == 0} == {"supported", "not_falsified"}


def broken(tmp_path: Path, name: str, old: str, new: str) -> tuple[Path, Path]:
    policy, bindings = tiny.build(tmp_path / "tiny")
    path = policy.parent / name
    path.write_text(path.read_text().replace(old, new))
    return policy, bindings


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("policy.yaml", "goal: suppress", "goal: forget", "policy.yaml:25:11: S003"),
        ("bindings.yaml", "models/audited", "models/elsewhere", "bindings.yaml:6:"),
        ("bindings.yaml", "seed: 3", "seed: 3\nspeed: 4", "bindings.yaml:4:1: B001"),
        ("facts.jsonl", '"answer": "w1"', '"answer": "w2"', "this is not the set the policy means"),
        ("filter.yaml", "terms.txt", "gone.txt", "gone.txt"),
    ],
)
def test_unusable_input_is_told_by_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, old: str, new: str, said: str
) -> None:
    assert command(*broken(tmp_path, name, old, new), tmp_path / "run") == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert shown.out == ""
    assert "Traceback" not in shown.err
    assert not (tmp_path / "run").exists()


def test_a_folder_that_cannot_be_one_is_refused(
    inputs: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(*inputs, inputs[0]) == 2
    assert capsys.readouterr().err == f"error: {inputs[0]} is not a folder\n"


@pytest.mark.parametrize(
    ("device", "said"),
    [("cuda:99", "cuda:99 was asked for, but this machine has"), ("tpu", "no device is called 'tpu': write auto, cpu,")],
)
def test_a_device_that_is_not_there_is_refused_before_anything_is_written(
    inputs: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], device: str, said: str
) -> None:
    assert command(*inputs, tmp_path / "run", device=device) == 2
    assert capsys.readouterr().err.startswith(f"error: {said}")
    assert not (tmp_path / "run").exists()


def test_a_finished_run_is_read_without_its_device(inputs: tuple[Path, Path], tmp_path: Path) -> None:
    verify(*inputs, tmp_path / "run", executor=Here())
    with pytest.raises(RunError, match="the device"):  # another one than registered, and still no word about its absence
        verify(*inputs, tmp_path / "run", device="cuda:99", executor=Here())


def test_an_interrupted_run_says_how_to_go_on(
    inputs: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unlearn_spec.run.verify.LocalExecutor.run", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    assert command(*inputs, tmp_path / "run") == 130
    assert "the same command goes on" in capsys.readouterr().err


def test_an_error_of_the_checker_rejects_the_clauses_it_names(inputs: tuple[Path, Path], tmp_path: Path) -> None:
    policy = load(inputs[0]).policy

    def found(severity: str, *clauses: str) -> Finding:
        return Finding("C001", severity, "", (Span("", 1, 1),), clauses=clauses)  # type: ignore[arg-type]

    assert blocked([found("error", "hidden"), found("warning", "kept")], policy) == {"hidden": ("C001",)}
    assert blocked([found("error", "some-claim")], policy) == {}
    assert blocked([found("error")], policy) == {clause.id: ("C001",) for clause in policy.clauses}
    changed = broken(tmp_path, "policy.yaml", 'at_most: "50%"', 'at_most: "1%"')  # T001: 32 items cannot show it
    result = verify(*changed, tmp_path / "run", executor=Here())
    outcomes = {verdict.clause: verdict.outcome for verdict in result.verification.verdicts}
    assert outcomes["hidden"] == "rejected"
    assert outcomes["not-extractable"] != "rejected"
