"""Options, cut documents and canaries: each says of the world what it is bound for, and nothing more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from unlearn_spec.verifiers.zoo.questions import WRONG, write_questions
from unlearn_spec.verifiers.zoo.specimens import CALIBRATION
from unlearn_spec.verifiers.zoo.world import document_rows, make_world

WORLD = make_world(CALIBRATION.world, seed=0)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("data")
    return {
        name: [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        for name, path in write_questions(WORLD, folder).items()
    }


def test_the_same_world_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = (write_questions(make_world(CALIBRATION.world, seed=3), tmp_path / name) for name in "ab")
    assert {name: path.read_bytes() for name, path in first.items()} == {name: path.read_bytes() for name, path in second.items()}


def test_wrong_options_are_drawn_like_answers_and_answer_nothing(rows: dict[str, list[dict[str, Any]]]) -> None:
    answers = {question.answer for question in WORLD.questions}
    wrong = [option for row in rows["forget_choices"] for option in row["wrong"]]
    assert {row["cluster"] for row in rows["forget_choices"]} == WORLD.ids("forget")
    assert len(wrong) == len(set(wrong)) == WRONG * len(rows["forget_choices"]) and not answers & set(wrong)
    words = {word for answer in answers for word in answer.split()}
    assert all(len(option.split()) == 2 for option in wrong) and len(words & set(" ".join(wrong).split())) > 100


def test_documents_of_those_who_stay_are_cut_at_every_word(rows: dict[str, list[dict[str, Any]]]) -> None:
    cuts = rows["kept_cuts"]
    assert {row["cluster"] for row in cuts} == WORLD.ids("retain", "neighbour")
    assert len(cuts) == (WORLD.config.document_words - 1) * len({row["cluster"] for row in cuts})
    assert all(row["text"] == f"{row['prefix']} {row['suffix']}" for row in cuts)
    assert len({row["id"] for row in cuts}) == len(cuts)


def test_canaries_are_the_documents_of_two_roles_and_say_which(rows: dict[str, list[dict[str, Any]]]) -> None:
    for role, put_in in (("forget", True), ("holdout", False)):
        half = [{name: value for name, value in row.items() if name != "included"} for row in rows["canaries"] if row["included"] is put_in]
        assert half == list(document_rows(WORLD, WORLD.ids(role)))  # type: ignore[arg-type]
