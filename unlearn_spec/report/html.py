"""The report as one HTML file: no script, nothing loaded from elsewhere, everything that is not ours escaped."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from . import chart, phrases, wording
from .model import Report, digest


def render(report: Report) -> str:
    """A complete document. Control and direction characters of quoted material are written out."""
    return (
        environment()
        .get_template("report.html.j2")
        .render(report=report, digest=digest(report), worst=report.overall, plain=phrases.plain_page(report))
    )


@cache
def environment() -> Environment:
    """Templates of this package: autoescaping, an undefined name is an error, hidden characters are written out."""
    environment = Environment(
        loader=PackageLoader("unlearn_spec.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters.update(
        prose=prose,
        percent=wording.percent,
        count=wording.count,
        short=wording.short_digest,
        condition=wording.condition_words,
    )
    environment.globals.update(chart=chart, phrases=phrases, wording=wording, x=_x)
    return environment


def _shown(value: Any) -> Any:
    return wording.visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _x(position: float) -> float:
    """Horizontal place in the drawing's 440 units, eight of them margin on each side."""
    return round(8 + 424 * position, 1)


def prose(text: str) -> Markup:
    """Our sentence with the policy's own words, marked “…”, as quotation elements. Everything is escaped."""
    parts: list[Markup] = []
    end = 0
    for match in re.finditer(wording.QUOTED, text):
        parts.append(_safe(text[end : match.start()]))
        parts.append(Markup("<q>{}</q>").format(_safe(match[1])))
        end = match.end()
    parts.append(_safe(text[end:]))
    return Markup("").join(parts)


def _safe(text: str) -> Markup:
    return escape(wording.visible(text))
