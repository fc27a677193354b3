"""A planned unit determines its table."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import torch

from unlearn_spec.plan.units import DataRef, GenerateUnit, Reading, RelearnUnit, ScoreUnit, SubjectRef
from unlearn_spec.verifiers.items import Item, ItemError
from unlearn_spec.verifiers.subjects import SubjectError
from unlearn_spec.verifiers.subjects.model import Model, load_model
from unlearn_spec.verifiers.subjects.system import Guards, Subject, System
from unlearn_spec.verifiers.suites import Suite, of_templates
from unlearn_spec.verifiers.table import Table
from unlearn_spec.verifiers.units import run_unit

ITEMS = tuple(Item(f"q{place}", f"p{place % 4}", prompt=f"{a} ?", answer="b c") for place, a in enumerate("abcdefgh"))
RETAIN = (Item("r", "r", prompt="i ?", answer="a"),)
SAMPLED = Reading(metric="contains", decoding="sample", samples=2, max_new_tokens=4)
MODEL = SubjectRef(role="audited", artifact="assistant", model="sha256:00")
GUARDED = MODEL.model_copy(update={"system": "sha256:01"})
FACTS, KEPT = DataRef(name="facts", digest="sha256:10"), DataRef(name="kept", digest="sha256:11")

UNITS = {
    "score": ScoreUnit(subject=MODEL, data=FACTS, reading=SAMPLED),
    "generate": GenerateUnit(subject=MODEL, data=FACTS, reading=SAMPLED),
    "guarded": GenerateUnit(subject=GUARDED, data=FACTS, reading=SAMPLED),
    "suite": GenerateUnit(subject=MODEL, data=FACTS, reading=SAMPLED, prompts="suite", suite="s@1"),
    "relearn": RelearnUnit(
        subject=MODEL, data=FACTS, reading=SAMPLED, half=1, steps=5, learning_rate=Fraction(1, 100), on="retain_only",
        retain=KEPT,
    ),
}


@dataclass(frozen=True)
class World:
    """What a run has at hand."""

    model: Model

    def load(self, ref: SubjectRef) -> Subject:
        return System(self.model, Guards(system_prompt="a")) if ref.system else self.model

    def items(self, ref: DataRef) -> tuple[Item, ...]:
        return {"facts": ITEMS, "kept": RETAIN, "nothing": ()}[ref.name]

    def suites(self, name: str) -> Suite:
        return {"s@1": of_templates("{prompt}", "a {prompt} b")}[name]

    def run(self, unit: Any) -> Table:
        return run_unit(unit, load=self.load, items=self.items, suites=self.suites)


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_repeats_to_the_last_bit_whatever_ran_before(model: Model, name: str) -> None:
    world = World(model)
    first = world.run(UNITS[name])
    for other in UNITS.values():
        world.run(other)
    torch.rand(3)
    assert world.run(UNITS[name]) == first


def test_a_freshly_loaded_model_gives_the_same_table(model: Model) -> None:
    again = load_model(Path(model.name))
    for unit in UNITS.values():
        assert World(model).run(unit) == World(again).run(unit)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_half_precision_runs_and_repeats(model: Model, precision: Any) -> None:
    half = load_model(Path(model.name), precision=precision)
    for name in ("score", "generate"):
        assert World(half).run(UNITS[name]) == World(half).run(UNITS[name])
    full, rough = (World(one).run(UNITS["score"]).column("mean_logp") for one in (model, half))
    assert rough == pytest.approx(full, abs=0.2)


def test_kinds_and_rows(model: Model) -> None:
    world = World(model)
    assert {name: world.run(unit).kind for name, unit in UNITS.items()} == {
        "score": "score", "generate": "generate", "guarded": "generate", "suite": "generate", "relearn": "relearn",
    }
    assert len(world.run(UNITS["suite"])) == 2 * len(world.run(UNITS["generate"])) == 4 * len(ITEMS)


def test_the_callers_threads_are_put_back(model: Model) -> None:
    threads = torch.get_num_threads()
    World(model).run(UNITS["score"])
    assert torch.get_num_threads() == threads


def test_what_a_unit_cannot_have_is_said(model: Model) -> None:
    world = World(model)
    with pytest.raises(SubjectError, match="answers only, no log-probabilities"):
        world.run(ScoreUnit(subject=GUARDED, data=FACTS, reading=SAMPLED))
    with pytest.raises(SubjectError, match="answers only, no fine-tuning"):
        world.run(UNITS["relearn"].model_copy(update={"subject": GUARDED}))
    with pytest.raises(SubjectError, match=r"lacks \{prompt\}"):
        world.run(ScoreUnit(subject=MODEL.model_copy(update={"prompt": "Q:"}), data=FACTS, reading=SAMPLED))
    with pytest.raises(ItemError, match="nothing has no items"):
        world.run(ScoreUnit(subject=MODEL, data=DataRef(name="nothing", digest="sha256:0"), reading=SAMPLED))
    with pytest.raises(ItemError, match="the unit asks for a suite but names none"):
        world.run(UNITS["suite"].model_copy(update={"suite": None}))
    with pytest.raises(ItemError, match="no suite s@1 was given"):
        run_unit(UNITS["suite"], load=world.load, items=world.items)


def test_output_that_is_not_a_number_is_an_error_in_words(model: Model) -> None:
    network = copy.deepcopy(model.network)
    with torch.no_grad():
        network.get_input_embeddings().weight.fill_(float("nan"))
    for name in ("score", "generate"):
        with pytest.raises(SubjectError, match="not a number"):
            World(replace(model, network=network)).run(UNITS[name])


def test_too_little_memory_is_an_error_in_words(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError

    monkeypatch.setattr(type(model.network), "forward", full)
    with pytest.raises(SubjectError, match="too little memory"):
        run_unit(UNITS["score"], load=full, items=World(model).items)
    with pytest.raises(SubjectError, match="too little memory"):
        World(model).run(UNITS["score"])
