"""What counts as the same text: the unit in which two texts are compared, and what of it is ignored.

A text can come in pieces of any size, cut anywhere, so that a corpus larger than memory can be read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from .matching import Folding, words

Unit = Literal["word", "character"]

# Where a piece may end: before a character that begins a word or none, and that neither NFKC nor case folding joins to
# what stands before it. ASCII but word characters, Thai consonants, Kana, Han.
_CUT = re.compile(r"[\x00-/:-@\[-^`{-\x7f\u0e01-\u0e2e\u3041-\u3094\u30a1-\u30fa\u4e00-\u9fff]")
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True)
class Form:
    """Compares words or characters, after a normalisation of `matching.normalise`.

    Words ignore punctuation and blanks, so they find a text again that was set anew. Characters are exact up to the
    normalisation; they suit scripts without blanks between words, numbers and code.
    """

    unit: Unit = "word"
    normalisation: Folding = "casefold_nfkc_space"

    def units(self, text: str) -> list[str]:
        """The words or characters of a whole text."""
        return [unit for piece in self.pieces([text]) for unit in piece]

    def pieces(self, parts: Iterable[str]) -> Iterator[list[str]]:
        """The words or characters of the text that the parts make up, wherever it was cut.

        Holds a part at a time, and before it what follows the last place where a piece may end: a stretch without
        blanks, punctuation or characters of a script without blanks is held whole.
        """
        blank = started = False
        for piece in _whole(parts):
            text = self._folded(piece)
            if self.unit == "word":
                yield words(text)
            elif self.normalisation != "casefold_nfkc_space":
                yield list(text)
            else:  # blanks as one, none at the ends, whatever pieces they stand in
                core = text.strip()
                if core:
                    between = " " if started and (blank or text[0].isspace()) else ""
                    yield list(between + _BLANKS.sub(" ", core))
                    started, blank = True, text[-1].isspace()
                else:
                    blank = blank or bool(text)

    def _folded(self, text: str) -> str:
        if self.normalisation == "none":
            return text
        if self.normalisation == "casefold":
            return text.casefold()
        return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


WORDS = Form()
"""The usual form: words, whatever their case, Unicode form and the blanks between them."""


def _whole(parts: Iterable[str]) -> Iterator[str]:
    """The same text in pieces that end only where they may."""
    held = ""
    for part in parts:
        least = max(0, len(held) - 1)  # what is held has no place further on: it is not gone through again
        held += part
        at = len(held) - 1
        while at > least and not _CUT.match(held, at):
            at -= 1
        if at > least:
            yield held[:at]
            held = held[at:]
    if held:
        yield held
