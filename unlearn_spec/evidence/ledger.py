"""The run's ledger: what was planned, finished and concluded, in a hash-chained SQLite table.

One process, the coordinator, writes; a second one is refused while the first lives, and a killed one blocks nobody
(SQLite's locks belong to the process). Every append is on disk when it returns (WAL, synchronous = FULL). A row's
hash is SHA-256 of the previous hash, its kind and the canonical JSON of its payload, so changing, removing or
reordering an earlier row is found; removing the *last* rows is found by comparing `root` with the report's.

Times are kept beside the rows, outside the hashes: two runs of the same plan agree in `content_digest` whatever the
order and moment in which their units finished.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from .canonical import EvidenceError, Json, bytes_digest, canonical_json, digest_hex, json_digest

Kind = Literal["plan", "material", "unit_finished", "verdict", "note"]

FILE_NAME = "ledger.sqlite"
REPORT_NOTE = "report"
"""Key of the note that holds the digest of the report a run ended with."""
GENESIS = "sha256:" + "0" * 64
_APPLICATION = 0x554C5350  # "ULSP"
_TABLE = (
    "CREATE TABLE IF NOT EXISTS rows (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, payload TEXT NOT NULL, "
    "hash TEXT NOT NULL, at TEXT NOT NULL) STRICT"
)
_KEYED: tuple[Kind, ...] = ("material", "unit_finished", "verdict")


@dataclass(frozen=True)
class Row:
    """One entry of the ledger; its hash covers that of the row before."""

    number: int
    kind: str
    text: str
    """The payload as canonical JSON: what is hashed."""
    hash: str
    at: str
    """When it was written (UTC, ISO 8601); not part of the hash."""

    @property
    def payload(self) -> Any:
        return json.loads(self.text)


class Ledger:
    """The ledger in `folder`. Use as a context manager; opening verifies the whole chain.

    `read_only` never changes the folder's rows and is for reports and audits; otherwise the folder is created and
    locked. `EvidenceError` when another process holds it, when it is not a ledger, or when the chain is broken.
    """

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        self._path = folder / FILE_NAME
        self._read_only = read_only
        self._rows: list[Row] = []
        self._slots: dict[tuple[str, ...], Row] = {}
        self._connection = _open(self._path, read_only)
        try:
            rows = self._stored()
            _check_chain(self._path, rows)
            for row in rows:
                self._recall(row)
        except BaseException:
            self._connection.close()
            raise

    def append(self, kind: Kind, payload: Json) -> str:
        """Adds a row and returns its hash.

        `material`, `unit_finished` and `verdict` payloads are `{"key": …, "object": digest}` and stand once per key; `plan`
        stands once. Repeating such a row is a no-op, contradicting it an `EvidenceError`. Notes always add a row and
        are left out of `content_digest`.
        """
        if self._read_only:
            raise EvidenceError(f"{self._path} was opened for reading only")
        text = canonical_json(payload).decode()
        slot = _slot(kind, payload)
        known = self._slots.get(slot) if slot else None
        if slot is not None and known is not None:
            if known.text == text:
                return known.hash
            raise EvidenceError(
                f"{self._path}, row {known.number}: {' '.join(slot)} is already recorded with another content; "
                "use a fresh run folder"
            )
        at = datetime.now(UTC).isoformat(timespec="seconds")
        row = Row(len(self._rows) + 1, kind, text, _row_hash(self.root(), kind, text), at)
        with _sqlite_errors(self._path), self._connection:
            self._connection.execute(
                "INSERT INTO rows VALUES (?, ?, ?, ?, ?)", (row.number, row.kind, row.text, row.hash, row.at)
            )
        self._remember(row)
        return row.hash

    def finish(self, key: str, object_digest: str) -> None:
        """Records that the unit `key` is done and its result is the object `object_digest`."""
        self.append("unit_finished", {"key": key, "object": object_digest})

    def finished(self, key: str) -> str | None:
        """The result object of the unit `key`, or None when it is not done."""
        return self.object("unit_finished", key)

    def object(self, kind: Kind, key: str) -> str | None:
        """The object that the row of this kind and key names, or None when there is no such row."""
        row = self._slots.get((kind, key))
        return None if row is None else str(row.payload["object"])

    def rows(self) -> tuple[Row, ...]:
        return tuple(self._rows)

    def root(self) -> str:
        """Hash of the last row: it fixes every row before it, in this order."""
        return self._rows[-1].hash if self._rows else GENESIS

    def note(self, name: str) -> Any | None:
        """What the latest note of that name says; None without one."""
        notes = (row.payload for row in reversed(self._rows) if row.kind == "note")
        return next((note[name] for note in notes if name in note), None)

    def content_digest(self) -> str:
        """Digest of plan, materials, finished units and verdicts, whatever their order and time; for reports."""
        content = [[row.kind, row.payload] for row in self._rows if row.kind != "note"]
        return json_digest(sorted(content, key=canonical_json))

    def close(self) -> None:
        """Folds the log into the one file and frees the lock."""
        if not self._read_only:
            with contextlib.suppress(sqlite3.Error):  # the rows are safe already; the next opening folds instead
                self._connection.execute("PRAGMA journal_mode = DELETE")
        self._connection.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _recall(self, row: Row) -> None:
        """Remembers a stored row. `EvidenceError` for one that `append` would not have written."""
        where = f"{self._path}: row {row.number} ({row.kind})"
        try:
            payload = row.payload
            written = isinstance(payload, dict) and canonical_json(payload).decode() == row.text and _is_time(row.at)
        except (RecursionError, TypeError, ValueError, EvidenceError):
            written = False
        if not written:
            raise EvidenceError(f"{where} is not written as the program writes it")
        known = self._slots.get(_slot(row.kind, payload) or ())
        if known is not None:
            raise EvidenceError(f"{where} records again what row {known.number} recorded")
        self._remember(row)

    def _remember(self, row: Row) -> None:
        self._rows.append(row)
        slot = _slot(row.kind, row.payload)
        if slot:
            self._slots[slot] = row

    def _stored(self) -> list[Row]:
        query = "SELECT number, kind, payload, hash, at FROM rows ORDER BY number"
        with _sqlite_errors(self._path):
            if self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
                return []  # its creation was cut short
            return [Row(*fields) for fields in self._connection.execute(query)]


def _is_time(text: str) -> bool:
    """Whether it is a moment in UTC as `append` writes it. Raises `ValueError` for what is no time at all."""
    at = datetime.fromisoformat(text)
    return at.tzinfo is not None and at.astimezone(UTC).isoformat(timespec="seconds") == text


def _check_chain(path: Path, rows: Sequence[Row]) -> None:
    previous = GENESIS
    for position, row in enumerate(rows, 1):
        if row.number != position:
            raise EvidenceError(f"{path}: row {position} is missing")
        if row.hash != _row_hash(previous, row.kind, row.text):
            raise EvidenceError(f"{path}: row {position} ({row.kind}) does not match its hash")
        previous = row.hash


def _slot(kind: str, payload: Json) -> tuple[str, ...] | None:
    """What a row is about, where there can be only one; None for notes."""
    if kind == "note":
        return None
    if kind == "plan":
        return ("plan",)
    if kind not in _KEYED:
        raise EvidenceError(f"unknown kind of ledger row {kind!r}")
    key = payload.get("key") if isinstance(payload, Mapping) else None
    if not isinstance(payload, Mapping) or set(payload) != {"key", "object"} or not isinstance(key, str):
        raise EvidenceError(f'a {kind} row needs the payload {{"key": …, "object": digest}}')
    digest_hex(str(payload["object"]))
    return (kind, key)


def _row_hash(previous: str, kind: str, text: str) -> str:
    return bytes_digest(f"{previous}\n{kind}\n{text}".encode())


def _open(path: Path, read_only: bool) -> sqlite3.Connection:
    if read_only and not path.is_file():
        raise EvidenceError(f"{path.parent} holds no ledger")
    with _sqlite_errors(path):
        if path.is_file():
            _roll_back(path)
            connection = _open_for_reading(path)
            if read_only:
                return connection
            connection.close()
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=0)
        try:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN IMMEDIATE")  # takes the lock, which EXCLUSIVE then keeps
            connection.execute(f"PRAGMA application_id = {_APPLICATION}")
            connection.execute(_TABLE)
            connection.commit()
        except BaseException:
            connection.close()
            raise
        return connection


def _roll_back(path: Path) -> None:
    """Undoes a creation that was cut short before WAL began, which a reading connection may not."""
    if path.with_name(f"{path.name}-journal").exists():
        with contextlib.closing(sqlite3.connect(path, timeout=0)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()


def _open_for_reading(path: Path) -> sqlite3.Connection:
    """A connection that cannot change the ledger, after making sure it is one (or a creation that was cut short)."""
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=0)
    try:
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if tables and connection.execute("PRAGMA application_id").fetchone() != (_APPLICATION,):
            raise EvidenceError(f"{path} is not a ledger")
    except BaseException:
        connection.close()
        raise
    return connection


@contextlib.contextmanager
def _sqlite_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise EvidenceError(
                f"{path.parent} is in use by another process; wait for it or choose another folder"
            ) from None
        raise EvidenceError(f"cannot use {path}: {error}") from None
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise EvidenceError(f"{path} is damaged or not a ledger: {error}") from None
    except OSError as error:
        raise EvidenceError(f"cannot use {path}: {error.strerror}") from error
