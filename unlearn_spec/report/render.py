"""One entry for all formats."""

from __future__ import annotations

from typing import Final, Literal, get_args

from .model import Report

Format = Literal["html", "json", "text"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)


def render(report: Report, format: Format) -> str:
    """The report in that format, as text with line feeds. Pure: the same report gives the same text."""
    if format == "json":
        from . import json as renderer

        return renderer.render(report)
    if format == "text":
        from . import text

        return text.render(report)
    from . import html

    return html.render(report)
