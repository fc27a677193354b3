"""A run may be killed anywhere and started again: nothing that was finished is measured again, and the report is the
same to the byte."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import tiny
from here import Here

from unlearn_spec.evidence.ledger import Ledger
from unlearn_spec.evidence.store import Store
from unlearn_spec.run.executor import LocalExecutor, RunError
from unlearn_spec.run.verify import RESULT, verify


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return tiny.build(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def uninterrupted(inputs: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "run"
    verify(*inputs, folder, executor=Here())
    return folder


def test_killed_at_ten_random_moments_the_report_is_the_same(
    inputs: tuple[Path, Path], uninterrupted: Path, tmp_path: Path
) -> None:
    folder, moments = tmp_path / "run", random.Random(20260501)
    started = time.monotonic()
    verify(*inputs, tmp_path / "timed", executor=Here())
    whole = time.monotonic() - started
    killed = 0
    while killed < 10:
        killed += _killed_after(moments.uniform(0, whole / 3), inputs, folder)
    known = {key for key, _ in _finished(folder)} if folder.exists() else set()
    executor = Here()
    verify(*inputs, folder, executor=executor)
    assert (folder / RESULT).read_bytes() == (uninterrupted / RESULT).read_bytes()
    assert {key for key, _ in _finished(folder)} == known | set(executor.begun)
    assert not known & set(executor.begun)
    assert not list(folder.rglob(".tmp-*"))


def _killed_after(seconds: float, inputs: tuple[Path, Path], folder: Path) -> bool:
    """Whether a run in a process of its own was killed before it ended. Forked: the libraries are loaded already."""
    child = multiprocessing.get_context("fork").Process(target=verify, args=(*inputs, folder), kwargs={"executor": Here()})
    child.start()
    child.join(seconds)
    if child.is_alive() and child.pid is not None:
        os.kill(child.pid, signal.SIGKILL)
    child.join()
    if child.exitcode == 0:
        shutil.rmtree(folder)  # it was quicker: begin again
    return child.exitcode == -signal.SIGKILL


def test_a_finished_run_measures_nothing_again(inputs: tuple[Path, Path], uninterrupted: Path) -> None:
    before = (uninterrupted / RESULT).read_bytes()
    executor = Here()
    verify(*inputs, uninterrupted, executor=executor)
    assert executor.begun == []
    assert (uninterrupted / RESULT).read_bytes() == before


def test_a_damaged_object_is_measured_again_and_nothing_else(
    inputs: tuple[Path, Path], uninterrupted: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(uninterrupted, folder)
    key, digest = _finished(folder)[0]
    path = folder / "objects" / digest[7:9] / digest[7:]
    path.write_bytes(b"x" + path.read_bytes()[1:])
    executor = Here()
    verify(*inputs, folder, executor=executor)
    shared = {other for other, same in _finished(folder) if same == digest}
    assert key in executor.begun
    assert set(executor.begun) <= shared
    assert (folder / RESULT).read_bytes() == (uninterrupted / RESULT).read_bytes()


def test_worker_processes_give_the_same_report(
    inputs: tuple[Path, Path], uninterrupted: Path, tmp_path: Path
) -> None:
    with LocalExecutor(2) as executor:
        result = verify(*inputs, tmp_path / "run", executor=executor)
    assert (tmp_path / "run" / RESULT).read_bytes() == (uninterrupted / RESULT).read_bytes()
    assert result.report.overall == "inconclusive"


def test_the_plan_stands_in_the_ledger_before_anything_measured(uninterrupted: Path) -> None:
    with Ledger(uninterrupted, read_only=True) as ledger:
        kinds = [row.kind for row in ledger.rows()]
    assert kinds[:2] == ["note", "plan"]
    assert kinds[-2:] == ["verdict", "note"]
    first = kinds.index("unit_finished")
    assert set(kinds[2:first]) == {"material"}
    assert set(kinds[first:-2]) == {"unit_finished"}


def test_no_target_material_in_the_run_folder(inputs: tuple[Path, Path], uninterrupted: Path) -> None:
    secrets = [tiny.diary(i)["suffix"] for i in range(tiny.PEOPLE)]
    store = Store(uninterrupted)
    texts = [store.get_bytes(digest) for digest in store.digests()] + [(uninterrupted / RESULT).read_bytes()]
    assert not any(str(secret).encode() in text for secret in secrets for text in texts)


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("policy.yaml", 'at_most: "50%"', 'at_most: "49%"', "the policy's text changed"),
        ("bindings.yaml", "seed: 3", "seed: 4", "the bound models or data changed"),
        ("terms.txt", "w1 w2", "w1 w3", "the bound models or data changed"),
    ],
)
def test_a_folder_takes_no_other_run(
    inputs: tuple[Path, Path], uninterrupted: Path, tmp_path: Path, name: str, old: str, new: str, said: str
) -> None:
    changed = tmp_path / "tiny"
    shutil.copytree(inputs[0].parent, changed)
    text = (changed / name).read_text()
    assert old in text
    (changed / name).write_text(text.replace(old, new))
    folder = tmp_path / "run"
    shutil.copytree(uninterrupted, folder)
    before = (folder / RESULT).read_bytes()
    with pytest.raises(RunError, match=said):
        verify(changed / "policy.yaml", changed / "bindings.yaml", folder, executor=Here())
    assert (folder / RESULT).read_bytes() == before


def test_a_folder_with_other_things_is_left_alone(inputs: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(RunError, match="holds other files and no run"):
        verify(*inputs, tmp_path, executor=Here())
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def _finished(folder: Path) -> list[tuple[str, str]]:
    with Ledger(folder, read_only=True) as ledger:
        rows = [row.payload for row in ledger.rows() if row.kind == "unit_finished"]
    return [(row["key"], row["object"]) for row in rows]
