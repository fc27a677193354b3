"""`unlearn-spec report RUN`: renders the result of a finished verification again."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from ..report.model import Report, ReportError, parse
from ..report.render import FORMATS, Format, render
from ..report.wording import visible

RESULT = "result.json"
"""The report as canonical JSON, written into the run folder by `verify`."""


def report(run: Path, format: str, out: Path | None) -> int:
    """Renders to `out`, or to standard output. Nothing is measured or decided again.

    Exit status: 0, or 2 (with one line on standard error) for an unusable run folder, format or output file.
    """
    try:
        text = render(load(run), _format(format))
        if out is None:
            sys.stdout.buffer.write(text.encode("utf-8"))  # the bytes of the JSON form matter
            sys.stdout.buffer.flush()
        else:
            write(out, text)
    except ReportError as error:
        sys.stderr.write(f"error: {visible(str(error))}\n")
        return 2
    return 0


def load(run: Path) -> Report:
    """The report in a run folder. Raises `ReportError`, one line, if there is none or it is not one."""
    path = run / RESULT
    try:
        return parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        missing = "no such folder" if not run.exists() else f"no {RESULT} in it: the verification has not finished"
        raise ReportError(f"{run}: {missing}") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ReportError(f"{path}: cannot be read: {reason}") from None
    except ReportError as error:
        raise ReportError(f"{path}: {error}") from None


def write(path: Path, text: str) -> None:
    """Writes a whole file or none. Raises `ReportError`."""
    temporary = None
    try:
        with tempfile.NamedTemporaryFile("wb", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            temporary = Path(file.name)
            file.write(text.encode("utf-8"))
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise ReportError(f"{path}: cannot be written: {error.strerror}") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _format(name: str) -> Format:
    for known in FORMATS:
        if name == known:
            return known
    raise ReportError(f"unknown format {name!r}: choose one of {', '.join(FORMATS)}")
