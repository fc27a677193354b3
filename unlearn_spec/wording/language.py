"""Our own sentences in English, German and French, and how each language writes numbers, dates and quotations.

Catalogues are data, one flat table of sentences a section: `catalogues/LANGUAGE.toml` has what the report says itself,
`run.LANGUAGE.toml` what plans and verdicts say, `read.LANGUAGE.toml` how clauses are read, `theory.LANGUAGE.toml` axioms and kinds
of findings, `finding.LANGUAGE.toml`, `legal.LANGUAGE.toml` and `fact.LANGUAGE.toml` what findings say in detail, and
`piece.LANGUAGE.toml` what those sentences are made of. A sentence has named gaps, `{share:percent}`; the word after the colon says
how the gap is filled. The policy's words go through unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from functools import cache, cached_property
from importlib.resources import files
from string import Formatter
from typing import Any, Final, Literal, get_args

from ..record import Record
from .numbers import Rounding, decimal, finer_percent, percent, plural, quote
from .said import Said

Language = Literal["en", "de", "fr"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)

Gap = str | int | float | Fraction | date | Said | tuple[str | Said, ...]
_DIGITS: Final = {"whole": ".0%", "fixed1": ".1f", "fixed2": ".2f", "digits2": ".2g", "digits3": ".3g", "digits4": ".4g"}
"""Kinds of numbers that are rounded to so many digits."""
PARTS: Final = ("", "run.", "read.", "theory.", "finding.", "legal.", "fact.", "piece.")
"""What a language's catalogues begin with: `de.toml`, `run.de.toml`, …"""
_EXACT: Final = re.compile(r"-?[0-9]{1,999}(/[0-9]{1,999})?")
_BETWEEN: Final = {"sentences": " ", "clauses": "names.semicolon", "comma": ", "}


class Words(Record, dict=True):
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
        """A sentence by name; in the singular or plural of its gap `number` where the catalogue has both. Raises `KeyError`."""
        if said.key in self.sentences:
            return self(said.key, **said.filled)
        others = {name: value for name, value in said.gaps if name != "number"}
        number = said.filled.get("number")
        if not isinstance(number, int):
            raise KeyError(said.key)
        return self.counted(said.key, number, **others)

    def recorded(self, said: Said | None, english: str) -> str | None:
        """In this language what a run recorded in English, if it also named it and these names give that English again; else
        None. So a translation never says more than the record does, whoever or whatever version wrote it."""
        if self.language == "en":
            return english
        try:
            return None if said is None or words("en").say(said) != english else self.say(said)
        except (KeyError, ValueError, TypeError, ArithmeticError, RecursionError):
            return None

    @cached_property
    def groups(self) -> frozenset[str]:
        """What names of sentences begin with, up to one of their dots: `piece.time` of `piece.time.until`."""
        return frozenset(key[:at] for key in self.sentences for at, sign in enumerate(key) if sign == ".")

    def has(self, key: str) -> bool:
        return key in self.sentences

    def of(self, group: str, value: str) -> str:
        """The word for a value of a closed vocabulary, `of("access", "api")`; a value that is in none is quoted."""
        return self.sentences.get(f"{group}.{value}") or quote(value)

    def asked(self, asked: str) -> str:
        """How a test asks: a probe class, or the suite's name and digest."""
        kind, colon, suite = asked.partition(":")
        if not colon:
            return self.of("asked", asked)
        return self("asked.handed" if kind == "in_context" else "asked.suite", suite=suite)

    def named(self, clause: str, artifact: str) -> str:
        """`“hide-facts” on “assistant”`; the clause alone where it speaks of no artifact."""
        return self("names.on", clause=clause, artifact=artifact) if artifact else quote(clause)

    def percent(self, share: Fraction | float, rounding: Rounding = "nearest") -> str:
        """As `numbers.percent`, with the language's decimal sign and space."""
        return self.numeral(percent(share, rounding))

    def count(self, number: int) -> str:
        return f"{number:,}".replace(",", self.sentences["number.thousands"])

    def number(self, number: Fraction | float) -> str:
        """A plain number of at most six digits, such as a learning rate."""
        return self.numeral(f"{float(number):g}")

    def numeral(self, text: str) -> str:
        """A number written with a full stop, in this language's way."""
        return text.replace(".", self.sentences["number.decimal"]).replace("%", self.sentences["number.percent"])

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
            case "" | "text" | "free" | "iso", str():
                return value
            case "cited", str():
                return words.sentences.get(f"cited.{value}", value)
            case ("", Said()):
                return words.say(value)
            case ("", int()) | ("count", int()):
                return words.count(value)
            case "name", str():
                return quote(value)
            case "singular", str():
                return value.replace("_", " ")
            case "plural", str():
                return plural(value.replace("_", " "))
            case "names", tuple():
                return words.list(tuple(quote(one) for one in value))
            case ("percent" | "up" | "down" | "exact" | "least" | "most" | "decimal") as kind, _:
                return words.numeral(_exactly(kind, value))
            case _, int() | float() if format_spec in _DIGITS:
                return words.numeral(format(value, _DIGITS[format_spec]))
            case "number", str() | int() | float() | Fraction():
                return words.number(_fraction(value))
            case "date", date():
                return words.date(value)
            case "date", str():
                return words.date(date.fromisoformat(value))
            case "access_list", tuple():
                return words.list(tuple(words.of("access", one) for one in value))
            case "asked", str():
                return words.asked(value)
            case "asked_list", tuple():
                return words.list(tuple(words.asked(one) for one in value))
            case "asked_or", tuple():
                return words.sentences["names.or"].join(words.asked(one) for one in value)
            case ("sentences" | "clauses" | "comma" | "and" | "or" | "either"), tuple():
                return self._joined(value, format_spec)
            case "small", Said():
                return as_in("small", words.say(value))
            case "capital", str() | Said():
                text = value if isinstance(value, str) else words.say(value)
                return text[:1].upper() + text[1:]
            case "says", str():
                return words.of("claim.says", value)
            case (("access" | "outcome" | "artifact" | "status" | "severity" | "role" | "record") as group, str()):
                return words.of(group, value)
            case _, Said() | tuple() | "":
                return self._parts(value, format_spec)
            case _:
                raise KeyError(f"a gap of kind {format_spec!r} cannot hold {value!r}")

    def _parts(self, value: Said | tuple[Said, ...] | str, kind: str) -> str:
        """Sentences of a group, by a kind as `heard` reads it: `piece.time`, `and piece.change`, `clauses small idle`."""
        *how, group = kind.removesuffix("?").split(" ")
        if group not in self.words.groups or (value == "" and not kind.endswith("?")):
            raise KeyError(f"a gap of kind {kind!r} cannot hold {value!r}")
        if isinstance(value, str | Said):
            return value if isinstance(value, str) else as_in(kind, self.words.say(value))
        return self._joined(tuple(as_in(kind, self.words.say(part)) for part in value), how[0])

    def _joined(self, parts: tuple[str | Said, ...], kind: str) -> str:
        told = [part if isinstance(part, str) else self.words.say(part) for part in parts]
        if kind in _BETWEEN:
            return self.words.sentences.get(_BETWEEN[kind], _BETWEEN[kind]).join(told)
        if len(told) < 2:
            return "".join(told)
        last = self.words.sentences[f"names.{kind}"]
        return ", ".join(told[:-1]) + last + told[-1]


def as_in(group: str, text: str) -> str:
    """A sentence as such; of a group that is named `small …` as part of another one: its first letter small, no full stop."""
    return (text[:1].lower() + text[1:]).removesuffix(".") if "small" in group.split(" ") else text


def _exactly(kind: str, value: Any) -> str:
    """A number by its kind, the decimal sign a full stop: three percentages as `numbers.percent`, three as `finer_percent`."""
    match kind:
        case "percent":
            return percent(value if isinstance(value, float) else _fraction(value))
        case "up" | "down":
            return percent(value if isinstance(value, float) else _fraction(value), "up" if kind == "up" else "down")
        case "decimal":
            return decimal(_fraction(value))
        case _:
            return finer_percent(_fraction(value), {"least": "down", "most": "up"}.get(kind, "exact"))  # type: ignore[arg-type]


def _fraction(value: Any) -> Fraction:
    """An exact number. Raises `KeyError` for what is none."""
    if isinstance(value, int | float | Fraction) or (isinstance(value, str) and _EXACT.fullmatch(value)):
        return Fraction(value)
    raise KeyError(f"{value!r} is no number")


@cache
def words(language: Language) -> Words:
    """The catalogue of a language. Raises `KeyError` for one that is not there."""
    if language not in LANGUAGES:
        raise KeyError(language)
    folder = files("unlearn_spec.wording") / "catalogues"
    texts = [(folder / f"{part}{language}.toml").read_text(encoding="utf-8") for part in PARTS]
    import tomllib  # most checks read no catalogue

    return Words(language, {key: text for one in texts for key, text in flat(tomllib.loads(one)).items()})


def flat(table: Mapping[str, Any], above: str = "") -> dict[str, str]:
    """Nested tables as one, keys joined by full stops."""
    found: dict[str, str] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            found |= flat(value, f"{above}{key}.")
        else:
            found[f"{above}{key}"] = value
    return found
