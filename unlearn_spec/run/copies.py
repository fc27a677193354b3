"""Files that were rendered from a run's report: which run they belong to, and whether they say what it says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..evidence.canonical import EvidenceError, bytes_digest
from ..evidence.ledger import FILE_NAME, REPORT_NOTE, Ledger
from ..plan.found import there
from ..report.model import MAX_BYTES, Report
from ..report.render import FORMATS, TRANSLATED, encode
from ..wording.language import LANGUAGES, Language


class CopyError(Exception):
    """A file of which it cannot be said to which run it belongs. The message is one line, fit for a user."""


def read_copy(file: Path) -> bytes:
    """The file's bytes. Raises `CopyError`."""
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise CopyError(f"{file}: cannot be read: {error.strerror}") from None
    if len(data) > MAX_BYTES:
        raise CopyError(f"{file}: larger than any report")
    return data


def run_of(file: Path, data: bytes) -> Path:
    """The run folder that a report file lies in or beside. Raises `CopyError` where that is none or not the only one.

    Beside several runs it is the one whose report has the digest that the file has, or names.
    """
    if there((file.parent / FILE_NAME).is_file):
        return file.parent
    beside = [folder for folder in _folders(file) if there((folder / FILE_NAME).is_file)]
    if len(beside) > 1:
        beside = [run for run in beside if (noted := _noted(run)) == bytes_digest(data) or (noted and noted.encode() in data)]
    if len(beside) != 1:
        found = "no run lies beside it" if not beside else "several runs beside it have this report"
        raise CopyError(f"{file}: {found}; name the folder with --run")
    return beside[0]


def _folders(file: Path) -> list[Path]:
    try:
        return sorted(file.parent.iterdir())
    except OSError as error:
        raise CopyError(f"{file.parent}: cannot be read: {error.strerror}") from None


def format_of(report: Report, data: bytes) -> str | None:
    """The format in which the report has exactly these bytes; None if there is none."""
    return next((name for name, same in _renderings(report, data) if same == data), None)


def closest(report: Report, data: bytes) -> str:
    """How a file that is no rendering of the report differs from the one that it is most like, in words."""
    lines = data.splitlines()
    renderings = [(name, text.splitlines()) for name, text in _renderings(report, data)]
    name, ours = max(renderings, key=lambda rendering: (rendering[1] == lines, _common(rendering[1], lines)))
    if ours == lines:
        return f"it has the lines of this run's report as {name}, and ends them otherwise"
    place = _common(ours, lines)
    if place == 0 and ours[:1] != lines[:1] and len(lines) > 1:
        return "it is not this run's report in any format"
    return f"it is not this run's report as {name}: line {place + 1} differs"


def _renderings(report: Report, data: bytes) -> Iterator[tuple[str, bytes]]:
    """The report in every format and language that the file could be in: a PDF is set only for what claims to be one."""
    if data.startswith(b"%PDF"):
        yield from ((_name("pdf", language), encode(report, "pdf", language)) for language in LANGUAGES)
        return
    for name in FORMATS:
        spoken = LANGUAGES if name in TRANSLATED else LANGUAGES[:1]
        yield from ((_name(name, language), encode(report, name, language)) for language in spoken)


def _name(format: str, language: Language) -> str:
    return format if language == LANGUAGES[0] else f"{format} in {language}"


def _common(ours: list[bytes], theirs: list[bytes]) -> int:
    """Number of equal lines at the beginning."""
    pairs = enumerate(zip(ours, theirs, strict=False))
    return next((place for place, (one, other) in pairs if one != other), min(len(ours), len(theirs)))


def _noted(run: Path) -> str | None:
    try:
        with Ledger(run, read_only=True) as ledger:
            noted = ledger.note(REPORT_NOTE)
    except EvidenceError:
        return None
    return None if noted is None else str(noted)
