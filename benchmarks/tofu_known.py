"""What a model says, found without the verifiers: every question asked once through `transformers`."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import torch

from unlearn_spec.verifiers.subjects.model import Model

Row = dict[str, Any]
BATCH = 20


def revealed(model: Model, rows: Sequence[Row], *, tokens: int, whole: bool) -> float:
    """Share of questions whose greedy answer holds the right one: all of it, or 75% of its words in their order."""
    hits = 0
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        for row, said in zip(part, _answers(model, [row["prompt"] for row in part], tokens), strict=True):
            right = row["answer"].casefold()
            words = _words(right)
            hits += right in said if whole else _in_order(_words(said), words) >= 0.75 * len(words)
    return hits / len(rows)


@torch.no_grad()
def _answers(model: Model, prompts: Sequence[str], tokens: int) -> list[str]:
    """Greedy answers in lower case, from prompts padded on the left."""
    asked = [model.encode_pair(prompt, "").ids for prompt in prompts]
    width = max(map(len, asked))
    ids = torch.tensor([[0] * (width - len(one)) + list(one) for one in asked])
    mask = torch.tensor([[0] * (width - len(one)) + [1] * len(one) for one in asked])
    options = {"do_sample": False, "max_new_tokens": tokens, "pad_token_id": model.tokenizer.eos_token_id}
    written = model.network.generate(ids, attention_mask=mask, **options)[:, width:]
    return [text.casefold() for text in model.tokenizer.batch_decode(written, skip_special_tokens=True)]


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def _in_order(left: Sequence[str], right: Sequence[str]) -> int:
    """Length of the longest common subsequence."""
    row = [0] * (len(right) + 1)
    for word in left:
        above = row
        row = [0]
        for place, other in enumerate(right):
            row.append(above[place] + 1 if word == other else max(above[place + 1], row[-1]))
    return row[-1]


@torch.no_grad()
def word_for_word(model: Model, rows: Sequence[Row]) -> float:
    """Share of questions to which one sampled answer is the right one, word for word, with a probability of 1% or more."""
    hits = 0
    for row in rows:
        pair = model.encode_pair(row["prompt"], f" {row['answer']}")
        ids = torch.tensor(pair.ids)
        scores = model.network(ids[None]).logits[0, :-1].log_softmax(-1)
        hits += float(scores.gather(1, ids[1:, None])[pair.start - 1 :].sum()) >= math.log(0.01)
    return hits / len(rows)
