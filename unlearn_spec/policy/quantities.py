"""Quantities as a drafter writes them, read exactly: shares, durations, counts, digests, dates.

Every reader takes the scalar's *text* (YAML never converts it) and returns an exact value, or raises a
`PydanticCustomError` whose type is the diagnostic code and whose message says what was expected.
"""

from __future__ import annotations

import re
from datetime import date
from fractions import Fraction
from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

_DECIMAL = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?\Z")
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?) (hours?|days?|weeks?)\Z")
_DIGEST = re.compile(r"(sha256|hmac-sha256):[0-9a-f]{64}\Z")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,79}\Z")
_DAYS_PER = {"hour": Fraction(1, 24), "day": Fraction(1), "week": Fraction(7)}


def _decimal(text: str) -> Fraction | None:
    return Fraction(text) if _DECIMAL.match(text) else None


def read_share(value: Any) -> Fraction:
    """`"1%"` or `"0.01"` → 1/100. S005 without a unit, S006 outside 0 % … 100 %."""
    if isinstance(value, Fraction):
        return value
    text = str(value).strip()
    percent = text.endswith("%")
    number = _decimal(text[:-1].strip() if percent else text)
    if number is None:
        raise PydanticCustomError("S005", 'expected a share such as "1%" or "0.01"')
    if not percent and "." not in text and number not in (0,):
        raise PydanticCustomError("S005", 'write "{value}%" or a decimal such as "0.01": a bare {value} has no unit', {"value": text})
    share = number / 100 if percent else number
    if not 0 <= share <= 1:
        raise PydanticCustomError("S006", "a share must be between 0% and 100%")
    return share


def read_days(value: Any) -> Fraction:
    """`"30 days"` → 30; hours and weeks are converted. S005 without a unit."""
    if isinstance(value, Fraction):
        return value
    match = _DURATION.match(str(value).strip())
    if match is None:
        raise PydanticCustomError("S005", 'expected a duration such as "30 days", "12 hours" or "2 weeks"')
    return Fraction(match[1]) * _DAYS_PER[match[2].rstrip("s")]


def read_count(value: Any) -> int:
    text = str(value).strip()
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]+", text) or (len(text) > 1 and text[0] == "0"):
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
        low, high = (0 if str(v) == "0" else read_count(v) for v in value)
        if low > high:
            raise PydanticCustomError("S006", "the range runs backwards")
        return low, high
    size = read_count(value)
    return size, size


def read_epsilon(value: Any) -> Fraction:
    if isinstance(value, Fraction):
        return value
    number = _decimal(str(value).strip())
    if number is None:
        raise PydanticCustomError("S005", 'expected a plain number such as "0.5"')
    if not 0 <= number <= 50:
        raise PydanticCustomError("S006", "epsilon must be between 0 and 50")
    return number


def read_name(value: Any) -> str:
    text = str(value)
    if not _NAME.match(text):
        raise PydanticCustomError("S006", "a name starts with a letter and has only letters, digits, '_', '-' and '.' (at most 80)")
    return text


def read_digest(value: Any) -> str:
    text = str(value)
    if not _DIGEST.match(text):
        raise PydanticCustomError("S005", 'expected a digest "sha256:" or "hmac-sha256:" and 64 hexadecimal digits')
    return text


def read_date(value: Any) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise PydanticCustomError("S005", 'expected a date in quotes such as "2027-01-31"') from None


def read_switch(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise PydanticCustomError("Y002", "write true or false")


Share = Annotated[Fraction, BeforeValidator(read_share)]
Days = Annotated[Fraction, BeforeValidator(read_days)]
Count = Annotated[int, BeforeValidator(read_count)]
ItemCount = Annotated[tuple[int, int], BeforeValidator(read_item_count)]
Epsilon = Annotated[Fraction, BeforeValidator(read_epsilon)]
Name = Annotated[str, BeforeValidator(read_name)]
Digest = Annotated[str, BeforeValidator(read_digest)]
IsoDate = Annotated[date, BeforeValidator(read_date)]
Switch = Annotated[bool, BeforeValidator(read_switch)]
