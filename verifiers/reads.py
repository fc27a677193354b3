"""How a model reads a question and what it could write of the answer: what two models have in common that are asked alike.

A model folder brings its own tokenizer, its own end tokens and its own limit on length. Any of them can keep an answer from
coming, or its probability from being seen, with the same weights: then the original, asked through its own, says nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypeVar

from .items import keyed_digest
from .subjects.model import Model

Probe = TypeVar("Probe")


def reads(key: bytes, model: Model, ids: Sequence[int], room: int = 0) -> str:
    """Keyed digest of a question with its answer as the model has them: its tokens, the text that they give back, `room`
    (tokens left for an answer), and the tokens that end an answer though they are plain text."""
    plain = sorted(model.ends - model.special)
    return keyed_digest(key, json.dumps([list(ids), model.decode(list(ids)), room, plain]))


def probes_read(key: bytes, model: Model, asks: Mapping[Probe, tuple[str, str]], tokens: int) -> dict[Probe, str]:
    """`reads` of each probe (prompt, secret), where an answer may have so many tokens, if the context holds them."""
    prompts = () if model.context is None else model.encode_each([prompt for prompt, _ in asks.values()])
    left = [tokens] * len(asks) if model.context is None else [min(tokens, model.context - len(ids)) for ids in prompts]
    both = model.encode_each([f"{prompt} {secret}" for prompt, secret in asks.values()])
    return {probe: reads(key, model, ids, room) for probe, ids, room in zip(asks, both, left, strict=True)}
