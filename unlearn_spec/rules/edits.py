"""Repairs as changes of the text: what an editor or a code host can apply."""

from __future__ import annotations

from collections.abc import Iterable

from ..finding import Edit
from ..policy.source import Path, Source

_LIMITS = ("at_most", "at_least", "epsilon", "tpr_at_most")


def replaced(source: Source, path: Path, text: str) -> tuple[Edit, ...]:
    """The value at `path` replaced by a quoted text; none where nothing is written there."""
    span = source.value(path)
    written = source.line(span.line)[span.column - 1 : span.column - 1 + span.length]
    if written[:1] in ("{", "["):
        return ()
    return (Edit(span, f'"{text}"'),)


def number_on(source: Source, clause: Path, field: str, value: str) -> tuple[Edit, ...]:
    """A number on a clause as the drafter would write it: inside `limit`, or a day beside it."""
    return replaced(source, (*clause, "limit", field) if field in _LIMITS else (*clause, field), value)


def applied(text: str, edits: Iterable[Edit]) -> str:
    """The text after the edits, which do not overlap."""
    lines = text.split("\n")
    for edit in sorted(edits, key=lambda one: (one.span.line, one.span.column), reverse=True):
        line, start = lines[edit.span.line - 1], edit.span.column - 1
        lines[edit.span.line - 1] = line[:start] + edit.text + line[start + edit.span.length :]
    return "\n".join(lines)
