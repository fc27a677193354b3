"""A real run reported in German and French: what a reader sees in English is the policy's words and recorded texts, nothing of ours.

Two scans. One looks for pieces of the English catalogues, word for word; the other for little words that every English sentence
has and neither German nor French, so that it also finds what never was in a catalogue.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import tiny
from here import Here

from unlearn_spec.cli.report import load
from unlearn_spec.report import LANGUAGES, Language, Report, encode, render
from unlearn_spec.report.annex import render as annex
from unlearn_spec.report.document import Recorded
from unlearn_spec.report.glyphs import shown
from unlearn_spec.report.pdf import Encoder
from unlearn_spec.report.render import FORMATS, TRANSLATED
from unlearn_spec.report.sections import document
from unlearn_spec.report.sections.checker import in_detail
from unlearn_spec.run.annex import make_annex
from unlearn_spec.run.verify import verify
from unlearn_spec.wording.language import words

OTHERS = tuple(language for language in LANGUAGES if language != "en")
PAGES = ("html", "annex", "text", "markdown", "model-card", "pdf")
LITTLE = re.compile(
    r"\b(?:the|of|and|with|which|this|that|these|from|by|is|are|were|has|have|for|not|never|no|to|each|its|items?|answers?)\b",
    re.IGNORECASE,
)
QUOTED = {"de": re.compile("„[^“„]*“"), "fr": re.compile("«\u00a0[^«»]*\u00a0»")}
VOID = {"meta", "br", "col", "link"}
NAMED = ("alt", "title", "aria-label", "data-label")


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return tiny.build(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def report(inputs: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = tmp_path_factory.mktemp("done") / "run"
    verify(*inputs, folder, executor=Here())
    return load(folder)


class Ours(HTMLParser):
    """Text, text alternatives and names of a page, without the policy's words, digests, commands and what is marked English."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.said: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        known = dict(attributes)
        self.said += [f"{value}. " for name, value in attributes if name in NAMED and value]
        if tag not in VOID:
            marked = (tag != "html" and known.get("lang") == "en") or "verbatim" in (known.get("class") or "")
            self.open.append((tag, marked or tag in ("q", "code", "pre", "style")))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        if not any(hidden for _, hidden in self.open):
            self.said.append(data)
        else:
            self.said.append(" ")


def in_print(report: Report, language: Language) -> str:
    """All text that the PDF is made of, and what its reader's program shows: title, outline and text alternatives."""
    pikepdf = pytest.importorskip("pikepdf")
    say = words(language)
    kept = {"svg", "anchor", "to", "t", "tone", "outcome"}

    def texts(value: Any) -> Iterator[str]:
        if isinstance(value, dict) and value.get("t") not in ("code", "lines", "recorded"):
            yield from (text for key, part in value.items() if key not in kept for text in texts(part))
        elif isinstance(value, list):
            yield from (text for part in value for text in texts(part))
        elif isinstance(value, str):
            yield value

    with pikepdf.open(BytesIO(encode(report, "pdf", language))) as pdf:
        assert str(pdf.Root.Lang).split("-")[0] == language
        with pdf.open_outline() as outline:
            titles = [str(item.title) for top in outline.root for item in (top, *top.children)]
        alternatives = [str(one.Alt) for one in pdf.objects if isinstance(one, pikepdf.Dictionary) and "/Alt" in one]
        title = str(pdf.docinfo["/Title"])
    assert titles and alternatives
    printed = texts(Encoder(say, shown()).document(document(report, say)))
    return "\n".join((title, *titles, *alternatives, *printed)).replace("\u200b", "")


def page(kind: str, report: Report, inputs: tuple[Path, Path], language: Language) -> str:
    """Our own words on a page, in one line for one piece."""
    if kind == "pdf":
        return in_print(report, language)
    if kind == "annex":
        return "".join(Ours(annex(make_annex(report, *inputs), language)).said)
    text = render(report, kind, language)  # type: ignore[arg-type]
    if kind == "html":
        return "".join(Ours(text).said)
    if kind == "model-card":
        text = text.split("---\n", 2)[2]
    return text.replace("\\", "")


def own(text: str, report: Report, language: Language) -> str:
    """Without quotations, what the policy file says, commands, names with a sign in them, and wordings that only English has."""
    text = re.sub(r"[ \t\r\n]+", " ", text).replace("unlearn-spec report RUN --annex FILE --policy POLICY --bindings BINDINGS", " ")
    for finding in report.findings:
        for english in (finding.message, *finding.why, *(fix.text for fix in finding.fixes)):
            if in_detail(english, finding.code, words(language))[-1] == Recorded(english):
                text = text.replace(" ".join(english.split()), " ")
    for clause in report.clauses:
        for line in (clause.written or "").splitlines():
            text = text.replace(" ".join(line.split()), " ")
    text = QUOTED[language].sub(" ", re.sub(r"`[^`]*`", " ", text))
    names = sorted({*(c.id for c in report.clauses), *(a.name for a in report.artifacts)}, key=len, reverse=True)
    for name in names:
        text = text.replace(name, " ")
    return re.sub(r"\S*[@_/]\S*|sha256:\S+", " ", text)


@cache
def pieces(language: Language) -> tuple[str, ...]:
    """What the English catalogues say between gaps, of two words or more, if the other language nowhere says it too."""
    mine = "\n".join(words(language).sentences.values())
    found = {
        plain.strip(" .,;:()")
        for sentence in words("en").sentences.values()
        for plain, _, _, _ in Formatter().parse(sentence)
    }
    return tuple(sorted(one for one in found if len(one) > 9 and " " in one and one not in mine))


def said(text: str, language: Language) -> list[str]:
    """Which of the pieces stand in a text, as whole words."""
    return [piece for piece in pieces(language) if piece in text and re.search(rf"\b{re.escape(piece)}\b", text)]


@pytest.mark.parametrize("kind", PAGES)
@pytest.mark.parametrize("language", OTHERS)
def test_nothing_of_ours_is_english(
    kind: str, language: Language, report: Report, inputs: tuple[Path, Path]
) -> None:
    text = own(page(kind, report, inputs, language), report, language)
    assert len(text.split()) > 100, "there is something to scan"
    assert said(text, language) == []
    assert [text[max(0, m.start() - 40) : m.end() + 40] for m in LITTLE.finditer(text)] == []


@pytest.mark.parametrize("kind", PAGES)
def test_the_scan_sees_english(kind: str, report: Report, inputs: tuple[Path, Path]) -> None:
    """The check above can fail: in an English page it finds much, by either way."""
    text = own(page(kind, report, inputs, "en"), report, "de")
    assert len(said(text, "de")) > 10
    assert len(LITTLE.findall(text)) > 20


@pytest.mark.parametrize("language", OTHERS)
def test_what_machines_read_is_the_same_in_every_language(language: Language, report: Report) -> None:
    for format in FORMATS:
        assert (render(report, format, language) == render(report, format)) == (format not in TRANSLATED), format
    front = render(report, "model-card").split("---\n")[1]
    assert render(report, "model-card", language).split("---\n")[1] == front
    assert json.loads(render(report, "json", language))["overall"] == report.overall


def test_whatever_is_translated_is_scanned() -> None:
    assert set(PAGES) == {*TRANSLATED, "annex", "pdf"}
    assert set(OTHERS) == {"de", "fr"} == set(QUOTED)
