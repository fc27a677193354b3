"""Recorded questions as SMT-LIB scripts: for a second solver, and for a report of a fault."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from ..record import Record
from .smt import Question

_HEAD = """; Questions about a policy. The symbols hold none of its words. Each (check-sat-assuming ...) asks
; whether some world satisfies everything before it and the literals in it. (cvc5 needs --incremental.)
(set-logic QF_LIRA)
"""
_DECLARED = re.compile(r"\(declare-const (\S+) ")
_ANSWERS = {True: "sat", False: "unsat", None: "unknown"}


class Script(Record):
    """The questions that share one part of the theory, as one text; its answers come in the order of `questions`."""

    text: str
    questions: tuple[Question, ...]


def scripts(questions: Sequence[Question]) -> tuple[Script, ...]:
    """The questions, gathered by the theory they are about, in the order in which each was first asked."""
    by_theory: dict[str, dict[Question, None]] = {}
    for question in questions:
        by_theory.setdefault(question.theory, {})[question] = None
    return tuple(script(tuple(asked)) for asked in by_theory.values())


def script(questions: tuple[Question, ...]) -> Script:
    """Questions about one and the same theory as a script, each with the answer it was given."""
    theory = questions[0].theory.rstrip()
    declared = set(_DECLARED.findall(theory))
    names = dict.fromkeys(name.removeprefix("-") for question in questions for name in question.assumptions)
    # Of a name without a declaration nothing is said: it is as good as true and as good as false.
    free = "".join(f"(declare-const {name} Bool)\n" for name in names if name not in declared)
    return Script(f"{_HEAD}{free}{theory}\n" + "".join(_asked(question) for question in questions), questions)


def _asked(question: Question) -> str:
    held = " ".join(f"(not {name[1:]})" if name.startswith("-") else name for name in question.assumptions)
    asked = f"(check-sat-assuming ({held})) ; {_ANSWERS[question.satisfiable]}\n"
    return f"(push 1)\n{question.extra.rstrip()}\n{asked}(pop 1)\n" if question.extra else asked


def write(questions: Sequence[Question], folder: Path) -> int:
    """Write one script a part of the theory into `folder`, which is made if need be; the number of files.

    Raises `FileExistsError` if the folder holds scripts already: those of another check would be taken for this one's.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if next(folder.glob("part-*.smt2"), None) is not None:
        raise FileExistsError(f"{folder} holds the questions of another check already")
    written = scripts(questions)
    for number, entry in enumerate(written, start=1):
        (folder / f"part-{number:04}.smt2").write_text(entry.text, encoding="utf-8")
    return len(written)
