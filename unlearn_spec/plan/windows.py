"""Documents longer than a model's context, cut into windows as the bindings declare; windows of one document are one cluster."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
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


def windows(item: Item, window: Window) -> tuple[Item, ...]:
    """The windows of a document, named `ID#1`, `ID#2`, …, all in its cluster. Raises `WindowError`.

    No window is shorter than `size` unless the document is. Texts are slices of the document as it stands.
    """
    if item.prompt or item.secret or item.choices or not item.text:
        raise WindowError("windows are cut of a document's `text`; a question or a prefix with its suffix has none")
    spans = _spans(item.text, window.unit)
    if window.prefix is not None and len(spans) <= window.prefix:
        raise WindowError(f"a document of {len(spans)} {window.unit} has nothing after a prefix of {window.prefix}")
    starts = _starts(len(spans), window)
    return tuple(
        replace(_cut(item, spans[start : start + window.size], window.prefix), id=f"{item.id}#{number}")
        for number, start in enumerate(starts, start=1)
    )


def _spans(text: str, unit: str) -> Sequence[tuple[int, int]]:
    if unit == "characters":
        return [(place, place + 1) for place in range(len(text))]
    return [match.span() for match in _WORD.finditer(text)]


def _starts(units: int, window: Window) -> list[int]:
    """Where windows begin; the last is moved back so that it is whole."""
    last = max(0, units - window.size)
    return [*range(0, last, window.stride), last]


def _cut(item: Item, spans: Sequence[tuple[int, int]], prefix: int | None) -> Item:
    begin, end = spans[0][0], spans[-1][1]
    if prefix is None:
        return replace(item, text=item.text[begin:end])
    seam = spans[prefix - 1][1]  # the blank after the prefix belongs to what must not come, as a model would write it
    return replace(item, text=item.text[begin:end], prefix=item.text[begin:seam], suffix=item.text[seam:end])
