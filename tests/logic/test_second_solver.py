"""Questions as they are recorded and exported, and what a second solver makes of them."""

from __future__ import annotations

from pathlib import Path

import pytest
import z3

from unlearn_spec.logic import second_solver
from unlearn_spec.logic.export import scripts, write
from unlearn_spec.logic.second_solver import Opinion, SecondSolverMissing, available, second_opinion
from unlearn_spec.logic.smt import Question, Undecided, recording
from unlearn_spec.policy.load import load
from unlearn_spec.rules.check import check
from unlearn_spec.rules.second_opinion import disagreement

EXAMPLES = Path(__file__).parents[2] / "spec" / "examples"
POLICIES = [EXAMPLES / f"{name}.yaml" for name in ("erasure-request", "book-settlement", "dual-use", "bad-example")]
needs_cvc5 = pytest.mark.skipif(
    not available(), reason="cvc5 is not installed: pip install 'unlearn-spec[double-check]'"
)


def asked(path: Path, **options: int) -> list[Question]:
    with recording() as questions:
        check(path, **options)
    return questions


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_an_exported_script_asks_what_was_asked(path: Path, tmp_path: Path) -> None:
    """Each script, read by a fresh solver, gives the answers that it notes."""
    questions = asked(path)
    assert questions and all(question.satisfiable is not None for question in questions)
    assert write(questions, tmp_path / "out") == len(list((tmp_path / "out").iterdir()))
    for entry in scripts(questions):
        fresh = z3.Context()
        said = z3.Z3_eval_smtlib2_string(fresh.ref(), entry.text).split()
        assert said == ["sat" if question.satisfiable else "unsat" for question in entry.questions]
        assert said == [
            line.split("; ")[1] for line in entry.text.splitlines() if line.startswith("(check-sat-assuming")
        ]


def test_the_words_of_the_policy_are_not_in_the_export() -> None:
    text = "".join(entry.text for entry in scripts(asked(POLICIES[3])))
    assert "helper" not in text and "contractor" not in text


def test_a_folder_that_holds_an_export_is_left_alone(tmp_path: Path) -> None:
    questions = asked(POLICIES[1])
    write(questions, tmp_path)
    with pytest.raises(FileExistsError):
        write(questions, tmp_path)


def test_nothing_is_recorded_outside_and_an_unknown_is_no_answer() -> None:
    with recording() as questions:
        pass
    check(POLICIES[1])
    assert questions == []
    assert any(question.satisfiable is None for question in asked(POLICIES[3], effort=1))


@needs_cvc5
@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_cvc5_agrees(path: Path) -> None:
    opinion = second_opinion(asked(path))
    assert (opinion.gave_up, opinion.disagreed) == (0, ()) and opinion.agreed > 20


@needs_cvc5
def test_cvc5_notices_a_wrong_answer() -> None:
    true = [question for question in asked(POLICIES[0]) if question.satisfiable]
    wrong = Question(true[0].theory, true[0].assumptions, true[0].extra, False)
    opinion = second_opinion([*true[1:], wrong])
    assert opinion.disagreed == (wrong,) and opinion.agreed == len(set(true[1:]))


@needs_cvc5
def test_what_cvc5_cannot_read_costs_no_other_answer() -> None:
    nonsense = Question("(assert (= a0 ???))", (), "", True)
    assert str(second_opinion([nonsense, *asked(POLICIES[0])])).endswith("gave up on 1")


class _Scripted:
    """A worker that gives the answers it is told, then stalls."""

    answers: list[str] = []  # noqa: RUF012 — set by each test

    def __init__(self, asked: object, effort: int) -> None:
        pass

    def __enter__(self) -> _Scripted:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def answer(self, stall: float) -> str:
        return self.answers.pop(0)


def question(name: str, satisfiable: bool | None = True) -> Question:
    return Question(f"(declare-const {name} Bool)", (name,), "", satisfiable)


def test_a_stalled_question_is_given_up_and_the_others_are_still_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_solver, "available", lambda: True)
    monkeypatch.setattr(second_solver, "_Worker", _Scripted)
    _Scripted.answers = ["sat", "", "unsat", "unknown", "sat"]
    same = [Question("(declare-const a1 Bool)", (name,), "", True) for name in ("a1", "-a1", "a2")]
    found = second_opinion([*same, question("b1"), question("c1"), question("d1", None)])
    assert (found.agreed, found.gave_up, found.disagreed) == (2, 2, (same[2],))
    assert str(found) == "cvc5 agreed on 2 of 5 questions, disagreed on 1, gave up on 2"


def test_a_disagreement_is_a_finding_that_nothing_outweighs() -> None:
    document = load(POLICIES[0])
    assert disagreement(document, Opinion(5, 2)) == ()
    (finding,) = disagreement(document, Opinion(5, 2, (question("a1"),)))
    assert (finding.code, finding.severity) == ("X004", "undetermined")
    assert finding.message == "the two solvers disagree on 1 question of 8: please report it"


def test_a_missing_solver_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_solver, "available", lambda: False)
    with pytest.raises(SecondSolverMissing, match=r"pip install 'unlearn-spec\[double-check\]'"):
        second_opinion([])
    with pytest.raises(SecondSolverMissing):
        check(POLICIES[0], double_check=True)
    assert not issubclass(SecondSolverMissing, Undecided)
