"""Repairs as changes of the text: what an editor or a code host can apply."""

from __future__ import annotations

from ..finding import Edit
from ..policy.source import Path, Source

_LIMITS = ("at_most", "at_least", "epsilon", "tpr_at_most")


def number_on(source: Source, clause: Path, field: str, value: str) -> tuple[Edit, ...]:
    """A number on a clause as the drafter would write it, inside `limit` or beside it; none where it is not one value."""
    span = source.value((*clause, "limit", field) if field in _LIMITS else (*clause, field))
    written = source.line(span.line)[span.column - 1 : span.column - 1 + span.length]
    return () if written[:1] in ("{", "[") else (Edit(span, f'"{value}"'),)
