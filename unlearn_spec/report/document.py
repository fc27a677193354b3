"""A report as a sequence of blocks: what every format shows, before any format. Plain data, no markup."""

from __future__ import annotations

from dataclasses import dataclass

from ..finding import Severity
from ..verdict.model import Outcome
from ..wording.language import Language, Words
from ..wording.said import Said


@dataclass(frozen=True)
class Code:
    """A digest, a name of a program's own, a command."""

    text: str


@dataclass(frozen=True)
class Badge:
    """A verdict: symbol and word."""

    outcome: Outcome
    word: str


@dataclass(frozen=True)
class Link:
    """A reference to a place in the report."""

    to: str
    text: str


@dataclass(frozen=True)
class Recorded:
    """Wording that the run recorded in English; other languages show it as it is and mark it so."""

    text: str


@dataclass(frozen=True)
class Strong:
    text: str


@dataclass(frozen=True)
class Soft:
    """An aside; said, but less loudly."""

    text: str


@dataclass(frozen=True)
class Break:
    """A new line within a paragraph."""


def told(english: str, named: Said | None, say: Words) -> str | Recorded:
    """What a run recorded, in this language where it also named it; else as it is."""
    text = say.recorded(named, english)
    return Recorded(english) if text is None or say.language == "en" else text


def plain(piece: Inline) -> str:
    """A piece of a paragraph in words alone."""
    match piece:
        case str():
            return piece
        case Break():
            return ""
        case Badge():
            return piece.word
        case _:
            return piece.text


Inline = str | Break | Code | Badge | Link | Recorded | Strong | Soft
"""A `str` is our own sentence, in which “…” encloses the policy's words."""


@dataclass(frozen=True)
class Para:
    inlines: tuple[Inline, ...]
    label: str = ""
    """What the paragraph is, in front of it."""
    small: bool = False


@dataclass(frozen=True)
class Lines:
    """Lines as they stand in a file: the policy's own words."""

    text: str


@dataclass(frozen=True)
class Heading:
    """Within a section, below its title."""

    text: str
    anchor: str = ""


@dataclass(frozen=True)
class Bullets:
    items: tuple[Para, ...]
    ordered: bool = False


@dataclass(frozen=True)
class Pairs:
    """Terms, each with what is said of it."""

    rows: tuple[tuple[str, tuple[Inline, ...]], ...]


@dataclass(frozen=True)
class Picture:
    """A drawing as SVG without its outer element, with the same in words."""

    name: str
    """Unique in a report; a part of element ids."""
    title: str
    alt: str
    """What the drawing shows, in words."""
    width: float
    height: float
    svg: str
    text: tuple[str, ...] = ()
    """The drawing in characters, for a terminal; the alternative text where there is none."""
    repeats: bool = False
    """Shows what stands in the text around it as well."""

    @property
    def wide(self) -> bool:
        """Whether it needs more room than a column."""
        return self.width > 460


@dataclass(frozen=True)
class Row:
    cells: tuple[tuple[Para | Lines | Picture, ...], ...]
    anchor: str = ""


@dataclass(frozen=True)
class Table:
    caption: str
    head: tuple[str, ...]
    rows: tuple[Row, ...]
    widths: tuple[int, ...] = ()
    """Shares of the width; equal ones if left out."""
    row_head: bool = False
    """Whether the first cell of a row names the row."""


@dataclass(frozen=True)
class Group:
    """Blocks that belong together, set apart by a rule; `tone` says how grave they are."""

    blocks: tuple[Block, ...]
    tone: Severity = "info"


@dataclass(frozen=True)
class Beside:
    """Two parts of equal rank, side by side where there is room."""

    left: Part
    right: Part


@dataclass(frozen=True)
class Part:
    """A part with a title and a place to link to."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]
    fresh: bool = False
    """Begins a page in print."""


@dataclass(frozen=True)
class Verdict:
    """The overall result, large."""

    badge: Badge
    paras: tuple[Para, ...]


Block = Para | Lines | Heading | Bullets | Pairs | Picture | Table | Group | Beside | Verdict


@dataclass(frozen=True)
class Document:
    """A whole report in one language."""

    language: Language
    kind: str
    """What sort of document it is."""
    title: str
    """The policy's, in its words."""
    subtitle: str
    front: tuple[Block, ...]
    parts: tuple[Part, ...]
    contents: str
    skip: str
    footer: tuple[Inline, ...]


def para(*inlines: Inline, label: str = "", small: bool = False) -> Para:
    """A paragraph of these pieces."""
    return Para(tuple(inlines), label, small)


def row(*cells: Inline | Para | Picture | tuple[Para | Lines | Picture, ...], anchor: str = "") -> Row:
    """A row of a table; a cell that is a piece of text becomes a paragraph."""
    return Row(tuple(cell if isinstance(cell, tuple) else (_block(cell),) for cell in cells), anchor)


def _block(cell: Inline | Para | Picture) -> Para | Picture:
    return cell if isinstance(cell, Para | Picture) else para(cell)
