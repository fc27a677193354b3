"""Workers may die; results may not, and nothing is done twice that was done."""

from __future__ import annotations

import importlib
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from unlearn_spec.run.executor import LocalExecutor, RunError


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spawned workers inherit the search path, and find the tasks by it."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))


def noted(key: str, group: str, folder: Path, deaths: int = 0) -> Any:
    return tasks().Noted(key, group, folder, deaths)


def tasks() -> Any:
    return importlib.import_module("executor_tasks")


def test_every_job_is_done_once_and_a_group_stays_with_its_worker(tmp_path: Path) -> None:
    jobs = [noted(f"{group}{i}", group, tmp_path) for group in "ab" for i in range(4)]
    results: dict[str, str] = {}
    with LocalExecutor(2) as executor:
        executor.run(jobs, tasks().note, lambda job, digest: results.update({job.key: digest}))
        executor.run([], tasks().note, lambda job, digest: pytest.fail("there was nothing to do"))
    assert results == {job.key: f"result of {job.key}" for job in jobs}
    assert all(len(tasks().begun(job)) == 1 for job in jobs)
    assert len({pid for job in jobs for pid in tasks().begun(job)}) <= 2


def test_a_worker_that_dies_costs_only_the_job_it_was_at(tmp_path: Path) -> None:
    jobs = [noted(f"job{i}", "a", tmp_path, deaths=2 if i == 2 else 0) for i in range(5)]
    results: list[str] = []
    with LocalExecutor(1) as executor:
        executor.run(jobs, tasks().note, lambda job, digest: results.append(job.key))
    assert sorted(results) == sorted(job.key for job in jobs)
    assert [len(tasks().begun(job)) for job in jobs] == [1, 1, 3, 1, 1]


def test_a_job_that_always_kills_its_worker_ends_the_run(tmp_path: Path) -> None:
    with LocalExecutor(1) as executor, pytest.raises(RunError, match=r"died 3 times.*fewer workers"):
        executor.run([noted("job", "a", tmp_path, deaths=9)], tasks().note, lambda job, digest: None)


def test_an_error_of_a_job_is_raised_and_earlier_results_stay(tmp_path: Path) -> None:
    jobs = [noted(f"job{i}", "a", tmp_path) for i in range(3)]
    results: list[str] = []
    with LocalExecutor(1) as executor, pytest.raises(ValueError, match="job1 is not to my taste"):
        executor.run(jobs, partial(tasks().refuse, "job1"), lambda job, digest: results.append(job.key))
    assert results == ["job0"]


def test_workers_end_with_a_killed_coordinator(tmp_path: Path) -> None:
    script = tmp_path / "coordinator.py"
    script.write_text(
        "import os, time\n"
        "from unlearn_spec.run.executor import Job, LocalExecutor\n"
        "def wait(job):\n"
        f"    open({str(tmp_path / 'pid')!r}, 'w').write(f'{{os.getpid()}}\\n')\n"
        "    time.sleep(60)\n"
        "if __name__ == '__main__':\n"
        "    LocalExecutor(1).run([Job('a', 'a')], wait, lambda job, digest: None)\n"
    )
    coordinator = subprocess.Popen([sys.executable, str(script)])
    pid = _eventually(lambda: (tmp_path / "pid").read_text().endswith("\n") and int((tmp_path / "pid").read_text()))
    coordinator.kill()
    coordinator.wait()
    assert _eventually(lambda: not _alive(pid))


def test_no_workers_is_refused() -> None:
    with pytest.raises(RunError, match="at least one worker"):
        LocalExecutor(0)


def _eventually(look: object, limit: float = 30) -> int:
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        try:
            found = look()  # type: ignore[operator]
        except (OSError, ValueError):
            found = None
        if found:
            return int(found)
        time.sleep(0.05)
    raise AssertionError("it did not happen")


def _alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
