"""One entry for all formats."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Final, Literal, get_args

from ..wording.language import Language
from .model import Report

Format = Literal["html", "json", "text", "markdown", "model-card", "junit", "oscal", "statement"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)
"""Formats that are text."""
TRANSLATED: Final[tuple[Format, ...]] = ("html", "text", "markdown", "model-card")
"""Those that are written in every language, beside PDF; the others are read by machines."""
BINARY: Final = ("pdf",)
"""Formats that are not."""


def _module(format: Format) -> ModuleType:
    """The renderer, imported when it is first used."""
    return import_module(f".{format.replace('-', '_')}", __package__)


def render(report: Report, format: Format, language: Language = "en") -> str:
    """The report in that format and language, as text with line feeds. Pure: the same report gives the same text.

    JSON is the record and has no language of its own; JUnit, OSCAL and the statement are for machines, in English.
    """
    made = _module(format).render(report, language) if format in TRANSLATED else _module(format).render(report)
    return str(made)


def encode(report: Report, format: Format | Literal["pdf"], language: Language = "en") -> bytes:
    """The report as the bytes of a file, in any format. Pure. Raises `ReportError` for a PDF that cannot be set."""
    if format == "pdf":
        from . import pdf

        return pdf.render(report, language)
    return render(report, format, language).encode()
