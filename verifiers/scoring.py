"""One teacher-forced pass per text, and everything that log-probabilities tell about it."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import torch

from ..gpu.decoding import decoding_log_prob
from ..gpu.token_stats import TokenStats, joined, token_stats
from ..plan.units import Reading
from .items import Item, ItemError, item_key
from .logits import at_places
from .memory import in_parts
from .metrics.attacks import min_k, min_k_plus_plus
from .reads import reads
from .subjects import OutputError, SubjectError
from .subjects.model import Model
from .table import Table, Value, from_rows
from .tokens import batches

MIN_K_SHARE = 0.2
CLOSING = ".,;:!?)]}%'\"’”»…、。，！？：；）"  # written right after a word

COLUMNS = (
    "item", "cluster", "tokens", "sum_logp", "mean_logp", "zlib_bytes", "min_k", "min_k_pp",
    "secret_tokens", "log_p", "argmax_match", "reads",
)


@dataclass(frozen=True)
class _Text:
    item: Item
    ids: tuple[int, ...]
    scored_from: int
    """First token of the scored text, at least 1."""
    secret_from: int
    """First token of the secret, at least 1."""
    written: str
    """The scored text, for its zlib length."""

    @property
    def first(self) -> int:
        """First token of which anything is asked."""
        return min(self.scored_from, self.secret_from)


def score(model: Model, items: Sequence[Item], reading: Reading, *, template: str = "{prompt}") -> Table:
    """A `score` table with one row an item, in the order given.

    Scored are all tokens of a document but the first, and the answer's tokens of a question; a token without a
    predecessor has no probability. Natural logarithms throughout. Columns:

    - `tokens`: scored tokens T. `sum_logp`, `mean_logp`: Σ ℓ and Σ ℓ / T, with ℓ = ln p(token | tokens before).
    - `zlib_bytes`: length of the scored text after zlib level 6, in bytes.
    - `min_k`: mean of the max(1, ⌊0.2 T⌋) lowest ℓ (arXiv 2310.16789, section 3).
    - `min_k_pp`: the same of (ℓ − μ) / σ, with μ and σ² the mean and variance of ln p(v) for v drawn from the
      model's distribution at that place, σ² at least 1e-6 (arXiv 2404.02936, section 3).
    - `secret_tokens`, `log_p`: number of tokens of the secret (a document's suffix; the whole document, if it has no
      suffix; an answer), and ln of the probability that the reading's decoding draws exactly them after what stands
      before. −inf where a token is filtered out. Greedy decoding: 0 or −inf (arXiv 2410.19482, section 3). That the
      answer ends there is not asked for.
    - `argmax_match`: share of the secret's tokens that are the most probable ones, given the true tokens before.
    - `reads`: keyed digest of how the model reads the text, as in `reads`.

    The template wraps a question's prompt; a document is scored as it stands. One blank joins prompt and answer, or
    prefix and suffix, unless one of them has it or the second begins with a closing mark (a document's own `text` settles it); a token
    that is this blank belongs to the secret. Raises `ItemError` for an item with nothing to score and
    `SubjectError` for a text longer than the model's context.
    """
    texts, key = [_read(model, item, template) for item in items], item_key(items)
    rows: dict[int, dict[str, Value]] = {}
    for batch in batches([len(text.ids) for text in texts]):
        found = in_parts(lambda part: _scored(model, [texts[place] for place in part], reading), batch)
        rows.update(zip(batch, chain.from_iterable(found), strict=True))
    told = (rows[place] | {"reads": reads(key, model, text.ids)} for place, text in enumerate(texts))
    return from_rows("score", COLUMNS, told)


def join(first: str, second: str) -> str:
    """The blank that belongs between the two: none where one of them is empty or brings it, or before closing marks."""
    opening = second[:1] == '"' and second[1:2].isalnum()  # a straight mark before a word opens a quotation
    closing = second[:1] in CLOSING and not opening
    seam = not first or not second or first[-1].isspace() or second[0].isspace() or closing
    return "" if seam else " "


def fill(template: str, prompt: str) -> str:
    """The template with the prompt in the place of `{prompt}`."""
    return template.replace("{prompt}", prompt)


def parts(item: Item, template: str) -> tuple[str, str]:
    """(what a model is given, what it would have to go on with), of a question or a document.

    The blank between them belongs to the second part, as it does where the model writes on by itself.
    Raises `ItemError` where there is nothing to score, or a text does not lead from its prefix to its suffix.
    """
    if not item.is_document:
        first, second = (fill(template, item.prompt) if item.prompt else ""), item.answer
    elif not item.suffix:
        first, second = "", item.text
    elif not item.text:
        first, second = item.prefix, item.suffix
    else:
        first = item.prefix or item.text[: -len(item.suffix)]
        second = item.text[len(first) :]
        if not item.text.startswith(first) or not second.endswith(item.suffix):
            raise ItemError(f"item {item.id}: its text does not begin with its prefix and end with its suffix")
    if not second.strip():
        raise ItemError(f"item {item.id} has neither an answer nor a text to score")
    return first, join(first, second) + second


def _read(model: Model, item: Item, template: str) -> _Text:
    first, second = parts(item, template)
    read = model.encode_pair(first, second)
    if model.context is not None and len(read.ids) > model.context:
        raise SubjectError(
            f"{model.name}: item {item.id} has {len(read.ids)} tokens, more than the model's context of {model.context}; "
            "`window` in the bindings cuts documents into parts"
        )
    secret = max(1, read.start)
    if len(read.ids) <= secret:
        raise ItemError(f"item {item.id} has no token that could be predicted from one before it")
    if item.is_document:
        return _Text(item, read.ids, 1, secret, first + second)
    return _Text(item, read.ids, secret, secret, item.answer)


def _scored(model: Model, texts: Sequence[_Text], reading: Reading) -> list[dict[str, Value]]:
    """One row a text, from one pass over all of them."""
    tokens = [(row, place) for row, text in enumerate(texts) for place in range(text.first, len(text.ids))]
    targets = torch.tensor([texts[row].ids[place] for row, place in tokens])
    secret = torch.tensor([place >= texts[row].secret_from for row, place in tokens])

    def read(logits: torch.Tensor, part: slice) -> tuple[TokenStats, Any]:
        goals, asked = targets[part].to(logits.device), secret[part].to(logits.device)
        stats = token_stats(logits, goals)
        if np.isnan(stats.log_prob).any():
            raise OutputError(f"{model.name}: the model's output is not a number; a wider precision may do")
        drawn = np.zeros(len(goals))
        if not is_greedy(reading):
            temperature, top_k, top_p = sampling(reading)
            drawn[secret[part].numpy()] = decoding_log_prob(
                logits[asked], goals[asked], temperature=temperature, top_k=top_k, top_p=top_p
            )
        return stats, drawn

    places = [(row, place - 1) for row, place in tokens]
    found, drawn = zip(*at_places(model, [text.ids for text in texts], places, read), strict=True)
    stats, chances = joined(found), np.concatenate(drawn)
    ends = np.cumsum([len(text.ids) - text.first for text in texts])
    return [
        _measure(text, stats[end - len(text.ids) + text.first : end], chances[:end][text.first - len(text.ids) :], reading)
        for text, end in zip(texts, ends, strict=True)
    ]


def _measure(text: _Text, stats: TokenStats, drawn: Any, reading: Reading) -> dict[str, Value]:
    """One row. `stats` and `drawn` (ln of each token's chance under a sampled decoding): of the tokens from `first` on."""
    scored, mean, variance = (
        each[text.scored_from - text.first :] for each in (stats.log_prob, stats.mean, stats.variance)
    )
    secret = slice(text.secret_from - text.first, None)
    matches = stats.best[secret] == np.asarray(text.ids[text.secret_from :])
    certain = 0.0 if bool(matches.all()) else float("-inf")
    return {
        "item": text.item.id,
        "cluster": text.item.cluster,
        "tokens": len(scored),
        "sum_logp": float(scored.sum()),
        "mean_logp": float(scored.mean()),
        "zlib_bytes": len(zlib.compress(text.written.encode("utf-8", "surrogatepass"), 6)),
        "min_k": min_k(scored, MIN_K_SHARE),
        "min_k_pp": min_k_plus_plus(scored, mean, variance, MIN_K_SHARE),
        "secret_tokens": len(matches),
        "log_p": certain if is_greedy(reading) else float(drawn[secret].sum()),
        "argmax_match": float(matches.mean()),
    }


def is_greedy(reading: Reading) -> bool:
    """Whether the reading's decoding always takes the most probable token."""
    return reading.decoding == "greedy" or reading.temperature == 0


def sampling(reading: Reading) -> tuple[float, int | None, float | None]:
    """(temperature, 1 if not stated; top_k; top_p) of a sampled decoding."""
    temperature = 1.0 if reading.temperature is None else float(reading.temperature)
    return temperature, reading.top_k, None if reading.top_p is None else float(reading.top_p)
