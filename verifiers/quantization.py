"""What rounding the weights brings back: the usual questions, asked of a rounded copy of the model.

Rounding is simulated: each weight is replaced by the value that its rounded form stands for, and the copy computes in
the model's own precision. Only the weights of linear layers are rounded. Embeddings, norms and biases stay as they are,
and so does the head, whether it shares its matrix with the embeddings or not: libraries that quantise leave it out too.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

import torch
from transformers.pytorch_utils import Conv1D

from ..plan.units import GenerateUnit, QuantizeUnit
from ..policy.vocabulary import Rounding
from .generation import generate
from .items import Item
from .scoring import score
from .subjects import SubjectError
from .subjects.model import Model
from .table import Table

GROUP: Final = 64
"""Weights that share a scale in `int4` and `nf4`."""

NF4: Final = (
    -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
    -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
    0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0,
)  # fmt: skip
"""The 16 levels of NormalFloat4. Dettmers et al., QLoRA, arXiv 2305.14314, appendix E."""


def quantize(model: Model, items: Sequence[Item], unit: QuantizeUnit) -> Table:
    """A `quantize` table: the columns of a `score` table (reading `extraction_probability`) or else of a `generate`
    table on the items' prompts, taken from a copy rounded to `unit.format`, which stands in a column in front.

    The model is left as it was. Raises `SubjectError` for a model without linear layers, and like `score` and `generate`.
    """
    copied = rounded_copy(model, unit.format)
    if unit.reading.metric == "extraction_probability":
        table = score(copied, items, unit.reading, template=unit.subject.prompt)
    else:
        asked = GenerateUnit(subject=unit.subject, data=unit.data, reading=unit.reading, seed=unit.seed)
        table = generate(copied, items, asked)
    return table.with_column("format", unit.format).as_kind("quantize")


def rounded_copy(model: Model, how: Rounding) -> Model:
    """A copy whose linear layers have rounded weights. Raises `SubjectError` if there are none."""
    network = copy.deepcopy(model.network)
    layers = list(linear_layers(network))
    if not layers:
        raise SubjectError(f"{model.name}: it has no linear layers whose weights could be rounded")
    with torch.no_grad():
        for layer in layers:
            across = isinstance(layer, Conv1D)  # stores (inputs, outputs)
            weight = layer.weight.data
            layer.weight.data = rounded(weight.T, how).T.contiguous() if across else rounded(weight, how)
    return replace(model, network=network)


def linear_layers(network: Any) -> Iterator[Any]:
    """The linear layers of a network but its head; a matrix shared with the input embeddings is left out too."""
    head, shared = network.get_output_embeddings(), network.get_input_embeddings().weight
    for module in network.modules():
        if isinstance(module, torch.nn.Linear | Conv1D) and module is not head and module.weight is not shared:
            yield module


def rounded(weight: torch.Tensor, how: Rounding) -> torch.Tensor:
    """A matrix (outputs, inputs) as its rounded form stands for it, in the same shape and precision.

    - `int8`: per output, s = max|w| / 127 and w → s·round(w / s).
    - `int4`: the same with s = max|w| / 7 for each `GROUP` consecutive inputs of an output; the last group may be shorter.
    - `nf4`: per block of `GROUP` consecutive weights of the flattened matrix, s = max|w| and w → s·(the level of `NF4`
      nearest to w / s, the lower one of two equally near). The scales themselves are not quantised.

    Halves are rounded to even. A group of zeros stays zero. `int8`: row-wise absmax, Dettmers et al., LLM.int8(), arXiv
    2208.07339. `int4`: the round-to-nearest baseline of Frantar et al., GPTQ, arXiv 2210.17323, with symmetric groups.
    `nf4`: block-wise absmax, Dettmers et al., QLoRA, arXiv 2305.14314, section 2.
    """
    exact = weight.to(torch.float32)
    if how == "int8":
        found = _to_grid(exact, 127)
    elif how == "int4":
        found = torch.cat([_to_grid(exact[:, first : first + GROUP], 7) for first in range(0, exact.shape[1], GROUP)], dim=1)
    else:
        flat = exact.reshape(-1)
        blocks = [flat[first : first + GROUP] for first in range(0, len(flat), GROUP)]
        found = torch.cat([_to_levels(block) for block in _stacked(blocks)]).reshape(exact.shape)
    return found.to(weight.dtype)


def _to_grid(rows: torch.Tensor, steps: int) -> torch.Tensor:
    """Each row to the nearest of 2·steps + 1 evenly spaced values, the outermost at plus and minus its largest weight."""
    scale = _safe(rows.abs().amax(dim=1, keepdim=True) / steps)
    return torch.round(rows / scale).clamp(-steps, steps) * scale


def _to_levels(rows: torch.Tensor) -> torch.Tensor:
    """Each row to the nearest levels of NF4 between plus and minus its largest weight; flattened."""
    levels = torch.tensor(NF4, device=rows.device)
    between = (levels[1:] + levels[:-1]) / 2
    scale = _safe(rows.abs().amax(dim=1, keepdim=True))
    return (levels[torch.bucketize(rows / scale, between)] * scale).reshape(-1)


def _safe(scale: torch.Tensor) -> torch.Tensor:
    return torch.where(scale == 0, torch.ones_like(scale), scale)


def _stacked(blocks: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """The blocks as rows of one matrix, and the shorter last one, if there is one, as a matrix of its own."""
    whole = [block for block in blocks if len(block) == GROUP]
    found = [torch.stack(whole)] if whole else []
    return found + [block[None] for block in blocks if len(block) < GROUP]
