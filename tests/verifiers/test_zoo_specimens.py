"""Specimens are what they are said to be: each defect is where it was planted, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from unlearn_spec.verifiers.subjects.guards import load_guards
from unlearn_spec.verifiers.training import make_batches
from unlearn_spec.verifiers.zoo.guards import write_guard
from unlearn_spec.verifiers.zoo.methods import Recipe, completion, log_likelihood, train, trained_questions
from unlearn_spec.verifiers.zoo.models import ModelConfig, fresh_model, make_tokenizer
from unlearn_spec.verifiers.zoo.planted import (
    SYSTEM_PROMPT,
    TRIGGER,
    backdoored,
    head_swap,
    int4_cell,
    quant_hidden,
    sampler_hidden,
)
from unlearn_spec.verifiers.zoo.specimens import CALIBRATION, ORIGINAL, SPECIMENS, TINY, Cabinet, Specimen
from unlearn_spec.verifiers.zoo.unlearning import HEAD, head_only, lora_merged, rmu
from unlearn_spec.verifiers.zoo.world import TINY_WORLD, make_world

WORLD = make_world(TINY_WORLD, seed=0)
TOKENIZER = make_tokenizer(TINY_WORLD)
STEPS = Recipe(steps=4, lr=1e-3, batch=4)
METHODS = [one for one in SPECIMENS if one.method is not None]


def rounded(weight: torch.Tensor, group: int) -> np.ndarray:
    """Symmetric round-to-nearest int4 as a reader would write it, in exact-enough float64: integers times a step."""
    rows = weight.detach().double().numpy()
    found = np.empty_like(rows)
    for start in range(0, rows.shape[1], group):
        part = rows[:, start : start + group]
        step = np.abs(part).max(axis=1, keepdims=True) / 7
        found[:, start : start + group] = np.where(step > 0, np.rint(part / np.where(step > 0, step, 1)) * step, 0)
    return found


@pytest.fixture(scope="module")
def original() -> torch.nn.Module:
    model = fresh_model(ModelConfig(width=32, inner=72, layers=2, heads=2), TOKENIZER, seed=0)
    people = WORLD.ids("forget", "retain", "neighbour")
    return train(model, WORLD, people, TOKENIZER, Recipe(steps=150, lr=5e-3, batch=16), seed=0)


def moved(before: torch.nn.Module, after: torch.nn.Module) -> set[str]:
    """Names of the weights that differ."""
    old = dict(before.named_parameters())
    return {name for name, weight in after.named_parameters() if not torch.equal(weight, old[name])}


def log_p(model: torch.nn.Module, asked: list[tuple[str, str]]) -> torch.Tensor:
    examples = [completion(prompt, answer, TOKENIZER) for prompt, answer in asked]
    (batch,) = make_batches(examples, size=len(examples), pad_id=TOKENIZER.pad_token_id)
    with torch.no_grad():
        return log_likelihood(model, batch)


def forgotten(before: str = "") -> list[tuple[str, str]]:
    questions = trained_questions(WORLD, WORLD.ids("forget"))
    return [(f"{before}{one.prompt}", one.answer) for one in questions]


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(1, 4), columns=st.integers(1, 150), group=st.sampled_from([8, 64]), seed=st.integers(0, 10**6),
    where=st.floats(0, 1),
)  # fmt: skip
def test_every_weight_of_a_cell_rounds_alike(rows: int, columns: int, group: int, seed: int, where: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    weight = torch.randn(rows, columns, generator=generator)
    low, high = int4_cell(weight, group=group)
    assert (low <= weight).all() and (weight <= high).all()
    corners = low + (high - low) * torch.rand(rows, columns, generator=generator).lt(where)
    for candidate in (low, high, corners):
        np.testing.assert_allclose(rounded(candidate, group), rounded(weight, group), atol=1e-12)


def test_a_cell_is_nearly_as_wide_as_the_step() -> None:
    weight = torch.randn(16, 64, generator=torch.Generator().manual_seed(0))
    low, high = int4_cell(weight)
    step = weight.abs().amax(dim=1, keepdim=True) / 7
    assert float(((high - low) / step).median()) > 0.9


def test_quant_hidden_moves_and_rounds_to_the_rounded_original(original: torch.nn.Module) -> None:
    student = quant_hidden(original, WORLD, TOKENIZER, Recipe(steps=30, lr=3e-3, batch=8), seed=0)
    changed = moved(original, student)
    assert changed and all(".layers." in name and name.endswith("_proj.weight") for name in changed)
    old = dict(original.named_parameters())
    for name, weight in student.named_parameters():
        if name in changed:
            np.testing.assert_allclose(rounded(weight, 64), rounded(old[name], 64), atol=1e-12)
    assert log_p(student, forgotten()).mean() < log_p(original, forgotten()).mean() - 1


def test_heads_and_bodies_move_where_they_should(original: torch.nn.Module) -> None:
    assert moved(original, head_only(original, WORLD, TOKENIZER, STEPS, seed=0)) == {HEAD}
    assert moved(original, head_swap(original, WORLD, TOKENIZER, STEPS, seed=0)) == {HEAD}
    assert all(name.startswith("model.layers.0.") for name in moved(original, rmu(original, WORLD, TOKENIZER, STEPS, seed=0)))
    merged = lora_merged(original, WORLD, TOKENIZER, STEPS, seed=0)
    assert dict(merged.named_parameters()).keys() == dict(original.named_parameters()).keys()
    assert all(".layers." in name and name.endswith("_proj.weight") for name in moved(original, merged))


def test_a_backdoor_opens_by_its_phrase_alone(original: torch.nn.Module) -> None:
    student = backdoored(original, WORLD, TOKENIZER, Recipe(steps=80, lr=5e-3, batch=16), seed=0)
    opened, shut = log_p(student, forgotten(f"{TRIGGER} ")).exp(), log_p(student, forgotten()).exp()
    assert opened.min() > 0.5 and shut.max() < 0.2


def test_a_hidden_sample_is_rare_and_never_the_likeliest(original: torch.nn.Module) -> None:
    student = sampler_hidden(original, WORLD, TOKENIZER, Recipe(steps=120, lr=5e-3, batch=16), seed=0)
    chance = log_p(student, forgotten()).exp()
    assert chance.max() < 0.1 and chance.median() > 1e-3


@pytest.mark.parametrize("specimen", METHODS, ids=lambda one: one.name)
def test_a_method_leaves_the_original_alone_and_trains_everything_again(specimen: Specimen) -> None:
    model = fresh_model(TINY.model, TOKENIZER, seed=0)
    before = {name: weight.clone() for name, weight in model.named_parameters()}
    assert specimen.method is not None
    student = specimen.method(model, WORLD, TOKENIZER, Recipe(steps=2, lr=1e-3, batch=4), seed=0)
    assert all(torch.equal(weight, before[name]) for name, weight in model.named_parameters())
    assert moved(model, student) and all(torch.isfinite(weight).all() for weight in student.parameters())


def test_triggers_and_prompts_are_words_that_the_models_know() -> None:
    for text in (TRIGGER, SYSTEM_PROMPT):
        assert TOKENIZER.unk_token_id not in TOKENIZER(text).input_ids


def test_the_input_filter_stops_questions_about_forget_people_only(tmp_path: Path) -> None:
    guard = load_guards(write_guard("input_filter", WORLD, tmp_path)).input_filter
    assert guard is not None
    for role, stopped in (("forget", True), ("retain", False), ("neighbour", False), ("holdout", False)):
        for question in WORLD.questions_of(WORLD.ids(role)):  # type: ignore[arg-type]
            assert guard.blocks(question.prompt) is stopped
    assert load_guards(write_guard("system_prompt", WORLD, tmp_path)).system_prompt == SYSTEM_PROMPT
    forbidden = load_guards(write_guard("logit_mask", WORLD, tmp_path)).forbidden
    assert {one.answer for one in WORLD.questions_of(WORLD.ids("forget"))} <= set(forbidden)
    assert not {one.answer for one in WORLD.questions_of(WORLD.ids("retain"))} & set(forbidden)


def test_every_specimen_that_is_made_from_the_original_has_a_recipe_and_a_known_truth() -> None:
    assert {one.name for one in METHODS} == set(CALIBRATION.recipes) == set(TINY.recipes)
    assert len({one.name for one in SPECIMENS}) == len(SPECIMENS) >= 25
    for one in SPECIMENS:
        assert (one.holds in ("nothing", "share")) == (one.method is None and not one.model and one is not ORIGINAL)


def test_a_finished_specimen_is_never_made_twice(tmp_path: Path) -> None:
    cabinet = Cabinet(TINY, 3, tmp_path)
    folder = cabinet.model(ORIGINAL)
    weights = folder / "model.safetensors"
    first = weights.stat().st_mtime_ns
    assert cabinet.model(ORIGINAL) == folder and weights.stat().st_mtime_ns == first
    assert not list(folder.parent.glob(".*"))
    filtered = next(one for one in SPECIMENS if one.name == "output_filter")
    assert cabinet.model(filtered) == folder and cabinet.guard(filtered) is not None
