"""One entry for all formats."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Final, Literal, get_args

from .model import Report

Format = Literal["html", "json", "text", "markdown", "model-card", "junit", "oscal", "statement"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)


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
"""Renderings for machines and for other people's pages; one file each."""


def render(report: Report, format: Format) -> str:
    """The report in that format, as text with line feeds. Pure: the same report gives the same text."""
    if format == "json":
        from . import json as renderer

        return renderer.render(report)
    if format == "text":
        from . import text

        return text.render(report)
    if format == "html":
        from . import html

        return html.render(report)
    return _EXPORTS[format](report)
