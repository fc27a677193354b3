"""Bound papers: suites, public keys, signed records and statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..evidence.canonical import bytes_digest
from ..policy.read import read_bytes
from ..policy.source import Path
from .bound import BoundSuite
from .desk import Desk
from .form import findings_in_order
from .found import there
from .record_check import statement_refusal
from .record_file import RecordError, RecordFile, load_record
from .statement_file import StatementFile, load_statement
from .suite_file import MAX_BYTES, installed, read_suite
from .written import SuiteEntry

MAX_KEY = 10_000
"""Bytes of a public key's file."""


def suite(desk: Desk, path: Path, name: str, entry: SuiteEntry) -> BoundSuite | None:
    """The suite in a file, if it is the one that its name's digest means."""
    file = desk.folder / entry.file
    raw = desk.content((*path, "file"), file, MAX_BYTES, "B014")
    if raw is None:
        return None
    digest, named = bytes_digest(raw), name.partition("@")[2]
    if named and named != digest:
        desk.report("B008", (*path, "file"), f"this is not the suite the policy means: this file's digest is {digest}")
    reading = read_bytes(raw, str(file))
    if reading.findings:
        desk.elsewhere += reading.findings
        return None
    found, problems = read_suite(reading.data)
    desk.elsewhere += findings_in_order(problems, reading.source)
    return None if found is None else BoundSuite(name, digest, found)


def installed_suites(desk: Desk, bound: Mapping[str, object]) -> dict[str, BoundSuite]:
    """The suites that the policy names, nobody binds, and the program brings along, bytes for bytes."""
    found = {name: installed(name) for name in desk.suites_named() if name not in bound}
    return {name: one for name, one in found.items() if one is not None}


def key(desk: Desk, path: Path, name: str, entry: str) -> bytes | None:
    """A signer's public key as PEM."""
    file = desk.folder / entry
    raw = desk.content(path, file, MAX_KEY, "B016")
    if raw is None:
        return None
    if b"PRIVATE KEY" in raw:
        desk.report("B009", path, f"{file} is a private key; bindings hold public keys only", fix="name the .pub file")
        return None
    if not _is_public_key(raw):
        desk.report("B016", path, f"{file} is not an Ed25519 public key in PEM form")
        return None
    return raw


def records(desk: Desk, names: Iterable[str]) -> tuple[RecordFile, ...]:
    """Signed records, no two with the same id; signatures are looked at when a clause stands on one."""
    found: dict[str, RecordFile] = {}
    for place, name in enumerate(names):
        file = desk.folder / name
        if not there(file.is_file):
            desk.report("B007", ("records", place), f"there is no file {file}")
            continue
        try:
            read = load_record(file)
        except RecordError as error:
            desk.elsewhere += error.findings
            continue
        if read.record.id in found:
            desk.report("B015", ("records", place), f"another record has the id `{read.record.id}`")
        found[read.record.id] = read
    return tuple(found.values())


def statements(desk: Desk, names: Iterable[str], keys: Mapping[str, bytes]) -> tuple[StatementFile, ...]:
    """Statements by others that are about this policy and signed with the key bound for their signer."""
    found: dict[str, StatementFile] = {}
    for place, name in enumerate(names):
        file = desk.folder / name
        try:
            read = load_statement(file)
        except RecordError as error:
            desk.elsewhere += error.findings
            continue
        except (OSError, ValueError):
            desk.report("B007", ("statements", place), f"there is no file {file} that can be read")
            continue
        refused = statement_refusal(read, desk.policy, desk.policy_digest, keys.get(read.statement.signer))
        if read.statement.id in found:
            refused = f"another statement has the id `{read.statement.id}`"
        if refused is not None:
            desk.report("B015", ("statements", place), refused)
        found[read.statement.id] = read
    return tuple(found.values())


def _is_public_key(pem: bytes) -> bool:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        return isinstance(load_pem_public_key(pem), Ed25519PublicKey)
    except Exception:  # whatever the parser makes of it, it is no such key
        return False
