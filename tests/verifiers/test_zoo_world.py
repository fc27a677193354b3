"""The generated world keeps its promises: reproducible, disjoint roles, shared words, nothing to guess."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unlearn_spec.verifiers.zoo.world import (
    DEFAULT_WORLD,
    PHRASINGS,
    ROLES,
    World,
    WorldConfig,
    make_world,
    sentence_words,
    write_world,
)

WORLD = make_world(DEFAULT_WORLD, seed=0)


def file_bytes(world: World, folder: Path) -> dict[str, bytes]:
    return {name: path.read_bytes() for name, path in write_world(world, folder).items()}


def test_the_same_seed_writes_the_same_bytes_and_another_seed_deals_other_roles(tmp_path: Path) -> None:
    first = file_bytes(WORLD, tmp_path / "first")
    assert first == file_bytes(make_world(DEFAULT_WORLD, seed=0), tmp_path / "second")
    roles = [{person.name: person.role for person in make_world(DEFAULT_WORLD, seed=seed).people} for seed in range(3)]
    shared = roles[0].keys() & roles[1].keys() & roles[2].keys()
    assert any(len({role[name] for role in roles}) > 1 for name in shared)


@given(seed=st.integers(0, 2**32), retained=st.integers(1, 3))
@settings(max_examples=20, deadline=None)
def test_roles_are_disjoint_and_no_answer_is_shared(seed: int, retained: int) -> None:
    world = make_world(WorldConfig(families=10, retained=retained, given_names=10, attributes=2, words=40), seed=seed)
    assert Counter(person.role for person in world.people) == {
        role: 10 * (retained if role == "retain" else 1) for role in ROLES
    }
    assert len({person.name for person in world.people}) == len({person.id for person in world.people})
    assert sum(len(world.ids(role)) for role in ROLES) == len(world.people)
    owners = {(question.answer, question.person, question.attribute) for question in world.questions}
    assert len({answer for answer, _, _ in owners}) == len(owners) == 2 * len(world.people)


def test_every_question_keeps_phrasings_held_out_and_every_phrasing_is_trained_somewhere() -> None:
    trained: Counter[tuple[str, str]] = Counter()
    for question in WORLD.questions:
        trained[question.person, question.attribute] += question.trained
    assert set(trained.values()) == {DEFAULT_WORLD.trained_phrasings}
    retained = WORLD.questions_of(WORLD.ids("retain"))
    assert {question.phrasing for question in retained if question.trained} == set(range(len(PHRASINGS)))


def test_forgotten_and_holdout_people_use_the_same_words() -> None:
    used = {
        role: Counter(word for person in WORLD.people if person.role == role for word in person.name.split())
        for role in ROLES
    }
    assert used["forget"] == used["holdout"] == used["neighbour"]
    texts = {
        role: {word for document in WORLD.documents_of(WORLD.ids(role)) for word in document.text.split()}
        for role in ROLES
    }
    assert texts["forget"] == texts["holdout"] == texts["retain"]
    everything = {word for question in WORLD.questions for word in f"{question.prompt} {question.answer}".split()}
    assert everything | texts["retain"] <= set(sentence_words(DEFAULT_WORLD))


def test_the_partial_retrain_keeps_a_fifth_of_the_forgotten_people() -> None:
    kept = WORLD.kept()
    assert len(kept) == len(WORLD.ids("forget")) // 5 > 0
    assert kept < WORLD.ids("forget")
    assert kept == make_world(DEFAULT_WORLD, seed=0).kept() != make_world(DEFAULT_WORLD, seed=1).kept()


def test_the_data_files_hold_what_bindings_expect(tmp_path: Path) -> None:
    rows = {
        name: [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        for name, path in write_world(WORLD, tmp_path).items()
    }
    assert {name: len(table) for name, table in rows.items()} == {
        "forget_qa": 200,
        "retain_qa": 400,
        "neighbour_qa": 200,
        "holdout_qa": 200,
        "forget_docs": 40,
        "retain_docs": 80,
        "holdout_docs": 40,
    }
    question, document = rows["forget_qa"][0], rows["forget_docs"][0]
    assert list(question) == ["id", "prompt", "answer", "cluster", "paraphrases"]
    assert question["paraphrases"] and question["prompt"] not in question["paraphrases"]
    assert document["text"] == f"{document['prefix']} {document['suffix']}"
    assert len(document["suffix"].split()) == 20
    assert {row["cluster"] for row in rows["forget_qa"]} == WORLD.ids("forget")
    assert {row["cluster"] for row in rows["holdout_docs"]} == WORLD.ids("holdout")


@pytest.mark.parametrize(
    "config",
    [
        {"families": 0},
        {"retained": 0},
        {"given_names": 3},
        {"families": 30},
        {"attributes": 9},
        {"trained_phrasings": len(PHRASINGS)},
        {"document_prefix_words": 24},
        {"words": 20},
    ],
)
def test_a_world_that_could_not_keep_its_promises_is_refused(config: dict[str, int]) -> None:
    with pytest.raises(ValueError):
        WorldConfig(**config)
