"""Three catalogues say the same in the same places; the glossary holds; numbers and dates are the language's own."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from html import unescape
from importlib.resources import files
from string import Formatter
from typing import Any

import pytest

from unlearn_spec.logic.axioms import AXIOMS
from unlearn_spec.policy.model import Policy
from unlearn_spec.report import LANGUAGES, Language, Report, render
from unlearn_spec.report.model import Axiom
from unlearn_spec.report.phrases import OUTCOME_MEANING, OUTCOME_NAME
from unlearn_spec.report.sections.opinion import case_of
from unlearn_spec.report.sentences import conclude, limit_words
from unlearn_spec.rules.reading.clause import reading
from unlearn_spec.verdict.model import GateResult, Verification
from unlearn_spec.wording.language import words
from unlearn_spec.wording.said import said

OTHERS = tuple(language for language in LANGUAGES if language != "en")
ENGLISH = words("en").sentences
GLOSSARY: dict[str, Any] = tomllib.loads(
    (files("unlearn_spec.wording") / "catalogues" / "glossary.toml").read_text(encoding="utf-8")
)


def gaps(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize("language", OTHERS)
def test_no_sentence_is_missing_and_none_is_left_over(language: Language) -> None:
    other = set(words(language).sentences)
    assert set(ENGLISH) - other == set()
    assert {key for key in other - set(ENGLISH) if not key.startswith("date.day_")} == set()


@pytest.mark.parametrize("language", OTHERS)
def test_each_sentence_has_the_same_gaps(language: Language) -> None:
    """But for the number in a singular, which may be written as a word."""
    own = words(language).sentences
    other = {key: gaps(own[key]) ^ gaps(text) for key, text in ENGLISH.items()}
    assert {key for key, names in other.items() if names > set() and not (key.endswith(".one") and names == {"number"})} == set()
    assert all(own[key] for key in ENGLISH)


@pytest.mark.parametrize("language", OTHERS)
def test_sentences_are_translated(language: Language) -> None:
    """Long sentences that are the same as in English were forgotten."""
    bare = {key: re.sub(r"\{[^}]*\}|`[^`]*`", "", text) for key, text in ENGLISH.items()}
    same = [key for key, text in bare.items() if len(text) > 25 and words(language).sentences[key] == ENGLISH[key]]
    assert same == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("term", GLOSSARY["term"], ids=lambda term: term["key"])
def test_the_glossary_holds(language: Language, term: dict[str, Any]) -> None:
    sentences = words(language).sentences
    assert term[language].casefold() in sentences[term["key"]].casefold()
    for avoided in term.get("avoid", {}).get(language, ()):
        found = [key for key, text in sentences.items() if re.search(rf"\b{avoided}\b", text, re.IGNORECASE)]
        assert set(found) <= set(term.get("but", ())), avoided


def test_every_catalogue_says_that_it_awaits_review() -> None:
    assert GLOSSARY["review"] == "awaiting a lawyer's review"
    assert all(words(language).sentences["about_catalogue.review"] for language in LANGUAGES)


def test_english_is_the_wording_of_the_record(report: Report) -> None:
    assert [conclude(case_of(report, result)) for result in report.results] == [r.conclusion for r in report.results]
    english = words("en")
    for gap in report.not_covered:
        assert gap.what_said is not None and english.say(gap.what_said) == gap.what
        assert gap.why_said is None or english.say(gap.why_said) == gap.why
    assert all(english.of("outcome", name) == word for name, word in OUTCOME_NAME.items())
    assert all(english(f"meaning.{name}") == text for name, text in OUTCOME_MEANING.items())


@pytest.mark.parametrize(
    ("language", "share", "number", "day"),
    [
        ("en", "33.3%", "1,234,567", "1 May 2026"),
        ("de", "33,3\u00a0%", "1.234.567", "1. Mai 2026"),
        ("fr", "33,3\u00a0%", "1\u202f234\u202f567", "1er mai 2026"),
    ],
)
def test_numbers_and_dates(language: Language, share: str, number: str, day: str) -> None:
    say = words(language)
    assert (say.percent(Fraction(1, 3)), say.count(1234567), say.date(date(2026, 5, 1))) == (share, number, day)


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ("at most 5%", "höchstens 5\u00a0%"),
        ("within 2.5% of before for each item", "höchstens 2,5\u00a0% unter dem Stand vorher bei jedem Eintrag"),
        ("as nobody ever worded it", "as nobody ever worded it"),
    ],
)
def test_limits_are_worded_where_their_form_is_known(limit: str, said: str) -> None:
    assert limit_words(limit, words("de")) == said
    assert limit_words(limit, words("en")) == limit


@pytest.mark.parametrize("language", OTHERS)
def test_recorded_wording_is_marked_as_english(language: Language, report: Report) -> None:
    html = render(report, "html", language)
    assert f'<html lang="{language}">' in html
    for finding in report.findings:
        assert f'<span lang="en">{finding.message}</span>' in html
    assert '<span lang="en">' not in render(report, "html")


@pytest.mark.parametrize("language", OTHERS)
def test_a_finding_says_its_kind_its_meaning_and_its_clauses(language: Language, report: Report) -> None:
    say, html = words(language), unescape(render(report, "html", language))
    for finding in report.findings:
        head = f"{say.of('severity', finding.severity)} {finding.code}"
        kind, meaning = say(f"rule.{finding.code}.title"), say(f"rule.{finding.code}.meaning")
        assert re.search(f"{head}</strong> <code[^>]*>[^<]*</code> <strong>{kind}.</strong> {re.escape(meaning)}", html)
        assert ", ".join(f"<q>{clause}</q>" for clause in finding.clauses) in html
    english = render(report, "html")
    assert not any(words("en")(f"rule.{finding.code}.meaning") in english for finding in report.findings)


@pytest.mark.parametrize("language", OTHERS)
def test_axioms_and_readings_are_told_and_others_words_are_marked(
    language: Language, make_report: Callable[..., Report], run_policy: Policy
) -> None:
    """Of another version, whose axiom says something else: as recorded, in English and marked so."""
    known = tuple(Axiom(id=axiom.id, statement=axiom.sentence, status=axiom.status) for axiom in AXIOMS)
    read = {clause.id: reading(clause, run_policy) for clause in run_policy.clauses}
    other = Axiom(id="K1", statement="Something else.", status="model")
    report = make_report(axioms=(*known, other), sentences=read, findings=())
    assert report.clauses[0].sentence == str(read[report.clauses[0].id])
    say, text, html = words(language), " ".join(render(report, "text", language).split()), render(report, "html", language)
    for axiom in known:
        assert say(f"axiom.{axiom.id}") in unescape(html) and axiom.statement not in unescape(html)
    assert '<span lang="en">Something else.</span>' in html
    for one in read.values():
        assert " ".join(say.quoted(say.say(one)).split()) in text


@pytest.mark.parametrize("language", OTHERS)
def test_what_the_run_named_is_said_in_the_reports_language(
    language: Language, make_report: Callable[..., Report], run_verification: Verification
) -> None:
    """Reasons, facts and controls: in this language by their names, and in English marked so where a name is missing or
    says something else than the record."""
    reason = said("because.work_limit")
    shown = said("gate_found.original_reveals", k=9, n=10, low=Fraction(1, 2))
    fact = said("range.at_most", high=Fraction(1, 20))
    gate = GateResult(gate="positive", passed=True, found=str(shown), units=(), found_said=shown)
    first, second, *rest = run_verification.verdicts
    named = first.model_copy(update={"reason": str(reason), "reason_said": reason, "gates": (gate,)})
    other = second.model_copy(update={"reason": "Something else.", "reason_said": reason, "gates": ()})
    facts = tuple(one.model_copy(update={"words": str(fact), "words_said": fact}) for one in run_verification.facts)
    html = render(
        make_report(verification=run_verification.model_copy(update={"facts": facts, "verdicts": (named, other, *rest)})),
        "html",
        language,
    )
    say = words(language)
    for one in (reason, shown, fact):
        assert say.say(one) in unescape(html) and f'<span lang="en">{one}' not in html
    assert '<span lang="en">Something else.' in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_policys_words_are_untouched(language: Language, make_report: Callable[..., Report]) -> None:
    report = make_report(written={"hide-facts": "id: hide-facts\nlimit: {at_most: 5%}"})
    html = render(report, "html", language)
    assert "id: hide-facts\nlimit: {at_most: 5%}" in html
    assert all(f"<q>{clause.id}</q>" in html for clause in report.clauses)


def test_a_missing_sentence_is_an_error() -> None:
    with pytest.raises(KeyError):
        words("de")("no.such.sentence")
    with pytest.raises(KeyError):
        words("de")("names.on", clause="c")
