"""The parts of a network by what they do, whatever its family calls them: blocks, and what runs after the last one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from .error import SubjectError


def blocks(network: Any) -> Any:
    """The list of a network's blocks, first to last. Raises `SubjectError` if there is no list of the declared length."""
    depth = network.config.get_text_config().num_hidden_layers
    for part in network.base_model.modules():
        if isinstance(part, torch.nn.ModuleList) and len(part) == depth and len({type(block) for block in part}) == 1:
            return part
    raise SubjectError(
        f"{type(network).__name__}: no list of {depth} blocks is found in it, so no layer can be looked at"
    )


@contextmanager
def cut_after(network: Any, layer: int) -> Iterator[None]:
    """Inside, the network gives what its final norm and head make of the output of block `layer` (1 … depth).

    The blocks after it pass on what they are given; everything else is the network's own code, so that norms, biases and
    soft caps are those of its family. nostalgebraist, Interpreting GPT: the logit lens (2020).
    """

    def passed_on(block: Any, args: Any, kwargs: Any, output: Any) -> Any:
        hidden = args[0] if args else kwargs["hidden_states"]
        return (hidden, *output[1:]) if isinstance(output, tuple) else hidden

    with _hooks([block.register_forward_hook(passed_on, with_kwargs=True) for block in _until(network, layer)[1]]):
        yield


@contextmanager
def watched(network: Any, layers: Sequence[int]) -> Iterator[Mapping[int, torch.Tensor]]:
    """Inside, the outputs of these blocks in the latest pass, by number from 1: (sequences, tokens, width)."""
    seen: dict[int, torch.Tensor] = {}

    def note(layer: int) -> Any:
        def keep(block: Any, args: Any, output: Any) -> None:
            seen[layer] = output[0] if isinstance(output, tuple) else output

        return keep

    with _hooks([_until(network, layer)[0][-1].register_forward_hook(note(layer)) for layer in layers]):
        yield seen


@contextmanager
def headed(network: Any, other: Any) -> Iterator[None]:
    """Inside, what runs after the network's last block, its final norm and head, is that of the other network.

    The head is put in as a matrix of its own, so that one tied to the embeddings leaves those as they are.
    Raises `SubjectError` if the other network has no such part of the same shape.
    """
    names = after_blocks(network)
    own = {name: network.get_submodule(name) for name in names}
    theirs = {name: _like(own[name], other, name) for name in names}
    try:
        _put(network, theirs)
        yield
    finally:
        _put(network, own)


def after_blocks(network: Any) -> tuple[str, ...]:
    """Names of the modules with weights of their own that run after the last block, the head among them.

    Found by letting one token through. Raises `SubjectError` if the head is none of them.
    """
    last, inside = blocks(network)[-1], {id(part) for block in blocks(network) for part in block.modules()}
    found: list[str] = []
    done: list[bool] = []

    def note(name: str) -> Any:
        def keep(*_: Any) -> None:
            if done and name not in found:
                found.append(name)

        return keep

    hooks = [last.register_forward_hook(lambda *_: done.append(True))]
    for name, part in network.named_modules():
        if id(part) not in inside and next(part.parameters(recurse=False), None) is not None:
            hooks.append(part.register_forward_pre_hook(note(name)))
    with _hooks(hooks), torch.inference_mode():
        network(input_ids=torch.zeros((1, 1), dtype=torch.long, device=network.device), use_cache=False)
    if not any(network.get_submodule(name) is network.get_output_embeddings() for name in found):
        raise SubjectError(f"{type(network).__name__}: its head is no module that runs after the last block")
    return tuple(found)


def _until(network: Any, layer: int) -> tuple[Any, Any]:
    """(the blocks up to a layer, those after it)."""
    every = blocks(network)
    if not 1 <= layer <= len(every):
        raise SubjectError(
            f"{type(network).__name__}: it has {len(every)} blocks, and block {layer} is to be looked at"
        )
    return every[:layer], every[layer:]


def _like(own: Any, other: Any, name: str) -> Any:
    try:
        found = other.get_submodule(name)
    except AttributeError:
        raise SubjectError(f"the original has no {name}, so its head does not fit the audited body") from None
    shapes = [{key: tuple(weight.shape) for key, weight in part.named_parameters()} for part in (own, found)]
    if shapes[0] != shapes[1]:
        raise SubjectError(f"the original's {name} has another shape, so its head does not fit the audited body")
    return found


def _put(network: Any, parts: Mapping[str, Any]) -> None:
    for name, part in parts.items():
        parent, _, leaf = name.rpartition(".")
        setattr(network.get_submodule(parent), leaf, part)


@contextmanager
def _hooks(hooks: Sequence[Any]) -> Iterator[None]:
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
