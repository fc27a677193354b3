"""The report as canonical JSON: what `verify` writes as `result.json`."""

from __future__ import annotations

from .model import Report, canonical


def render(report: Report) -> str:
    """Keys sorted, ASCII only, one line feed at the end: the same report gives the same bytes."""
    return canonical(report)
