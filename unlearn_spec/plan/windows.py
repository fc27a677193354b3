"""Documents longer than a model's context, cut into windows as the bindings declare; windows of one document are one cluster."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Literal

from ..verifiers.items import Item

_WORD = re.compile(r"\S+")


@dataclass(frozen=True)
class Window:
    """`size` units of text, the next one beginning `stride` units later; the last one ends where the document ends."""

    unit: Literal["words", "characters"]
    """Words are what stands between blanks; characters suit scripts without blanks between words."""
    size: int
    """At least 2."""
    stride: int
    """From 1 to `size`: no text is left out."""
    prefix: int | None = None
    """So many units are given to the model, and the rest must not come; without it a window is a whole text."""


class WindowError(ValueError):
    """A document that cannot be cut so. The message says why and shows nothing of it."""


def windows(item: Item, window: Window) -> Iterator[Item]:
    """The windows of a document, named `ID#1`, `ID#2`, …, all in its cluster. Raises `WindowError`.

    No window is shorter than `size` unless the document is. Texts are slices of the document as it stands.
    """
    if item.prompt or item.secret or item.choices or not item.text:
        raise WindowError("windows are cut of a document's `text`; a question or a prefix with its suffix has none")
    begins, ends = _places(item.text, window.unit)
    units, prefix = len(begins), window.prefix
    if prefix is not None and units <= prefix:
        raise WindowError(f"a document of {units} {window.unit} has nothing after a prefix of {prefix}")
    last = max(0, units - window.size)  # moved back so that it is whole
    for number, first in enumerate(chain(range(0, last, window.stride), [last]), start=1):
        begin, end = begins[first], ends[min(first + window.size, units) - 1]
        part = replace(item, text=item.text[begin:end], id=f"{item.id}#{number}")
        if prefix is not None:
            seam = ends[first + prefix - 1]  # the blank after the prefix belongs to what must not come, as a model would write it
            part = replace(part, prefix=item.text[begin:seam], suffix=item.text[seam:end])
        yield part


def _places(text: str, unit: str) -> tuple[Sequence[int], Sequence[int]]:
    """Where each unit begins, and where it ends."""
    if unit == "characters":
        return range(len(text)), range(1, len(text) + 1)
    spans = [match.span() for match in _WORD.finditer(text)]
    return [begin for begin, _ in spans], [end for _, end in spans]
