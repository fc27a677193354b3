"""A file's text and where each part of it stands, and what was read from it as plain data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from msgspec import field

from ..finding import Finding, Span
from ..record import Record

Path = tuple[str | int, ...]
"""Where a value sits: mapping keys and list positions from the root."""
BREAK = re.compile("\r\n|\r|\n")


class Source(Record, dict=True):
    """A file's text and where each value and each key of it stands."""

    file: str
    text: str
    values: Mapping[Path, Span]
    keys: Mapping[Path, Span]
    longer: frozenset[Path] = frozenset()
    """Values that go on past the line they begin on: their span is the first line of them."""

    def value(self, path: Path, label: str = "") -> Span:
        """Where the value at `path` begins, or that of the nearest ancestor that was written."""
        while path and path not in self.values:
            path = path[:-1]
        span = self.values.get(path, Span(self.file, 1, 1))
        return replace(span, label=label) if label else span

    def key(self, path: Path) -> Span:
        """Where the key that leads to `path` stands; the value, if `path` is a list position or was not written."""
        return self.keys[path] if path in self.keys else self.value(path)

    def under(self, path: Path) -> list[Path]:
        """The fields or items of the mapping or list at `path`, in the order of the file."""
        return self._under.get(path, [])

    @cached_property
    def _under(self) -> dict[Path, list[Path]]:
        found: dict[Path, list[Path]] = {}
        for path in self.values:
            if path:
                found.setdefault(path[:-1], []).append(path)
        return found

    @cached_property
    def _lines(self) -> list[str]:
        return BREAK.split(self.text)

    @cached_property
    def line_break(self) -> str:
        """How lines end that are added to the text."""
        return "\r\n" if "\r\n" in self.text else "\n"

    def line(self, number: int) -> str:
        """Line `number`, counted from 1, without its line break; empty past the end."""
        return self._lines[number - 1] if 1 <= number <= len(self._lines) else ""


class Reading(Record):
    """What a file says as plain data: mappings, lists, text, whole numbers, truth values; `None` where it is broken."""

    source: Source
    data: Any
    findings: tuple[Finding, ...]
    broken: frozenset[Path]
    """Values that already have a finding, so that later checks stay silent about them."""
    repeated: frozenset[Path] = frozenset()
    """Keys that are written twice; `data` holds what stands behind the first."""
    guessed: Mapping[Path, Finding] = field(default_factory=dict)
    """Broken values that YAML would not take for text, and what is told of each; `data` holds their text."""
