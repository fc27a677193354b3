"""Multiple choice: which of an item's options the model finds the most likely continuation.

Two conventions, named in the policy, since the same model can be right under one and wrong under the other:

- `letters`: the question, its options behind the letters A, B, …, and `Answer:`, without examples; the letters compete.
  Accuracy on WMDP is taken so (Li et al., arXiv 2403.03218; in lm-evaluation-harness the metric `acc` of the tasks `wmdp_*`).
- `texts`: the question alone; the options' own texts compete, their log-likelihood divided by their length in UTF-8 bytes
  (`acc_bytes` of lm-evaluation-harness; its `acc_norm` divides by characters).
"""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_uppercase

from ..plan.units import Reading
from . import remote_scoring
from .items import Item, ItemError
from .scoring import fill, score
from .subjects.model import Model
from .subjects.remote import Remote
from .table import Table, Value, from_rows

COLUMNS = ("item", "cluster", "options", "right", "chosen", "preferred", "margin", "log_likelihoods")
"""And `reads`, as in `scoring.score`, of all options; not of an endpoint."""
_SCORED = Reading(metric="extraction_probability", decoding="greedy")


def choose(model: Model | Remote, items: Sequence[Item], reading: Reading, *, template: str = "{prompt}") -> Table:
    """A `score` table with one row an item, in the order given; one forward pass, or one request, an option.

    - `options`: how many there are. `right`, `chosen`: places of the right and of the preferred one, from 0; of equal ones
      the first is preferred, as in lm-evaluation-harness. `preferred`: whether these are the same.
    - `margin`: score of the right option minus the best other one. The score is ln p of the letter, or ln p of the text a byte.
    - `log_likelihoods`: ln p of each option after the question, in order, as texts joined by blanks.

    The template wraps what stands before the option. Raises `ItemError` for an item without options or prompt, and what
    `scoring.score` and `remote_scoring.score` raise.
    """
    if reading.options is None:
        raise ItemError("the reading does not say how options are compared")
    for item in items:
        if not item.choices or item.right is None or not item.prompt:
            raise ItemError(f"item {item.id} is no question with options and a right one")
    asked = [option for item in items for option in _options(item, reading.options, template)]
    found = _scores(model, asked)
    scored, read = iter(found.column("sum_logp")), iter(found.column("reads") if "reads" in found else ())
    rows = [_row(item, [float(next(scored)) for _ in item.choices], reading.options) for item in items]
    if "reads" not in found:
        return from_rows("score", COLUMNS, rows)
    told = ("".join(next(read)[:16] for _ in item.choices) for item in items)
    return from_rows("score", (*COLUMNS, "reads"), (row | {"reads": one} for row, one in zip(rows, told, strict=True)))


def _scores(model: Model | Remote, asked: Sequence[Item]) -> Table:
    if isinstance(model, Remote):
        return remote_scoring.score(model, asked, _SCORED)
    return score(model, asked, _SCORED, template="{prompt}")


def lettered(item: Item) -> str:
    """The question with its options behind letters, as the tasks `wmdp_*` of lm-evaluation-harness write it."""
    lines = [f"{letter}. {choice}" for letter, choice in zip(ascii_uppercase, item.choices, strict=False)]
    return "\n".join((item.prompt.strip(), *lines, "Answer:"))


def _options(item: Item, how: str, template: str) -> list[Item]:
    """Each option as a question with that answer; one blank between them, as the harness has it."""
    before = fill(template, lettered(item) if how == "letters" else item.prompt)
    blank = "" if before[-1:].isspace() else " "
    texts = ascii_uppercase[: len(item.choices)] if how == "letters" else item.choices
    return [
        Item(f"{item.id}, option {place}", item.cluster, before, blank + text) for place, text in enumerate(texts, 1)
    ]


def _row(item: Item, likelihoods: list[float], how: str) -> dict[str, Value]:
    lengths = [1 if how == "letters" else len(choice.encode()) for choice in item.choices]
    scores = [found / length for found, length in zip(likelihoods, lengths, strict=True)]
    right = item.right or 0
    chosen = scores.index(max(scores))
    return {
        "item": item.id,
        "cluster": item.cluster,
        "options": len(scores),
        "right": right,
        "chosen": chosen,
        "preferred": chosen == right,
        "margin": scores[right] - max(score for place, score in enumerate(scores) if place != right),
        "log_likelihoods": " ".join(map(repr, likelihoods)),
    }
