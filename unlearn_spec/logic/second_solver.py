"""The only module that touches cvc5: the questions that were put to Z3, put again, from the same text.

cvc5 runs in a process of its own. Its resource limit decides, so that an answer repeats; because some of its procedures
do not keep it, a wall clock watches, and a question that stalls is given up and the process begun anew after it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from queue import Empty, Queue

from ..record import Record
from .export import Script, script, scripts
from .smt import Question

EFFORT = 2_000_000
"""Resource units one question may take of cvc5; enough for every question of the examples a hundred times over."""
STALL = 60.0
"""Seconds without an answer after which a question is given up."""


class SecondSolverMissing(Exception):
    """cvc5 is not installed."""

    def __str__(self) -> str:
        return "the second solver is not installed; `pip install 'unlearn-spec[double-check]'` gets it"


class Opinion(Record):
    """What a second solver says to the questions the first one answered."""

    agreed: int
    gave_up: int
    disagreed: tuple[Question, ...] = ()

    @property
    def asked(self) -> int:
        return self.agreed + self.gave_up + len(self.disagreed)

    def __str__(self) -> str:
        parts = [f"cvc5 agreed on {self.agreed:,} of {self.asked:,} {'question' if self.asked == 1 else 'questions'}"]
        if self.disagreed:
            parts.append(f"disagreed on {len(self.disagreed):,}")
        if self.gave_up:
            parts.append(f"gave up on {self.gave_up:,}")
        return ", ".join(parts)


def available() -> bool:
    """Whether cvc5 is installed."""
    return find_spec("cvc5") is not None


def second_opinion(questions: Sequence[Question], *, effort: int = EFFORT, stall: float = STALL) -> Opinion:
    """Ask cvc5 every question that was answered, once. Raises `SecondSolverMissing`."""
    if not available():
        raise SecondSolverMissing
    agreed, gave_up = 0, 0
    disagreed: list[Question] = []
    for question, answer in _answers(scripts([q for q in questions if q.satisfiable is not None]), effort, stall):
        if answer is None:
            gave_up += 1
        elif answer == question.satisfiable:
            agreed += 1
        else:
            disagreed.append(question)
    return Opinion(agreed, gave_up, tuple(disagreed))


def _answers(asked: Sequence[Script], effort: int, stall: float) -> Iterator[tuple[Question, bool | None]]:
    """Each question with cvc5's answer, None where it gave up."""
    waiting = list(asked)
    while waiting:
        with _Worker(waiting, effort) as worker:
            while waiting:
                current = waiting.pop(0)
                for done, question in enumerate(current.questions, start=1):
                    answer = worker.answer(stall)
                    yield question, {"sat": True, "unsat": False}.get(answer)
                    if answer == "":  # stalled, or the process has ended: begin anew with the next question
                        rest = current.questions[done:]
                        waiting[:0] = [script(rest)] if rest else []
                        break
                else:
                    continue
                break


class _Worker:
    """A process that answers scripts in order, a line an answer."""

    def __init__(self, asked: Sequence[Script], effort: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(effort)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )
        self._lines: Queue[str] = Queue()
        texts = [json.dumps([entry.text, len(entry.questions)]) + "\n" for entry in asked]
        for work in (lambda: self._feed(texts), self._read):
            threading.Thread(target=work, daemon=True).start()

    def __enter__(self) -> _Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def answer(self, stall: float) -> str:
        """The next answer; empty if none came in time or none will come."""
        try:
            return self._lines.get(timeout=stall)
        except Empty:
            return ""

    def _feed(self, texts: Sequence[str]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.writelines(texts)
            self._process.stdin.close()
        except (BrokenPipeError, ValueError):  # the process was stopped
            pass

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line.strip())
        self._lines.put("")


# --- inside the process ----------------------------------------------------------------------------------------------


def _solve(text: str, effort: int) -> Iterator[str]:
    import cvc5

    solver = cvc5.Solver(cvc5.TermManager())
    solver.setOption("incremental", "true")
    solver.setOption("rlimit-per", str(effort))
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "questions")
    while not (command := parser.nextCommand()).isNull():
        said = command.invoke(solver, parser.getSymbolManager()).strip()
        if said in ("sat", "unsat", "unknown"):
            yield said


def _serve(effort: int) -> None:
    for line in sys.stdin:
        text, expected = json.loads(line)
        given = 0
        try:
            for answer in _solve(text, effort):
                given += 1
                print(answer, flush=True)
        except Exception:  # an error of cvc5 about one part must not cost the answers about the others
            pass
        for _ in range(expected - given):
            print("unknown", flush=True)


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
