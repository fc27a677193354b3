"""What the log-probabilities that an endpoint gives of chosen text tell about it: `scoring`, without the model in hand.

Only what follows exactly from one number a token is here. Min-K++ needs the whole distribution at each place, and so does
the chance of a token under a temperature other than 1 or under top-k and top-p cuts.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence

import numpy as np

from ..plan.units import Reading
from .items import Item, ItemError
from .metrics.attacks import min_k
from .remote_answers import drawn_as
from .scoring import MIN_K_SHARE, is_greedy, parts, sampling
from .subjects.error import SubjectError
from .subjects.protocol import Token
from .subjects.remote import Remote
from .table import Table, Value, from_rows

COLUMNS = (
    "item", "cluster", "tokens", "sum_logp", "mean_logp", "zlib_bytes", "min_k", "secret_tokens", "log_p", "argmax_match",
    "answered_by",
)
SAME = 0.05
"""Nats a token by which two scores of one text may differ: half precision in another batch is closer."""
SPOKEN = Reading(metric="contains", decoding="greedy", max_new_tokens=8)
LOOKED_AT = 4
"""Items whose own answer is held against the scores, at most; and the fewest tokens of an answer that tell anything."""


def score(remote: Remote, items: Sequence[Item], reading: Reading, *, template: str = "{prompt}") -> Table:
    """A `score` table with the columns of `scoring.score`, `min_k_pp` left out, and `answered_by`: who says it answered.

    Tokens are the server's. The scores of the first text are asked for twice and must agree, and the most probable tokens of
    the model's own greedy answers must be the tokens of these answers: else the endpoint does not score with what it
    answers with. Raises `SubjectError`, also where the reading needs more than the log-probability of each token, and
    `ItemError` for an item with nothing to score.
    """
    if not is_scored(reading):
        raise SubjectError(f"{remote.name}: the chance of a token under this decoding cannot be told from its log-probability")
    pairs = [parts(item, template) for item in items]
    echoed = remote.each(lambda pair: remote.echo("".join(pair)), pairs)
    _repeated(remote, "".join(pairs[0]), echoed[0][0])
    _spoken(remote, [first for first, _ in pairs if first])
    return from_rows(
        "score",
        COLUMNS,
        (
            _measure(item, first, second, tokens, reading) | {"answered_by": by}
            for item, (first, second), (tokens, by) in zip(items, pairs, echoed, strict=True)
        ),
    )


def is_scored(reading: Reading) -> bool:
    """Whether the log-probability of each token, and which is the most probable one, give the chance of a text under this
    decoding: greedy, and sampling at temperature 1 without cuts."""
    temperature, top_k, top_p = sampling(reading)
    return is_greedy(reading) or (temperature == 1 and top_k is None and top_p in (None, 1.0))


def _measure(item: Item, first: str, second: str, tokens: Sequence[Token], reading: Reading) -> dict[str, Value]:
    ends = np.cumsum([len(token.spelling) for token in tokens])
    seam = len(first.encode("utf-8", "surrogatepass"))
    secret = max(1, int(np.searchsorted(ends, seam, side="right")))  # a token on the seam belongs to the second part
    if len(tokens) <= secret:
        raise ItemError(f"item {item.id} has no token that could be predicted from one before it")
    start, written = (1, first + second) if item.is_document else (secret, item.answer)
    log_p = [0.0 if token.log_p is None else token.log_p for token in tokens]
    best = [bool(token.is_best) for token in tokens[secret:]]
    certain = 0.0 if all(best) else -math.inf
    return {
        "item": item.id,
        "cluster": item.cluster,
        "tokens": len(log_p) - start,
        "sum_logp": math.fsum(log_p[start:]),
        "mean_logp": math.fsum(log_p[start:]) / (len(log_p) - start),
        "zlib_bytes": len(zlib.compress(written.encode("utf-8", "surrogatepass"), 6)),
        "min_k": min_k(log_p[start:], MIN_K_SHARE),
        "secret_tokens": len(best),
        "log_p": certain if is_greedy(reading) else math.fsum(log_p[secret:]),
        "argmax_match": sum(best) / len(best),
    }


# --- whether the endpoint scores with what it answers with -----------------------------------------------------------


def _repeated(remote: Remote, text: str, before: Sequence[Token]) -> None:
    again, _ = remote.echo(text)
    alike = [token.spelling for token in again] == [token.spelling for token in before]
    apart = [abs((one.log_p or 0.0) - (two.log_p or 0.0)) for one, two in zip(before, again, strict=False)]
    if not alike or math.fsum(apart) > SAME * len(apart):
        raise SubjectError(f"{remote.name}: asked twice, it gives one text two different scores")


def _spoken(remote: Remote, prompts: Sequence[str]) -> None:
    """The model's own answers must be what its scores say is most probable. Says nothing where it hardly answers, or where
    answers are read in other tokens than they were written in."""
    for prompt in prompts[:LOOKED_AT]:
        (said,), _ = remote.answers(prompt, drawn_as(SPOKEN, 0), 1)
        written = [token.spelling for token in said.tokens or ()]
        tokens, _ = remote.echo(prompt + said.text)
        ends = np.cumsum([len(token.spelling) for token in tokens])
        place = int(np.searchsorted(ends, len(prompt.encode("utf-8", "surrogatepass")), side="right"))
        place = max(1, place)
        best = [token.is_best for token in tokens[place:]]
        if None in best:
            raise SubjectError(f"{remote.name}: it does not say which token is the most probable one")
        if len(best) >= LOOKED_AT and written == [token.spelling for token in tokens[place:]]:
            if 2 * sum(map(bool, best)) < len(best):
                raise SubjectError(f"{remote.name}: its log-probabilities are not those of its answers")
            return
