"""One entry for all formats."""

from __future__ import annotations

from typing import Final, Literal, get_args

from .language import Language
from .model import Report

Format = Literal["html", "json", "text"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)


def render(report: Report, format: Format, language: Language = "en") -> str:
    """The report in that format and language, as text with line feeds. Pure: the same report gives the same text.

    JSON is the record and has no language of its own.
    """
    if format == "json":
        from . import json as renderer

        return renderer.render(report)
    if format == "text":
        from . import text

        return text.render(report, language)
    from . import html

    return html.render(report, language)
