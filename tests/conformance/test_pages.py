"""Every code has its page, its cases, and enough of them; every amendment is held somewhere."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from corpus import CASES, CORPUS, FOLDERS

from unlearn_spec.rules.codes import CODES, FAMILIES, FAULTS
from unlearn_spec.rules.explain import explain_code

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "rules"
README = (CORPUS / "README.md").read_text("utf-8")
SECTIONS: Final = (
    "What it means", "Why it matters", "Example", "Fixed", "How it is decided", "What it cannot see", "Sources", "How to accept it",
)  # fmt: skip
BESIDE: Final = {"What is known"}
"""Sections that only some pages have."""
SHOWN: Final = [code for code in CODES if code not in FAULTS]
NOT_ABOUT_ONE_CODE: Final = ("amendments", "verdicts")
FEW: Final[dict[str, str]] = {}
"""Codes with fewer than two triggering policies or without a near miss, each with the reason."""
HELD_ELSEWHERE: Final = {
    6: "tests/plan/test_obligations.py",  # how error is registered: no part of an answer
    7: "tests/verdict/test_never_claimed.py",  # realised power is a matter of the plan
    21: "tests/verdict/test_never_flattering.py",  # gates void what flatters
}
"""Amendments that no policy with facts can show, and the tests that hold them."""


@pytest.mark.parametrize("code", [code for code in SHOWN if "engine" not in FOLDERS[code]])
def test_a_code_is_shown_missed_and_mended(code: str) -> None:
    folder = FOLDERS[code]
    assert (folder["name"], folder["since"]) == (CODES[code].name, CODES[code].since)
    shown = {case["policy"]: {finding["code"] for finding in case["expect"]} for case in folder["cases"]}
    assert code in shown["positive.yaml"]
    assert code not in shown["negative.yaml"]
    mended = [case["expect"] for case in folder["cases"] if case["policy"] == "negative.yaml"]
    assert mended and all(finding.get("accepted") for expected in mended for finding in expected)
    positives = [name for name, codes in shown.items() if code in codes]
    near_misses = [name for name, codes in shown.items() if code not in codes and name != "negative.yaml"]
    assert (len(positives) >= 2 and near_misses) or code in FEW


@pytest.mark.parametrize("code", CODES)
def test_the_page_shows_the_policies_of_the_corpus(code: str) -> None:
    page = explain_code(code)
    assert page == (PAGES / f"{code}.md").read_text("utf-8")
    assert page.startswith(f"# {code} {CODES[code].name}\n\n{CODES[code].severity.capitalize()} · ")
    assert f"since {CODES[code].since}" in page
    sections = re.findall(r"^## (.*)$", page, re.MULTILINE)
    assert tuple(name for name in sections if name not in BESIDE) == SECTIONS
    blocks = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    shown_policies = ("positive", "negative") if code in SHOWN and "engine" not in FOLDERS[code] else ()
    for block, policy in zip(blocks, shown_policies, strict=True):
        lines = (CORPUS / code / f"{policy}.yaml").read_text("utf-8").splitlines()
        shown = [line for line in block.splitlines() if line.strip() != "# …"]
        assert shown and set(shown) <= set(lines)


def test_nothing_but_the_codes_has_a_page_or_cases() -> None:
    assert {path.stem for path in PAGES.glob("*.md")} == set(CODES)
    assert {path.name for path in CORPUS.iterdir() if path.is_dir()} == {*SHOWN, *NOT_ABOUT_ONE_CODE}
    assert set(FOLDERS) == {*SHOWN, *NOT_ABOUT_ONE_CODE}
    assert {code[0] for code in CODES} == set(FAMILIES)


def test_pages_name_only_axioms_that_exist() -> None:
    from unlearn_spec.logic.axioms import BY_ID

    for path in PAGES.glob("*.md"):
        assert set(re.findall(r"\b(?:AX\d+|K\d|C1)\b", path.read_text("utf-8"))) <= set(BY_ID)


def test_every_amendment_has_a_case() -> None:
    cased = {case["amendment"] for case in CASES.values() if "amendment" in case}
    assert cased | set(HELD_ELSEWHERE) == set(range(1, 28))
    assert not cased & set(HELD_ELSEWHERE)
    assert all((ROOT / name).is_file() and name in README for name in HELD_ELSEWHERE.values())


def test_the_readme_tells_how_large_the_corpus_is() -> None:
    """In round numbers, so that a new case needs no new README."""
    told = re.search(r"More than (\d+) policies and (\d+) questions about evidence", README)
    assert told is not None
    policies, questions = (int(number) for number in told.groups())
    assert policies < len(CASES) <= policies + 150
    assert questions < sum(len(case.get("verdicts", ())) for case in CASES.values()) <= questions + 50
