"""One entry for all formats."""

from __future__ import annotations

from typing import Final, Literal, get_args

from .language import Language
from .model import Report

Format = Literal["html", "json", "text"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)
"""Formats that are text."""
BINARY: Final = ("pdf",)
"""Formats that are not."""


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


def encode(report: Report, format: Format | Literal["pdf"], language: Language = "en") -> bytes:
    """The report as the bytes of a file, in any format. Pure. Raises `ReportError` for a PDF that cannot be set."""
    if format == "pdf":
        from . import pdf

        return pdf.render(report, language)
    return render(report, format, language).encode()
