"""Canonical JSON and digests: equal content has equal bytes, and so one name.

Canonical JSON follows RFC 8785 on the subset used here: objects with string keys sorted by UTF-16 code units, arrays,
strings, booleans, null and integers up to ±(2^53 - 1). Floats are refused, because their text is where
implementations differ: write them as decimal strings (`decimal_text`). Digests are texts, `sha256:<64 hex digits>`.
"""

from __future__ import annotations

import errno
import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

Json: TypeAlias = "bool | int | str | Sequence[Json] | Mapping[str, Json] | None"

_LARGEST = 2**53 - 1
_SMALL = 1 << 20
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z")


class EvidenceError(Exception):
    """Evidence that cannot be written, read or trusted. The message names the file, row or value and what to do."""


def canonical_json(value: Json) -> bytes:
    """UTF-8 bytes of the canonical form. `EvidenceError` names the place of a value that has none."""
    return json.dumps(_plain(value, "$"), ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def decimal_text(value: float) -> str:
    """The shortest decimal text that reads back as the same float; `EvidenceError` for NaN and ±∞, which have none."""
    if not math.isfinite(value):
        raise EvidenceError(f"{value} has no decimal form")
    return repr(float(value))


def json_digest(value: Json) -> str:
    """SHA-256 of the canonical form; `EvidenceError` for a value that has none."""
    return bytes_digest(canonical_json(value))


def bytes_digest(data: bytes) -> str:
    """SHA-256, as `sha256:<64 hex digits>`."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def small_file(path: Path) -> bytes:
    """The bytes of a key, certificate or time-stamp, which may come through a pipe. Raises `OSError`, also beyond 1 MiB."""
    with path.open("rb") as file:
        data = file.read(_SMALL + 1)
    if len(data) > _SMALL:
        raise OSError(errno.EFBIG, "larger than 1 MiB", str(path))
    return data


def file_digest(path: Path) -> str:
    """SHA-256 of the file's bytes; `EvidenceError` when it cannot be read."""
    try:
        with path.open("rb") as file:
            return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
    except OSError as error:
        raise EvidenceError(f"cannot read {path}: {error.strerror}") from error


def folder_digest(folder: Path) -> str:
    """Digest of a model folder: the canonical JSON of its files' relative names (with `/`) and digests, sorted.

    Hidden files and folders (`.gitattributes`, download caches) do not count. A link counts as what it points to.
    """
    if not folder.is_dir():
        raise EvidenceError(f"{folder} is not a folder")
    files = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    }
    if not files:
        raise EvidenceError(f"{folder} holds no files")
    return json_digest({name: file_digest(path) for name, path in files.items()})


def digest_hex(digest: str) -> str:
    """The 64 hex digits of a `sha256:` digest; `EvidenceError` for anything else."""
    if not _DIGEST.match(digest):
        raise EvidenceError(f"expected a digest sha256:<64 hex digits>, got {digest[:80]!r}")
    return digest[7:]


def _plain(value: Json, where: str) -> object:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise EvidenceError(f"{where}: a text with half a surrogate pair is not Unicode")
        return str(value)
    if isinstance(value, int):
        if abs(value) > _LARGEST:
            raise EvidenceError(f"{where}: integers beyond ±(2^53 - 1) must be written as text")
        return int(value)
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise EvidenceError(f"{where}: keys must be text, got {type(key).__name__}")
        return {
            _plain(key, where): _plain(value[key], f"{where}.{key}")
            for key in sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        }
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [_plain(item, f"{where}[{index}]") for index, item in enumerate(value)]
    hint = "; write it with decimal_text" if isinstance(value, float) else ""
    raise EvidenceError(f"{where}: {type(value).__name__} has no canonical form{hint}")
