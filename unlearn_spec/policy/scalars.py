"""What an unquoted word of a file is: text, a whole number, true or false; or what YAML would take it for instead."""

from __future__ import annotations

import re
from typing import Any

INTEGER = re.compile(r"(0|-?[1-9][0-9]{0,17})\Z")
_NULL = re.compile(r"(~|null|Null|NULL|)\Z")
_TRUTH = re.compile(r"(yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)\Z")
_SUSPECT = frozenset("yYnNtTfFoO")
"""Letters with which a null or a truth value begins."""
_LONGEST = len("false")
"""Letters of the longest of them."""
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?\Z")
_NUMBER = re.compile(
    r"[-+]?(0x[0-9a-fA-F_]+|0o[0-7_]+|0b[01_]+|[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?"
    r"|(\.[0-9][0-9_]*|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?|\.(inf|Inf|INF|nan|NaN|NAN))\Z"
)


def plain(text: str) -> tuple[Any, str]:
    """An unquoted scalar's value, and what YAML would take it for if not text, a whole number, true or false."""
    if text[:1].isalpha() and (text[0] not in _SUSPECT or len(text) > _LONGEST):
        return text, ""
    if text in ("true", "false"):
        return text == "true", ""
    if INTEGER.match(text):
        return int(text), ""
    if _NULL.match(text):
        return None, "nothing"
    if _TRUTH.match(text):
        return None, "a truth value"
    if _DATE.match(text):
        return None, "a date"
    if _NUMBER.match(text):
        return None, "a number"
    return text, ""
