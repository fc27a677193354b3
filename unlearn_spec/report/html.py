"""The report as one HTML file: no script, nothing loaded from elsewhere, everything that is not ours escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from ..wording.language import Language, words
from . import wording
from .document import Badge, Break, Code, Document, Inline, Link, Recorded, Soft, Strong
from .model import Report
from .sections import document


def render(report: Report, language: Language = "en") -> str:
    """A complete document. Control and direction characters of quoted material are written out."""
    return page(document(report, words(language)))


def page(shown: Document) -> str:
    """A document as a page."""
    say = words(shown.language)
    title = f"{shown.kind}{say('names.colon')}{say.quoted(wording.quote(shown.title))}"
    return environment().get_template("report.html.j2").render(document=shown, language=shown.language, title=title)


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
    environment.filters.update(prose=prose, inline=_inline, kind=_kind, svg=_svg, count=wording.count)
    return environment


def _shown(value: Any) -> Any:
    return wording.visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _kind(block: object) -> str:
    return type(block).__name__


def _svg(drawn: str) -> Markup:
    """A drawing of `pictures/`, which escapes what it is given."""
    return Markup(drawn)


@pass_context
def _inline(context: Context, inlines: Iterable[Inline]) -> Markup:
    """Pieces of a paragraph, one after the other."""
    language = context["language"]
    return Markup(" ").join(_piece(piece, language) for piece in inlines if piece != "")


def _piece(piece: Inline, language: str) -> Markup:
    match piece:
        case str():
            return prose(piece)
        case Break():
            return Markup("<br>")
        case Code(text):
            return Markup('<code class="short">{}</code>' if len(text) < 24 else "<code>{}</code>").format(_safe(text))
        case Strong(text):
            return Markup("<strong>{}</strong>").format(prose(text))
        case Soft(text):
            return Markup('<span class="soft">{}</span>').format(prose(text))
        case Link(to, text):
            return Markup('<a href="#{}">{}</a>').format(to, prose(text))
        case Recorded(text):
            return prose(text) if language == "en" else Markup('<span lang="en">{}</span>').format(prose(text))
        case Badge(outcome, word):
            symbol = wording.OUTCOME_SYMBOL[outcome]
            shape = '<span class="outcome {}"><span class="symbol" aria-hidden="true">{}</span>{}</span>'
            return Markup(shape).format(outcome, symbol, word[:1].upper() + word[1:])


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
