"""The build trains each model once, survives interruption, and saves nothing but safetensors; methods do as they say."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml

from unlearn_spec.verifiers.training import make_batches
from unlearn_spec.verifiers.zoo import MODELS, TINY_ZOO, ZooError, build_zoo
from unlearn_spec.verifiers.zoo.cache import train_model, write_filter, zoo_key
from unlearn_spec.verifiers.zoo.methods import (
    Recipe,
    document_example,
    graddiff,
    log_likelihood,
    npo,
    question_example,
    refusal_tuned,
    train,
    trained_questions,
)
from unlearn_spec.verifiers.zoo.models import POSITIONS, ModelConfig, fresh_model, load_model, make_tokenizer
from unlearn_spec.verifiers.zoo.world import REFUSALS, TINY_WORLD, make_world

WORLD = make_world(TINY_WORLD, seed=0)
TOKENIZER = make_tokenizer(TINY_WORLD)


class InterruptedBuild(Exception):
    """Stands for whatever ends a build half-way."""


def quiet(line: str) -> None:
    """No progress wanted."""


def weight_bytes(models: dict[str, Path]) -> dict[str, bytes]:
    return {name: (folder / "model.safetensors").read_bytes() for name, folder in models.items()}


def test_an_interrupted_build_goes_on_where_it_stopped(tmp_path: Path) -> None:
    def interrupt(line: str) -> None:
        raise InterruptedBuild(line)

    with pytest.raises(InterruptedBuild):
        build_zoo(tmp_path, workers=1, progress=interrupt, config=TINY_ZOO)
    (folder,) = tmp_path.iterdir()
    finished = {path.name: path.stat().st_mtime_ns for path in (folder / "models").iterdir()}
    assert 0 < len(finished) < len(MODELS)
    (folder / "models" / ".npo-left-over").mkdir()  # what a killed process leaves

    lines: list[str] = []
    zoo = build_zoo(tmp_path, progress=lines.append, config=TINY_ZOO)
    assert zoo.folder == folder
    assert len(lines) == len(MODELS) - len(finished)
    assert {path.name for path in (folder / "models").iterdir()} == set(MODELS)
    for name, changed in finished.items():
        assert (folder / "models" / name).stat().st_mtime_ns == changed

    again: list[str] = []
    assert build_zoo(tmp_path, progress=again.append, config=TINY_ZOO) == zoo
    assert again == []

    for model in zoo.models.values():
        suffixes = {path.suffix for path in model.iterdir()}
        assert suffixes == {".safetensors", ".json"}
    weights = weight_bytes(dict(zoo.models))
    assert len(set(weights.values())) == len(MODELS)


def test_a_model_depends_on_nothing_but_name_configuration_and_seed(tmp_path: Path) -> None:
    train_model("original", TINY_ZOO, 0, tmp_path / "unused", tmp_path / "first")
    torch.manual_seed(99)
    train_model("original", TINY_ZOO, 0, tmp_path / "unused", tmp_path / "second")
    train_model("original", TINY_ZOO, 1, tmp_path / "unused", tmp_path / "third")
    first, second, third = weight_bytes({name: tmp_path / name for name in ("first", "second", "third")}).values()
    assert first == second != third


def test_the_key_changes_with_everything_that_matters() -> None:
    other_recipe = replace(TINY_ZOO, train=replace(TINY_ZOO.train, npo=Recipe(steps=4, lr=1e-3, batch=4)))
    other_model = replace(TINY_ZOO, model=replace(TINY_ZOO.model, layers=2))
    keys = [zoo_key(TINY_ZOO, 0), zoo_key(TINY_ZOO, 1), zoo_key(other_recipe, 0), zoo_key(other_model, 0)]
    assert len(set(keys)) == 4
    assert zoo_key(TINY_ZOO, 0) == keys[0]


def test_a_folder_that_cannot_be_written_is_a_zoo_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ZooError, match="cannot build the zoo"):
        build_zoo(tmp_path / "file", progress=quiet, config=TINY_ZOO)


def test_the_filter_names_forget_material_only(tmp_path: Path) -> None:
    write_filter(WORLD, tmp_path)
    declared = yaml.safe_load((tmp_path / "filter.yaml").read_text())
    assert declared == {"output_filter": {"block_any_of": "forget_terms.txt", "reply": REFUSALS[1]}}
    terms = (tmp_path / "forget_terms.txt").read_text().splitlines()
    forget, others = WORLD.ids("forget"), WORLD.ids("retain", "neighbour", "holdout")
    for question in WORLD.questions_of(forget):
        assert question.answer in terms
    for document in WORLD.documents_of(forget):
        assert any(term in document.suffix for term in terms)
    assert not {question.answer for question in WORLD.questions_of(others)} & set(terms)


def test_texts_survive_the_tokenizer_and_fit_the_model(tmp_path: Path) -> None:
    fresh_model(TINY_ZOO.model, TOKENIZER, seed=0).save_pretrained(tmp_path)
    for document in WORLD.documents:
        ids = TOKENIZER(document.text).input_ids
        assert ids[0] == TOKENIZER.bos_token_id and TOKENIZER.unk_token_id not in ids
        assert TOKENIZER.decode(ids, skip_special_tokens=True) == document.text
        assert len(ids) < POSITIONS
    assert json.loads((tmp_path / "config.json").read_text())["vocab_size"] == len(TOKENIZER)
    assert load_model(tmp_path).dtype == torch.float32


@pytest.fixture(scope="module")
def original() -> torch.nn.Module:
    model = fresh_model(ModelConfig(width=32, inner=64, layers=1, heads=2), TOKENIZER, seed=0)
    people = WORLD.ids("forget", "retain", "neighbour")
    return train(model, WORLD, people, TOKENIZER, Recipe(steps=200, lr=5e-3, batch=16), seed=0)


def mean_log_likelihood(model: torch.nn.Module, role: str) -> float:
    """Per sequence, over the role's trained questions and documents, in nats."""
    people = WORLD.ids(role)  # type: ignore[arg-type]
    examples = [question_example(question, TOKENIZER) for question in trained_questions(WORLD, people)]
    examples += [document_example(document, TOKENIZER) for document in WORLD.documents_of(people)]
    (batch,) = make_batches(examples, size=len(examples), pad_id=TOKENIZER.pad_token_id)
    with torch.no_grad():
        return float(log_likelihood(model, batch).mean())


def test_only_training_tells_forgotten_people_from_holdout_people(original: torch.nn.Module) -> None:
    assert mean_log_likelihood(original, "forget") > mean_log_likelihood(original, "holdout") + 5


@pytest.mark.parametrize("method", [graddiff, npo, refusal_tuned])
def test_unlearning_lowers_the_forget_set_and_keeps_the_retain_set(original: torch.nn.Module, method: object) -> None:
    before = {role: mean_log_likelihood(original, role) for role in ("forget", "retain")}
    student = method(original, WORLD, TOKENIZER, Recipe(steps=40, lr=2e-3, batch=8), seed=0)  # type: ignore[operator]
    lost = {role: before[role] - mean_log_likelihood(student, role) for role in ("forget", "retain")}
    assert lost["forget"] > 3
    assert lost["forget"] > 2 * lost["retain"]
    assert mean_log_likelihood(original, "forget") == before["forget"]
