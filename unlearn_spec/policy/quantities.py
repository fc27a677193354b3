"""Quantities as a drafter writes them, read exactly: shares, durations, counts, digests, dates.

Every reader takes the scalar's *text* (YAML never converts it) and returns an exact value, or raises a
`PydanticCustomError` whose type is the diagnostic code and whose message says what was expected.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError, PydanticKnownError

from .lookalikes import disguised

T = TypeVar("T")

_DECIMAL = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,30})?\Z")
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) (hours?|days?|weeks?)\Z")
_COUNT = re.compile(r"(0|-?[1-9][0-9]{0,17})\Z")
_DIGEST = re.compile(r"(sha256|hmac-sha256):[0-9a-f]{64}\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_CALENDAR = re.compile(r"[0-9]{1,4}[-./][0-9]{1,2}[-./][0-9]{1,4}\Z")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,79}\Z")
_DAYS_PER = {"hour": Fraction(1, 24), "day": Fraction(1), "week": Fraction(7)}


def _decimal(text: str) -> Fraction | None:
    return Fraction(text) if _DECIMAL.match(text) else None


def _text(value: Any) -> str:
    """A scalar's text; a list, a mapping or a truth value is reported as "not text"."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise PydanticKnownError("string_type")
    return str(value).strip()


def _only_text(value: Any) -> str:
    """Text that YAML could take for nothing else: a bare number is reported, too."""
    if not isinstance(value, str):
        raise PydanticKnownError("string_type")
    return value


def read_share(value: Any) -> Fraction:
    """`"1%"` or `"0.01"` → 1/100. S005 without a unit, S006 outside 0 % … 100 %."""
    if isinstance(value, Fraction):
        return value
    text = _text(value)
    percent = text.endswith("%")
    number = _decimal(text[:-1].strip() if percent else text)
    if number is None:
        raise PydanticCustomError("S005", 'expected a share such as "1%" or "0.01"')
    if not percent and "." not in text and number != 0:
        message = 'write "{value}%" or a decimal such as "0.01"; {value} alone has no unit'
        raise PydanticCustomError("S005", message, {"value": text})
    share = number / 100 if percent else number
    if not 0 <= share <= 1:
        raise PydanticCustomError("S006", "a share must be between 0% and 100%")
    return share


def read_days(value: Any) -> Fraction:
    """`"30 days"` → 30; hours and weeks are converted. S005 without a unit."""
    if isinstance(value, Fraction):
        return value
    text = _text(value)
    match = _DURATION.match(text)
    if match is None and _DECIMAL.match(text):
        message = 'write "{value} days" (or hours, weeks); {value} alone has no unit'
        raise PydanticCustomError("S005", message, {"value": text})
    if match is None:
        wrong = "; a date has no place here, days count from `clock.starts`" if _CALENDAR.match(text) else ""
        wrong = wrong or ("; months and years differ in length" if re.search("month|year", text) else "")
        message = 'expected a duration such as "30 days", "12 hours" or "2 weeks"{wrong}'
        raise PydanticCustomError("S005", message, {"wrong": wrong})
    return Fraction(match[1]) * _DAYS_PER[match[2].rstrip("s")]


def read_count(value: Any) -> int:
    """`40` → 40. S005 if it is not a whole number, S006 outside 1 … 10^12."""
    text = _text(value)
    if not _COUNT.match(text):
        raise PydanticCustomError("S005", "expected a whole number such as 40")
    if not 1 <= int(text) <= 10**12:
        raise PydanticCustomError("S006", "a count must be between 1 and 10^12")
    return int(text)


def read_item_count(value: Any) -> tuple[int, int]:
    """An exact size or `[low, high]`, as a closed interval."""
    if isinstance(value, tuple):
        return value
    if isinstance(value, list):
        if len(value) != 2:
            raise PydanticCustomError("S005", "a size range has two numbers: [low, high]")
        low, high = (0 if _text(v) == "0" else read_count(v) for v in value)
        if low > high:
            raise PydanticCustomError("S006", "the range runs backwards")
        return low, high
    if _text(value) == "0":
        message = "a count must be between 1 and 10^12: leave an empty set out, or write a range such as [0, 40] if it may be empty"
        raise PydanticCustomError("S006", message)
    size = read_count(value)
    return size, size


def read_number(value: Any) -> Fraction:
    """`"0.7"` → 7/10, at least 0. S005 if it is not a plain decimal, S006 below 0."""
    if isinstance(value, Fraction):
        return value
    number = _decimal(_text(value))
    if number is None:
        raise PydanticCustomError("S005", 'expected a plain number such as "0.7"')
    if number < 0:
        raise PydanticCustomError("S006", "this number must not be negative")
    return number


def read_positive(value: Any) -> Fraction:
    """Like `read_number`, but 0 is out of range as well."""
    number = read_number(value)
    if number == 0:
        raise PydanticCustomError("S006", "this number must be greater than 0")
    return number


def read_epsilon(value: Any) -> Fraction:
    """`"0.5"` → 1/2. S005 if it is not a plain decimal, S006 outside 0 … 50 (beyond, e^ε says nothing)."""
    if isinstance(value, Fraction):
        return value
    number = _decimal(_text(value))
    if number is None:
        raise PydanticCustomError("S005", 'expected a plain number such as "0.5"')
    if not 0 <= number <= 50:
        raise PydanticCustomError("S006", "epsilon must be between 0 and 50")
    return number


def read_name(value: Any) -> str:
    """A name of the drafter's: `subject_records`, `hide-facts`. S006 if it has other characters or is too long."""
    text = _only_text(value)
    if not _NAME.match(text):
        message = "a name starts with a letter and has only letters a to z, digits, '_', '-' and '.', without blanks (at most 80)"
        if trick := disguised(text[:80]):
            raise PydanticCustomError("S006", "{message}; {trick}", {"message": message, "trick": trick})
        raise PydanticCustomError("S006", message)
    return text


def read_digest(value: Any) -> str:
    """`sha256:` or `hmac-sha256:` and 64 hexadecimal digits in lower case. S005 otherwise."""
    text = _only_text(value)
    if not _DIGEST.match(text):
        raise PydanticCustomError("S005", 'expected a digest "sha256:" or "hmac-sha256:" and 64 hexadecimal digits')
    return text


def read_date(value: Any) -> date:
    """`"2027-01-31"` → that day. S005 otherwise."""
    if isinstance(value, date):
        return value
    text = _text(value)
    try:
        if not _DATE.match(text):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise PydanticCustomError("S005", 'expected a date in quotes such as "2027-01-31"') from None


def read_switch(value: Any) -> bool:
    """`true` or `false`. Y002 otherwise."""
    if isinstance(value, bool):
        return value
    raise PydanticCustomError("Y002", "write true or false")


def read_or_none(read: Callable[[Any], T], value: Any) -> T | None:
    """What `read` makes of a value; None where it is told on its own that it is none."""
    try:
        return read(value)
    except (PydanticCustomError, PydanticKnownError):
        return None


def _written(value_type: str | list[str], description: str, **rules: Any) -> WithJsonSchema:
    """How editors see the quantity: as it is written in the file. What holds for one of several types is asked of that alone."""
    return WithJsonSchema({"type": value_type, "description": description, **rules})


_SHARE_TEXT = r"^([0-9]{1,18}(\.[0-9]{1,30})? ?%|0|[01]\.[0-9]{1,30})$"
NAME_TEXT = r"^[A-Za-z][A-Za-z0-9_.-]{0,79}$"
_BARE = ["string", "integer"]
"""Quantities that are read in quotes and, as whole numbers, without."""
_WHOLE = r"^[1-9][0-9]{0,12}$"
ITEMS = {"type": _BARE, "minimum": 0, "maximum": 10**12, "pattern": r"^(0|[1-9][0-9]{0,12})$"}

Share = Annotated[
    Fraction, BeforeValidator(read_share), _written(_BARE, 'a share: "1%" or "0.01"', pattern=_SHARE_TEXT, minimum=0, maximum=0)
]
Days = Annotated[
    Fraction,
    BeforeValidator(read_days),
    _written(
        "string",
        'a duration: "30 days", "12 hours" or "2 weeks"',
        pattern=r"^[0-9]{1,9}(\.[0-9]{1,9})? (hours?|days?|weeks?)$",
    ),
]
Count = Annotated[
    int, BeforeValidator(read_count), _written(_BARE, "a whole number", minimum=1, maximum=10**12, pattern=_WHOLE)
]
ItemCount = Annotated[
    tuple[int, int],
    BeforeValidator(read_item_count),
    WithJsonSchema({
        "description": "a number of items, or a range [low, high]",
        "if": {"type": "array"},
        "then": {"minItems": 2, "maxItems": 2, "items": ITEMS},
        "else": {"type": _BARE, "minimum": 1, "maximum": 10**12, "pattern": _WHOLE},
    }),
]
_PLAIN = r"^[0-9]{1,18}(\.[0-9]{1,30})?$"
Number = Annotated[Fraction, BeforeValidator(read_number), _written(_BARE, 'a number: "0.7"', pattern=_PLAIN, minimum=0)]
Positive = Annotated[
    Fraction, BeforeValidator(read_positive), _written(_BARE, 'a number above 0: "0.00001"', pattern=_PLAIN, minimum=1)
]
Epsilon = Annotated[
    Fraction, BeforeValidator(read_epsilon), _written(_BARE, 'a number from 0 to 50: "0.5"', pattern=_PLAIN, minimum=0, maximum=50)
]
Name = Annotated[str, BeforeValidator(read_name), _written("string", "a name", pattern=NAME_TEXT)]
Digest = Annotated[
    str,
    BeforeValidator(read_digest),
    _written(
        "string", '"sha256:" or "hmac-sha256:" and 64 hexadecimal digits', pattern="^(sha256|hmac-sha256):[0-9a-f]{64}$"
    ),
]
IsoDate = Annotated[
    date,
    BeforeValidator(read_date),
    _written("string", 'a date in quotes: "2027-01-31"', pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
]
Switch = Annotated[bool, BeforeValidator(read_switch), _written("boolean", "true or false")]
