"""A large policy is asked in a process of its own, which may not take the machine's memory."""

from __future__ import annotations

import mmap
import os
import select
import sys
import threading
import time
from collections.abc import Callable
from datetime import date
from typing import TypeVar

import pytest

from tests.logic.policies import random_policy, text_of
from tests.logic.stars import star
from unlearn_spec.finding import Finding
from unlearn_spec.logic.smt import Part, Undecided
from unlearn_spec.rules import passes, worker
from unlearn_spec.rules.check import check_text

T = TypeVar("T")
limited = pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")
TEXT = """\
unlearn_spec: "1.0"
policy: {id: p, version: 1, status: draft}
information: {facts: {kind: facts, size: 40, unit: question}}
artifacts: {helper: {kind: model, seen_by: {public: api}}}
clauses:
  - {id: hide, goal: suppress, target: facts, scope: {artifacts: [helper], access: api, asked: direct}, over: mean, limit: {at_most: "1%"}}
  - {id: know, goal: retain, target: facts, scope: {artifacts: [helper], access: api, asked: direct}, over: mean, limit: {at_least: "9%"}}
"""


@pytest.fixture(autouse=True)
def no_thread_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that earlier tests left in this process do not count: a copy of it does nothing with them."""
    left = threading.active_count() - 1
    monkeypatch.setattr(worker.threading, "active_count", lambda: len(threading.enumerate()) - left)


def in_worker(work: Callable[[], T], more_bytes: int) -> T | None:
    with worker.beside(work, more_bytes) as answer:
        return answer()


def test_the_answer_comes_from_another_process() -> None:
    assert in_worker(os.getpid, 1 << 30) != os.getpid()


def test_this_process_goes_on_meanwhile() -> None:
    receive, send = os.pipe()
    with worker.beside(lambda: os.write(send, b"there"), 1 << 30) as answer:
        assert select.select([receive], [], [], 60)[0], "nothing was done before the answer was asked for"
        assert os.read(receive, 5) == b"there"
        assert answer() == 5


def test_work_that_nobody_waits_for_ends() -> None:
    receive, send = os.pipe()
    with pytest.raises(KeyError), worker.beside(lambda: time.sleep(600), 1 << 30):
        raise KeyError
    os.close(send)
    assert os.read(receive, 1) == b""  # the other process held the other end too


def test_an_error_comes_back_as_itself() -> None:
    def fails() -> None:
        raise ValueError("seven")

    with pytest.raises(ValueError, match="seven"):
        in_worker(fails, 1 << 30)


@limited
def test_too_much_memory_is_no_answer() -> None:
    assert in_worker(lambda: len(bytearray(600 << 20)), 1 << 30) == 600 << 20
    assert in_worker(lambda: len(bytearray(600 << 20)), 256 << 20) is None
    with mmap.mmap(-1, 4 << 30):  # reserved before, and no part of the limit
        assert in_worker(lambda: len(bytearray(64 << 20)), 256 << 20) == 64 << 20


def test_a_process_that_dies_is_no_answer() -> None:
    assert in_worker(lambda: os._exit(0), 1 << 30) is None


def test_half_an_answer_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def cut_off(_work: object, _more: int, send: int) -> None:
        os.write(send, b"\x80\x04\x95")
        os._exit(9)

    monkeypatch.setattr(worker, "_work_and_leave", cut_off)
    assert in_worker(lambda: 1, 1 << 30) is None


@limited
def test_a_limit_that_is_set_already_is_not_lifted() -> None:
    import resource

    def limits() -> tuple[int, int]:
        return resource.getrlimit(resource.RLIMIT_AS)

    def tighter() -> tuple[int, int]:
        resource.setrlimit(resource.RLIMIT_AS, (1 << 40, limits()[1]))
        worker._limit(1 << 50)
        return limits()

    found = in_worker(tighter, 1 << 30)
    assert found is not None and found[0] == 1 << 40


def test_beside_other_threads_the_work_is_done_here() -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        assert in_worker(os.getpid, 1 << 30) == os.getpid()
    finally:
        stop.set()
        thread.join()


def test_another_process_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    here = check_text(TEXT, "p.yaml", today=date(2026, 1, 1))
    monkeypatch.setattr(passes, "LARGE", 1)
    there = check_text(TEXT, "p.yaml", today=date(2026, 1, 1))
    assert [finding.code for finding in here.findings].count("C001") == 1
    assert (there.findings, there.summary) == (here.findings, here.summary)


@pytest.fixture
def roomy(monkeypatch: pytest.MonkeyPatch) -> None:
    """However much the tests before hold."""
    monkeypatch.setattr(passes, "_MOST_COPIED", 1 << 60)


@pytest.mark.usefixtures("roomy")
@pytest.mark.parametrize("seed", range(12))
def test_conflicts_told_while_others_are_asked_are_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    text = star(seed) if seed % 2 else text_of(random_policy(seed))
    here = check_text(text, "p.yaml", today=date(2026, 1, 1))
    monkeypatch.setattr(passes, "LARGE", 1)
    there = check_text(text, "p.yaml", today=date(2026, 1, 1))
    assert (there.findings, there.summary) == (here.findings, here.summary)


@pytest.mark.usefixtures("roomy")
def test_conflicts_that_could_not_be_told_are_not_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "LARGE", 1)
    monkeypatch.setattr(passes, "_told", lambda *_: os._exit(9))
    result = check_text(TEXT, "p.yaml", today=date(2026, 1, 1))
    assert {"X001", "X002"} <= {finding.code for finding in result.findings}
    assert not result.consistent
    assert result.clauses_evaluated == 0
    assert result.exit_code == 3


@limited
def test_what_is_known_is_not_copied_once_it_takes_much_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(*_: object) -> tuple[Finding, ...]:
        raise Undecided(f"one of {os.getppid()}")

    def parent() -> int:
        (stopped,) = (f for f in check_text(TEXT, "p.yaml", today=date(2026, 1, 1)).findings if f.code == "X001")
        return int(stopped.message.split("one of ")[1].split()[0])

    monkeypatch.setattr(passes, "LARGE", 1)
    monkeypatch.setattr(passes, "_told", told)
    monkeypatch.setattr(passes, "_MOST_COPIED", 1 << 60)
    assert parent() != os.getpid(), "told in a copy of the process that asks"
    monkeypatch.setattr(passes, "_MOST_COPIED", 1)
    assert parent() == os.getpid()


@limited
def test_what_a_process_holds_is_known() -> None:
    before = worker.held()
    with mmap.mmap(-1, 64 << 20) as block:
        assert worker.held() - before < len(block) // 10, "what is only reserved takes no memory"
        block.write(b"x" * len(block))
        assert worker.held() - before > len(block) * 9 // 10


@limited
def test_what_needs_more_memory_is_not_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "LARGE", 1)
    monkeypatch.setattr(passes, "_findings", lambda *_: bytearray(600 << 20))
    monkeypatch.setattr(passes, "MOST_MEMORY", 256 << 20)
    result = check_text(TEXT, "p.yaml", today=date(2026, 1, 1))
    told = [finding for finding in result.findings if finding.code == "X002"]
    assert [finding.severity for finding in told] == ["undetermined"]
    assert "GiB of memory" in told[0].message
    assert result.exit_code == 3
    assert not result.consistent


@limited
def test_a_solver_out_of_memory_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def out_of_memory(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Part, "_check", out_of_memory)
    result = check_text(TEXT, "p.yaml", today=date(2026, 1, 1))
    assert "X001" in [finding.code for finding in result.findings]
    assert "memory limit" in next(finding.message for finding in result.findings if finding.code == "X001")
    assert not result.consistent
    assert result.exit_code == 3
