"""Answers of an endpoint to prompts, and what of them can be counted without its tokens in hand."""

from __future__ import annotations

from collections.abc import Sequence

from ..plan.units import Reading
from .answer import Answer
from .matching import REFUSAL_MARKERS, words
from .scoring import is_greedy, sampling
from .subjects.error import SubjectError
from .subjects.protocol import Said
from .subjects.remote import Drawn, Remote, seed_of


def drawn_as(reading: Reading, seed: int) -> Drawn:
    """How the protocol is asked for this decoding."""
    if is_greedy(reading):
        return Drawn(0.0, None, reading.max_new_tokens, seed)
    temperature, _, top_p = sampling(reading)
    return Drawn(temperature, top_p, reading.max_new_tokens, seed)


def ask(remote: Remote, asked: Sequence[tuple[str, int, str]], reading: Reading, number: int, seed: int) -> list[Answer]:
    """`number` answers to each of (item id, probe, prompt), one prompt's after another's. Each prompt has a seed of its own.

    Raises `SubjectError`; for top-k as well, of which the protocol knows nothing.
    """
    if reading.top_k is not None and not is_greedy(reading):
        raise SubjectError(f"{remote.name}: the protocol has no top-k")

    def one(row: tuple[str, int, str]) -> list[Answer]:
        said, by = remote.answers(row[2], drawn_as(reading, seed_of(seed, *row[:2])), number)
        return [_answer(each, by) for each in said]

    return [answer for several in remote.each(one, asked) for answer in several]


def could_decline(tokens: int) -> bool:
    """Whether a refusal surely fits into so many tokens: one a byte is the most that any tokenizer takes."""
    return any(len(marker) <= tokens for marker in REFUSAL_MARKERS)


def _answer(said: Said, by: str) -> Answer:
    """Tokens are the server's where it gives them, else words; the entropy is a lower bound, or unknown."""
    if said.tokens is None:
        return Answer(said.text, tuple(words(said.text)), None, blocked=said.filtered, answered_by=by)
    entropies = [token.least_entropy or 0.0 for token in said.tokens]
    entropy = sum(entropies) / len(entropies) if entropies else 0.0
    return Answer(said.text, tuple(token.spelling for token in said.tokens), entropy, answered_by=by)
