"""`unlearn-spec keygen` and `unlearn-spec sign`: Ed25519 keys, and signatures on process records, statements and finished runs."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from ..evidence.canonical import small_file
from ..plan.form import told
from ..plan.record_file import RecordError, load_record
from ..plan.statement_file import load_statement
from ..policy.read import read_bytes
from ..policy.syntax import MAX_BYTES
from ..rules.terminal import visible
from ..verdict import records


def keygen(name: Path) -> int:
    """Write a fresh key pair: `NAME.key` (private, readable by its owner alone) and `NAME.pub`.

    Exit status: 0, or 2 if one of them exists already or cannot be written; nothing is ever overwritten.
    """
    if name.name in ("", ".."):
        return _refused(f"{name}: is a folder; give the keys a name, such as {name / 'acme'}")
    private_file, public_file = (name.with_name(f"{name.name}.{end}") for end in ("key", "pub"))
    taken = next((path for path in (private_file, public_file) if os.path.lexists(path)), None)
    if taken is not None:
        return _refused(f"{taken} exists already and is not overwritten")
    private, public = records.keygen()
    try:
        _create(private_file, private, 0o600)
        try:
            _create(public_file, public, 0o644)
        except OSError:
            private_file.unlink()
            raise
    except OSError as error:
        return _refused(f"{error.filename}: cannot be written: {error.strerror}")
    sys.stdout.write(f"{visible(str(private_file))}: keep it to yourself\n{visible(str(public_file))}: give it to verifiers\n")
    return 0


def sign(record: Path, key: Path) -> int:
    """Sign a record or statement file in place, by a line `signature: …` at its end.

    Exit status: 0, or 2 for a record that is not well formed or signed already, or an unusable key; the file is then
    left as it was. A folder is signed as a run: see `sign_folder`.
    """
    try:
        if record.is_dir():
            return sign_folder(record, key)
        if record.exists() and not record.is_file():  # a pipe would be waited for
            return _refused(f"{record}: is no file")
        found, signer, known = _signable(record)
        if known is not None:
            return _refused(f"{record} is signed already; delete its `signature` to sign it again")
        raw = record.read_bytes()
        value = records.sign(found, small_file(key))
        ending = b"\r\n" if b"\r\n" in raw else b"\n"
        signed = raw + (b"" if raw.endswith(ending) else ending) + f'signature: "{value}"'.encode() + ending
        if read_bytes(signed, str(record)).data != {**found, "signature": value}:
            return _refused(f"{record}: write the record as `key: value` lines, so that a line can be added")
        _replace(record.resolve(), signed)
    except RecordError as error:
        return _refused(*(told(item) for item in error.findings))
    except records.RefusedRecordError as error:
        return _refused(f"{key}: {error}")
    except OSError as error:
        return _refused(f"{error.filename}: {error.strerror}")
    sys.stdout.write(f"{visible(str(record))}: signed for {signer}\n")
    return 0


def _signable(path: Path) -> tuple[dict[str, Any], str, str | None]:
    """The data of a record or statement file, its signer, and the signature that it has. Raises `RecordError`, `OSError`."""
    with path.open("rb") as file:
        data = read_bytes(file.read(MAX_BYTES + 1), str(path)).data
    if isinstance(data, dict) and "unlearn_spec_statement" in data:
        statement = load_statement(path)
        return statement.data, statement.statement.signer, statement.statement.signature
    record = load_record(path)
    return record.data, record.record.signer, record.record.signature


def sign_folder(run: Path, key: Path) -> int:
    """Audit a finished run and, if it holds, write or extend its signed statement.

    Exit status: 0; 1 or 3 with the first thing that does not hold or cannot be told, and nothing signed; 2 for a folder
    without a run or an unusable key.
    """
    from ..evidence.canonical import EvidenceError
    from ..run.audit import AuditError, audit
    from ..run.executor import RunError
    from ..run.signing import STATEMENT, sign_run

    try:
        private = small_file(key)
        found = audit(run)
        wrong = next((step for step in found.steps if step.outcome == "broken"), None)
        wrong = wrong or next((s for s in found.steps if s.outcome == "open" and s.name not in ("signature", "time-stamp")), None)
        if wrong is not None or found.report is None:
            told = "" if wrong is None else f": {wrong.name}: {wrong.words}"
            sys.stderr.write(f"error: {visible(f'{run}: not signed{told}')}\n")
            return found.exit_code
        made = sign_run(run, found.report, private)
    except (AuditError, EvidenceError, RunError) as error:
        return _refused(str(error))
    except OSError as error:
        return _refused(f"{error.filename}: {error.strerror}")
    number = len(made.signatures)
    sys.stdout.write(f"{visible(str(run / STATEMENT))}: {number} signature{'s' if number > 1 else ''}\n")
    return 0


def _create(path: Path, data: bytes, mode: int) -> None:
    """Writes a whole file that was not there before, or none. Raises `OSError` that names it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from None


def _replace(path: Path, data: bytes) -> None:
    temporary = None
    try:
        with tempfile.NamedTemporaryFile("wb", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            temporary = Path(file.name)
            file.write(data)
        temporary.chmod(path.stat().st_mode & 0o777)
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from None


def _refused(*lines: str) -> int:
    sys.stderr.write("".join(f"error: {visible(line)}\n" for line in lines))
    return 2
