"""The annex shows items as text, whatever they hold, under the rules of the report's page."""

from __future__ import annotations

import re
from datetime import date
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unlearn_spec.report import LANGUAGES, Language
from unlearn_spec.report import render as render_report
from unlearn_spec.report.annex import Annex, ByClause, ByTest, Shown, render
from unlearn_spec.report.annex import digest as own_digest
from unlearn_spec.report.model import Redacted, Report, digest
from unlearn_spec.report.wording import visible
from unlearn_spec.wording.language import words

ITEM = "hmac-sha256:" + "5" * 64
VOID = {"meta", "br"}


class Page(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        self.text += data


def annex(report: Report, question: str, secret: str, *, name: str = "page-1", handling: str | None = None) -> Annex:
    test = next(test for test in report.tests if test.id == report.revealed[0].obligation)
    shown = Shown(item=ITEM, length=len(secret), ids=(name,), question=question, secret=secret)
    found = ByTest(test=test, shown=(shown,), unresolved=report.revealed[:2])
    return Annex(
        report=digest(report),
        policy=report.policy,
        policy_digest=report.integrity.policy,
        clauses=(ByClause(clause=report.clause(test.clause), handling=handling, tests=(found,)),),
    )


def test_it_is_marked_and_says_which_report_it_belongs_to(report: Report) -> None:
    page = Page(render(annex(report, "Dear diary", "I hid the key", handling="vault only")))
    assert page.text.split("}")[-1].split()[:2] == ["Restricted", "annex"], "the first words after the style sheet"
    assert [tag for tag, _ in page.tags].count("h1") == 1
    for said in (digest(report), report.integrity.policy, f"version {report.policy.version}", ITEM):
        assert said in page.text
    for said in ("Dear diary", "I hid the key", "13 characters", "page-1", "vault only", "1 shown, 2 known by digest only"):
        assert said in page.text
    assert all(hit.item in page.text for hit in report.revealed[:2])


def test_a_whole_document_has_no_question(report: Report) -> None:
    assert "none: the whole document" in render(annex(report, "", "line one\n\nline two"))
    assert "line one\n\nline two" in Page(render(annex(report, "", "line one\n\nline two"))).text


def test_without_items_it_says_so(report: Report) -> None:
    empty = annex(report, "", "x").model_copy(update={"clauses": ()})
    assert "No test of the report counts an item as revealed." in render(empty)


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_speaks_the_language_of_the_report_and_leaves_the_material_alone(report: Report, language: Language) -> None:
    made = annex(report, "Dear diary", "I hid the key", handling="vault only").model_copy(
        update={"kept_until": date(2031, 1, 31), "ground": "Art. 17(3)(e)"}
    )
    say, html = words(language), render(made, language)
    page = Page(html)
    assert dict(page.tags)["html"] == {"lang": language}
    for key in ("part.annex", "annex_file.warning", "annex_file.lead", "annex_file.by_hand", "annex_file.unresolved"):
        assert say(key) in page.text
    for words_of_others in ("Dear diary", "I hid the key", "vault only", "Art. 17(3)(e)", own_digest(made), digest(report)):
        assert words_of_others in page.text
    assert say.date(date(2031, 1, 31)) in page.text and say.counted("annex.characters", 13) in page.text
    first, last = made.clauses[0].tests[0].test, made.clauses[0].clause
    assert f"{say.of('verifier', first.verifier).capitalize()} " in page.text
    assert say("criteria.we_read") not in page.text and last.sentence.strip("“”") in page.text
    assert html == render(made, language)


def test_it_keeps_the_rules_of_the_report_page(report: Report) -> None:
    def policy(html: str) -> list[str | None]:
        return [a.get("content") for tag, a in Page(html).tags if a.get("http-equiv") == "Content-Security-Policy"]

    html = render(annex(report, "q", "s"))
    found = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', render_report(report, "html"))
    assert policy(html) == found != []
    page = Page(html)
    assert not {tag for tag, _ in page.tags} & {"script", "link", "img", "iframe", "object", "form", "base", "a"}
    assert not [name for _, a in page.tags for name in a if name.startswith("on") or name in ("src", "href")]
    assert html == render(annex(report, "q", "s"))


HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style></title></div><svg onload=alert(1)>",
    "{{ 7 * 7 }}{% raw %}{# x #}",
    "abc\u202edcba\u2066",
    "nul\x00 escape\x1b[31m",
    "”<q>“</q>",
    "&lt;b&gt;&amp;amp;",
)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_material_is_shown_as_text(report: Report, hostile: str, language: Language) -> None:
    plain = Page(render(annex(report, "q", "s", handling="h"), language))
    attacked = Page(render(annex(report, hostile, hostile, name=hostile, handling=hostile), language))
    assert attacked.tags == plain.tags
    assert attacked.text.count(visible(hostile)) == 4


@settings(max_examples=60, deadline=None)
@given(text=st.text(min_size=1, max_size=60))
def test_any_text_comes_back_as_it_is_but_for_hidden_characters(report: Report, text: str) -> None:
    assert visible(text) in Page(render(annex(report, "q", text))).text


def test_the_report_tells_of_it_where_items_are_named_by_digest(report: Report) -> None:
    for format in ("html", "text"):
        shown = " ".join(render_report(report, format).split())  # type: ignore[arg-type]
        assert f"counts as revealed: {len(report.revealed)}." in shown
        assert "unlearn-spec report RUN --annex FILE --policy POLICY --bindings BINDINGS" in shown
        none = render_report(report.model_copy(update={"revealed": ()}), format)  # type: ignore[arg-type]
        assert "--annex" not in none


def test_a_digest_is_all_that_a_report_can_hold() -> None:
    assert set(Redacted.model_fields) == {"obligation", "item", "length"}
