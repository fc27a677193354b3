"""Changes to a policy's text: what a repair writes where. No edit is made of what does not stand on one line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from typing import Final

from ..finding import Edit, Span
from .source import BREAK, Path, Source

_BARE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*(\+derived)?\Z")
_INDENT: Final = re.compile(r"[ -]*\Z")
_NOTHING_MORE: Final = re.compile(r"\s*(#.*)?\Z")


def value_replaced(source: Source, path: Path, text: str) -> tuple[Edit, ...]:
    """Writes `text` in place of the value at `path`; no edit if that was not written, or on several lines."""
    span = source.values.get(path)
    return () if span is None or path in source.longer else (Edit(span, text),)


def name_replaced(source: Source, path: Path, name: str, *, key: bool = False) -> tuple[Edit, ...]:
    """Writes a name in place of the value at `path`, or of the key that leads there; quoted if the old one was."""
    span = (source.keys if key else source.values).get(path)
    if span is None or not (_ends_in_colon(source, span) if key else path not in source.longer):
        return ()
    quoted = _text(source, span)[:1] in ('"', "'") or not _BARE.match(name)
    return (Edit(span, json.dumps(name, ensure_ascii=False) if quoted else name),)


def value_set(source: Source, path: Path, text: str) -> tuple[Edit, ...]:
    """Writes `text` as the value at `path`: in place of what is written, or as a new field after the first that ends."""
    if path in source.values:
        return value_replaced(source, path, text)
    for other in source.under(path[:-1]):
        if other in source.keys and other not in source.longer:
            return _inserted(source, other, f"{path[-1]}: {text}")
    return ()


def item_added(source: Source, path: Path, item: str) -> tuple[Edit, ...]:
    """Adds an item to the list at `path`, which need not be written yet: behind the last on its line, or on a line below."""
    items = source.under(path)
    if not items:
        return value_set(source, path, f"[{item}]")
    last = source.values[items[-1]]
    if _text(source, source.values[path])[:1] == "[":
        return () if items[-1] in source.longer else (_after(last, f", {item}"),)
    before, end = source.line(last.line)[: last.column - 1], _last_line(source, items[-1])
    if end is None or not re.fullmatch(r" *- +", before):
        return ()
    return (_line_below(source, replace(last, line=end), before + item),)


def _last_line(source: Source, path: Path) -> int | None:
    """The line on which a value ends; None if something in it goes on past its line in another way than by fields and items."""
    below = [one for place in source.under(path) for one in (source.keys.get(place), source.values.get(place)) if one is not None]
    if path in source.longer and (not below or _text(source, source.values[path])[:1] in ("{", "[")):
        return None
    ends = [_last_line(source, place) for place in source.under(path)] if path in source.longer else []
    known = [end for end in ends if end is not None]
    return max((source.values[path].line, *(one.line for one in below), *known)) if len(known) == len(ends) else None


def field_removed(source: Source, path: Path) -> tuple[Edit, ...]:
    """Takes away the field at `path`, key and value; no edit if it is the only one of its mapping."""
    key, value, fields = source.keys.get(path), source.values.get(path), source.under(path[:-1])
    if key is None or value is None or path in source.longer or key.line != value.line or len(fields) < 2:
        return ()
    line, end = source.line(key.line), value.column - 1 + value.length
    if _text(source, source.values[path[:-1]])[:1] != "{":
        whole = not line[: key.column - 1].strip(" ") and _NOTHING_MORE.match(line[end:])
        return (Edit(Span(key.file, key.line, 1, len(line)), ""),) if whole else ()
    behind = re.match(r"\s*,\s*", line[end:])
    if behind is not None:
        return (Edit(replace(key, length=end + behind.end() - (key.column - 1)), ""),)
    before = re.search(r",\s*\Z", line[: key.column - 1])
    if before is None:
        return ()
    return (Edit(replace(key, column=before.start() + 1, length=end - before.start()), ""),)


def applied(text: str, edits: Iterable[Edit]) -> str:
    """The text with the edits made, all counted in the text as it was. Raises `ValueError` where two overlap."""
    starts = [0, *(found.end() for found in BREAK.finditer(text))]
    places = sorted((starts[e.span.line - 1] + e.span.column - 1, e.span.length, e.text) for e in edits)
    for (start, length, _), (following, _, _) in pairwise(places):
        if start + length > following:
            raise ValueError("two edits overlap")
    for start, length, new in reversed(places):
        text = text[:start] + new + text[start + length :]
    return text


def _inserted(source: Source, first: Path, field: str) -> tuple[Edit, ...]:
    """Writes a field behind the one at `first`."""
    key, span = source.keys[first], source.values[first]
    if _text(source, source.values[first[:-1]])[:1] == "{":
        return (_after(span, f", {field}"),)
    before, behind = source.line(key.line)[: key.column - 1], source.line(span.line)[span.column - 1 + span.length :]
    if not _INDENT.match(before) or not _NOTHING_MORE.match(behind):
        return ()
    return (_line_below(source, span, " " * (key.column - 1) + field),)


def _line_below(source: Source, span: Span, line: str) -> Edit:
    return Edit(Span(span.file, span.line, len(source.line(span.line)) + 1, 0), source.line_break + line)


def _after(span: Span, text: str) -> Edit:
    return Edit(Span(span.file, span.line, span.column + span.length, 0), text)


def _text(source: Source, span: Span) -> str:
    return source.line(span.line)[span.column - 1 : span.column - 1 + span.length]


def _ends_in_colon(source: Source, span: Span) -> bool:
    """Whether a key ends where its span does: not one that is written over several lines."""
    return source.line(span.line)[span.column - 1 + span.length :].lstrip().startswith(":")
