"""Where marks of an interval drawing go: one scale for all subjects of a verdict and its limit. Pure numbers."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor
from typing import Final, Literal

from ..verdict.model import ClauseVerdict, Interval
from ..wording.language import Words
from .sentences import FALL, limit_words

Shape = Literal["disc", "square", "triangle", "diamond"]
_SHAPE: Final[dict[str, Shape]] = {
    "audited": "disc",
    FALL: "disc",
    "bare weights": "disc",
    "original": "square",
    "through the system": "square",
    "never trained": "triangle",
}
_STEPS: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


@dataclass(frozen=True)
class Mark:
    """One interval; positions are shares of the drawing's width, in [0, 1]."""

    label: str
    """In the report's language where it is one of ours."""
    numbers: str
    """`0.7% (0.1% to 3.8%), 1 of 150`."""
    shape: Shape
    point: float
    low: float
    high: float


@dataclass(frozen=True)
class Chart:
    marks: tuple[Mark, ...]
    limit: float | None
    """Position of the limit line."""
    limit_text: str
    ticks: tuple[tuple[float, str], ...]
    """Positions and their labels."""

    @property
    def widest(self) -> int:
        """Characters of the longest label with its numbers."""
        return max(len(mark.label) + len(mark.numbers) for mark in self.marks)


def chart(
    intervals: tuple[Interval, ...],
    *,
    limit_at: float | None = None,
    limit: str | None = None,
    scale: tuple[Interval, ...] = (),
    say: Words,
) -> tuple[Chart, ...]:
    """The drawing of some intervals against a limit, on an axis that has room for `scale` too; none of nothing."""
    if not intervals:
        return ()
    limits = () if limit_at is None else (limit_at,)
    known: tuple[float, ...] = (
        0.0,
        *limits,
        *(value for i in (*intervals, *scale) for value in (i.low, i.high, i.point)),
    )
    step = next((step for step in _STEPS if step * 5 >= max(known) - min(known)), 1.0)
    first = floor(min(known) / step)
    last = max(first + 1, ceil(max(known) / step))

    def at(value: float) -> float:
        return float(round((value / step - first) / (last - first), 4))

    drawing = Chart(
        marks=tuple(
            Mark(_label(i, say), numbers(i, say), _SHAPE.get(i.label, "diamond"), at(i.point), at(i.low), at(i.high))
            for i in intervals
        ),
        limit=None if limit_at is None else at(limit_at),
        limit_text=limit_words(limit, say) if limit else ("" if limit_at is None else say.percent(limit_at)),
        ticks=tuple((at(tick * step), say.percent(tick * step)) for tick in range(first, last + 1)),
    )
    return (drawing,)


def of_verdict(verdict: ClauseVerdict, say: Words) -> tuple[Chart, ...]:
    """The drawings of a verdict: original, audited and never trained against the limit line.

    A fall since before has its own drawing, for its limit is not one on the shares themselves.
    """
    falls = tuple(interval for interval in verdict.intervals if interval.label == FALL)
    shares = tuple(interval for interval in verdict.intervals if interval.label != FALL)
    if falls:
        return (
            *chart(falls, limit_at=verdict.limit_at, limit=verdict.limit, say=say),
            *chart(shares, say=say),
        )
    return chart(shares, limit_at=verdict.limit_at, limit=verdict.limit, say=say)


def _label(interval: Interval, say: Words) -> str:
    return say.sentences.get(f"interval.{interval.label}", interval.label)


def numbers(interval: Interval, say: Words) -> str:
    """Point, bounds (rounded outwards), hits, sample and clusters in words."""
    text = say("interval_words.bounds", share=interval.point, low=say.percent(interval.low, "down"), high=say.percent(interval.high, "up"))
    if interval.hits is None or not interval.n:
        return text
    text += say("interval_words.counted", hits=interval.hits, n=interval.n)
    return text + (say("interval_words.clusters", clusters=interval.clusters) if interval.clusters is not None else "")


def describe(drawing: Chart, say: Words) -> str:
    """The drawing in words: its text alternative."""
    told = say("names.semicolon").join(f"{mark.label} {mark.numbers}" for mark in drawing.marks)
    return say("interval_words.against", limit=drawing.limit_text, told=told) if drawing.limit is not None else f"{told}."
