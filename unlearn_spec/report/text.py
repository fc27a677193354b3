"""The report as text for a terminal, at most 100 columns wide."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from ..verdict.model import WORST_FIRST, Outcome
from ..wording.language import Language, Words, words
from .document import (
    Badge,
    Beside,
    Block,
    Break,
    Bullets,
    Document,
    Group,
    Heading,
    Inline,
    Lines,
    Pairs,
    Para,
    Part,
    Picture,
    Row,
    Table,
    Verdict,
)
from .model import Report
from .sections import document
from .wording import OUTCOME_SYMBOL, spaced, visible

WIDTH: Final = 100


def render(report: Report, language: Language = "en") -> str:
    """The whole report. Control characters of quoted material are written out."""
    say = words(language)
    return page(document(report, say), say)


def page(shown: Document, say: Words) -> str:
    """A document as lines."""
    blocks = [_front(shown, say), *(_part(part, say) for part in shown.parts), tuple(_para(Para(shown.footer), 0, say))]
    return "\n\n".join("\n".join(visible(line).rstrip() for line in block) for block in blocks) + "\n"


def _front(shown: Document, say: Words) -> tuple[str, ...]:
    kind = shown.kind.upper()
    heading = [kind, "═" * len(kind), *_wrap(say.quoted(f"“{shown.title}”"), 0), *_wrap(say.quoted(shown.subtitle), 0)]
    return tuple(line for lines in (heading, *(_block(block, 0, say) for block in shown.front)) for line in lines)


def _part(part: Part, say: Words) -> tuple[str, ...]:
    title = part.title.upper()  # which may be longer: ß becomes SS
    return (title, "─" * len(title), *(line for block in part.blocks for line in _block(block, 2, say)))


def _block(block: Block, indent: int, say: Words) -> Iterator[str]:
    match block:
        case Para():
            yield from _para(block, indent, say)
        case Heading(text):
            yield ""
            yield from _wrap(say.quoted(text), indent)
        case Lines(text):
            yield from _verbatim(text, indent + 2)
        case Bullets(items, ordered):
            for number, item in enumerate(items, 1):
                mark = f"{number}." if ordered else "–"
                yield from _para(item, indent, say, mark)
        case Pairs(rows):
            yield ""
            for term, said in rows:
                yield from _para(Para(said, label=term), indent, say)
        case Picture():
            yield from _picture(block, indent + 2, say)
        case Table():
            yield from _table(block, indent, say)
        case Group(blocks):
            for inner in blocks:
                yield from _block(inner, indent, say)
        case Verdict(badge, paras):
            yield ""
            yield f"{OUTCOME_SYMBOL[badge.outcome]} {badge.word.upper()}"
            for one in paras:
                yield from _para(one, indent, say)
        case Beside(left, right):
            for part in (left, right):
                yield ""
                yield from _part(part, say)


def _para(block: Para, indent: int, say: Words, mark: str = "") -> Iterator[str]:
    """Lines of a paragraph; what follows a `Break` begins a line of its own."""
    before = f"{mark} " if mark else ""
    before += block.label + say.sentences["names.colon"] if block.label else ""
    rows: list[list[Inline]] = [[]]
    for piece in block.inlines:
        if isinstance(piece, Break):
            rows.append([])
        else:
            rows[-1].append(piece)
    for place, row in enumerate(rows):
        text = _words(row, say)
        hang = indent + 2 if before or place else indent
        yield from _wrap(f"{before}{text}" if place == 0 else text, indent if place == 0 else hang, hang)


def _words(inlines: Iterable[Inline], say: Words) -> str:
    return " ".join(say.quoted(_piece(piece)) for piece in inlines if piece != "")


def _labelled(part: Para, say: Words) -> str:
    return f"{part.label} {_words(part.inlines, say)}".lstrip()


def _piece(piece: Inline) -> str:
    match piece:
        case str():
            return piece
        case Break():
            return ""
        case Badge(outcome, word):
            return f"{OUTCOME_SYMBOL[outcome]} {word}"
        case _:
            return piece.text


def _table(table: Table, indent: int, say: Words) -> Iterator[str]:
    """Each row as an entry: the first cell in front, the others under their headings."""
    if table.caption:
        yield from _wrap(f"({say.quoted(table.caption)})", indent)
    for row in table.rows:
        yield from _row(table, row, indent, say)


def _row(table: Table, row: Row, indent: int, say: Words) -> Iterator[str]:
    """The first cell, then the others, each behind its heading; the policy's lines below."""
    colon, semicolon = say.sentences["names.colon"], say.sentences["names.semicolon"]
    cells = [
        semicolon.join(_labelled(part, say) for part in cell if isinstance(part, Para) and part.inlines != ("",))
        for cell in row.cells
    ]
    cells = [cell.replace(f".{semicolon}", ". ") for cell in cells]
    rest = semicolon.join(f"{name}{colon}{cell}" for name, cell in zip(table.head[1:], cells[1:], strict=True) if cell)
    yield from _wrap(f"{cells[0].removesuffix('.')}. {rest}" if rest else cells[0], indent, indent + 4)
    for cell in row.cells:
        for part in cell:
            if isinstance(part, Lines):
                yield from _verbatim(part.text, indent + 4)


def _picture(picture: Picture, indent: int, say: Words) -> Iterator[str]:
    """The drawing in characters if it has one that fits, in words otherwise; none that only shows what is said beside it."""
    if picture.repeats:
        return
    if picture.text and max(map(len, picture.text)) + indent <= WIDTH:
        yield from (" " * indent + line for line in picture.text)
    else:
        yield from _wrap(f"[{picture.title}{say.sentences['names.colon']}{picture.alt}]", indent)


def _verbatim(text: str, indent: int) -> Iterator[str]:
    for line in text.splitlines():
        yield from textwrap.wrap(
            visible(line), WIDTH - indent, initial_indent=" " * indent, subsequent_indent=" " * indent,
            drop_whitespace=False, replace_whitespace=False,
        ) or [""]  # fmt: skip


def _wrap(text: str, indent: int = 2, hang: int | None = None) -> list[str]:
    """Lines of at most `WIDTH` columns; long words are broken."""
    return textwrap.wrap(
        spaced(visible(text)),
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent if hang is None else hang),
        break_on_hyphens=False,
    )


# --- several reports -------------------------------------------------------------------------------------------------


def table(reports: Mapping[str, Report]) -> str:
    """Clauses × subjects: one verdict a cell, `reports` by column title. Every report is of the same policy."""
    verdicts = [result.verdict for report in reports.values() for result in report.results]
    rows = list(dict.fromkeys((verdict.clause, verdict.artifact) for verdict in verdicts))
    artifacts = {artifact for _, artifact in rows}
    names = [
        clause if len(artifacts) == 1 else f"{clause} @ {artifact}" if artifact else clause for clause, artifact in rows
    ]
    cells = [[_cell(report, clause, artifact) for report in reports.values()] for clause, artifact in rows]
    cells.append([_short(report.overall) for report in reports.values()])
    names.append("overall: the worst")
    widths = [max(len(title), *(len(row[column]) for row in cells)) for column, title in enumerate(reports)]
    first = max(map(len, names))
    lines = [" " * first + "  " + "  ".join(title.ljust(width) for title, width in zip(reports, widths, strict=True))]
    lines.append("─" * len(lines[0]))
    for name, row in zip(names, cells, strict=True):
        if name == names[-1]:
            lines.append("─" * len(lines[0]))
        lines.append(name.ljust(first) + "  " + "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)))
    return "\n".join(visible(line).rstrip() for line in lines) + "\n"


def _short(outcome: Outcome) -> str:
    return "⊘ rejected" if outcome == "rejected" else f"{OUTCOME_SYMBOL[outcome]} {words('en').of('outcome', outcome)}"


def _cell(report: Report, clause: str, artifact: str) -> str:
    verdicts = [result.verdict for result in report.results]
    outcomes = {v.outcome for v in verdicts if (v.clause, v.artifact) == (clause, artifact)}
    return next((_short(outcome) for outcome in WORST_FIRST if outcome in outcomes), "")
