"""Intervals against a limit: original, audited and never trained on one scale."""

from __future__ import annotations

from ...wording.language import Words
from ..chart import Chart, describe
from ..document import Picture
from ..wording import visible
from .svg import element, line, marker, text

_WIDTH = 440.0
_BAR = 32


def draw(drawing: Chart, name: str, title: str, say: Words) -> Picture:
    """A row a subject: a line from bound to bound, a mark for the value, the limit as a dashed line across."""
    stacked = drawing.widest > 58
    row = 52 if stacked else 36
    top = 20 if drawing.limit is not None else 2
    bottom = top + row * len(drawing.marks)
    return Picture(
        name=name,
        title=title,
        alt=describe(drawing, say),
        width=_WIDTH,
        height=bottom + 26,
        svg=_axis(drawing, bottom) + _limit(drawing, bottom, say) + _rows(drawing, top, row, stacked),
        text=_characters(drawing, say),
    )


def _x(share: float) -> float:
    """Horizontal place, with a margin of eight units on each side."""
    return 8 + (_WIDTH - 16) * share


def _axis(drawing: Chart, bottom: float) -> str:
    ticks = ""
    for place, (share, label) in enumerate(drawing.ticks):
        anchor = "" if place == 0 else "end" if place == len(drawing.ticks) - 1 else "middle"
        ticks += line(_x(share), bottom + 2, _x(share), bottom + 7, "axis") + text(
            _x(share), bottom + 20, label, "", anchor
        )
    return element("g", ticks, klass="tick") + line(_x(0), bottom + 2, _x(1), bottom + 2, "axis")


def _limit(drawing: Chart, bottom: float, say: Words) -> str:
    if drawing.limit is None:
        return ""
    anchor = "" if drawing.limit < 0.15 else "end" if drawing.limit > 0.85 else "middle"
    at = _x(drawing.limit)
    return line(at, 16, at, bottom + 2, "limit") + text(at, 12, say("picture.limit"), "", anchor)


def _rows(drawing: Chart, top: float, row: float, stacked: bool) -> str:
    drawn = ""
    for place, mark in enumerate(drawing.marks):
        y = top + row * place
        track = y + row - 12
        numbers = (
            text(8, y + 28, mark.numbers, "halo") if stacked else text(_WIDTH - 8, y + 12, mark.numbers, "halo", "end")
        )
        drawn += text(8, y + 12, mark.label, "strong halo") + numbers
        drawn += line(_x(0), track, _x(1), track, "track") + line(_x(mark.low), track, _x(mark.high), track, "range")
        drawn += "".join(line(_x(end), track - 5, _x(end), track + 5, "range") for end in (mark.low, mark.high))
        drawn += marker(mark.shape, _x(mark.point), track)
    return drawn


def _characters(drawing: Chart, say: Words) -> tuple[str, ...]:
    labels = [" ".join(visible(mark.label).split()) for mark in drawing.marks]
    width = min(28, max(map(len, labels), default=0))
    rows = tuple(
        f"{label[:width]:{width}}  {_bar(mark.low, mark.point, mark.high, mark.shape, drawing.limit)}  {mark.numbers}"
        for label, mark in zip(labels, drawing.marks, strict=True)
    )
    if drawing.limit is None:
        return rows
    return (*rows, f"{'':{width}}  ┆ {say('picture.limit')}{say('names.colon')}{drawing.limit_text}")


def _bar(low: float, point: float, high: float, shape: str, limit: float | None) -> str:
    def at(share: float) -> int:
        return min(_BAR - 1, max(0, round(share * (_BAR - 1))))

    cells = ["·"] * _BAR
    for place in range(at(low), at(high) + 1):
        cells[place] = "─"
    if limit is not None:
        cells[at(limit)] = "┆"
    cells[at(point)] = {"disc": "●", "square": "□", "triangle": "▲", "diamond": "◆"}[shape]
    return "".join(cells)
