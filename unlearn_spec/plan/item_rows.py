"""Rows to items: each field from its column, checked for kind and length. No value ever stands in a message."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from ..verifiers.items import Item
from . import rows
from .rows import LISTS, DataError

FIELDS = (
    "id", "cluster", "prompt", "answer", "paraphrases", "text", "prefix", "suffix", "choices", "right", "wrong",
)  # fmt: skip
"""Fields of an item that a column can fill. `wrong` becomes `choices`, with the answer among them."""

_NAMES = ("id", "cluster")
_TEXTS = ("id", "cluster", "prompt", "answer", "text", "prefix", "suffix")
MOST_CHOICES = 26


def item_of(where: str, row: int, values: Mapping[str, Any], columns: Mapping[str, str], *, named: bool, whole: bool) -> Item:
    """The item of a row. `named`: the columns were named one by one, so each must be there; lists of other wordings and
    wrong answers aside. `whole`: it will be cut into windows, so that it may be long. Raises `DataError`."""
    if named:
        lost = sorted(set(columns.values()) - set(values) - {columns.get("paraphrases", "")})
        if lost:
            raise DataError(f"{where} has no `{lost[0]}`")
    texts = {
        field: _short_text(where, columns[field], values[columns[field]], numbers=field in _NAMES, whole=whole)
        for field in _TEXTS
        if field in columns and columns[field] in values
    }
    name = texts.pop("id", str(row))
    cluster = texts.pop("cluster", "") or name
    if not name.strip():
        raise DataError(f"{where}: the id is empty")
    lists = {field: _several(where, columns.get(field, ""), values, alone=named) for field in LISTS}
    choices, right = _choices(where, name, texts.get("answer", ""), lists, values, columns)
    if choices and not texts.get("answer", "").strip():
        texts["answer"] = choices[right or 0]
    if not whole and sum(map(len, (*texts.values(), *choices))) > rows.MAX_CHARACTERS:
        raise DataError(f"{where} is longer than {rows.MAX_CHARACTERS:,} characters")
    if not any(texts.get(field, "").strip() for field in ("answer", "suffix", "text")):
        raise DataError(f"{where} has no answer, no suffix and no text: nothing to look for")
    return Item(id=name, cluster=cluster, paraphrases=lists["paraphrases"], choices=choices, right=right, **texts)


def _choices(
    where: str, name: str, answer: str, lists: Mapping[str, tuple[str, ...]], values: Mapping[str, Any], columns: Mapping[str, str]
) -> tuple[tuple[str, ...], int | None]:
    """The options and the place of the right one; wrong answers get the right one among them, at a place that only the id
    decides: first or last would be a habit that a model could have."""
    options, wrong, column = lists["choices"], lists["wrong"], columns.get("right", "")
    if options and wrong:
        raise DataError(f"{where}: either all options (`choices`) or the wrong answers (`wrong`), not both")
    if wrong:
        if not answer.strip():
            raise DataError(f"{where}: wrong answers without a right one")
        place = hashlib.sha256(name.encode()).digest()[0] % (len(wrong) + 1)
        options, right = (*wrong[:place], answer, *wrong[place:]), place
    elif not options:
        return (), None
    else:
        right = _place(where, column, values.get(column))
    if not 2 <= len(options) <= MOST_CHOICES or right >= len(options):
        raise DataError(f"{where}: 2 to {MOST_CHOICES} options, one of them the right one; here are {len(options)}")
    if len(set(options)) < len(options):
        raise DataError(f"{where}: two options are the same text")
    return options, right


def _place(where: str, column: str, value: object) -> int:
    """A place from 0, or a letter from A."""
    if isinstance(value, str) and value.strip().isascii():
        letter = value.strip().upper()
        if letter.isdigit():
            return int(letter[:3])
        if len(letter) == 1 and letter.isalpha():
            return ord(letter) - ord("A")
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise DataError(f"{where}: the right option, `{column or 'right'}`, must be its place counted from 0, or its letter")


def _short_text(where: str, column: str, value: object, *, numbers: bool = False, whole: bool = False) -> str:
    if numbers and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        number = isinstance(value, int) and not numbers
        hint = "; the place of the right option is the field `right`" if number else ""
        raise DataError(f"{where}: `{column}` must be text{' or a whole number' if numbers else ''}{hint}")
    if len(value) > rows.MAX_CHARACTERS and not whole:
        raise DataError(
            f"{where}: `{column}` is longer than {rows.MAX_CHARACTERS:,} characters; `window` cuts a document into parts"
        )
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise DataError(f"{where}: `{column}` holds half a surrogate pair, which is no character")
    return value


def _several(where: str, column: str, values: Mapping[str, Any], *, alone: bool) -> tuple[str, ...]:
    """A list of texts. `alone`: the column was named for this, so that one text in it is a list of one."""
    written = values.get(column, ())
    if alone and isinstance(written, str):
        written = [written]
    if not isinstance(written, list | tuple):
        raise DataError(f"{where}: `{column}` must be a list of texts")
    found = tuple(_short_text(where, column, value) for value in written)
    if not all(text.strip() for text in found):
        raise DataError(f"{where}: `{column}` holds an empty text")
    return found
