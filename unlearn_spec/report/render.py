"""One entry for all formats."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Final, Literal, get_args

from ..wording.language import Language
from .model import Report

Format = Literal["html", "json", "text", "markdown", "model-card", "junit", "oscal", "statement"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)
"""Formats that are text."""
TRANSLATED: Final[tuple[Format, ...]] = ("html", "text")
"""Those that are written in every language, beside PDF; the others are for machines and pages in English."""
BINARY: Final = ("pdf",)
"""Formats that are not."""


def _export(module: str) -> Callable[[Report], str]:
    """Imports the renderer when it is first used."""

    def run(report: Report) -> str:
        return str(import_module(f".{module}", __package__).render(report))

    return run


_EXPORTS: Final[Mapping[str, Callable[[Report], str]]] = {
    "markdown": _export("markdown"),
    "model-card": _export("model_card"),
    "junit": _export("junit"),
    "oscal": _export("oscal"),
    "statement": _export("statement"),
}
"""Renderings for machines and for other people's pages, in English; one file each."""


def render(report: Report, format: Format, language: Language = "en") -> str:
    """The report in that format and language, as text with line feeds. Pure: the same report gives the same text.

    JSON is the record and has no language of its own; of the others, only text and HTML are translated.
    """
    if format == "json":
        from . import json as renderer

        return renderer.render(report)
    if format == "text":
        from . import text

        return text.render(report, language)
    if format == "html":
        from . import html

        return html.render(report, language)
    return _EXPORTS[format](report)


def encode(report: Report, format: Format | Literal["pdf"], language: Language = "en") -> bytes:
    """The report as the bytes of a file, in any format. Pure. Raises `ReportError` for a PDF that cannot be set."""
    if format == "pdf":
        from . import pdf

        return pdf.render(report, language)
    return render(report, format, language).encode()
