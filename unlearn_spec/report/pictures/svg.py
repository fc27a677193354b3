"""Small pieces of SVG. Text is escaped here and nowhere else; numbers have one decimal, so equal drawings are equal bytes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from html import escape
from typing import Final

from ..wording import spaced, visible

LINE: Final = 16.0
"""Height of a line of text, in the drawing's units."""
LETTER: Final = 6.7
"""Width of an average letter of 13 units, on the generous side."""

STYLE: Final = """
text { font: 13px sans-serif; fill: #1a1a18; }
.strong { font-weight: 700; }
.soft { fill: #55524a; }
.halo { stroke: #ffffff; stroke-width: 4px; stroke-linejoin: round; paint-order: stroke; }
.tick text { font-size: 11.5px; fill: #55524a; }
.track { stroke: #e4e0d5; stroke-width: 5; }
.range { stroke: #1a1a18; stroke-width: 2; }
.mark { fill: #1a1a18; stroke: #1a1a18; }
.hollow { fill: #ffffff; stroke: #1a1a18; stroke-width: 2; }
.limit { stroke: #1a1a18; stroke-width: 1.5; stroke-dasharray: 4 3; fill: none; }
.axis { stroke: #8a867a; stroke-width: 1; fill: none; }
.line { stroke: #1a1a18; stroke-width: 1.5; fill: none; }
.dashed { stroke-dasharray: 6 4; }
.thick { stroke-width: 3; }
.box { fill: #ffffff; stroke: #1a1a18; stroke-width: 1.5; }
.solid { fill: #1a1a18; stroke: #1a1a18; }
.paper { fill: #ffffff; }
.onsolid { fill: #ffffff; }
.hatch { stroke: #8a867a; stroke-width: 1; }
"""
"""For a drawing that stands alone. In a page the page's own style sheet has the same classes in its colours."""


def number(value: float) -> str:
    """A coordinate, to a tenth of a pixel."""
    text = f"{value:.1f}"
    return text.removesuffix(".0") if text != "-0.0" else "0"


def element(tag: str, inside: str = "", /, **attributes: str | float) -> str:
    """`element("line", x1=0, klass="axis")`; `klass` is `class`, an underscore a hyphen."""
    written = "".join(
        f' {"class" if name == "klass" else name.replace("_", "-")}="'
        f'{number(value) if isinstance(value, int | float) else escape(visible(value))}"'
        for name, value in attributes.items()
        if value != ""
    )
    return f"<{tag}{written}>{inside}</{tag}>" if inside else f"<{tag}{written}/>"


def line(x1: float, y1: float, x2: float, y2: float, klass: str) -> str:
    """A straight line of this class."""
    return element("line", klass=klass, x1=x1, y1=y1, x2=x2, y2=y2)


def rectangle(x: float, y: float, width: float, height: float, klass: str, *, round: float = 0) -> str:
    """`round`: radius of the corners."""
    more = {"rx": round} if round else {}
    return element("rect", klass=klass, x=x, y=y, width=width, height=height, **more)


def polygon(points: Iterable[tuple[float, float]], klass: str) -> str:
    """A closed path through the points."""
    path = " L".join(f"{number(x)} {number(y)}" for x, y in points)
    return element("path", klass=klass, d=f"M{path} Z")


def polyline(points: Iterable[tuple[float, float]], klass: str) -> str:
    """An open path through the points."""
    path = " L".join(f"{number(x)} {number(y)}" for x, y in points)
    return element("path", klass=klass, d=f"M{path}")


def text(x: float, y: float, words: str, klass: str = "", anchor: str = "") -> str:
    """One line of text; `anchor` is `middle` or `end`."""
    shown = spaced(words)
    return (
        element("text", escape(visible(shown), quote=False), klass=klass, x=x, y=y, text_anchor=anchor) if shown else ""
    )


def wrapped(words: str, width: float) -> list[str]:
    """The words in lines no wider than `width` units, as far as letters of average width can tell."""
    return textwrap.wrap(spaced(visible(words)), max(4, int(width / LETTER)), break_on_hyphens=False) or [""]


def lines(x: float, y: float, rows: Iterable[str], klass: str = "", anchor: str = "") -> str:
    """Lines of text one below the other, the first with its base line at `y`."""
    return "".join(text(x, y + LINE * place, words, klass, anchor) for place, words in enumerate(rows))


def marker(shape: str, x: float, y: float) -> str:
    """The mark of a measured value: what it stands for is in its shape."""
    if shape == "disc":
        return element("circle", klass="mark", cx=x, cy=y, r=5.5)
    if shape == "square":
        return rectangle(x - 5, y - 5, 10, 10, "hollow")
    if shape == "triangle":
        return polygon(((x, y - 6.5), (x + 6, y + 4.5), (x - 6, y + 4.5)), "hollow")
    return polygon(((x, y - 6.5), (x + 6, y), (x, y + 6.5), (x - 6, y)), "hollow")


def arrow(x1: float, y1: float, x2: float, y2: float, klass: str = "line") -> str:
    """A line with a head at its end."""
    length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5 or 1
    dx, dy = (x2 - x1) / length, (y2 - y1) / length
    base = (x2 - 9 * dx, y2 - 9 * dy)
    head = ((x2, y2), (base[0] - 4 * dy, base[1] + 4 * dx), (base[0] + 4 * dy, base[1] - 4 * dx))
    return line(x1, y1, base[0], base[1], klass) + polygon(head, "mark")
