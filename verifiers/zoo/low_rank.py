"""Low-rank adapters: W·x + (α/r)·B·A·x with A and B trained, W frozen; merged, the layer is linear again.

LoRA: arXiv 2106.09685, section 4.1; here α = 2r.
"""

from __future__ import annotations

import math

import torch
from torch.nn.functional import linear

from ..training import seeded

SCALE = 2.0


class Adapted(torch.nn.Module):
    """A frozen linear layer with a trainable product of rank `rank` beside it; starts as the layer itself."""

    def __init__(self, base: torch.nn.Linear, rank: int) -> None:
        super().__init__()
        self.base = base.requires_grad_(False)
        self.down = torch.nn.Parameter(torch.randn(rank, base.in_features) / math.sqrt(base.in_features))
        self.up = torch.nn.Parameter(torch.zeros(base.out_features, rank))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        beside = linear(linear(inputs, self.down), self.up)
        return linear(inputs, self.base.weight, self.base.bias) + SCALE * beside

    def merged(self) -> torch.nn.Linear:
        """The base layer with the product added to its weights."""
        with torch.no_grad():
            self.base.weight += SCALE * self.up @ self.down
        return self.base


def add_adapters(model: torch.nn.Module, *, rank: int, seed: int) -> None:
    """Puts an adapter on every linear layer of the decoder's blocks, in place; everything else is frozen."""
    model.requires_grad_(False)
    layers = [(name, layer) for name, layer in model.named_modules() if _in_block(name, layer)]
    with seeded(seed):
        for name, layer in layers:
            assert isinstance(layer, torch.nn.Linear)
            _put(model, name, Adapted(layer, rank))


def merge_adapters(model: torch.nn.Module) -> None:
    """Merges every adapter into its layer, in place."""
    for name, layer in list(model.named_modules()):
        if isinstance(layer, Adapted):
            _put(model, name, layer.merged())


def _in_block(name: str, layer: torch.nn.Module) -> bool:
    return isinstance(layer, torch.nn.Linear) and ".layers." in name


def _put(model: torch.nn.Module, name: str, layer: torch.nn.Module) -> None:
    above, _, last = name.rpartition(".")
    setattr(model.get_submodule(above), last, layer)
