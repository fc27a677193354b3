"""From the events of a YAML parser to plain data with a span for every scalar and key, in one pass."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml
from msgspec import Struct, field

from ..finding import Finding, Span
from .scalars import INTEGER, plain
from .source import BREAK, Path, Source
from .spans import Place, Spans
from .syntax import FORBIDDEN, MAX_DEPTH, MAX_FINDINGS, MAX_NODES, invisible, refused, too_many

_NUMBER_ENDS = re.compile(r"[0-9]+(\.[0-9]+)? ?%?\Z")
_LONGEST_NUMBER = 40
"""Characters of a line that are searched for the beginning of a number: a line may hold a whole file."""
_NUMBER_SO_FAR = re.compile(r"(?<![^\s:{])[0-9]{1,3}(,[0-9]{3})*,\Z")


class StopError(Exception):
    """A mistake with which reading ends."""

    def __init__(self, finding: Finding) -> None:
        self.finding = finding


class _Open(Struct):
    """A mapping or list being read."""

    path: Path
    content: dict[str, Any] | list[Any]
    start: Any
    flow: bool
    key: str | None = None
    seen: dict[str, Place] = field(default_factory=dict)
    skip: bool = False
    """The next value is not kept: a merge key's, or a second writing's."""


class Builder:
    """Builds data and spans from parser events, one pass, no recursion."""

    def __init__(self, file: str, text: str) -> None:
        self.file, self.lines = file, BREAK.split(text)
        self.values: dict[Path, Place] = {}
        self.keys: dict[Path, Place] = {}
        self.longer: set[Path] = set()
        self.findings: list[Finding] = []
        self.broken: set[Path] = set()
        self.repeated: set[Path] = set()
        self.guessed: dict[Path, Finding] = {}
        self.root: Any = None
        self.stack: list[_Open] = []
        self.nodes = 0
        self.documents = 0

    def run(self, events: Iterator[Any]) -> None:
        for event in events:
            if isinstance(event, yaml.ScalarEvent):
                self.scalar(event)
            elif isinstance(event, yaml.CollectionStartEvent):
                self.open(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self.close(event)
            elif isinstance(event, yaml.AliasEvent):
                self.alias(event)
            elif isinstance(event, yaml.DocumentStartEvent):
                self.documents += 1
                if self.documents > 1:
                    raise StopError(
                        refused(
                            "Y001",
                            self.span(event),
                            "a second document begins here; a file holds one",
                            "split the file",
                        )
                    )
                if event.version or event.tags:
                    raise StopError(
                        refused(
                            "Y004",
                            self.span(event),
                            "directives (lines that begin with %) are not allowed",
                            "delete it",
                        )
                    )

    def source(self, text: str) -> Source:
        return Source(
            self.file, text, Spans(self.file, self.values), Spans(self.file, self.keys), frozenset(self.longer)
        )

    def span(self, event: Any) -> Span:
        return Span(self.file, *self.where(event.start_mark, event.end_mark))

    def where(self, start: Any, end: Any) -> Place:
        """The place between two marks, or what of it is on the first line."""
        line, column = start.line, start.column
        last = end.column if end.line == line else len(self.line(line).rstrip())
        return line + 1, column + 1, last - column if last > column else 1

    def line(self, index: int) -> str:
        return self.lines[index] if index < len(self.lines) else ""

    def report(
        self, code: str, path: Path, span: Span, message: str, fix: str = "", snippet: str = "", *related: Span
    ) -> None:
        self.findings.append(refused(code, span, message, fix, snippet, *related))
        self.broken.add(path)
        if len(self.findings) >= MAX_FINDINGS:
            raise StopError(too_many(span))

    def count(self, event: Any) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            text = f"this file has more than {MAX_NODES:,} values"
            raise StopError(refused("Y005", self.span(event), text, "split it"))

    def put(self, path: Path, value: Any, place: Place, goes_on: bool) -> None:
        """Put down a finished value; `goes_on` past the line it begins on."""
        self.values.setdefault(path, place)
        if goes_on:
            self.longer.add(path)
        if not self.stack:
            self.root = value
            return
        top = self.stack[-1]
        if isinstance(top.content, list):
            top.content.append(value)
            return
        assert top.key is not None
        if top.skip:
            top.skip = False
        else:
            top.content[top.key] = value
        top.key = None

    def child(self) -> Path | None:
        """Path of the value that comes next; None if it is a key that does."""
        if not self.stack:
            return ()
        top = self.stack[-1]
        if isinstance(top.content, list):
            return (*top.path, len(top.content))
        return None if top.key is None else (*top.path, top.key)

    def alias(self, event: Any) -> None:
        self.count(event)
        path = self.child()
        if path is None:
            raise StopError(refused("Y004", self.span(event), "a key must be plain text", "write a name"))
        self.refuse(event, path, "anchors and aliases are not allowed", "write the value out")

    def refuse(self, event: Any, path: Path, problem: str, fix: str) -> None:
        """Put down nothing where something stands that is not allowed, with a Y004."""
        start, end = event.start_mark, event.end_mark
        self.put(path, None, self.where(start, end), end.line != start.line)
        self.report("Y004", path, self.span(event), problem, fix)

    def decorated(self, event: Any) -> str:
        if event.anchor is not None:
            return "anchors and aliases are not allowed"
        return "tags (words that begin with !) are not allowed" if event.tag is not None else ""

    def scalar(self, event: Any) -> None:
        self.count(event)
        text, style = event.value, event.style
        if style == '"' and (stray := FORBIDDEN.search(text)):  # an escape; the text itself was searched
            raise StopError(invisible(self.span(event), stray[0]))
        path = self.child()
        problem = self.decorated(event)
        if path is None:
            self.name(event, problem)
        elif problem:
            self.refuse(event, path, problem, "write the value alone")
        else:
            value, guessed = (text, "") if style else plain(text)
            if guessed and path not in self.broken:
                self.guess(event, path, guessed)
                value = text if path in self.guessed else None
            start, end = event.start_mark, event.end_mark
            self.put(path, value, self.where(start, end), end.line != start.line)

    def guess(self, event: Any, path: Path, guessed: str) -> None:
        """Report an unquoted value that YAML would not take for text."""
        span, quoted = self.span(event), f'"{event.value}"'
        if guessed == "nothing":
            what = f"`{path[-1]}`" if path and isinstance(path[-1], str) else "this item"
            self.report("Y002", path, span, f"{what} has no value", "give a value, or delete it")
            return
        digits = event.value.replace("_", "").lstrip("+0")
        instead = f"{digits} (a whole number) or " if digits.isdecimal() and INTEGER.match(digits) else ""
        text = f"{event.value} is read as {guessed}; write {instead}{quoted} in quotes"
        self.report("Y002", path, span, text, "quote it", quoted)
        if not instead:
            self.guessed[path] = self.findings[-1]

    def name(self, event: Any, problem: str) -> None:
        """Take a mapping's next key."""
        top, key, place = self.stack[-1], event.value, self.where(event.start_mark, event.end_mark)
        path: Path = (*top.path, key)
        if problem:
            self.report("Y004", path, self.span(event), problem, "write the key alone")
        elif key == "<<" and not event.style:
            self.report("Y004", path, self.span(event), "merge keys are not allowed", "write the fields out")
            top.skip = True
        elif split := self.split_number(event):
            top.skip = True
            self.broken.add(path)
            if split.count(",") == 1:  # what is behind a second comma is the same mistake
                text = f"`{split}` is read as two entries, for a comma ends the first"
                self.report("Y002", path, self.span(event), text, "write thousands without commas, and decimals with a point")
        elif key != "on" and not event.style and plain(key)[1]:  # `on` is a word of the language, and a key stays text
            self.report(
                "Y002",
                path,
                self.span(event),
                f"the key {key or '(nothing)'} is read as {plain(key)[1]}; choose another name",
                "rename it",
            )
        if key in top.seen:
            first = top.seen[key]
            related = Span(self.file, *first, "first written here")
            message = f"`{key}` is written twice (first at {first[0]}:{first[1]})"
            self.report("Y003", path, self.span(event), message, "delete one of the two", "", related)
            self.broken.discard(path)  # the first writing stands, and is looked at further
            self.repeated.add(path)
            top.skip = True
        else:
            top.seen[key] = self.keys[path] = place
        top.key = key

    def split_number(self, event: Any) -> str:
        """The number whose end stands as a key, as in `{size: 1,200}` and `{at_most: 0,5%}`, or nothing."""
        if not self.stack[-1].flow or not _NUMBER_ENDS.match(event.value):
            return ""
        mark = event.start_mark
        before = _NUMBER_SO_FAR.search(self.line(mark.line)[max(0, mark.column - _LONGEST_NUMBER) : mark.column])
        return "" if before is None else f"{before[0]}{event.value}"

    def open(self, event: Any) -> None:
        self.count(event)
        path = self.child()
        if path is None:
            raise StopError(
                refused("Y001", self.span(event), "a key must be plain text, not a list or a mapping", "write a name")
            )
        if len(self.stack) >= MAX_DEPTH:
            raise StopError(
                refused("Y005", self.span(event), f"this file nests deeper than {MAX_DEPTH} levels", "split it")
            )
        problem = self.decorated(event)
        if problem:
            self.report("Y004", path, self.span(event), problem, "write the value alone")
        content: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        self.stack.append(_Open(path, content, event.start_mark, bool(event.flow_style)))

    def close(self, event: Any) -> None:
        top = self.stack.pop()
        start, end = top.start, event.end_mark
        if top.flow:
            place = self.where(start, end)
        else:
            length = len(self.line(start.line).rstrip()) - start.column
            place = (start.line + 1, start.column + 1, max(1, length))
        self.put(top.path, top.content, place, end.line != start.line)
