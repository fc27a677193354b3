"""`unlearn-spec report RUN`: renders the result of a finished verification again, or writes its restricted annex."""

from __future__ import annotations

import os
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Literal

from ..report.model import MAX_BYTES, RESULT, Report, ReportError, parse
from ..report.render import BINARY, FORMATS, Format, encode
from ..report.wording import visible
from ..wording.language import LANGUAGES, Language


def report(run: Path, format: str, out: Path | None, language: str = "en") -> int:
    """Renders in one of `LANGUAGES` to `out`, or to standard output. Nothing is measured or decided again.

    Exit status: 0, or 2 (with one line on standard error) for an unusable run folder, format or output file.
    """
    try:
        kind, spoken = _format(format), _language(language)
        if kind in BINARY and out is None and sys.stdout.isatty():
            raise ReportError(f"{format} is not text for a terminal: name a file with --out")
        if out is not None:
            _replaceable(out, run)
        made = encode(load(run), kind, spoken)
        if out is None:
            sys.stdout.buffer.write(made)  # the bytes of the JSON form matter
            sys.stdout.buffer.flush()
        else:
            write(out, made)
    except ReportError as error:
        sys.stderr.write(f"error: {visible(str(error))}\n")
        return 2
    return 0


def annex(
    run: Path,
    policy: Path,
    bindings: Path,
    out: Path,
    *,
    language: str = "en",
    readers: str | None = None,
    kept_until: date | None = None,
    ground: str | None = None,
) -> int:
    """Writes what the report names by keyed digest only, in full, to a fresh file that only its owner can read, our sentences
    in one of `LANGUAGES`.

    Exit status: 0, or 2 (with what is wrong on standard error, and nothing written) for an unusable run folder, policy,
    bindings or file, and for a policy or data that the report is not about.
    """
    from ..evidence.canonical import file_digest
    from ..plan.bindings import BindingError
    from ..policy.load import PolicyError
    from ..report.annex import render as rendered
    from ..run.annex import make_annex

    try:
        spoken = _language(language)
        _apart(out, run)
        made = make_annex(load(run), policy, bindings, readers=readers, kept_until=kept_until, ground=ground)
        _create(out, rendered(made, spoken))
    except PolicyError as error:
        lines = [f"{f.spans[0].file}:{f.spans[0].line}:{f.spans[0].column}: {f.code} {f.message}" for f in error.findings]
    except (BindingError, ReportError) as error:
        lines = str(error).splitlines()
    else:
        sys.stderr.write(f"{visible(str(out))}: {made.shown} items shown, {made.unresolved} known by digest only\n")
        sys.stderr.write(f"SHA-256 of the file: {file_digest(out).removeprefix('sha256:')}\n")
        return 0
    for line in lines:
        sys.stderr.write(f"error: {visible(line)}\n")
    return 2


def load(run: Path) -> Report:
    """The report in a run folder. Raises `ReportError`, one line, if there is none, if it is not one, or if the folder's
    ledger says that the run ended with another."""
    path = run / RESULT
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ReportError("larger than any report")
        data = path.read_bytes()
        found = parse(data.decode("utf-8"))
        _as_concluded(run, data)
        return found
    except FileNotFoundError:
        missing = "no such folder" if not run.exists() else f"no {RESULT} in it: the verification has not finished"
        raise ReportError(f"{run}: {missing}") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ReportError(f"{path}: cannot be read: {reason}") from None
    except ReportError as error:
        raise ReportError(f"{path}: {error}") from None


def _as_concluded(run: Path, data: bytes) -> None:
    """Raises `ReportError` if a ledger lies beside the report and its last note on the report has another digest."""
    from ..evidence.canonical import EvidenceError, bytes_digest
    from ..evidence.ledger import FILE_NAME, REPORT_NOTE, Ledger

    if not (run / FILE_NAME).is_file():
        return
    try:
        with Ledger(run, read_only=True) as ledger:
            noted = ledger.note(REPORT_NOTE)
    except EvidenceError as error:
        raise ReportError(str(error)) from None
    if noted is not None and noted != bytes_digest(data):
        raise ReportError("this is not the report that the run ended with; `unlearn-spec verify` writes that one again")


def write(path: Path, content: bytes) -> None:
    """Writes a whole file or none. Raises `ReportError`."""
    temporary = None
    try:
        with tempfile.NamedTemporaryFile("wb", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            temporary = Path(file.name)
            file.write(content)
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise ReportError(f"{path}: cannot be written: {error.strerror}") from None


def _replaceable(out: Path, run: Path) -> None:
    """Raises `ReportError` for a file of the run itself, which a report must not take the place of, and for a device or pipe."""
    from ..evidence.ledger import FILE_NAME
    from ..evidence.store import FOLDER
    from ..run.seal import SEAL
    from ..run.signing import STAMP, STATEMENT

    real, folder = Path(os.path.realpath(out)), Path(os.path.realpath(run))
    own = (RESULT, FILE_NAME, FOLDER, SEAL, STATEMENT, STAMP)
    if any(real.is_relative_to(folder / name) for name in own):
        raise ReportError(f"{out}: belongs to the run and is not overwritten; name another file")
    if os.path.lexists(real) and not (real.is_file() or real.is_dir()):
        raise ReportError(f"{out}: cannot be written: it is no file; leave --out away for standard output")


def _apart(out: Path, run: Path) -> None:
    """Raises `ReportError` for an annex in the run folder, which holds no target material, or in place of a file."""
    if os.path.lexists(out):
        raise ReportError(f"{out}: exists already and is not overwritten")
    if Path(os.path.realpath(out)).is_relative_to(os.path.realpath(run)):
        raise ReportError(f"{out}: lies in the run folder, which holds no target material; name a file elsewhere")


def _create(path: Path, text: str) -> None:
    """Writes a whole file that was not there before, readable by its owner alone, or none. Raises `ReportError`."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(text.encode("utf-8"))
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ReportError(f"{path}: cannot be written: {error.strerror}") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _format(name: str) -> Format | Literal["pdf"]:
    if name == "pdf":
        return "pdf"
    for known in FORMATS:
        if name == known:
            return known
    raise ReportError(f"unknown format {name!r}: choose one of {', '.join((*FORMATS, *BINARY))}")


def _language(name: str) -> Language:
    for known in LANGUAGES:
        if name == known:
            return known
    raise ReportError(f"unknown language {name!r}: choose one of {', '.join(LANGUAGES)}")
