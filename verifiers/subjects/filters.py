"""The filters of a guarded system: literal containment, and a fixed reply."""

from __future__ import annotations

from dataclasses import dataclass

from ..matching import normalise


@dataclass(frozen=True)
class Filter:
    """Blocks a text in which one of the terms occurs, case, Unicode form and blanks aside."""

    terms: tuple[str, ...]
    """Normalised by `casefold_nfkc_space`, none empty."""
    reply: str

    def blocks(self, text: str) -> bool:
        """Whether a term occurs in the text."""
        plain = normalise(text, "casefold_nfkc_space")
        return any(term in plain for term in self.terms)


def make_filter(terms: tuple[str, ...], reply: str) -> Filter:
    """A filter from terms as written. Raises `ValueError` if none is left once blanks are removed."""
    plain = tuple(dict.fromkeys(filter(None, (normalise(term, "casefold_nfkc_space") for term in terms))))
    if not plain:
        raise ValueError("a filter without terms blocks nothing")
    return Filter(plain, reply)
