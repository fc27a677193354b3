"""From a YAML file, its bytes or its text to a `Reading`: plain data, where it stands, and every mistake.

A strict reading of a small part of YAML: no tags, anchors, aliases, merge keys, directives or second documents, and no
value whose type YAML would guess. The text is read as a stream of parser events, so that limits hold before anything is
built and no input can exhaust the stack.
"""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Any

import yaml

from ..finding import Edit, Finding, Span
from .builder import Builder, StopError
from .source import BREAK, Reading, Source
from .syntax import FORBIDDEN, MAX_BYTES, invisible, not_yaml, refused, too_large

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_file(path: str | FilePath, key: str = "") -> Reading:
    """Read one YAML file. A file that cannot be opened or is not UTF-8 is a Y001 finding, one too large Y005.

    `key`: what a file of the kind that is wanted begins with, for the hint where this one is empty or no mapping.
    """
    name = str(path)
    try:
        with FilePath(path).open("rb") as stream:
            raw = stream.read(MAX_BYTES + 4)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a usable file name"
        return _nothing(name, "", refused("Y001", Span(name, 1, 1), f"cannot read this file: {reason}"))
    return read_bytes(raw, name, key)


def unread(path: str) -> Source:
    """Whatever text a file has that could not be read as it should be, for excerpts only."""
    try:
        with FilePath(path).open("rb") as stream:
            text = stream.read(MAX_BYTES).decode("utf-8-sig", errors="replace")
    except (OSError, ValueError):
        text = ""
    return Source(path, text, {}, {})


def read_bytes(raw: bytes, file: str, key: str = "") -> Reading:
    """Read YAML from UTF-8 bytes, with or without a byte-order mark; `key` as in `read_file`."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        good = raw[: error.start].decode("utf-8-sig", errors="replace")
        if len(raw) > MAX_BYTES:
            return _nothing(file, "", too_large(file))
        refusal = refused("Y001", _end_of(file, good), "this file is not UTF-8 text", "save it as UTF-8")
        return _nothing(file, good, refusal)
    return read(text, file, key)


def read(text: str, file: str, key: str = "") -> Reading:
    """Read YAML from text. Never raises for what it says: Y findings come back with what could be read; `key` as in `read_file`."""
    if len(text) > MAX_BYTES or len(text.encode("utf-8", errors="replace")) > MAX_BYTES:
        return _nothing(file, "", too_large(file))
    text = text.removeprefix("\ufeff")
    stray = FORBIDDEN.search(text)
    if stray:
        place = _end_of(file, text[: stray.start()])
        return _nothing(file, text, invisible(place, stray[0], Edit(place, "")))
    builder = Builder(file, text)
    try:
        builder.run(yaml.parse(text, Loader=_Loader))
    except StopError as stop:
        return Reading(builder.source(text), None, (*builder.findings, stop.finding), frozenset({()}))
    except yaml.MarkedYAMLError as error:
        return _nothing(file, text, not_yaml(file, text, error))
    except yaml.YAMLError:
        return _nothing(file, text, refused("Y001", Span(file, 1, 1), "this is not YAML"))
    source = builder.source(text)
    if not builder.findings and not isinstance(builder.root, dict):
        hint = f'begin with: {key}: "1.0"' if key else ""
        builder.report("Y001", (), source.value(()), _not_a_mapping(builder.root), hint)
    told = tuple(builder.findings), frozenset(builder.broken), frozenset(builder.repeated)
    return Reading(source, builder.root, *told, builder.guessed)


def _end_of(file: str, text: str) -> Span:
    """The place right after `text`, which begins the file."""
    lines = BREAK.split(text)
    return Span(file, len(lines), len(lines[-1]) + 1)


def _not_a_mapping(root: Any) -> str:
    found = (
        "this file is empty" if root is None else f"found {'a list' if isinstance(root, list) else 'a single value'}"
    )
    return f"expected `key: value` lines at the top of the file; {found}"


def _nothing(file: str, text: str, finding: Finding) -> Reading:
    return Reading(Source(file, text, {}, {}), None, (finding,), frozenset({()}))
