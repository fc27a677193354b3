"""The report's own sentences in English, German and French, and how each language writes numbers, dates and quotations.

Catalogues are data (`catalogues/*.toml`), one flat table of sentences a section. A sentence has named gaps,
`{share:percent}`; the word after the colon says how the gap is filled. The policy's words go through unchanged.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Any, Final, Literal, get_args

from ..logic.suites import suite_of
from .said import Said
from .wording import percent, quote

Language = Literal["en", "de", "fr"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)

Gap = str | int | float | Fraction | date | tuple[str, ...]


@dataclass(frozen=True)
class Words:
    """One language. `words("not_covered.lead")` is a sentence of the catalogue; a missing one raises `KeyError`."""

    language: Language
    sentences: Mapping[str, str]

    def __call__(self, key: str, **gaps: Gap) -> str:
        """The sentence of that name, its gaps filled. Raises `KeyError` for an unknown name or gap."""
        return _Filler(self).vformat(self.sentences[key], (), gaps)

    def counted(self, key: str, number: int, **gaps: Gap) -> str:
        """`key.one` for one, `key.many` for any other number; the number fills the gap `number`."""
        singular = number == 1 or (number == 0 and self.language == "fr")
        return self(f"{key}.{'one' if singular else 'many'}", number=number, **gaps)

    def say(self, said: Said) -> str:
        """A sentence that the result model names instead of wording it."""
        return self(said.key, **said.filled)

    def has(self, key: str) -> bool:
        return key in self.sentences

    def of(self, group: str, value: str) -> str:
        """The word for a value of a closed vocabulary, `of("access", "api")`; a value that is in none is quoted."""
        return self.sentences.get(f"{group}.{value}") or quote(value)

    def asked(self, asked: str) -> str:
        """How a test asks: a probe class, or the suite's name and digest."""
        suite = suite_of(asked)
        if suite is not None:
            return self("asked.suite", suite=suite)
        return self.of("asked", asked)

    def named(self, clause: str, artifact: str) -> str:
        """`“hide-facts” on “assistant”`; the clause alone where it speaks of no artifact."""
        return self("names.on", clause=clause, artifact=artifact) if artifact else quote(clause)

    def percent(self, share: Fraction | float, rounding: Literal["up", "down", "nearest"] = "nearest") -> str:
        """As `wording.percent`, with the language's decimal sign and space."""
        return self._numeral(percent(share, rounding)).replace("%", self.sentences["number.percent"])

    def count(self, number: int) -> str:
        return f"{number:,}".replace(",", self.sentences["number.thousands"])

    def number(self, number: Fraction | float) -> str:
        """A plain number of at most six digits, such as a learning rate."""
        return self._numeral(f"{float(number):g}")

    def _numeral(self, text: str) -> str:
        return text.replace(".", self.sentences["number.decimal"])

    def date(self, day: date) -> str:
        number = self.sentences.get(f"date.day_{day.day}") or str(day.day)
        return self("date.form", day=number, month=self.sentences[f"date.month_{day.month}"], year=str(day.year))

    def list(self, items: tuple[str, ...]) -> str:
        return ", ".join(items)

    def quoted(self, text: str) -> str:
        """The quotation marks that enclose the policy's words in our sentences, `“…”`, as this language writes them."""
        begin, end = self.sentences["quotes.begin"], self.sentences["quotes.end"]
        return text.replace("“", begin).replace("”", end) if (begin, end) != ("“", "”") else text


class _Filler(Formatter):
    """Fills gaps; the format specification names the kind of the gap."""

    def __init__(self, words: Words) -> None:
        self.words = words

    def format_field(self, value: Any, format_spec: str) -> str:
        words = self.words
        match format_spec, value:
            case "", str():
                return value
            case ("", int()) | ("count", int()):
                return words.count(value)
            case "name", str():
                return quote(value)
            case "names", tuple():
                return words.list(tuple(quote(one) for one in value))
            case "percent", float() | Fraction() | int():
                return words.percent(Fraction(value) if isinstance(value, int) else value)
            case ("up" | "down") as rounding, float() | Fraction() | int():
                return words.percent(Fraction(value) if isinstance(value, int) else value, rounding)
            case "date", date():
                return words.date(value)
            case "access_list", tuple():
                return words.list(tuple(words.of("access", one) for one in value))
            case "asked", str():
                return words.asked(value)
            case "asked_list", tuple():
                return words.list(tuple(words.asked(one) for one in value))
            case "asked_or", tuple():
                return words.sentences["names.or"].join(words.asked(one) for one in value)
            case "capital", str():
                return value[:1].upper() + value[1:]
            case (("access" | "outcome" | "artifact" | "status" | "severity") as group, str()):
                return words.of(group, value)
            case _:
                raise KeyError(f"a gap of kind {format_spec!r} cannot hold {value!r}")


@cache
def words(language: Language) -> Words:
    """The catalogue of a language. Raises `KeyError` for one that is not there."""
    if language not in LANGUAGES:
        raise KeyError(language)
    text = (files("unlearn_spec.report") / "catalogues" / f"{language}.toml").read_text(encoding="utf-8")
    return Words(language, flat(tomllib.loads(text)))


def flat(table: Mapping[str, Any], above: str = "") -> dict[str, str]:
    """Nested tables as one, keys joined by full stops."""
    found: dict[str, str] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            found |= flat(value, f"{above}{key}.")
        else:
            found[f"{above}{key}"] = value
    return found
