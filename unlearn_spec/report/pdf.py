"""The report as PDF/A-3a and PDF/UA-1 in one file, set by Typst with the fonts inside its wheel; the JSON form is attached.

Everything is handed over as data, never as markup. The same report gives the same bytes: no clock, no font of the system.
"""

from __future__ import annotations

import json
import re
from importlib.resources import as_file, files
from typing import Any, Final

from ..wording.language import Language, Words, words
from .document import (
    Badge,
    Beside,
    Block,
    Break,
    Bullets,
    Code,
    Document,
    Group,
    Heading,
    Inline,
    Lines,
    Link,
    Pairs,
    Para,
    Part,
    Picture,
    Recorded,
    Row,
    Soft,
    Strong,
    Table,
    Verdict,
)
from .glyphs import BREAK, PLAIN, serif, settable, shown
from .model import RESULT, Report, ReportError, canonical
from .pictures.svg import STYLE, number
from .sections import document
from .wording import OUTCOME_SYMBOL, quote

STANDARDS: Final = ["a-3a", "ua-1"]
_FONTS: Final = (
    "text { font-family: 'Libertinus Serif'; font-size: 14px; } .tick text { font-size: 12.5px; }"
    ".other { font-family: 'DejaVu Sans Mono'; font-size: 11px; font-weight: 400; }"
)


def render(report: Report, language: Language = "en") -> bytes:
    """The report's PDF. Characters without a glyph are written out. Raises `ReportError` if it cannot be set."""
    say = words(language)
    return page(document(report, say), say, canonical(report))


def page(shown_document: Document, say: Words, attached: str) -> bytes:
    """A document as PDF with a file attached. A second try spells out all but the plainest characters."""
    import typst

    failed = ""
    for known in (shown(), PLAIN):
        encoder = Encoder(say, known)
        try:
            with as_file(files("unlearn_spec.report") / "templates" / "report.typ") as template:
                made = typst.compile(
                    template.read_bytes(),
                    ignore_system_fonts=True,
                    format="pdf",
                    sys_inputs={"document": json.dumps(encoder.document(shown_document)), "attached": attached},
                    pdf_standards=STANDARDS,
                )
        except typst.TypstError as error:
            failed = " ".join(str(error).split())
        else:
            if not isinstance(made, bytes):
                raise ReportError("the report could not be set as one PDF file")
            return made
    raise ReportError(f"the report could not be set as PDF: {failed}")


class Encoder:
    """Blocks as JSON for the template: a kind and its fields; text is settable."""

    def __init__(self, say: Words, known: frozenset[str]) -> None:
        self.say, self.known = say, known

    def text(self, text: str) -> str:
        return settable(text, self.known)

    def document(self, shown: Document) -> dict[str, Any]:
        return {
            "language": shown.language,
            "kind": self.text(shown.kind),
            "colon": self.say("names.colon"),
            "title": self.text(self.say.quoted(quote(shown.title))),
            "subtitle": self.text(self.say.quoted(shown.subtitle)),
            "front": self.blocks(shown.front),
            "parts": [self.part(part) for part in shown.parts],
            "contents": self.text(shown.contents),
            "footer": self.inlines(shown.footer),
            "attached": {"name": RESULT, "description": self.text(self.say("document.attached"))},
        }

    def part(self, part: Part) -> dict[str, Any]:
        return {
            "anchor": part.anchor,
            "title": self.text(part.title),
            "blocks": self.blocks(part.blocks),
            "fresh": part.fresh,
        }

    def blocks(self, blocks: tuple[Block, ...]) -> list[dict[str, Any]]:
        return [self.block(block) for block in blocks]

    def block(self, block: Block) -> dict[str, Any]:
        match block:
            case Para(inlines, label, small):
                return {"t": "para", "inlines": self.inlines(inlines), "label": self.text(label), "small": small}
            case Lines(text):
                return {"t": "lines", "lines": [self.text(line) for line in text.split("\n")]}
            case Heading(text, anchor):
                return {"t": "heading", "text": self.text(self.say.quoted(text)), "anchor": anchor}
            case Bullets(items, ordered):
                return {"t": "bullets", "items": [self.block(item) for item in items], "ordered": ordered}
            case Pairs(rows):
                return {"t": "pairs", "rows": [[self.text(term), self.inlines(said)] for term, said in rows]}
            case Picture():
                return self.picture(block)
            case Table():
                return self.table(block)
            case Group(blocks, tone):
                return {"t": "group", "blocks": self.blocks(blocks), "tone": tone}
            case Verdict(badge, paras):
                return {"t": "verdict", "badge": self.inline(badge), "paras": [self.block(one) for one in paras]}
            case Beside(left, right):
                return {"t": "beside", "parts": [self.part(left), self.part(right)]}

    def table(self, table: Table) -> dict[str, Any]:
        return {
            "t": "table",
            "caption": self.text(self.say.quoted(table.caption)),
            "head": [self.text(name) for name in table.head],
            "widths": list(table.widths) or [1] * len(table.head),
            "rows": [self.row(row) for row in table.rows],
            "named": table.row_head,
        }

    def row(self, row: Row) -> list[list[dict[str, Any]]]:
        return [[self.block(part) for part in cell] for cell in row.cells]

    def picture(self, picture: Picture) -> dict[str, Any]:
        size = f'width="{number(picture.width)}" height="{number(picture.height)}"'
        box = f'viewBox="0 0 {number(picture.width)} {number(picture.height)}"'
        drawn = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box}><style>{STYLE}{_FONTS}</style>'
        drawn += f'<rect width="100%" height="100%" fill="#ffffff"/>{_spelled(picture.svg, self.known)}</svg>'
        alt = self.text(f"{picture.title}. {picture.alt}").replace(BREAK, "")
        return {"t": "picture", "svg": drawn, "alt": alt, "width": picture.width}

    def inlines(self, inlines: tuple[Inline, ...]) -> list[dict[str, Any]]:
        return [self.inline(piece) for piece in inlines if piece != ""]

    def inline(self, piece: Inline) -> dict[str, Any]:
        match piece:
            case str():
                return {"t": "text", "text": self.text(self.say.quoted(piece))}
            case Break():
                return {"t": "break"}
            case Code(text):
                return {"t": "code", "text": self.text(text)}
            case Strong(text):
                return {"t": "strong", "text": self.text(self.say.quoted(text))}
            case Soft(text):
                return {"t": "soft", "text": self.text(self.say.quoted(text))}
            case Link(to, text):
                return {"t": "link", "to": to, "text": self.text(self.say.quoted(text))}
            case Recorded(text):
                return {"t": "recorded", "text": self.text(text)}
            case Badge(outcome, word):
                word = word[:1].upper() + word[1:]
                return {"t": "badge", "outcome": outcome, "symbol": OUTCOME_SYMBOL[outcome], "word": self.text(word)}


_TEXT: Final = re.compile(r"(<text[^>]*>)([^<]*)(</text>)")
_ENTITY: Final = re.compile(r"&[a-z]+;|.", re.DOTALL)


def _spelled(svg: str, known: frozenset[str]) -> str:
    """The drawing with characters that have no glyph written out, and each character in the font that has it."""

    def in_fonts(words: str) -> str:
        return "".join(
            piece if len(piece) > 1 or piece in serif() else f"<tspan class='other'>{piece}</tspan>"
            for piece in _ENTITY.findall(settable(words, known).replace(BREAK, ""))
        )

    return _TEXT.sub(lambda match: f"{match[1]}{in_fonts(match[2])}{match[3]}", svg)
