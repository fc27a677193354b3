"""A wording of the checker is known again letter for letter, or not at all."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from unlearn_spec.wording.heard import heard
from unlearn_spec.wording.language import words
from unlearn_spec.wording.said import Filling, Said, said

NAMES = (said("read.name", name="hide-diary"), said("read.name", name="a.b_c"), said("read.name", name="x"))
FILLED: dict[str, Filling] = {
    "": "hide-diary", "text": "size of wiki, 17 U.S.C. 106", "free": "Ms “Q”, counsel", "and": NAMES, "either": NAMES[:2],
    "comma": NAMES, "cited": "offences of possession",
    "exact": "1/40", "most": "1/40", "count": 12345, "says": "not revealed", "asked": "in_context",
    "iso": "2026-05-01", "decimal": "1/8",
}  # fmt: skip
"""By the kind of a gap, something that fills it."""
SAME = re.compile(r"piece\.(share|margin|chance|amount)\.\w+|piece\.alpha\.shared")
"""What is numbers in every language, or parts of which the first is one."""
DETAILS = [key for key in words("en").sentences if key.startswith(("finding.", "piece."))]


def filled(key: str) -> Said:
    kinds = {gap: kind or "" for _, gap, kind, _ in Formatter().parse(words("en").sentences[key]) if gap}
    return Said(key=key, gaps=tuple((gap, filling(kind)) for gap, kind in kinds.items()))


def filling(kind: str) -> Filling:
    """Something of the kind; of a group of sentences, one or the first three of them."""
    if kind in FILLED:
        return FILLED[kind]
    *how, group = kind.removesuffix("?").split(" ")
    all_of_it = [key for key in words("en").sentences if key.startswith(f"{group}.")]
    return filled(all_of_it[0]) if how in ([], ["small"]) else tuple(filled(key) for key in all_of_it[:3])


def without_options(one: Said) -> Said:
    """With nothing in the gaps that may stay empty."""
    kinds = {gap: kind or "" for _, gap, kind, _ in Formatter().parse(words("en").sentences[one.key]) if gap}
    return Said(key=one.key, gaps=tuple((gap, "" if kinds[gap].endswith("?") else value) for gap, value in one.gaps))


@pytest.mark.parametrize("key", DETAILS)
def test_each_wording_is_known_again_and_said_in_each_language(key: str) -> None:
    for one in (filled(key), without_options(filled(key))):
        found = heard(str(one), key.rpartition(".")[0])
        assert found is not None and str(found) == str(one)
        for language in ("de", "fr"):
            text = words(language).recorded(found, str(one))
            assert text is not None and (text != str(one) or SAME.fullmatch(key)) and "{" not in text.replace("{share:", "")


@pytest.mark.parametrize(
    ("code", "english", "german", "french"),
    [
        (
            "C002",
            "hide-names, hide-dates and keep-wiki cannot all hold when audit (delete by day 0.5, keep to day 90)",
            "„hide-names“, „hide-dates“ und „keep-wiki“ können nicht alle gelten, wenn „audit“ vorliegt (`delete` bis Tag 0,5, "
            "`keep` bis Tag 90)",
            "« hide-names », « hide-dates » et « keep-wiki » ne peuvent pas tenir toutes ensemble dans le cas « audit » "
            "(`delete` d'ici au jour 0,5, `keep` jusqu'au jour 90)",
        ),
        (
            "C001",
            "to settle all 2 conflicts among these clauses: at_most 33.4% on a, by 1 day on b and drop c",
            "um alle 2 Widersprüche zwischen diesen Klauseln zu lösen: `at_most` 33,4 % bei „a“, `by` 1 Tag bei „b“ und "
            "„c“ streichen",
            "pour régler les 2 conflits entre ces clauses : `at_most` 33,4 % pour « a », `by` 1 jour pour « b » et ôter « c »",
        ),
        (
            "T007",
            "the work needs more than the 12 hours of the budget: helper 13 days (patch 1 day and tune 12 days) and "
            "the test of hide, not before day 20",
            "die Arbeit braucht mehr, als das Budget hat (12 Stunden): „helper“ 13 Tage („patch“ 1 Tag und „tune“ 12 Tage) und "
            "der Test von „hide“, nicht vor Tag 20",
            "le travail demande plus que le budget (12 heures) : « helper » 13 jours (« patch » 1 jour et « tune » 12 jours) et "
            "le test de « hide », pas avant le jour 20",
        ),
        (
            "F001",
            "size of a, overlap of a and b, [c, d, e, f and 2 more] disjoint from each other and a within b cannot all be true",
            "Größe von „a“, Überschneidung von „a“ und „b“, [„c“, „d“, „e“, „f“ und 2 weitere] getrennt voneinander und "
            "„a“ in „b“ können nicht alle wahr sein",
            "taille de « a », recoupement de « a » et « b », [« c », « d », « e », « f » et 2 de plus] disjoints deux à deux et "
            "« a » dans « b » ne peuvent pas tous être vrais",
        ),
    ],
)
def test_what_fills_the_gaps_is_read_off(code: str, english: str, german: str, french: str) -> None:
    found = heard(english, f"finding.{code}")
    assert found is not None
    told = [words(language).quoted(words(language).say(found)).replace("\u00a0", " ") for language in ("de", "fr")]
    assert told == [german, french]


def test_reasons_told_elsewhere_as_sentences_are_known_within_one() -> None:
    level, spent = said("idle.level"), said("idle.spent")
    one = said("finding.T002.reasons", a="no-trace", reasons=(level, spent))
    assert str(one) == (
        "no-trace cannot be refuted: the test registers no rate from which one run counts (`refute_at`); "
        "what refutations by one run may err adds up to all that `policy.confidence` leaves"
    )
    assert heard(str(one), "finding.T002") == one
    assert words("de").say(one).endswith(f". {words('de').say(level)} {words('de').say(spent)}")


def test_a_hostile_text_is_answered_at_once() -> None:
    """Nested lists of names, thousands of them, that fit no sentence after all."""
    names = ", ".join(f"a-{i}" for i in range(3000))
    for group in ("finding.C001", "finding.C006", "finding.T007", "finding.F001"):
        assert heard(f"{names} and b cannot both hold!", group) is None
        assert heard(f"to settle all 2 conflicts among these clauses: {names} on", group) is None


@pytest.mark.parametrize(
    "text",
    [
        "R002",
        "weak adds nothing: strong already requires it.",
        "weak adds nothing: strong already requires  it",
        "weak adds nothing: “strong” already requires it",
        "weak adds nothing: strong already requires it\n",
        "weak, and weaker adds nothing: strong already requires it",
        "",
    ],
)
def test_another_wording_is_not_heard(text: str) -> None:
    assert heard("weak adds nothing: strong already requires it", "finding.R002") is not None
    assert heard(text, "finding.R002") is None


def test_a_number_in_another_form_is_not_heard() -> None:
    assert heard("hide draws 1,300 distinct samples from a set of 200", "finding.T004") is not None
    assert heard("hide draws 1300 distinct samples from a set of 200", "finding.T004") is None
    assert heard("hide draws 01,300 distinct samples from a set of 200", "finding.T004") is None


def test_only_the_codes_own_wordings_are_asked() -> None:
    assert heard("weak adds nothing: strong already requires it", "finding.R001") is None
    assert heard("weak adds nothing: strong already requires it", "finding.R001", "finding.R002") is not None
