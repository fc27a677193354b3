"""The signed statement of a run: a DSSE envelope beside its report, over the report's statement and the ledger's bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..evidence.canonical import EvidenceError, file_digest
from ..evidence.envelope import Envelope, read_envelope, signed
from ..evidence.ledger import FILE_NAME
from ..report.model import Report
from ..report.statement import PAYLOAD_TYPE, payload
from .difference import first_difference, told
from .seal import write_whole

STATEMENT = "statement.dsse.json"
STAMP = f"{STATEMENT}.tsr"
"""Where a time-stamp of the statement is looked for."""


def sign_run(run: Path, report: Report, private_key: bytes) -> Envelope:
    """Signs the run, or adds a signature to those it has, and writes the envelope.

    The caller has audited the run. Raises `EvidenceError` for an unusable key, for an envelope about something else, or
    where a time-stamp of the present one would be voided; `RunError` if it cannot be written.
    """
    if (run / STAMP).exists():
        raise EvidenceError(f"{STAMP} is a time-stamp of the statement as it is; another signature would void it")
    due = payload(report, files_of(run))
    known = envelope_of(run)
    if known is not None:
        check_payload(known, due)
    made = signed(PAYLOAD_TYPE, due, private_key, known.signatures if known is not None else ())
    write_whole(run / STATEMENT, made.to_bytes())
    return made


def files_of(run: Path) -> Mapping[str, str]:
    """Files of the run that are signed beside what its report names: with the ledger's bytes, the times in it."""
    return {FILE_NAME: file_digest(run / FILE_NAME)}


def envelope_of(run: Path) -> Envelope | None:
    """The run's signed statement; None if it has none. Raises `EvidenceError` for one that cannot be read."""
    path = run / STATEMENT
    if path.exists() and not path.is_file():
        raise EvidenceError(f"{STATEMENT} is not a file")
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise EvidenceError(f"{STATEMENT} cannot be read: {error.strerror}") from None
    try:
        return read_envelope(data)
    except EvidenceError as error:
        raise EvidenceError(f"{STATEMENT}: {error}") from None


def check_payload(envelope: Envelope, due: bytes) -> None:
    """Raises `EvidenceError`, with the first difference, if what was signed is not what the run says."""
    if envelope.payload_type != PAYLOAD_TYPE:
        raise EvidenceError(f"{STATEMENT} is signed as something else, {envelope.payload_type[:80]}")
    if envelope.payload == due:
        return
    try:
        found = first_difference(json.loads(envelope.payload), json.loads(due))
    except (RecursionError, ValueError):
        found = None
    words = "it is written otherwise" if found is None else told("the signed statement", found, "this run")
    raise EvidenceError(f"what was signed is not this run: {words}")


def check_signatures(envelope: Envelope, keys: Sequence[bytes]) -> None:
    """Raises `EvidenceError` unless the envelope has a valid signature by each of the keys (PEM)."""
    for place, key in enumerate(keys, 1):
        if not envelope.signed_by(key):
            which = "" if len(keys) == 1 else f" number {place}"
            raise EvidenceError(f"{STATEMENT} has no valid signature by the key{which} given")
