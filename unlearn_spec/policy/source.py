"""YAML text to plain data with a span for every scalar and key.

A strict reading of a small part of YAML: no tags, anchors, aliases, merge keys, directives or second documents, and no
value whose type YAML would guess. The text is read as a stream of parser events, so that limits hold before anything is
built and no input can exhaust the stack.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path as FilePath
from typing import Any, Final

import yaml

from ..finding import Edit, Finding, Fix, Span
from .spans import Place, Spans
from .syntax import not_yaml

Path = tuple[str | int, ...]
"""Where a value sits: mapping keys and list positions from the root."""

MAX_BYTES: Final = 4 * 1024 * 1024
MAX_DEPTH: Final = 32
MAX_NODES: Final = 500_000
MAX_FINDINGS: Final = 200
"""More mistakes than this are not listed."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# Control characters, separators that YAML 1.1 counts as line breaks, non-characters, marks that reorder what is shown.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
BREAK = re.compile("\r\n|\r|\n")
_INTEGER = re.compile(r"(0|-?[1-9][0-9]{0,17})\Z")
_NULL = re.compile(r"(~|null|Null|NULL|)\Z")
_TRUTH = re.compile(r"(yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)\Z")
_SUSPECT = frozenset("yYnNtTfFoO")
"""Letters with which a null or a truth value begins."""
_LONGEST = len("false")
"""Letters of the longest of them."""
_NUMBER_SO_FAR = re.compile(r"(?<![^\s:{])[0-9]{1,3}(,[0-9]{3})*,\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?\Z")
_NUMBER = re.compile(
    r"[-+]?(0x[0-9a-fA-F_]+|0o[0-7_]+|0b[01_]+|[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?"
    r"|(\.[0-9][0-9_]*|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?|\.(inf|Inf|INF|nan|NaN|NAN))\Z"
)


@dataclass(frozen=True)
class Source:
    """A file's text and where each value and each key of it stands."""

    file: str
    text: str
    values: Mapping[Path, Span] = field(repr=False)
    keys: Mapping[Path, Span] = field(repr=False)
    longer: frozenset[Path] = field(default=frozenset(), repr=False)
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


@dataclass(frozen=True)
class Reading:
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


def read_file(path: str | FilePath) -> Reading:
    """Read one YAML file. A file that cannot be opened or is not UTF-8 is a Y001 finding, one too large Y005."""
    name = str(path)
    try:
        with FilePath(path).open("rb") as stream:
            raw = stream.read(MAX_BYTES + 4)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a usable file name"
        return _nothing(name, "", _finding("Y001", Span(name, 1, 1), f"cannot read this file: {reason}"))
    return read_bytes(raw, name)


def unread(path: str) -> Source:
    """Whatever text a file has that could not be read as it should be, for excerpts only."""
    try:
        with FilePath(path).open("rb") as stream:
            text = stream.read(MAX_BYTES).decode("utf-8-sig", errors="replace")
    except (OSError, ValueError):
        text = ""
    return Source(path, text, {}, {})


def read_bytes(raw: bytes, file: str) -> Reading:
    """Read YAML from UTF-8 bytes, with or without a byte-order mark."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        good = raw[: error.start].decode("utf-8-sig", errors="replace")
        if len(raw) > MAX_BYTES:
            return _nothing(file, "", _too_large(file))
        refusal = _finding("Y001", _end_of(file, good), "this file is not UTF-8 text", "save it as UTF-8")
        return _nothing(file, good, refusal)
    return read(text, file)


def read(text: str, file: str) -> Reading:
    """Read YAML from text. Never raises for what it says: Y findings come back with what could be read."""
    if len(text) > MAX_BYTES or len(text.encode("utf-8", errors="replace")) > MAX_BYTES:
        return _nothing(file, "", _too_large(file))
    text = text.removeprefix("\ufeff")
    stray = _FORBIDDEN.search(text)
    if stray:
        place = _end_of(file, text[: stray.start()])
        return _nothing(file, text, _invisible(place, stray[0], Edit(place, "")))
    builder = _Builder(file, text)
    try:
        builder.run(yaml.parse(text, Loader=_Loader))
    except _StopError as stop:
        return Reading(builder.source(text), None, (*builder.findings, stop.finding), frozenset({()}))
    except yaml.MarkedYAMLError as error:
        return _nothing(file, text, not_yaml(file, text, error))
    except yaml.YAMLError:
        return _nothing(file, text, _finding("Y001", Span(file, 1, 1), "this is not YAML"))
    source = builder.source(text)
    if not builder.findings and not isinstance(builder.root, dict):
        builder.report("Y001", (), source.value(()), _not_a_mapping(builder.root), 'begin with: unlearn_spec: "1.0"')
    told = tuple(builder.findings), frozenset(builder.broken), frozenset(builder.repeated)
    return Reading(source, builder.root, *told, builder.guessed)


def _end_of(file: str, text: str) -> Span:
    """The place right after `text`, which begins the file."""
    lines = BREAK.split(text)
    return Span(file, len(lines), len(lines[-1]) + 1)


def _invisible(span: Span, character: str, *edits: Edit) -> Finding:
    message = f"the invisible character U+{ord(character):04X} is not allowed"
    return Finding("Y001", "error", message, (span,), fixes=(Fix("delete it", edits=edits),))


def _not_a_mapping(root: Any) -> str:
    found = (
        "this file is empty" if root is None else f"found {'a list' if isinstance(root, list) else 'a single value'}"
    )
    return f"expected `key: value` lines at the top of the file; {found}"


def _finding(code: str, span: Span, message: str, fix: str = "", snippet: str = "", *related: Span) -> Finding:
    edits = (Edit(span, snippet),) if code == "Y002" and snippet else ()
    return Finding(code, "error", message, (span, *related), fixes=(Fix(fix, snippet=snippet, edits=edits),) if fix else ())


def too_many(span: Span) -> Finding:
    """The last finding of a file with more mistakes than are listed."""
    return _finding("Y005", span, f"this file has {MAX_FINDINGS} mistakes or more", "mend those above first")


def _too_large(file: str) -> Finding:
    return _finding("Y005", Span(file, 1, 1), "this file is larger than 4 MiB", "split it")


def _nothing(file: str, text: str, finding: Finding) -> Reading:
    return Reading(Source(file, text, {}, {}), None, (finding,), frozenset({()}))


class _StopError(Exception):
    def __init__(self, finding: Finding) -> None:
        self.finding = finding


@dataclass
class _Open:
    """A mapping or list being read."""

    path: Path
    content: dict[str, Any] | list[Any]
    start: Any
    flow: bool
    key: str | None = None
    seen: dict[str, Place] = field(default_factory=dict)
    skip: bool = False
    """The next value is not kept: a merge key's, or a second writing's."""


class _Builder:
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
                    raise _StopError(
                        _finding(
                            "Y001",
                            self.span(event),
                            "a second document begins here; a file holds one",
                            "split the file",
                        )
                    )
                if event.version or event.tags:
                    raise _StopError(
                        _finding(
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
        self.findings.append(_finding(code, span, message, fix, snippet, *related))
        self.broken.add(path)
        if len(self.findings) >= MAX_FINDINGS:
            raise _StopError(too_many(span))

    def count(self, event: Any) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            text = f"this file has more than {MAX_NODES:,} values"
            raise _StopError(_finding("Y005", self.span(event), text, "split it"))

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
            raise _StopError(_finding("Y004", self.span(event), "a key must be plain text", "write a name"))
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
        if style == '"' and (stray := _FORBIDDEN.search(text)):  # an escape; the text itself was searched
            raise _StopError(_invisible(self.span(event), stray[0]))
        path = self.child()
        problem = self.decorated(event)
        if path is None:
            self.name(event, problem)
        elif problem:
            self.refuse(event, path, problem, "write the value alone")
        else:
            value, guessed = (text, "") if style else _plain(text)
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
        instead = f"{digits} (a whole number) or " if digits.isdecimal() and _INTEGER.match(digits) else ""
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
        elif key != "on" and not event.style and _plain(key)[1]:  # `on` is a word of the language, and a key stays text
            self.report(
                "Y002",
                path,
                self.span(event),
                f"the key {key or '(nothing)'} is read as {_plain(key)[1]}; choose another name",
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
        mark = event.start_mark
        before = _NUMBER_SO_FAR.search(self.line(mark.line)[: mark.column])
        if before is None or not self.stack[-1].flow or not re.fullmatch(r"[0-9]+(\.[0-9]+)? ?%?", event.value):
            return ""
        return f"{before[0]}{event.value}"

    def open(self, event: Any) -> None:
        self.count(event)
        path = self.child()
        if path is None:
            raise _StopError(
                _finding("Y001", self.span(event), "a key must be plain text, not a list or a mapping", "write a name")
            )
        if len(self.stack) >= MAX_DEPTH:
            raise _StopError(
                _finding("Y005", self.span(event), f"this file nests deeper than {MAX_DEPTH} levels", "split it")
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


def _plain(text: str) -> tuple[Any, str]:
    """An unquoted scalar's value, and what YAML would take it for if not text, a whole number, true or false."""
    if text[:1].isalpha() and (text[0] not in _SUSPECT or len(text) > _LONGEST):
        return text, ""
    if text in ("true", "false"):
        return text == "true", ""
    if _INTEGER.match(text):
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
