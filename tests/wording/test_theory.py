"""Axioms and kinds of findings: complete in each language, the English as the code and the standard have it, no claim made;
and a term is one word in all catalogues."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from unlearn_spec.logic.axioms import AXIOMS
from unlearn_spec.report.forbidden import claims
from unlearn_spec.rules.codes import CODES
from unlearn_spec.wording.language import LANGUAGES, PARTS, Language, flat, words

CATALOGUES = files("unlearn_spec.wording") / "catalogues"
SEMANTICS = (Path(__file__).parents[2] / "spec" / "semantics.md").read_text(encoding="utf-8")
WORDS: list[dict[str, Any]] = tomllib.loads((CATALOGUES / "glossary.toml").read_text(encoding="utf-8"))["word"]


def theory(language: Language) -> dict[str, str]:
    return flat(tomllib.loads((CATALOGUES / f"theory.{language}.toml").read_text(encoding="utf-8")))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_axiom_and_every_code_is_there_and_nothing_else(language: Language) -> None:
    known = {f"axiom.{axiom.id}" for axiom in AXIOMS} | {f"rule.{code}.{part}" for code in CODES for part in ("title", "meaning")}
    assert set(theory(language)) == known
    assert all(text.strip() == text and text for text in theory(language).values())


def test_english_is_what_code_and_standard_say() -> None:
    english = theory("en")
    for axiom in AXIOMS:
        assert english[f"axiom.{axiom.id}"] == axiom.sentence
        assert f"\n- Plainly: {axiom.sentence}\n" in SEMANTICS.split(f"**{axiom.id}** ")[1].split("\n**")[0], axiom.id
    for code, entry in CODES.items():
        assert english[f"rule.{code}.meaning"] == entry.meaning
        assert english[f"rule.{code}.title"].casefold() == entry.name.replace("-", " ").casefold()


@pytest.mark.parametrize("language", ["de", "fr"])
def test_each_is_one_sentence_under_a_title(language: Language) -> None:
    for key, text in theory(language).items():
        assert text.endswith(".") != key.endswith(".title"), key
        assert len(text) < (48 if key.endswith(".title") else 200), key


@pytest.mark.parametrize("language", ["de", "fr"])
def test_titles_are_told_apart(language: Language) -> None:
    titles = [text for key, text in theory(language).items() if key.endswith(".title")]
    assert len(set(titles)) == len(titles) == len(CODES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_claimed(language: Language) -> None:
    """Meanings in English are the checker's, of policies, and no report shows them."""
    for key, text in theory(language).items():
        if language != "en" or key.startswith("axiom."):
            assert claims(text, language) == (), key


@pytest.mark.parametrize("language", ["de", "fr"])
@pytest.mark.parametrize("word", WORDS, ids=lambda word: word["de"])
def test_a_term_is_translated_by_one_word(language: Language, word: dict[str, Any]) -> None:
    having = [key for key, text in words("en").sentences.items() if re.search(word["en"], bare(text), re.IGNORECASE)]
    free = [key for key in having if key in word.get("but", ()) or re.fullmatch(r"rule\.\w+\.title", key)]
    own = words(language).sentences
    other = [key for key in having if not re.search(word[language], bare(own[key]), re.IGNORECASE)]
    assert len(having) > len(free) and sorted(set(other) - set(free)) == []


def bare(sentence: str) -> str:
    """Without its gaps, and without code."""
    return re.sub(r"\{[^}]*\}|`[^`]*`", "", sentence)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_name_stands_in_two_catalogues(language: Language) -> None:
    each = [flat(tomllib.loads((CATALOGUES / f"{part}{language}.toml").read_text(encoding="utf-8"))) for part in PARTS]
    assert sum(map(len, each)) == len(words(language).sentences)
