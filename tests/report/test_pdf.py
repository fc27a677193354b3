"""The PDF: both standards at once, the same bytes again, structure that a screen reader needs, and no text that stops it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest

from unlearn_spec.policy.model import Policy
from unlearn_spec.report import canonical, encode
from unlearn_spec.report.document import Beside, Bullets, Document, Para, Part, Picture, Table, para, row
from unlearn_spec.report.glyphs import PLAIN, serif, settable, shown
from unlearn_spec.report.model import Report
from unlearn_spec.report.pdf import page
from unlearn_spec.report.sections import document
from unlearn_spec.wording.language import LANGUAGES, Language, words

pikepdf = pytest.importorskip("pikepdf")
pytest.importorskip("typst")

HOSTILE = (
    '#import "x"; $x$ *b* _i_ `r` @l <l> \\ [#panic()] ] {',
    "中文 日本語 한국어",
    "😀 👩‍👩‍👧 🇪🇺",
    "abc\u202edcba\u2066 \u200f",
    "nul\x00 escape\x1b[31m",
    "Ünïcödé ‒ ﬁ e\u0301 Ελληνικά Кириллица עברית العربية हिन्दी",
    "w" * 4000,
    "\ud800 \U0010ffff \ufeff",
)


def opened(made: bytes) -> Any:
    return pikepdf.open(BytesIO(made))


def structure(pdf: Any) -> Iterator[Any]:
    """Every structure element, in reading order."""

    def below(node: Any) -> Iterator[Any]:
        if isinstance(node, pikepdf.Array):
            for kid in node:
                yield from below(kid)
        elif isinstance(node, pikepdf.Dictionary):
            if "/S" in node:
                yield node
            if "/K" in node:
                yield from below(node.K)

    yield from below(pdf.Root.StructTreeRoot.K)


@pytest.fixture(scope="module")
def made(report: Report) -> bytes:
    return encode(report, "pdf")


def test_the_same_report_gives_the_same_bytes(report: Report, made: bytes) -> None:
    assert encode(report, "pdf") == made


def test_both_standards_are_declared(made: bytes) -> None:
    with opened(made) as pdf, pdf.open_metadata() as meta:
        assert (meta["pdfaid:part"], meta["pdfaid:conformance"], meta["pdfuaid:part"]) == ("3", "A", "1")
        assert pdf.Root.MarkInfo.Marked and pdf.Root.ViewerPreferences.DisplayDocTitle
        assert "/OutputIntents" in pdf.Root and not pdf.is_encrypted


@pytest.mark.parametrize("language", LANGUAGES)
def test_language_title_and_no_script(report: Report, language: Language) -> None:
    with opened(encode(report, "pdf", language)) as pdf:
        assert str(pdf.Root.Lang).split("-")[0] == language
        assert "Erasure request 0417" in str(pdf.docinfo["/Title"])
        assert "/OpenAction" not in pdf.Root and "/JavaScript" not in pdf.Root.get("/Names", {})


def test_the_json_form_is_attached_whole(report: Report, made: bytes) -> None:
    with opened(made) as pdf:
        (name,) = pdf.attachments
        assert name == "result.json"
        assert pdf.attachments[name].get_file().read_bytes() == canonical(report).encode()
        assert str(pdf.Root.AF[0].AFRelationship) == "/Data"


def test_heads_of_tables_have_a_scope_and_drawings_a_text(report: Report, made: bytes) -> None:
    document_ = document(report, words("en"))
    blocks = [block for part in document_.parts for block in part.blocks]
    with opened(made) as pdf:
        found = list(structure(pdf))
        kinds = [str(element.S) for element in found]
        heads = [element for element in found if str(element.S) == "/TH"]
        tables = [block for block in blocks if isinstance(block, Table)]
        assert kinds.count("/Table") == len(tables)
        assert len(heads) >= sum(len(table.head) for table in tables)
        assert all("/Scope" in str(element.get("/A", "")) or _scope(element) for element in heads)
        figures = [element for element in found if str(element.S) == "/Figure"]
        drawn = [block for block in blocks if isinstance(block, Picture)]
        assert len([figure for figure in figures if str(figure.get("/Alt", ""))]) >= len(drawn) > 0
        assert all(str(figure.get("/Alt", "")) for figure in figures)


def _scope(element: Any) -> bool:
    attributes = element.get("/A")
    entries = attributes if isinstance(attributes, pikepdf.Array) else [attributes]
    return any(isinstance(entry, pikepdf.Dictionary) and "/Scope" in entry for entry in entries)


def test_headings_begin_with_one_and_skip_no_level(made: bytes) -> None:
    with opened(made) as pdf:
        levels = [int(str(e.S)[2:]) for e in structure(pdf) if str(e.S) in ("/H1", "/H2", "/H3", "/H4")]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_no_text_stops_the_report(hostile: str, make_report: Callable[..., Report], run_policy: Policy) -> None:
    hostile = hostile.encode("utf-8", "surrogatepass").decode("utf-8", "replace") if "\ud800" in hostile else hostile
    header = run_policy.policy.model_copy(update={"title": hostile, "owner": hostile})
    report = make_report(
        policy=run_policy.model_copy(update={"policy": header}),
        sentences={clause.id: hostile for clause in run_policy.clauses},
        written={clause.id: hostile for clause in run_policy.clauses},
    )
    with opened(encode(report, "pdf")) as pdf:
        assert len(pdf.pages) > 5


def test_what_has_no_glyph_is_written_out() -> None:
    assert settable("中 a \u202e", shown()) == "⟨U+4E2D⟩ a ⟨U+202E⟩"
    assert settable("Ω", PLAIN) == "⟨U+03A9⟩"
    assert settable("x" * 25, shown()).count("\u200b") == 3


def test_every_listed_character_can_be_set() -> None:
    """In running text, in bold and slanted text, in code, and in drawings."""
    text = "".join(sorted(shown() - {" ", "\u00a0"}))
    lines = tuple(Para((" ".join(text[at : at + 60]),)) for at in range(0, len(text), 60))
    slanted = Table(" ".join(sorted(serif())), ("a",), (row("b"),))
    shown_document = Document(
        "en", "k", "t", "s", (), (Part("p", "p", (*lines, Bullets(lines[:3]), slanted)),), "c", "s", ()
    )
    assert page(shown_document, words("en"), "{}").startswith(b"%PDF")


def opinion(results: int) -> bytes:
    """A document of one page of opinion, with so many results on it, and one further part on a page of its own."""
    sentence = "The evidence shows no breach of the limit for the declared prompts, decoding and interface. " * 3
    shown_here = Part("results", "Results", tuple(para(f"{number}. {sentence}") for number in range(results)))
    beside = Beside(shown_here, Part("open", "Not covered", (para(sentence),)))
    rest = Part("rest", "The rest", (para(sentence),), fresh=True)
    return page(Document("en", "Report", "On nothing", "", (beside,), (rest,), "Contents", "Skip", ("End",)), words("en"), "{}")


@pytest.mark.parametrize(("results", "pages"), [(8, 2), (16, 2), (18, 2), (32, 3)])
def test_the_opinion_stays_on_one_page_as_long_as_it_can_be_read(results: int, pages: int) -> None:
    with opened(opinion(results)) as pdf:
        assert len(pdf.pages) == pages
