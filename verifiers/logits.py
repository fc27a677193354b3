"""The logits of wanted places in token sequences, chunk by chunk, so that they never all exist.

The network runs once, without its head where it allows that. Then its own code turns the hidden states into logits, a
chunk of places at a time: its decoder is made to return what it has returned before. So the biases, scaling and
soft-capping of every family are what the family's code does, and nothing here can lag behind it.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch

from .memory import in_parts
from .subjects.model import Model

R = TypeVar("R")
Place = tuple[int, int]
"""Sequence, and position in it."""

CHUNK_BYTES = 1 << 27
CLOSE = {torch.float32: 1e-4, torch.bfloat16: 2e-2, torch.float16: 4e-3}  # of the largest logit


@dataclass(frozen=True)
class _Decoded:
    """What the part of a network before its head gave: `output.last_hidden_state` (sequences, tokens, hidden)."""

    part: Any
    output: Any


def at_places(
    model: Model,
    sequences: Sequence[tuple[int, ...]],
    places: Sequence[Place],
    use: Callable[[torch.Tensor, slice], R],
) -> list[R]:
    """What `use` makes of consecutive parts of the places, in their order: of the logits (places, vocabulary) of a part,
    and of the slice of `places` that it is.

    Logits are those that the model gives after the token at a place, in the model's precision. A chunk holds at most
    128 MiB of them (twice that on a GPU), less where memory is too small.
    """
    with torch.inference_mode():
        rows = _rows(model, sequences, places)
        size = model.network.get_input_embeddings().weight
        budget = CHUNK_BYTES * (2 if size.is_cuda else 1)
        step = max(1, budget // (size.shape[0] * size.element_size()))

        def part(numbers: Sequence[int]) -> R:
            chosen = slice(numbers[0], numbers[-1] + 1)
            return use(rows(chosen), chosen)

        chunks = [range(len(places))[start : start + step] for start in range(0, len(places), step)]
        return [found for chunk in chunks for found in in_parts(part, chunk)]


def _rows(
    model: Model, sequences: Sequence[tuple[int, ...]], places: Sequence[Place]
) -> Callable[[slice], torch.Tensor]:
    """Slice of the places → their logits."""
    network = model.network
    ids, mask = _padded(sequences, model.device)
    at = tuple(torch.tensor(numbers, device=model.device) for numbers in zip(*places, strict=True))
    headless = "logits_to_keep" in inspect.signature(network.forward).parameters
    options: dict[str, Any] = {"logits_to_keep": 1} if headless else {}
    with _watched(network) as seen:
        output = network(input_ids=ids, attention_mask=mask, use_cache=False, **options)
    if not headless:
        whole = output.logits[at]
        return lambda chosen: whole[chosen]
    longest = max(range(len(sequences)), key=lambda row: len(sequences[row]))  # its last token is a real one
    wanted = output.logits[longest, -1:]
    for decoded in seen:
        found = _head(network, decoded, decoded.output.last_hidden_state[longest : longest + 1, -1])
        if found.shape == wanted.shape and _close(found, wanted):
            hidden = decoded.output.last_hidden_state[at]
            return lambda chosen, decoded=decoded: _head(network, decoded, hidden[chosen])  # type: ignore[misc]
    whole = network(input_ids=ids, attention_mask=mask, use_cache=False).logits[at]
    return lambda chosen: whole[chosen]


def _padded(sequences: Sequence[tuple[int, ...]], place: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Right-padded ids, and 1 where a token is real; both (sequences, longest)."""
    longest = max(len(ids) for ids in sequences)
    ids = torch.zeros((len(sequences), longest), dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, sequence in enumerate(sequences):
        ids[row, : len(sequence)] = torch.tensor(sequence)
        mask[row, : len(sequence)] = 1
    return ids.to(place), mask.to(place)


@contextmanager
def _watched(network: Any) -> Iterator[list[_Decoded]]:
    """What comes out of the network's decoder while it runs; of the outermost one last, as it ends last."""
    seen: list[_Decoded] = []
    decoder = network.get_decoder() if hasattr(network, "get_decoder") else None
    parts = {id(part): part for part in (network.base_model, decoder) if part is not None and part is not network}

    def note(part: Any, _: Any, output: Any) -> None:
        if getattr(output, "last_hidden_state", None) is not None:
            seen.append(_Decoded(part, output))

    hooks = [part.register_forward_hook(note) for part in parts.values()]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()


def _head(network: Any, decoded: _Decoded, hidden: torch.Tensor) -> torch.Tensor:
    """Logits (places, vocabulary) that the network's own code makes of hidden states (places, hidden)."""
    output = copy.copy(decoded.output)
    output["last_hidden_state"] = hidden[None]
    ids = torch.zeros((1, len(hidden)), dtype=torch.long, device=hidden.device)
    before = vars(decoded.part).get("forward")
    decoded.part.forward = lambda *_, **__: output
    try:
        found: torch.Tensor = network(input_ids=ids, attention_mask=torch.ones_like(ids), use_cache=False).logits[0]
    finally:
        if before is None:
            del decoded.part.forward
        else:
            decoded.part.forward = before
    return found


def _close(found: torch.Tensor, wanted: torch.Tensor) -> bool:
    """Equal up to the order of sums; where it is not, this network does more between decoder and head than we see.

    Tokens that a family never gives (its logit is -inf, or the lowest number there is) say nothing of the others' scale.
    """
    kept = wanted.abs() < torch.finfo(wanted.dtype).max / 2
    if not torch.equal(found[~kept], wanted[~kept]) or not bool(kept.any()):
        return False
    apart, largest = (found - wanted)[kept].abs().amax(), wanted[kept].abs().amax()
    return bool(apart <= CLOSE.get(wanted.dtype, 1e-4) * largest)
