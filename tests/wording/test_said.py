"""What plans and verdicts say and how clauses are read are sentences of the catalogues, each of them in every language."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from importlib.resources import files
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from pydantic import ValidationError

from unlearn_spec.report.forbidden import claims
from unlearn_spec.wording.language import LANGUAGES, Language, Words, flat, words
from unlearn_spec.wording.said import Said, clauses, ended, listed, said, sentences

ROOT = Path(__file__).parents[2]
SPEAKING = (*(ROOT / "unlearn_spec" / "plan").glob("*.py"), *(ROOT / "unlearn_spec" / "verdict").glob("*.py"),
            ROOT / "unlearn_spec" / "logic" / "idle.py",
            *(ROOT / "unlearn_spec" / "rules" / "reading").glob("*.py"), ROOT / "unlearn_spec" / "rules" / "explain.py",
            ROOT / "unlearn_spec" / "wording" / "said.py", ROOT / "verifiers" / "degeneracy.py")  # fmt: skip
TEMPLATES = {
    key: text
    for part in ("run", "read")
    for key, text in flat(
        tomllib.loads((files("unlearn_spec.wording") / "catalogues" / f"{part}.en.toml").read_text(encoding="utf-8"))
    ).items()
}
PART = said("part.of", k=3, n=40)
FILLED: dict[str, Any] = {
    "": "facts", "name": "facts", "count": 1234, "date": "2026-05-01", "access": "api", "asked": "direct", "role": "audited",
    "status": "in_force", "severity": "error", "singular": "log_line", "plural": "log_line", "either": ("one", PART),
    "comma": ("one", PART), "and": ("one", PART), "sentences": ("One.", PART), "clauses": ("one", PART), "capital": PART,
    "number": 0.25, "decimal": "1/1000", "exact": "1/40", "percent": "1/3", "least": "1/40", "most": "1/40",
    "whole": 0.8, "fixed1": 1.25, "fixed2": 0.625, "digits2": 0.0125, "digits3": 12.345, "digits4": 8.0,
}  # fmt: skip
"""By the kind of a gap, something that fills it."""


def saying(key: str, language: Language = "en") -> Said:
    """A sentence with all its gaps filled."""
    gaps = {name: FILLED[spec or ""] for _, name, spec, _ in Formatter().parse(words(language).sentences[key]) if name}
    return Said(key=key, gaps=tuple(gaps.items()))


def names_in_code() -> Iterator[tuple[str, str]]:
    """Where a sentence is named, and the pattern of its name: a part that is computed stands for one word."""
    for path in SPEAKING:
        nodes = tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        pieces_of_text = {id(one) for node in nodes if isinstance(node, ast.JoinedStr) for one in node.values}
        for node in nodes:
            if id(node) in pieces_of_text:
                continue
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", node.value):
                yield f"{path.name}:{node.lineno}", re.escape(node.value)
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "said" and isinstance(node.args[0], ast.JoinedStr):
                pieces = (re.escape(one.value) if isinstance(one, ast.Constant) else "[a-z_]+" for one in node.args[0].values)
                yield f"{path.name}:{node.lineno}", "".join(pieces)


def test_every_name_in_the_code_is_a_sentence() -> None:
    heads = {key.split(".")[0] for key in TEMPLATES}
    missing = [
        (where, name) for where, name in names_in_code()
        if re.split(r"\\?\.", name)[0] in heads and not any(re.fullmatch(rf"{name}(\.(one|many))?", key) for key in TEMPLATES)
    ]  # fmt: skip
    assert missing == []


def test_every_sentence_is_said_somewhere() -> None:
    known = [re.compile(rf"{name}(\.(one|many))?") for _, name in names_in_code()]
    assert [key for key in TEMPLATES if not any(pattern.fullmatch(key) for pattern in known)] == []


def test_nothing_is_said_outside_the_catalogues() -> None:
    """Sentences in the code of plans and verdicts are errors for programmers, a bindings file's mistakes, or notes in docstrings."""
    for path in SPEAKING:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("LackingError", "said", "sentences", "clauses"):
                given = node.args[1:] if node.func.id in ("LackingError", "said") else node.args  # type: ignore[attr-defined]
                wordy = [one for one in given if isinstance(one, ast.Constant | ast.JoinedStr)]
                assert wordy == [], f"{path.name}:{node.lineno}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_is_said_in_each_language_and_claims_nothing(language: Language) -> None:
    say = words(language)
    for key in TEMPLATES:
        text = say(key, **saying(key, language).filled)
        assert text and not set("{}") & set(re.sub(r"`[^`]*`", "", text)), key
        if not key.startswith("claim."):  # what the policy claims, told as its claim
            assert claims(text, language) == (), key


@pytest.mark.parametrize("key", sorted(TEMPLATES))
def test_code_is_the_same_in_each_language(key: str) -> None:
    """What stands between backticks with a colon or a full stop is typed into a file: no language translates it."""
    typed = {
        language: {code for code in re.findall(r"`([^`]*)`", words(language).sentences[key]) if re.search("[.:]", code)}
        for language in LANGUAGES
    }
    assert typed["de"] == typed["fr"] == typed["en"]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "12 of 1,500 items in 1 cluster were revealed. The realised power at 2.5% is 79%; 80% is needed."),
        ("de", "12 von 1.500 Einträgen in 1 Gruppe wurden preisgegeben. Die erreichte Trennschärfe bei 2,5\u00a0% beträgt "
         "79\u00a0%; nötig sind 80\u00a0%."),
        ("fr", "12 éléments sur 1\u202f500 en 1 groupe ont été révélés. La puissance atteinte à 2,5\u00a0% est de 79\u00a0%\u00a0; "
         "il faut 80\u00a0%."),
    ],
)  # fmt: skip
def test_numbers_are_written_as_the_language_writes_them(language: Language, text: str) -> None:
    seen = said("found.rate.revealed", k=12, n=1500, clusters=said("part.in_clusters", number=1), chance="", aided="", ended="", log="")
    power = ended(said("because.power_low", effect=Fraction(1, 40), power=0.79, needed=0.8))
    assert words(language).say(sentences(seen, power)) == text


def test_parts_are_joined_in_the_languages_way() -> None:
    parts = listed("a", "b", said("part.of", k=1, n=2))
    assert [words(one).say(parts) for one in LANGUAGES] == ["a, b and 1 of 2", "a, b und 1 von 2", "a, b et 1 sur 2"]
    assert str(clauses("a", None, "b")) == "a; b" and words("fr").say(clauses("a", "b")) == "a\u00a0; b"


def test_a_gap_of_a_kind_that_there_is_not_is_never_filled() -> None:
    late = (said("piece.time"), said("piece.time"))
    assert Words("en", {"piece.time": "later", "a": "{x:comma piece}"})("a", x=late) == "later, later"
    for kind in ("comma pieces", "comma pie", "comma piece.time"):
        with pytest.raises(KeyError, match="cannot hold"):
            Words("en", {"piece.time": "later", "a": f"{{x:{kind}}}"})("a", x=late)


def test_days_and_names() -> None:
    refused = said("record_refused.before_act", record="log-1", signed=date(2026, 5, 1), act=date(2026, 5, 2))
    assert str(refused) == "The record `log-1` was signed on 2026-05-01, before the act of 2026-05-02."
    assert words("de").say(refused) == "Der Nachweis “log-1” wurde am 1. Mai 2026 signiert, vor der Handlung vom 2. Mai 2026."


def test_what_is_said_survives_json() -> None:
    told = sentences(saying("found.relearned_worst"), saying("because.nothing_found"))
    assert Said.model_validate_json(told.model_dump_json()) == told


@pytest.mark.parametrize("language", ["de", "fr"])
def test_a_translation_says_what_the_record_says_or_is_not_made(language: Language) -> None:
    say: Words = words(language)
    named = said("because.excluded")
    assert say.recorded(named, str(named)) == say.say(named)
    assert say.recorded(named, "The evidence entails the clause.") is None
    assert say.recorded(None, str(named)) is None
    for strange in (said("no.such"), said("range.at_most"), said("range.at_most", high="1e999999999"), said("range.at_most", high="1/0")):
        assert say.recorded(strange, "at most 5%") is None


def test_a_sentence_is_frozen_and_takes_nothing_else() -> None:
    with pytest.raises(ValidationError):
        Said.model_validate({"key": "because.excluded", "text": "The model is clean."})
