"""A finding as other programs take it: what is told in one message, and its place as they name and count it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import PurePath, PureWindowsPath

from ..finding import Finding, Fix, Span
from ..policy.source import Source
from ..record import Record
from .check import CheckResult
from .terminal import visible
from .wording import listed


class Annotated(Record):
    """What a check or a comparison found, with the files that it is about."""

    files: tuple[str, ...]
    """The first is the one that remarks and the summary are about."""
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    summary: str
    sources: tuple[Source, ...]


def of_check(result: CheckResult) -> Annotated:
    sources = () if result.source is None else (result.source,)
    return Annotated((result.file,), result.findings, result.notes, result.summary, sources)


def told(finding: Finding) -> tuple[str, ...]:
    """The finding's message, situation, reasons, repairs, acceptance and open question: one line each, nothing invisible."""
    return tuple(visible(line) for line in _lines(finding))


def fix_words(fix: Fix) -> str:
    """The fix in one line; says whether it was tried."""
    return fix.text + (" (re-checked)" if fix.verified else "")


def name_from(root: str, file: str) -> str:
    """The file's name as seen from the folder `root`, with forward slashes.

    A file named by an absolute path outside it keeps only its last name: where somebody's home is concerns nobody.
    """
    try:
        name = os.path.relpath(file, root)
    except ValueError:  # no name at all, or another drive
        return PureWindowsPath(file).name
    outside = PurePath(name).parts[:1] == (os.pardir,)
    return PurePath(file).name if outside and PurePath(file).is_absolute() else name.replace(os.sep, "/")


class Columns:
    """Columns of spans in UTF-16 code units, counted from 1, as SARIF viewers, editors and code hosts count them.

    What lies past the end of a line is at its end. Where the text is not known, characters are taken for units.
    """

    def __init__(self, results: Iterable[Annotated]) -> None:
        self._sources = {source.file: source for result in results for source in result.sources}

    def of(self, span: Span) -> tuple[int, int]:
        """Where the span begins, and the first column after it."""
        source = self._sources.get(span.file)
        if source is None:
            return span.column, span.column + span.length
        line = source.line(span.line)
        return _units(line[: span.column - 1]) + 1, _units(line[: span.column - 1 + span.length]) + 1


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _lines(finding: Finding) -> Iterator[str]:
    yield finding.message
    if finding.situation:
        yield f"when: {listed(finding.situation)}"
    yield from (f"why: {line}" for line in finding.why)
    for fix in finding.fixes:
        yield f"fix: {fix_words(fix)}"
        yield from (f"    {line}" for line in fix.snippet.splitlines())
    if finding.accepted:
        yield f"accepted: {finding.accepted}"
    if finding.open_question:
        yield f"open: {finding.open_question}"
