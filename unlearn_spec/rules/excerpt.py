"""The lines of a file that a finding is about, with marks under the words it means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ..finding import Finding, Span
from ..policy.source import Source
from ..record import Record
from .terminal import Brush, columns, shown, visible


def excerpt(spans: Sequence[Span], source: Source | None, brush: Brush, width: int, severity: str) -> Iterator[str]:
    """The place of the first span, then every marked line in the order of the file: `^` marks the first span, `-` others."""
    primary = spans[0]
    marked = [span for span in spans if source is not None and source.line(span.line).strip()]
    gutter = len(str(max((span.line for span in marked), default=0)))
    room = width - gutter - 3
    yield f"{' ' * gutter}--> {visible(primary.file)}:{primary.line}:{primary.column}"
    if source is None or not marked:
        return
    bar = brush("faint", f"{' ' * gutter} |")
    yield bar
    previous: int | None = None
    for number in sorted({span.line for span in marked}):
        if previous is not None and number > previous + 1:
            yield brush("faint", f"{' ' * gutter} …")
        previous = number
        here = sorted((span for span in marked if span.line == number), key=lambda span: (span.column, span != primary))
        for window, shown_in_it in _windows(source.line(number), here, primary, room):
            yield brush("faint", f"{number:>{gutter}} |") + " " + window.text
            for span in shown_in_it:
                before, length = window.marks(span)
                sign, style = ("^", severity) if span is primary else ("-", "related")
                label = visible(span.label)
                beside = before + length + 1 + columns(label) <= room
                marks = f"{sign * length} {label}".rstrip() if beside else sign * length
                yield f"{bar} {' ' * before}{brush(style, marks)}"
                if label and not beside:
                    yield f"{bar} {' ' * min(before, max(0, room - columns(label)))}{brush(style, label)}"
    yield bar


class _Window(Record):
    """The part of a line that is shown; cut ends show as `…`."""

    first: int
    """Characters of the line before it."""
    cells: tuple[str, ...]
    """Each of its characters as it is shown."""
    goes_on: bool

    @property
    def text(self) -> str:
        return "…" * (self.first > 0) + "".join(self.cells) + "…" * self.goes_on

    def shows(self, span: Span) -> bool:
        """Whether the place where a span begins is in it."""
        return self.first < span.column and (span.column <= self.first + len(self.cells) or not self.goes_on)

    def marks(self, span: Span) -> tuple[int, int]:
        """Columns before the marks of a span that begins here, and how many marks; an end cut off is marked under its `…`."""
        start = self._columns_before(span.column - 1)
        end = self._columns_before(span.column - 1 + span.length)
        if span.column - 1 + span.length > self.first + len(self.cells):
            end += self.goes_on
        return start, max(1, end - start)

    def _columns_before(self, character: int) -> int:
        return (self.first > 0) + sum(map(columns, self.cells[: character - self.first]))


def _windows(line: str, here: Sequence[Span], primary: Span, room: int) -> Iterator[tuple[_Window, list[Span]]]:
    """Parts of a line, from left to right, that show where each span begins: as few as do, each with its spans."""
    found, left = list[tuple[_Window, list[Span]]](), list(here)
    while left:
        window = _window(line, primary if primary in left else left[0], room)
        found.append((window, [span for span in left if window.shows(span)]))
        left = [span for span in left if not window.shows(span)]
    yield from sorted(found, key=lambda entry: entry[0].first)


def _window(line: str, span: Span, room: int) -> _Window:
    """The whole line where it fits into `room` columns, else what fits around the place where the span begins."""
    line = line.rstrip()
    whole = tuple(map(shown, line[: room + 1]))
    if len(line) <= room and sum(map(columns, whole)) <= room:
        return _Window(0, whole, False)
    begin = min(span.column - 1, len(line))
    first = begin - len(_fitting(reversed(line[max(0, begin - room) : begin]), room // 2))
    while first < begin and not columns(shown(line[first])):  # a mark belongs to the letter before it
        first += 1
    cells = _fitting(line[first : first + 4 * room], room - 2)
    return _Window(first, cells, first + len(cells) < len(line))


def _fitting(characters: Iterable[str], room: int) -> tuple[str, ...]:
    """As many of the characters as fit, as they are shown."""
    cells, used = [], 0
    for character in characters:
        cell = shown(character)
        used += columns(cell)
        if used > room:
            break
        cells.append(cell)
    return tuple(cells)


def only_in(finding: Finding, file: str) -> Finding:
    """The finding with the places in one file alone, for an excerpt of it."""
    return replace(finding, spans=tuple(span for span in finding.spans if span.file == file))
