"""A check result as text for a terminal: what, where with an excerpt, why, how to mend it.

Everything that comes from the file is shown with its invisible characters escaped, so that no policy can move the
cursor, colour the screen or reorder a line.
"""

from __future__ import annotations

import os
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TextIO

from ..finding import Finding, Fix, Span
from ..policy.source import Source
from .check import CheckResult
from .codes import CODES
from .wording import listed

WIDTH: Final = 100
_PAINT: Final = {
    "error": "1;31",
    "warning": "1;33",
    "info": "1;36",
    "undetermined": "1;35",
    "bold": "1",
    "faint": "2",
    "related": "34",
}
_FOR_COUNSEL: Final = "For counsel. These notes conclude nothing and do not change the exit status."
_ESCAPED: Final = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def wants_colour(stream: TextIO) -> bool:
    """Whether to colour what goes to `stream`: a terminal, not a dumb one, and NO_COLOR is not set."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def render_text(
    result: CheckResult, *, colour: bool = False, width: int = WIDTH, show_arithmetic: bool = False
) -> str:
    """Every finding, notes for counsel last and short, then the summary line; `show_arithmetic` adds proofs of conflicts."""
    brush = _Brush(colour)
    for_counsel = [finding for finding in result.findings if finding.code.startswith("L")]
    others = [finding for finding in result.findings if not finding.code.startswith("L")]
    blocks = [_finding(finding, result.source, brush, width, show_arithmetic) for finding in others]
    if for_counsel:
        blocks.append("\n".join([brush("bold", _FOR_COUNSEL), *(_note(f, brush, width) for f in for_counsel)]))
    closing = [*(brush("faint", f"note: {visible(note)}") for note in result.notes)]
    worst = next((word for word in ("error", "undetermined", "warning") if result.counts[word]), "bold")
    closing.append(brush(worst, f"{visible(result.file)}: {result.summary}"))
    return "\n\n".join([*blocks, "\n".join(closing)]) + "\n"


def render_finding(finding: Finding, source: Source | None, *, colour: bool = False, width: int = WIDTH) -> str:
    """One finding, with an excerpt of its source."""
    return _finding(finding, source, _Brush(colour), width, show_arithmetic=False)


def visible(text: str) -> str:
    """The text with control, formatting and unassigned characters written as escapes.

    >>> visible("a" + chr(9) + "b" + chr(0x202E) + "c")
    'a\\\\tb\\\\u{202E}c'
    """
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    if character in "\t\n\r":
        return {"\t": "\\t", "\n": "\\n", "\r": "\\r"}[character]
    return f"\\u{{{ord(character):04X}}}" if unicodedata.category(character) in _ESCAPED else character


def _columns(text: str) -> int:
    """Columns that a visible text takes on a terminal."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in ("W", "F") else 1 for c in text
    )


@dataclass(frozen=True)
class _Brush:
    colour: bool

    def __call__(self, style: str, text: str) -> str:
        return f"\x1b[{_PAINT[style]}m{text}\x1b[0m" if self.colour else text


def _finding(finding: Finding, source: Source | None, brush: _Brush, width: int, show_arithmetic: bool) -> str:
    lines = list(_headline(finding, brush, width))
    if finding.spans:
        lines += _excerpt(finding.spans, source, brush, width, finding.severity)
    if finding.situation:
        lines += _field("when", [listed(finding.situation)], brush, width)
    lines += _field("why", finding.why, brush, width)
    if show_arithmetic:
        lines += _arithmetic(finding.arithmetic, brush, width)
    for fix in finding.fixes:
        lines += _fix(fix, brush, width)
    if finding.axioms:
        lines += _field("uses", [listed(finding.axioms)], brush, width)
    if finding.world:
        lines += ["  world:", *(f"    {visible(line)}".rstrip() for line in finding.world.splitlines())]
    if finding.accepted:
        lines += _field("accepted", [finding.accepted], brush, width)
    if finding.open_question:
        lines += _field("open", [finding.open_question], brush, width)
    lines.append(brush("faint", f"  see: unlearn-spec explain {finding.code}"))
    return "\n".join(lines)


def _note(finding: Finding, brush: _Brush, width: int) -> str:
    """A note for counsel: no excerpt, and of the reasons only where it comes from; the page and JSON have the rest."""
    lines = [*_headline(finding, brush, width)]
    lines += [f"  --> {visible(span.file)}:{span.line}:{span.column}" for span in finding.spans[:1]]
    lines += _field("note", finding.why[:1], brush, width)
    for fix in finding.fixes:
        lines += _fix(fix, brush, width)
    lines += _field("accepted", [finding.accepted] if finding.accepted else [], brush, width)
    lines.append(brush("faint", f"  see: unlearn-spec explain {finding.code}"))
    return "\n".join(lines)


def _headline(finding: Finding, brush: _Brush, width: int) -> Iterator[str]:
    status = " (accepted)" if finding.accepted else ""
    head = f"{finding.severity}[{finding.code}]"
    text = f"{head} {CODES[finding.code].name}{status}: {visible(finding.message)}"
    first, *others = _wrapped(text, width, "    ")
    yield brush(finding.severity, first[: len(head)]) + brush("bold", first[len(head) :])
    yield from (brush("bold", line) for line in others)


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    for sign in "≤≥=":  # a sign stays with its number
        text = text.replace(f"{sign} ", f"{sign}\0")
    lines = textwrap.wrap(text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return [line.replace("\0", " ") for line in lines] or [""]


def _field(name: str, texts: Iterable[str], brush: _Brush, width: int) -> Iterator[str]:
    indent = " " * (len(name) + 4)
    for index, text in enumerate(texts):
        lead = f"  {name}: " if index == 0 else indent
        first, *others = _wrapped(lead + visible(text), width, indent)
        yield brush("bold", lead) + first[len(lead) :] if index == 0 else first
        yield from others


def _arithmetic(steps: Sequence[str], brush: _Brush, width: int) -> Iterator[str]:
    """The steps below each other; cases keep their indentation."""
    if steps:
        yield brush("bold", "  arithmetic:")
    for step in steps:
        depth = len(step) - len(step.lstrip())
        indent = " " * (depth + 4)
        yield from _wrapped(indent + visible(step.lstrip()), width, indent + "  ")


def _fix(fix: Fix, brush: _Brush, width: int) -> Iterator[str]:
    checked = " (re-checked)" if fix.verified else ""
    yield from _field("fix", [fix.text + checked], brush, width)
    yield from (f"         {visible(line)}" for line in fix.snippet.splitlines())


# --- excerpts --------------------------------------------------------------------------------------------------------


def _excerpt(spans: Sequence[Span], source: Source | None, brush: _Brush, width: int, severity: str) -> Iterator[str]:
    primary = spans[0]
    shown = [span for span in spans if source is not None and source.line(span.line).strip()]
    gutter = len(str(max((span.line for span in shown), default=0)))
    room = width - gutter - 3
    yield f"{' ' * gutter}--> {visible(primary.file)}:{primary.line}:{primary.column}"
    if source is None or not shown:
        return
    bar = brush("faint", f"{' ' * gutter} |")
    yield bar
    previous: int | None = None
    for number in sorted({span.line for span in shown}):
        if previous is not None and number > previous + 1:
            yield brush("faint", f"{' ' * gutter} …")
        previous = number
        here = sorted((span for span in shown if span.line == number), key=lambda span: (span.column, span != primary))
        cut = _Window(source.line(number), here[0], room)
        yield brush("faint", f"{number:>{gutter}} |") + " " + cut.text
        for span in here:
            before, length = cut.marker(span)
            sign, style = ("^", severity) if span is primary else ("-", "related")
            label = visible(span.label)
            if before + length + 1 + _columns(label) <= room:
                yield f"{bar} {' ' * before}{brush(style, f'{sign * length} {label}'.rstrip())}"
            else:
                yield f"{bar} {' ' * before}{brush(style, sign * length)}"
                yield f"{bar} {' ' * min(before, max(0, room - _columns(label)))}{brush(style, label)}"
    yield bar


class _Window:
    """The part of a line that fits, around the first marked span; cut ends show as `…`."""

    def __init__(self, line: str, span: Span, room: int) -> None:
        line = line.rstrip()
        self._first = max(0, span.column - 1 - room // 2) if len(line) > room else 0
        piece = line[self._first : self._first + room]
        self._cells = [_shown(character) for character in piece]
        while self._cells and self._width(len(self._cells)) > room - 2:
            self._cells.pop()
        self._cut = len(self._cells) < len(piece) or self._first + len(piece) < len(line)
        self.text = "…" * (self._first > 0) + "".join(self._cells) + "…" * self._cut

    def _width(self, end: int) -> int:
        return sum(_columns(cell) for cell in self._cells[:end])

    def marker(self, span: Span) -> tuple[int, int]:
        """Columns before the marks of a span, and how many marks."""
        first = min(max(span.column - 1 - self._first, 0), len(self._cells))
        last = min(max(first, span.column - 1 - self._first + span.length), len(self._cells))
        before = self._width(first)
        return (self._first > 0) + before, max(1, self._width(last) - before)
