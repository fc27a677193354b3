"""A LoRA adapter merged into its base model: W + s·B·A, in float32."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from transformers.pytorch_utils import Conv1D

from .adapter_folder import Adapter, check_adapter
from .error import SubjectError

_PREFIX, _A, _B = "base_model.model.", ".lora_A.weight", ".lora_B.weight"


@torch.no_grad()
def merge(network: Any, folder: Path) -> None:
    """Adds the adapter in this folder to the weights of a float32 network, in place.

    Each pair A (r, in), B (out, r) belongs to one linear layer and adds s·B·A to its weight (out, in), with s as in
    `Adapter`; layers that keep their weight as (in, out), peft's `fan_in_fan_out`, get the transpose (arXiv 2106.09685,
    section 4.1). Raises `SubjectError` for a tensor without a place, a pair that is not whole, a shape that does not
    fit, and a layer whose weight is tied to another.
    """
    adapter = check_adapter(folder)
    try:
        tensors = load_file(adapter.weights)
    except (SafetensorError, OSError) as error:
        raise SubjectError(f"{adapter.weights}: this is not a safetensors file") from error
    places = dict(network.named_modules())
    for module in _modules(adapter, tensors):
        layer = places.get(module)
        if not isinstance(layer, torch.nn.Linear | Conv1D):
            what = "no such layer" if layer is None else "no linear layer"
            raise SubjectError(f"{adapter.weights}: {module} is {what} of the model under `model`")
        if layer.weight is network.get_input_embeddings().weight:
            raise SubjectError(f"{adapter.weights}: {module} shares its weight with the embedding; merging would change both")
        _add(adapter, layer, module, *(tensors[f"{_PREFIX}{module}{part}"].float() for part in (_A, _B)))


def _add(adapter: Adapter, layer: Any, module: str, a: torch.Tensor, b: torch.Tensor) -> None:
    weight = layer.weight if isinstance(layer, torch.nn.Linear) else layer.weight.T
    if a.shape != (adapter.rank, weight.shape[1]) or b.shape != (weight.shape[0], adapter.rank):
        found = f"A {tuple(a.shape)} and B {tuple(b.shape)}"
        wanted = f"rank {adapter.rank} and a weight of {tuple(weight.shape)}"
        raise SubjectError(f"{adapter.weights}: {module} has {found}, which do not fit {wanted}; another base model?")
    weight += adapter.scale * (b @ a)


def _modules(adapter: Adapter, tensors: dict[str, torch.Tensor]) -> list[str]:
    """Names of the layers that the tensors belong to, each with its A and its B."""
    found: dict[str, set[str]] = {}
    for name in tensors:
        part = next((end for end in (_A, _B) if name.endswith(end)), None)
        if part is None or not name.startswith(_PREFIX):
            raise SubjectError(
                f"{adapter.weights}: {name} is more than plain LoRA on a linear layer; merge the adapter into its base model"
            )
        found.setdefault(name.removeprefix(_PREFIX).removesuffix(part), set()).add(part)
    for module, parts in found.items():
        if len(parts) < 2:
            raise SubjectError(f"{adapter.weights}: {module} has only {parts.pop()[1:7]}, and a pair is needed")
    without = [one for one in adapter.modules if not any(f".{name}".endswith(f".{one}") for name in found)]
    if not found or without:
        lacking = f"weights for {without[0]}" if without else "any weights"
        raise SubjectError(f"{adapter.weights}: it lacks {lacking}; the file was cut short or is another adapter's")
    return sorted(found)
