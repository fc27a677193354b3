"""A check result as text for a terminal: what, where with an excerpt, why, how to mend it.

Everything that comes from the file is shown with its invisible characters escaped, so that no policy can move the
cursor, colour the screen or reorder a line, nor give a command to a build log that shows the text.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TextIO

from ..finding import Finding, Fix
from ..policy.source import Source
from .check import CheckResult
from .codes import CODES
from .excerpt import excerpt
from .terminal import Brush, folded, inert, visible
from .wording import listed

WIDTH: Final = 100
_FOR_COUNSEL: Final = "For counsel. These notes conclude nothing and do not change the exit status."


def wants_colour(stream: TextIO) -> bool:
    """Whether to colour what goes to `stream`: a terminal, not a dumb one, and NO_COLOR is not set."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def render_text(
    result: CheckResult, *, colour: bool = False, width: int = WIDTH, show_arithmetic: bool = False
) -> str:
    """Every finding, notes for counsel last and short, then the summary line; `show_arithmetic` adds proofs of conflicts."""
    brush = Brush(colour)
    for_counsel = [finding for finding in result.findings if finding.code.startswith("L")]
    others = [finding for finding in result.findings if not finding.code.startswith("L")]
    blocks = [_finding(finding, result.source, brush, width, show_arithmetic) for finding in others]
    if for_counsel:
        blocks.append("\n".join([brush("bold", _FOR_COUNSEL), *(_note(f, brush, width) for f in for_counsel)]))
    closing = [*(brush("faint", f"note: {visible(note)}") for note in result.notes)]
    worst = next((word for word in ("error", "undetermined", "warning") if result.counts[word]), "bold")
    closing.append(brush(worst, f"{visible(result.file)}: {result.summary}"))
    return in_lines("\n\n".join([*blocks, "\n".join(closing)]))


def in_lines(text: str) -> str:
    """The text with a final line break, none of its lines a command to a build log."""
    return "".join(f"{inert(line)}\n" for line in text.split("\n"))


def render_finding(finding: Finding, source: Source | None, *, colour: bool = False, width: int = WIDTH) -> str:
    """One finding, with an excerpt of its source."""
    return _finding(finding, source, Brush(colour), width, show_arithmetic=False)


def _finding(finding: Finding, source: Source | None, brush: Brush, width: int, show_arithmetic: bool) -> str:
    lines = list(_headline(finding, brush, width))
    if finding.spans:
        lines += excerpt(finding.spans, source, brush, width, finding.severity)
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


def _note(finding: Finding, brush: Brush, width: int) -> str:
    """A note for counsel: no excerpt, and of the reasons only where it comes from; the page and JSON have the rest."""
    lines = [*_headline(finding, brush, width)]
    lines += [f"  --> {visible(span.file)}:{span.line}:{span.column}" for span in finding.spans[:1]]
    lines += _field("note", finding.why[:1], brush, width)
    for fix in finding.fixes:
        lines += _fix(fix, brush, width)
    lines += _field("accepted", [finding.accepted] if finding.accepted else [], brush, width)
    lines.append(brush("faint", f"  see: unlearn-spec explain {finding.code}"))
    return "\n".join(lines)


def _headline(finding: Finding, brush: Brush, width: int) -> Iterator[str]:
    status = " (accepted)" if finding.accepted else ""
    head = f"{finding.severity}[{finding.code}]"
    text = f"{head} {CODES[finding.code].name}{status}: {visible(finding.message)}"
    first, *others = folded(text, width, "    ")
    yield brush(finding.severity, first[: len(head)]) + brush("bold", first[len(head) :])
    yield from (brush("bold", line) for line in others)


def _field(name: str, texts: Iterable[str], brush: Brush, width: int) -> Iterator[str]:
    indent = " " * (len(name) + 4)
    for index, text in enumerate(texts):
        lead = f"  {name}: " if index == 0 else indent
        first, *others = folded(lead + visible(text), width, indent)
        yield brush("bold", lead) + first[len(lead) :] if index == 0 else first
        yield from others


def _arithmetic(steps: Sequence[str], brush: Brush, width: int) -> Iterator[str]:
    """The steps below each other; cases keep their indentation."""
    if steps:
        yield brush("bold", "  arithmetic:")
    for step in steps:
        depth = len(step) - len(step.lstrip())
        indent = " " * (depth + 4)
        yield from folded(indent + visible(step.lstrip()), width, indent + "  ")


def _fix(fix: Fix, brush: Brush, width: int) -> Iterator[str]:
    checked = " (re-checked)" if fix.verified else ""
    yield from _field("fix", [fix.text + checked], brush, width)
    yield from (f"         {visible(line)}" for line in fix.snippet.splitlines())
