"""A logit mask: while decoding, no token may complete a forbidden sequence of tokens. No model library.

It is what serving stacks call bad words: the terms are tokenised once, alone and after a blank, and at each step every
token is ruled out that would end one of these sequences, begun in the prompt or in the answer. What is spelt in other
tokens passes, as it does there: another case, another split into tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

Ids = tuple[int, ...]


@dataclass(frozen=True)
class Mask:
    """The tokens that may not follow, by the tokens before them."""

    endings: Mapping[Ids, frozenset[int]]
    """From all tokens of a forbidden sequence but its last to that last one."""
    lengths: tuple[int, ...]
    """Of these beginnings, each once."""

    def after(self, ids: Sequence[int]) -> frozenset[int]:
        """The tokens that must not follow these."""
        if not self.lengths:
            return frozenset()
        tails = (tuple(ids[len(ids) - length :]) for length in self.lengths if length <= len(ids))
        return frozenset().union(*(self.endings.get(tail, frozenset()) for tail in tails))


NO_MASK = Mask(MappingProxyType({}), ())


def make_mask(terms: Iterable[str], encode: Callable[[str], Iterable[int]]) -> Mask:
    """The mask of these terms; `encode` gives the tokens of a text, without any that a tokenizer adds around it.

    Raises `ValueError` for a term that has no token.
    """
    endings: dict[Ids, set[int]] = {}
    for term in terms:
        for text in (term, f" {term}"):
            ids = tuple(encode(text))
            if not ids:
                raise ValueError("a forbidden term has no token")
            endings.setdefault(ids[:-1], set()).add(ids[-1])
    found = {before: frozenset(last) for before, last in endings.items()}
    return Mask(MappingProxyType(found), tuple(sorted({len(before) for before in found})))
