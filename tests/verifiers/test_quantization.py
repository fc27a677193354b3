"""Rounding by the published rules; the copy is rounded and the model left alone; what hides inside a cell comes back."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from planted import cell

from unlearn_spec.plan.units import DataRef, QuantizeUnit, Reading, SubjectRef
from unlearn_spec.policy.vocabulary import Rounding
from unlearn_spec.verifiers.items import Item
from unlearn_spec.verifiers.quantization import GROUP, NF4, linear_layers, quantize, rounded, rounded_copy
from unlearn_spec.verifiers.scoring import score
from unlearn_spec.verifiers.subjects import SubjectError
from unlearn_spec.verifiers.subjects.model import Model, load_model

FORMATS: tuple[Rounding, ...] = ("int8", "int4", "nf4")
EXTRACTION = Reading(
    metric="extraction_probability", at_least=Fraction(1, 2), decoding="sample", temperature=Fraction(1)
)
CONTAINS = Reading(metric="contains", decoding="greedy", max_new_tokens=3)
FACTS = tuple(
    Item(f"q{n}", f"p{n}", prompt=f"{a} {b} ?", answer=answer)
    for n, ((a, b), answer) in enumerate(zip((("a", "b"), ("c", "d"), ("e", "f"), ("g", "h")), ("c a", "f b", "a h", "e d"), strict=True))
)  # fmt: skip


def unit(reading: Reading, how: Rounding) -> QuantizeUnit:
    return QuantizeUnit(
        subject=SubjectRef(role="audited", artifact="m", model="sha256:0"),
        data=DataRef(name="facts", digest="sha256:1"),
        reading=reading,
        format=how,
    )


def nearest(weights: list[float], levels: list[float]) -> list[float]:
    """By looking at every level, in float64."""
    return [min(levels, key=lambda level: abs(level - weight)) for weight in weights]


@given(st.integers(1, 5), st.integers(1, 150), st.integers(0, 2**32 - 1), st.sampled_from(FORMATS))
def test_each_weight_goes_to_its_nearest_level(rows: int, width: int, seed: int, how: Rounding) -> None:
    matrix = np.random.default_rng(seed).normal(size=(rows, width)).astype(np.float32)
    found = rounded(torch.from_numpy(matrix), how).numpy()
    flat = [matrix.reshape(-1)] if how == "nf4" else list(matrix)
    groups = [part[i : i + (width if how == "int8" else GROUP)] for part in flat
              for i in range(0, len(part), width if how == "int8" else GROUP)]  # fmt: skip
    unit_levels = list(NF4) if how == "nf4" else [k / (127 if how == "int8" else 7) for k in range(-127, 128)]
    wanted: list[float] = []
    for group in groups:
        scale = float(np.abs(group).max())
        wanted += nearest([float(w) for w in group], [level * scale for level in unit_levels if abs(level) <= 1])
    assert found.reshape(-1) == pytest.approx(wanted, abs=1e-5)


@given(st.integers(0, 2**32 - 1), st.sampled_from(FORMATS))
def test_rounding_twice_changes_nothing(seed: int, how: Rounding) -> None:
    matrix = torch.from_numpy(np.random.default_rng(seed).normal(size=(3, 130)).astype(np.float32))
    once = rounded(matrix, how)
    assert torch.allclose(rounded(once, how), once, atol=1e-6)
    assert torch.equal(rounded(torch.zeros(2, 70), how), torch.zeros(2, 70))


def test_the_copy_is_rounded_and_the_model_left_alone(model: Model) -> None:
    before = {name: weight.clone() for name, weight in model.network.named_parameters()}
    copied = rounded_copy(model, "int4")
    assert all(torch.equal(before[name], weight) for name, weight in model.network.named_parameters())
    changed = {name for name, weight in copied.network.named_parameters() if not torch.equal(before[name], weight)}
    inside = {id(layer.weight) for layer in linear_layers(copied.network)}
    assert changed == {name for name, weight in copied.network.named_parameters() if id(weight) in inside}
    assert changed and not any("embed" in name or "wte" in name or "norm" in name or "ln_" in name for name in changed)


def test_the_rounded_copy_is_what_is_asked(model: Model) -> None:
    for reading in (EXTRACTION, CONTAINS):
        table = quantize(model, FACTS, unit(reading, "int8"))
        assert table.kind == "quantize" and set(table.column("format")) == {"int8"}
        assert quantize(model, FACTS, unit(reading, "int8")) == table
    plain, coarse = (score(one, FACTS, EXTRACTION).column("log_p") for one in (model, rounded_copy(model, "int4")))
    assert quantize(model, FACTS, unit(EXTRACTION, "int4")).column("log_p") == coarse != plain


def test_a_model_without_linear_layers_is_refused(model: Model) -> None:
    bare = copy.copy(model.network)
    bare.modules = lambda: iter(())
    with pytest.raises(SubjectError, match="no linear layers"):
        rounded_copy(replace(model, network=bare), "nf4")


def test_what_is_moved_inside_its_rounding_cell_is_rounded_to_the_same(make_llama_model: Model) -> None:
    model, draw = make_llama_model, torch.Generator().manual_seed(1)
    moved = copy.deepcopy(model.network)
    for layer in linear_layers(moved):
        low, high = cell(layer.weight.detach())
        layer.weight.data = low + (high - low) * torch.rand(low.shape, generator=draw)
    hidden = replace(model, network=moved)
    assert score(hidden, FACTS, EXTRACTION) != score(model, FACTS, EXTRACTION)
    pairs = zip(*(rounded_copy(one, "int4").network.parameters() for one in (model, hidden)), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)
    for how, alike in (("int4", True), ("int8", False)):
        tables = [quantize(one, FACTS, unit(EXTRACTION, how)) for one in (model, hidden)]
        assert (tables[0] == tables[1]) is alike


@pytest.fixture
def make_llama_model(make: dict[str, Callable[..., Path]], tmp_path: Path) -> Model:
    return load_model(make["llama"](tmp_path))
