"""Content-addressed objects: `objects/<2 hex>/<64 hex>`, each file named by the SHA-256 of its bytes.

An object appears complete or not at all: it is written under a temporary name beside its place, flushed to disk,
renamed, and the folder flushed. Any number of processes may put at the same time; equal content is one object.
Reading re-hashes, so a changed byte is an `EvidenceError`, never a wrong number.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .canonical import EvidenceError, Json, bytes_digest, canonical_json, digest_hex, file_digest
from .tables import Cell, Columns, TableError, from_parquet, to_parquet

FOLDER = "objects"
_TEMPORARY = ".tmp-"


class Store:
    """The objects below `root/objects`. Creating a `Store` makes no folder; the first put does."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._objects = root / FOLDER

    def put_bytes(self, data: bytes) -> str:
        """Keeps `data` and returns its digest. Putting it again changes nothing (a damaged copy is replaced)."""
        digest = bytes_digest(data)
        path = self._path(digest)
        try:
            if not (path.is_file() and file_digest(path) == digest):
                _write(path, data)
        except OSError as error:
            raise EvidenceError(f"cannot write evidence under {self.root}: {error.strerror}") from error
        return digest

    def put_json(self, value: Json) -> str:
        """Keeps the canonical form of `value` (no floats: see `canonical`)."""
        return self.put_bytes(canonical_json(value))

    def put_table(self, columns: Columns) -> str:
        """Keeps columns of equal length as parquet. Cells: text, int, finite or infinite float, bool, or None.

        Columns are stored sorted by name; within a column all cells have one type (integers among floats become
        floats). The same cells give the same bytes under the same parquet writer.
        """
        return self.put_bytes(to_parquet(columns))

    def get_bytes(self, digest: str) -> bytes:
        path = self._path(digest)
        if not path.is_file():  # nor is a pipe evidence: reading one would never end
            raise EvidenceError(f"evidence object {digest} is missing from {self.root}")
        try:
            data = path.read_bytes()
        except OSError as error:
            raise EvidenceError(f"cannot read {path}: {error.strerror}") from error
        if bytes_digest(data) != digest:
            raise EvidenceError(f"evidence object {path} does not match its name: its bytes were changed")
        return data

    def get_json(self, digest: str) -> Any:
        try:
            return json.loads(self.get_bytes(digest))
        except (RecursionError, ValueError):
            raise EvidenceError(f"evidence object {digest} is not JSON") from None

    def get_table(self, digest: str) -> dict[str, list[Cell]]:
        """The columns of a table, sorted by name, after checking bytes and logical digest."""
        try:
            return from_parquet(self.get_bytes(digest))
        except TableError as error:
            raise EvidenceError(f"evidence object {digest} {error}") from None

    def has(self, digest: str) -> bool:
        """Whether an object of this name is present (not whether its bytes are right: `verify` re-hashes)."""
        return self._path(digest).is_file()

    def verify(self, digest: str) -> None:
        """Re-hashes one object, of whatever size; `EvidenceError` when it is missing or changed."""
        path = self._path(digest)
        if not path.is_file():
            raise EvidenceError(f"evidence object {digest} is missing from {self.root}")
        if file_digest(path) != digest:
            raise EvidenceError(f"evidence object {path} does not match its name: its bytes were changed")

    def digests(self) -> Iterator[str]:
        """Names of all objects present, in order; temporary and foreign files are passed over."""
        for path in sorted(self._objects.glob("??/*")):
            name = f"sha256:{path.name}"
            with contextlib.suppress(EvidenceError):
                if self._path(name) == path:
                    yield name

    def sweep(self) -> int:
        """Removes what killed processes left half-written, and returns how many. For the coordinator, before work."""
        left = list(self._objects.glob(f"??/{_TEMPORARY}*"))
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)

    def _path(self, digest: str) -> Path:
        name = digest_hex(digest)
        return self._objects / name[:2] / name


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    for attempt in (1, 2, 3):
        temporary = path.parent / f"{_TEMPORARY}{os.getpid()}-{secrets.token_hex(8)}"
        try:
            with temporary.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except FileNotFoundError:  # swept away by a coordinator that started meanwhile
            if attempt == 3:
                raise
            continue
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        break
    for folder in (path.parent, path.parent.parent):
        _flush_folder(folder)


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
