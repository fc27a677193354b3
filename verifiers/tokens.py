"""What the tokens of many texts' endings say, from one teacher-forced pass per text: what every likelihood metric reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt
import torch

from ..gpu.token_stats import TokenStats, joined, token_stats
from .logits import at_places
from .memory import in_parts
from .subjects import SubjectError
from .subjects.model import Model

TOKENS_PER_BATCH = 4096
TEXTS_PER_BATCH = 64


@dataclass(frozen=True)
class Ending:
    """Tokens of a text, of which those from `start` on are looked at: 1 ≤ start < len(ids)."""

    ids: tuple[int, ...]
    start: int


def token_scores(model: Model, texts: Sequence[Ending]) -> list[TokenStats]:
    """For each text the statistics of its tokens from `start` on, each given the tokens before; in the order given.

    Short texts first, in batches whose padded length fits memory. Raises `SubjectError` for a text longer than the
    model's context, or for an output that is not a number.
    """
    longest = max((len(text.ids) for text in texts), default=0)
    if model.context is not None and longest > model.context:
        raise SubjectError(f"{model.name}: a text has {longest} tokens, more than the model's context of {model.context}")
    found: dict[int, TokenStats] = {}
    for batch in batches([len(text.ids) for text in texts]):
        parts = in_parts(lambda part: _scores(model, [texts[place] for place in part]), batch)
        found.update(zip(batch, chain.from_iterable(parts), strict=True))
    return [found[place] for place in range(len(texts))]


def matches(text: Ending, stats: TokenStats) -> npt.NDArray[np.bool_]:
    """Whether each of the tokens looked at is the model's first choice there; shape (tokens,)."""
    return np.asarray(stats.best == np.asarray(text.ids[text.start :]), dtype=bool)


def batches(lengths: Sequence[int]) -> list[list[int]]:
    """Places of texts of these lengths, the short ones first, in batches whose padded length stays within the limit."""
    order = sorted(range(len(lengths)), key=lambda place: (lengths[place], place))
    found: list[list[int]] = []
    for place in order:
        full = not found or len(found[-1]) >= TEXTS_PER_BATCH
        if full or (len(found[-1]) + 1) * lengths[place] > TOKENS_PER_BATCH:
            found.append([])
        found[-1].append(place)
    return found


def _scores(model: Model, texts: Sequence[Ending]) -> list[TokenStats]:
    tokens = [(row, place) for row, text in enumerate(texts) for place in range(text.start, len(text.ids))]
    targets = torch.tensor([texts[row].ids[place] for row, place in tokens])

    def read(logits: torch.Tensor, part: slice) -> TokenStats:
        return token_stats(logits, targets[part].to(logits.device))

    before = [(row, place - 1) for row, place in tokens]
    stats = joined(at_places(model, [text.ids for text in texts], before, read))
    if np.isnan(stats.log_prob).any():
        raise SubjectError(f"{model.name}: the model's output is not a number; a wider precision may do")
    ends = np.cumsum([len(text.ids) - text.start for text in texts])
    return [stats[end - len(text.ids) + text.start : end] for text, end in zip(texts, ends, strict=True)]
