"""From an English wording back to the sentence of the catalogue that it was made from, so that other languages can say it too.

The checker words its findings itself, in English. Where a wording has the form of one of the catalogue's sentences, letter for
letter, what fills its gaps is read off it; where it has the form of none, nothing is heard and the English stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from string import Formatter
from typing import Final, NamedTuple

from .language import words
from .said import Filling, Said, said

_NAME: Final = r"\w(?:[\w.+@-]*\w)?"
_FACT: Final = rf"(?:size of {_NAME}|overlap of {_NAME} and {_NAME}|{_NAME} within {_NAME}|{_NAME} disjoint from {_NAME}|{_NAME})"
_DECLARED: Final = tuple(
    (re.compile(pattern.replace("#", f"({_NAME})")), key, names)
    for pattern, key, names in (
        ("size of #", "declared.size", ("set",)),
        ("overlap of # and #", "declared.overlap", ("one", "other")),
        ("# within #", "declared.within", ("one", "other")),
        ("# disjoint from #", "declared.disjoint", ("one", "other")),
        ("#", "read.name", ("name",)),
    )
)
_SAYS: Final = ("influence removed", "as if never trained", "not revealed", "contains no information", "no harmful use",
                "nothing else changed")  # fmt: skip
_SHARE: Final = r"[0-9]+(?:\.[0-9]+)?%"
_FORMS: Final[dict[str, str]] = {
    "": _NAME,
    "text": r"[^“”\"\n]+",
    "iso": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "and": rf"{_NAME}(?:, {_NAME})*(?: and {_NAME})?",
    "either": rf"{_NAME}(?:, {_NAME})*(?: or {_NAME})?",
    "facts": rf"{_FACT}(?:, {_FACT})*(?: and {_FACT})?",
    "says": "|".join(_SAYS),
    "exact": _SHARE,
    "count": r"[0-9]{1,3}(?:,[0-9]{3})*",
    "decimal": r"[0-9]+(?:\.[0-9]+)?",
}
"""What may fill a gap, by its kind in the English sentence."""


class _Form(NamedTuple):
    key: str
    pattern: re.Pattern[str]
    kinds: tuple[tuple[str, str], ...]
    """Gap and kind."""


def heard(text: str, *groups: str) -> Said | None:
    """The sentence under one of these names that says exactly this in English, or None."""
    for group in groups:
        for form in _forms(group):
            if match := form.pattern.fullmatch(text):
                one = Said(key=form.key, gaps=tuple((gap, _FILLED[kind](match[gap])) for gap, kind in form.kinds))
                if words("en").say(one) == text:
                    return one
    return None


@cache
def _forms(group: str) -> tuple[_Form, ...]:
    sentences = words("en").sentences
    return tuple(_form(key, sentence) for key, sentence in sentences.items() if key.startswith(f"{group}."))


def _form(key: str, sentence: str) -> _Form:
    pattern, kinds = "", {}
    for plain, gap, kind, _ in Formatter().parse(sentence):
        pattern += re.escape(plain)
        if gap:
            pattern += f"(?P={gap})" if gap in kinds else f"(?P<{gap}>{_FORMS[kind or '']})"
            kinds[gap] = kind or ""
    return _Form(key, re.compile(pattern), tuple(kinds.items()))


def _names(text: str) -> tuple[Said, ...]:
    return tuple(said("read.name", name=name) for name in re.split(r", | and | or ", text))


def _facts(text: str) -> tuple[Said, ...]:
    """Declared facts by what they are: a size, an overlap, a relation, or a fact with an id."""
    return tuple(_fact(part) for part in re.findall(rf"(?:^|, | and )({_FACT})(?=, | and |$)", text))


def _fact(text: str) -> Said:
    for pattern, key, names in _DECLARED:
        if match := pattern.fullmatch(text):
            return said(key, **dict(zip(names, match.groups(), strict=True)))
    raise ValueError(text)


_FILLED: Final[dict[str, Callable[[str], Filling]]] = {
    "": str,
    "text": str,
    "iso": str,
    "and": _names,
    "either": _names,
    "facts": _facts,
    "says": str,
    "exact": lambda text: str(Fraction(text.rstrip("%")) / 100),
    "count": lambda text: int(text.replace(",", "")),
    "decimal": lambda text: str(Fraction(text)),
}
