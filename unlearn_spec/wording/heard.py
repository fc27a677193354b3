"""From an English wording back to the sentence of the catalogue that it was made from, so that other languages can say it too.

The checker words its findings itself, in English. Where a wording has the form of one of the catalogue's sentences, letter for
letter, what fills its gaps is read off it; where it has the form of none, nothing is heard and the English stands. A gap may be
filled by a sentence of another group: `{t:piece.time}` by one of `piece.time`, `{all:and piece.change}` by several, and where the
kind ends in `?`, by nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from string import Formatter
from typing import Final, NamedTuple

from .language import as_in, words
from .said import Filling, Said, said

_NAME: Final = r"\w[\w.+@-]*"
_SAYS: Final = ("influence removed", "as if never trained", "not revealed", "contains no information", "no harmful use",
                "nothing else changed")  # fmt: skip
_ASKED: Final = ("direct", "paraphrase", "adversarial", "in_context")
_SHARE: Final = r"[0-9]+(?:\.[0-9]+)?%"
_FORMS: Final[dict[str, str]] = {
    "": _NAME,
    "text": r"[^“”\"\n]+",
    "free": r"[^\n]+",
    "cited": r"[^“”\"\n]+",
    "iso": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "and": rf"{_NAME}(?:, {_NAME})*(?: and {_NAME})?",
    "either": rf"{_NAME}(?:, {_NAME})*(?: or {_NAME})?",
    "comma": rf"{_NAME}(?:, {_NAME})*",
    "says": "|".join(_SAYS),
    "asked": "|".join(re.escape(words("en").asked(one)) for one in _ASKED),
    "exact": _SHARE,
    "most": _SHARE,
    "count": r"[0-9]{1,3}(?:,[0-9]{3})*",
    "decimal": r"[0-9]+(?:\.[0-9]+)?",
}
"""What may fill a gap, by its kind in the English sentence."""
_BETWEEN: Final = {"and": (", ", " and "), "clauses": ("; ",), "comma": (", ",)}
"""What stands between the sentences that fill one gap."""


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
                one = _filled(form, match)
                if one is not None and as_in(group, words("en").say(one)) == text:
                    return one
    return None


@cache
def _forms(group: str) -> tuple[_Form, ...]:
    found = []
    for key, sentence in _sentences(group):
        kinds = {gap: kind or "" for _, gap, kind, _ in Formatter().parse(sentence) if gap}
        found.append(_Form(key, re.compile(_pattern(sentence, named=True)), tuple(kinds.items())))
    return tuple(found)


def _sentences(group: str) -> tuple[tuple[str, str], ...]:
    under = f"{group.split(' ')[-1]}."
    return tuple((key, as_in(group, text)) for key, text in words("en").sentences.items() if key.startswith(under))


def _pattern(sentence: str, *, named: bool = False) -> str:
    """A sentence as a regular expression; its gaps as groups, if they are to be read off."""
    pattern, known = "", set[str]()
    for plain, gap, kind, _ in Formatter().parse(sentence):
        pattern += re.escape(plain)
        if gap and named:
            pattern += f"(?P={gap})" if gap in known else f"(?P<{gap}>{_form(kind or '')})"
            known.add(gap)
        elif gap:
            pattern += f"(?:{_form(kind or '')})"
    return pattern


@cache
def _form(kind: str) -> str:
    """What may fill a gap of this kind."""
    if kind in _FORMS:
        return _FORMS[kind]
    joint, group = _parted(kind)
    each = f"(?:{'|'.join(_pattern(sentence) for _, sentence in _sentences(group))})"
    several = "".join(f"(?:{between}{each}){'?' if between == ' and ' else '*'}" for between in _BETWEEN.get(joint, ()))
    return f"(?:{each}{several}){'?' if kind.endswith('?') else ''}"


def _parted(kind: str) -> tuple[str, str]:
    """How sentences are joined, if they are, and the group that they are of."""
    joint, _, group = kind.removesuffix("?").partition(" ")
    return (joint, group) if joint in _BETWEEN else ("", kind.removesuffix("?"))


def _filled(form: _Form, match: re.Match[str]) -> Said | None:
    gaps = []
    for gap, kind in form.kinds:
        filling = _filling(kind, match[gap])
        if filling is None:
            return None
        gaps.append((gap, filling))
    return Said(key=form.key, gaps=tuple(gaps))


def _filling(kind: str, text: str) -> Filling | None:
    if kind in _FILLED:
        return _FILLED[kind](text)
    joint, group = _parted(kind)
    if not joint:
        return heard(text, group) if text else ""
    between, each = "|".join(_BETWEEN[joint]), _form(group)
    parts = [heard(part, group) for part in re.findall(rf"(?:^|{between})({each})(?={between}|$)", text)]
    return None if None in parts else tuple(part for part in parts if part is not None)


def _names(text: str) -> tuple[Said, ...]:
    return tuple(said("read.name", name=name) for name in re.split(r", | and | or ", text))


def _share(text: str) -> str:
    return str(Fraction(text.rstrip("%")) / 100)


_FILLED: Final[dict[str, Callable[[str], Filling]]] = {
    "": str,
    "text": str,
    "free": str,
    "iso": str,
    "and": _names,
    "either": _names,
    "comma": _names,
    "cited": str,
    "says": str,
    "asked": lambda text: next(one for one in _ASKED if words("en").asked(one) == text),
    "exact": _share,
    "most": _share,
    "count": lambda text: int(text.replace(",", "")),
    "decimal": lambda text: str(Fraction(text)),
}
