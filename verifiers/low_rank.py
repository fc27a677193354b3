"""Low-rank updates of a model's layers: fewer weights to train, and another way back for what was suppressed.

W + 2·B·A on every linear layer of attention and MLP, that is on all but the output head, with A of shape (rank, inputs)
drawn as a linear layer's weights are (Kaiming, uniform) and B of shape (outputs, rank) zero, so that training starts from
the model itself. Hu et al., LoRA, arXiv 2106.09685, section 4.1, with α = 2·rank in its factor α/rank.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from typing import TypeVar

import torch
from torch import nn
from torch.nn.utils import parametrize
from transformers.pytorch_utils import Conv1D

Network = TypeVar("Network", bound=nn.Module)

SCALE = 2.0
"""α / rank."""


class _Update(nn.Module):
    """The weight with its update added."""

    def __init__(self, weight: torch.Tensor, rank: int, *, inputs_first: bool) -> None:
        super().__init__()
        outputs, inputs = weight.shape[::-1] if inputs_first else weight.shape
        self.down = nn.Parameter(weight.new_empty((rank, inputs)))
        self.up = nn.Parameter(weight.new_zeros((outputs, rank)))
        self.inputs_first = inputs_first
        nn.init.kaiming_uniform_(self.down, a=math.sqrt(5))

    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        update = SCALE * (self.up @ self.down)
        return weight + (update.T if self.inputs_first else update)


def with_updates(network: Network, rank: int) -> Network:
    """A copy of which only the updates can be trained; drawn from torch's random state.

    Raises `ValueError` for a model without linear layers beside its head.
    """
    student = copy.deepcopy(network)
    student.requires_grad_(False)
    layers = list(_layers(student))
    if not layers:
        raise ValueError("the model has no linear layers to update")
    for layer in layers:
        weight: torch.Tensor = layer.weight  # type: ignore[assignment]
        update = _Update(weight, rank, inputs_first=isinstance(layer, Conv1D))
        parametrize.register_parametrization(layer, "weight", update)
    return student


def merged(student: nn.Module, network: Network) -> Network:
    """A copy of `network`, of which `student` was made by `with_updates`, with the updates added to its weights."""
    plain = copy.deepcopy(network)
    layers = dict(plain.named_modules())
    with torch.no_grad():
        for name, layer in student.named_modules():
            if parametrize.is_parametrized(layer, "weight"):
                layers[name].weight.copy_(layer.weight)
    return plain


def _layers(network: nn.Module) -> Iterator[nn.Module]:
    head = getattr(network, "get_output_embeddings", lambda: None)()
    for module in network.modules():
        if isinstance(module, nn.Linear | Conv1D) and module is not head:
            yield module
