"""Where marks of an interval drawing go: one scale for all subjects of a verdict and its limit. Pure numbers."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor
from typing import Final, Literal

from ..verdict.model import ClauseVerdict, Interval
from .sentences import FALL
from .wording import count, percent

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
            Mark(i.label, numbers(i), _SHAPE.get(i.label, "diamond"), at(i.point), at(i.low), at(i.high))
            for i in intervals
        ),
        limit=None if limit_at is None else at(limit_at),
        limit_text=limit or ("" if limit_at is None else percent(limit_at)),
        ticks=tuple((at(tick * step), percent(tick * step)) for tick in range(first, last + 1)),
    )
    return (drawing,)


def of_verdict(verdict: ClauseVerdict) -> tuple[Chart, ...]:
    """The drawings of a verdict: original, audited and never trained against the limit line.

    A fall since before has its own drawing, for its limit is not one on the shares themselves.
    """
    falls = tuple(interval for interval in verdict.intervals if interval.label == FALL)
    shares = tuple(interval for interval in verdict.intervals if interval.label != FALL)
    if falls:
        return (*chart(falls, limit_at=verdict.limit_at, limit=verdict.limit), *chart(shares))
    return chart(shares, limit_at=verdict.limit_at, limit=verdict.limit)


def numbers(interval: Interval) -> str:
    """Point, bounds (rounded outwards), hits, sample and clusters in words."""
    counted = f", {count(interval.hits)} of {count(interval.n)}" if interval.hits is not None and interval.n else ""
    grouped = f" in {count(interval.clusters)} clusters" if interval.clusters is not None and counted else ""
    bounds = f"{percent(interval.low, 'down')} to {percent(interval.high, 'up')}"
    return f"{percent(interval.point)} ({bounds}){counted}{grouped}"


def describe(drawing: Chart) -> str:
    """The drawing in words: its text alternative."""
    said = "; ".join(f"{mark.label} {mark.numbers}" for mark in drawing.marks)
    return f"Limit {drawing.limit_text}. {said}." if drawing.limit is not None else f"{said}."
