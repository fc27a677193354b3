"""`unlearn-spec keygen` and `unlearn-spec sign`: Ed25519 keys, and signatures on process records, statements and finished runs."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from ..plan.record_file import RecordError, load_record
from ..plan.statement_file import load_statement
from ..policy.read import read, read_bytes
from ..policy.syntax import MAX_BYTES
from ..rules.terminal import visible
from ..verdict import records


def keygen(name: Path) -> int:
    """Write a fresh key pair: `NAME.key` (private, readable by its owner alone) and `NAME.pub`.

    Exit status: 0, or 2 if one of them exists already or cannot be written; nothing is ever overwritten.
    """
    private_file, public_file = (name.with_name(f"{name.name}.{end}") for end in ("key", "pub"))
    taken = next((path for path in (private_file, public_file) if path.exists()), None)
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
    if record.is_dir():
        return sign_folder(record, key)
    try:
        found, signer, known = _signable(record)
        if known is not None:
            return _refused(f"{record} is signed already; delete its `signature` to sign it again")
        text = record.read_text(encoding="utf-8-sig")
        value = records.sign(found, key.read_bytes())
        signed = text + ("" if text.endswith("\n") else "\n") + f'signature: "{value}"\n'
        if read(signed, str(record)).data != {**found, "signature": value}:
            return _refused(f"{record}: write the record as `key: value` lines, so that a line can be added")
        _replace(record, signed.encode())
    except RecordError as error:
        return _refused(str(error))
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
        found = audit(run)
        wrong = next((step for step in found.steps if step.outcome == "broken"), None)
        wrong = wrong or next((s for s in found.steps if s.outcome == "open" and s.name not in ("signature", "time-stamp")), None)
        if wrong is not None or found.report is None:
            told = "" if wrong is None else f": {wrong.name}: {wrong.words}"
            sys.stderr.write(f"error: {visible(f'{run}: not signed{told}')}\n")
            return found.exit_code
        made = sign_run(run, found.report, key.read_bytes())
    except (AuditError, EvidenceError, RunError) as error:
        return _refused(str(error))
    except OSError as error:
        return _refused(f"{error.filename}: {error.strerror}")
    number = len(made.signatures)
    sys.stdout.write(f"{visible(str(run / STATEMENT))}: {number} signature{'s' if number > 1 else ''}\n")
    return 0


def _create(path: Path, data: bytes, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)


def _replace(path: Path, data: bytes) -> None:
    with tempfile.NamedTemporaryFile("wb", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        temporary = Path(file.name)
        file.write(data)
    try:
        temporary.chmod(path.stat().st_mode & 0o777)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def _refused(why: str) -> int:
    sys.stderr.write(f"error: {visible(why)}\n")
    return 2
