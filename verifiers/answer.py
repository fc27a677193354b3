"""One answer of a subject."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """One answer: its text, tokens, the mean entropy of the distributions they were taken from (nats), and whether a
    filter put its reply in the answer's place.

    An endpoint that does not show tokens has words in their place, and no entropy, or a lower bound of it.
    """

    text: str
    tokens: tuple[Hashable, ...]
    entropy: float | None
    blocked: bool = False
    answered_by: str | None = None
    """Who said that it answered: set for endpoints."""
