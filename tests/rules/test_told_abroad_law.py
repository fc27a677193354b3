"""What legal notes and dated facts say is told in German and French: all of the data, and nothing that the data no longer has."""

from __future__ import annotations

import re

import pytest
from results import EXAMPLES, FOLDERS, TODAY, checked
from test_told_abroad import DATA

from unlearn_spec.feasibility.base import facts
from unlearn_spec.rules.check import check
from unlearn_spec.rules.feasibility import facts_by_code
from unlearn_spec.rules.feasibility_ground import quoted
from unlearn_spec.rules.legal.notes import notes
from unlearn_spec.wording.heard import heard
from unlearn_spec.wording.language import words

LINES = [
    *((code, line) for code, note in notes().items() for line in note.lines),
    *((code, quoted(facts()[name])) for code, names in facts_by_code().items() for name in names),
]


def told(code: str, english: str) -> str:
    """The name of the sentence that says it; each other language says it otherwise, with what is never translated."""
    found = heard(english, f"finding.{code}")
    assert found is not None, english
    kept = re.findall(r"\d{4}\.\d{5}|¶[\d–]+|§[\d.]+|\b[a-z-]+\.[a-z]+\.(?:com|gov|edu)\b", english)
    for language in ("de", "fr"):
        text = words(language).recorded(found, english)
        assert text is not None and text != english and "2026-11-25" not in text
        assert all(one in text for one in kept), text
    return found.key


@pytest.mark.parametrize(("code", "english"), LINES)
def test_each_text_of_the_data_is_told(code: str, english: str) -> None:
    told(code, english)


def test_no_translation_is_of_a_text_that_the_data_no_longer_has() -> None:
    named = {told(code, english) for code, english in LINES}
    assert {key for key in words("en").sentences if key.startswith("finding.") and re.search(DATA, key)} == named
    assert len(named) == len(LINES)


def test_reasons_of_the_corpus_are_told_and_so_are_the_remedies_of_notes() -> None:
    results = [result for folder in FOLDERS for _, result in checked(folder)] + [check(path, today=TODAY) for path in EXAMPLES]
    findings = [finding for result in results for finding in result.findings if finding.code[0] in "LK"]
    assert {finding.code for finding in findings} == {*notes(), *facts_by_code()}
    for finding in findings:
        for text in (*finding.why, *(fix.text for fix in finding.fixes if finding.code[0] == "L")):
            told(finding.code, text)
