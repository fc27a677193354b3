"""One teacher-forced pass per text, and everything that log-probabilities tell about it."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ..gpu.decoding import decoding_log_prob
from ..gpu.token_stats import TokenStats, token_stats
from ..plan.model import Reading
from .items import Item, ItemError
from .subjects import SubjectError
from .subjects.model import Model
from .table import Table, Value, from_rows

MIN_K_SHARE = 0.2
MIN_VARIANCE = 1e-6  # of ln p under p, below which Min-K++ would divide by nothing
LOGITS_PER_BATCH = 1 << 26  # 256 MiB in float32
TEXTS_PER_BATCH = 64
CLOSING = ".,;:!?)]}%'\"’”»…、。，！？：；）"  # written right after a word

COLUMNS = (
    "item", "cluster", "tokens", "sum_logp", "mean_logp", "zlib_bytes", "min_k", "min_k_pp",
    "secret_tokens", "log_p", "argmax_match",
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

    The template wraps a question's prompt; a document is scored as it stands. One blank joins prompt and answer, or
    prefix and suffix, unless one of them has it or the second begins with a closing mark (a document's own `text` settles it); a token
    that is this blank belongs to the secret. Raises `ItemError` for an item with nothing to score and
    `SubjectError` for a text longer than the model's context.
    """
    texts = [_read(model, item, template) for item in items]
    rows: dict[int, dict[str, Value]] = {}
    for batch in _batches(texts, model):
        logits = _logits(model, [texts[place].ids for place in batch])
        if bool(logits.isnan().any()):
            raise SubjectError(f"{model.name}: the model's output is not a number; a wider precision may do")
        for row, place in enumerate(batch):
            rows[place] = _measure(texts[place], logits[row], reading)
    return from_rows("score", COLUMNS, (rows[place] for place in range(len(texts))))


def join(first: str, second: str) -> str:
    """The blank that belongs between the two: none where one of them is empty or brings it, or before closing marks."""
    seam = not first or not second or first[-1].isspace() or second[0].isspace() or second[0] in CLOSING
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
            f"{model.name}: item {item.id} has {len(read.ids)} tokens, more than the model's context of {model.context}"
        )
    secret = max(1, read.start)
    if len(read.ids) <= secret:
        raise ItemError(f"item {item.id} has no token that could be predicted from one before it")
    if item.is_document:
        return _Text(item, read.ids, 1, secret, first + second)
    return _Text(item, read.ids, secret, secret, item.answer)


def _batches(texts: Sequence[_Text], model: Model) -> list[list[int]]:
    """Places of texts, the short ones first, in batches whose padded logits stay within the limit."""
    width = int(model.network.get_input_embeddings().weight.shape[0])
    order = sorted(range(len(texts)), key=lambda place: (len(texts[place].ids), place))
    batches: list[list[int]] = []
    for place in order:
        longest = len(texts[place].ids)
        full = not batches or len(batches[-1]) >= TEXTS_PER_BATCH
        if full or (len(batches[-1]) + 1) * longest * width > LOGITS_PER_BATCH:
            batches.append([])
        batches[-1].append(place)
    return batches


def _logits(model: Model, sequences: Sequence[tuple[int, ...]]) -> torch.Tensor:
    """Logits of right-padded sequences, shape (sequences, longest, vocabulary)."""
    longest = max(len(ids) for ids in sequences)
    ids = torch.zeros((len(sequences), longest), dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, sequence in enumerate(sequences):
        ids[row, : len(sequence)] = torch.tensor(sequence)
        mask[row, : len(sequence)] = 1
    with torch.inference_mode():
        output = model.network(input_ids=ids.to(model.device), attention_mask=mask.to(model.device), use_cache=False)
    logits: torch.Tensor = output.logits
    return logits


def _measure(text: _Text, logits: torch.Tensor, reading: Reading) -> dict[str, Value]:
    """One row. `logits` of shape (at least the text's tokens, vocabulary)."""
    first = min(text.scored_from, text.secret_from)
    targets = torch.tensor(text.ids[first:], device=logits.device)
    before = logits[first - 1 : len(text.ids) - 1]
    stats = token_stats(before, targets)
    scored = stats.log_prob[text.scored_from - first :]
    secret = slice(text.secret_from - first, None)
    matches = stats.best[secret] == np.asarray(text.ids[text.secret_from :])
    return {
        "item": text.item.id,
        "cluster": text.item.cluster,
        "tokens": len(scored),
        "sum_logp": float(scored.sum()),
        "mean_logp": float(scored.mean()),
        "zlib_bytes": len(zlib.compress(text.written.encode("utf-8", "surrogatepass"), 6)),
        "min_k": min_k(scored),
        "min_k_pp": min_k(standardised(stats)[text.scored_from - first :]),
        "secret_tokens": len(matches),
        "log_p": _log_p(before[secret], targets[secret], matches, reading),
        "argmax_match": float(matches.mean()),
    }


def min_k(values: Any) -> float:
    """Mean of the max(1, ⌊0.2 T⌋) lowest of T values."""
    count = max(1, int(MIN_K_SHARE * len(values)))
    return float(np.sort(values)[:count].mean())


def standardised(stats: TokenStats) -> Any:
    """(ℓ − μ) / σ per token, σ² at least 1e-6."""
    return (stats.log_prob - stats.mean) / np.sqrt(np.maximum(stats.variance, MIN_VARIANCE))


def _log_p(logits: torch.Tensor, targets: torch.Tensor, matches: Any, reading: Reading) -> float:
    if is_greedy(reading):
        return 0.0 if bool(matches.all()) else float("-inf")
    temperature, top_k, top_p = sampling(reading)
    return float(decoding_log_prob(logits, targets, temperature=temperature, top_k=top_k, top_p=top_p).sum())


def is_greedy(reading: Reading) -> bool:
    """Whether the reading's decoding always takes the most probable token."""
    return reading.decoding == "greedy" or reading.temperature == 0


def sampling(reading: Reading) -> tuple[float, int | None, float | None]:
    """(temperature, 1 if not stated; top_k; top_p) of a sampled decoding."""
    temperature = 1.0 if reading.temperature is None else float(reading.temperature)
    return temperature, reading.top_k, None if reading.top_p is None else float(reading.top_p)
