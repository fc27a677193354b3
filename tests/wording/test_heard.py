"""A wording of the checker is known again letter for letter, or not at all."""

from __future__ import annotations

from string import Formatter

import pytest

from unlearn_spec.wording.heard import heard
from unlearn_spec.wording.language import words
from unlearn_spec.wording.said import Filling, Said, said

NAMES = (said("read.name", name="hide-diary"), said("read.name", name="a.b_c"), said("read.name", name="x"))
FILLED: dict[str, Filling] = {
    "": "hide-diary", "text": "size of wiki, 17 U.S.C. 106", "and": NAMES, "either": NAMES[:2], "exact": "1/40", "count": 12345,
    "says": "not revealed", "facts": (said("declared.size", set="wiki"), said("declared.overlap", one="a", other="b"), NAMES[0]),
    "iso": "2026-05-01", "decimal": "1/8",
}  # fmt: skip
"""By the kind of a gap, something that fills it."""
DETAILS = [key for key in words("en").sentences if key.startswith("finding.")]


def filled(key: str) -> Said:
    kinds = {gap: kind or "" for _, gap, kind, _ in Formatter().parse(words("en").sentences[key]) if gap}
    return Said(key=key, gaps=tuple((gap, FILLED[kind]) for gap, kind in kinds.items()))


@pytest.mark.parametrize("key", DETAILS)
def test_each_wording_is_known_again_and_said_in_each_language(key: str) -> None:
    one = filled(key)
    found = heard(str(one), key.rpartition(".")[0])
    assert found is not None and str(found) == str(one)
    for language in ("de", "fr"):
        text = words(language).recorded(found, str(one))
        assert text is not None and text != str(one) and "{" not in text


def test_what_fills_the_gaps_is_read_off() -> None:
    english = "hide-names, hide-dates and keep-wiki cannot both hold when audit (delete by day 7, keep to day 1,090)"
    found = heard(english, "finding.C002")
    assert found is not None and words("de").quoted(words("de").say(found)) == (
        "„hide-names“, „hide-dates“ und „keep-wiki“ können nicht beide gelten, wenn „audit“ vorliegt (`delete` bis Tag 7, "
        "`keep` bis Tag 1.090)"
    )


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
