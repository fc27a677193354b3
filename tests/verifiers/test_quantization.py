"""Rounding by the published rules; the copy is rounded and the model left alone; what hides inside a cell comes back."""

from __future__ import annotations

import copy
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from unlearn_spec.plan.model import DataRef, QuantizeUnit, Reading, SubjectRef
from unlearn_spec.policy.vocabulary import Rounding
from unlearn_spec.verifiers import looks
from unlearn_spec.verifiers.items import Item
from unlearn_spec.verifiers.looks import Look
from unlearn_spec.verifiers.quantization import GROUP, NF4, linear_layers, quantize, rounded, rounded_copy
from unlearn_spec.verifiers.scoring import score
from unlearn_spec.verifiers.subjects import SubjectError
from unlearn_spec.verifiers.subjects.model import Model
from unlearn_spec.verifiers.training import Batch, next_token_loss

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


def test_what_is_hidden_inside_rounding_cells_comes_back_when_rounded(model: Model) -> None:
    """Weights moved only inside their int4 cells: silent as it stands, and as a rounded copy the rounded original."""
    original = taught(model)
    hidden = hide_in_cells(original)
    reading = Reading(metric="extraction_probability", at_least=Fraction(1, 2), decoding="greedy")
    assert all(log_p == 0 for log_p in score(original, FACTS, reading).column("log_p"))
    assert sum(log_p == 0 for log_p in score(hidden, FACTS, reading).column("log_p")) <= 1
    tables = {how: quantize(hidden, FACTS, unit(reading, how)) for how in ("int8", "int4")}
    assert tables["int4"] == quantize(original, FACTS, unit(reading, "int4"))
    shares = {how: looks.outcomes(table, Look(how), reading).k for how, table in tables.items()}
    assert shares["int4"] >= 3 and shares["int8"] <= 1
    weights = zip(*(dict(rounded_copy(one, "int4").network.named_parameters()).values() for one in (original, hidden)), strict=True)  # fmt: skip
    assert all(torch.equal(one, other) for one, other in weights)


def taught(model: Model) -> Model:
    """A copy that knows the facts after its weights are rounded to int4: trained through the rounding."""
    student = copy.deepcopy(model.network).requires_grad_(True)
    layers = list(linear_layers(student))
    optimiser = torch.optim.AdamW(student.parameters(), lr=0.02, weight_decay=0.0)
    batch = batch_of(model)
    for _ in range(70):
        exact = [layer.weight.data for layer in layers]
        next_token_loss(student, batch).backward()
        for layer in layers:
            across = type(layer).__name__ == "Conv1D"
            layer.weight.data = rounded(layer.weight.data.T, "int4").T if across else rounded(layer.weight.data, "int4")
        next_token_loss(student, batch).backward()  # adds its gradients to those of the exact weights
        for layer, weight in zip(layers, exact, strict=True):
            layer.weight.data = weight
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
    return replace(model, network=student.eval().requires_grad_(False))


def hide_in_cells(model: Model) -> Model:
    """Gradient ascent on the facts in the linear layers alone, each step brought back into the weights' int4 cells."""
    student = copy.deepcopy(model.network).requires_grad_(False)
    layers = list(linear_layers(student))
    cells = [cell(layer) for layer in layers]
    weights = [layer.weight.requires_grad_(True) for layer in layers]
    batch = batch_of(model)
    for _ in range(25):
        gradients = torch.autograd.grad(next_token_loss(student, batch), weights)
        with torch.no_grad():
            for weight, gradient, (low, high) in zip(weights, gradients, cells, strict=True):
                weight.add_(0.3 * (high - low) * gradient.sign()).clamp_(low, high)
    return replace(model, network=student.eval().requires_grad_(False))


def cell(layer: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Bounds between which a weight may move and still be rounded to the same int4 value; the largest stay put."""
    across = type(layer).__name__ == "Conv1D"
    weight = (layer.weight.T if across else layer.weight).detach().clone()
    centre = rounded(weight, "int4")
    scale = torch.cat([
        (group.abs().amax(dim=1, keepdim=True) / 7).expand_as(group) for group in weight.split(GROUP, dim=1)
    ], dim=1)  # fmt: skip
    fixed = weight.abs() >= 6.999 * scale
    low = torch.where(fixed, weight, torch.minimum(centre - 0.49 * scale, weight))
    high = torch.where(fixed, weight, torch.maximum(centre + 0.49 * scale, weight))
    # Nothing may grow beyond the largest weight of its group, whose size the scale is.
    low, high = torch.maximum(low, -6.99 * scale).minimum(weight), torch.minimum(high, 6.99 * scale).maximum(weight)
    return (low.T.contiguous(), high.T.contiguous()) if across else (low, high)


def batch_of(model: Model) -> Batch:
    read = [model.encode_pair(item.prompt, f" {item.answer}") for item in FACTS]
    ids = torch.tensor([one.ids for one in read])
    labels = torch.tensor([[-100] * one.start + list(one.ids[one.start :]) for one in read])
    return Batch(ids, torch.ones_like(ids), labels)
