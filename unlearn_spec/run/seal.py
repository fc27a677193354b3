"""The seal of a finished run: digests of its ledger's and report's bytes, so that no byte can change unseen.

The ledger's chain covers what its rows say. The seal also covers when they were written and the rest of the file. It is
not a signature: whoever can write the folder can seal it anew.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from ..evidence.canonical import EvidenceError, canonical_json, digest_hex, file_digest
from ..evidence.ledger import FILE_NAME
from ..report.model import RESULT
from .executor import RunError

SEAL = "seal.json"
SEALED = (FILE_NAME, RESULT)
_FORM = "1.0"


def seal(run: Path) -> None:
    """Seals a run whose ledger is closed. Raises `RunError` or `EvidenceError`."""
    files = {name: file_digest(run / name) for name in SEALED}
    write_whole(run / SEAL, canonical_json({"unlearn_spec_seal": _FORM, "files": files}) + b"\n")


def sealed(run: Path) -> Mapping[str, str] | None:
    """The sealed files with their digests; None for a run without a seal. Raises `EvidenceError` for a broken one."""
    if (run / SEAL).exists() and not (run / SEAL).is_file():
        raise EvidenceError(f"{SEAL} is not a file")
    try:
        data = (run / SEAL).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise EvidenceError(f"{run / SEAL}: cannot be read: {error.strerror}") from None
    try:
        content = json.loads(data)
        files: dict[str, str] = content["files"]
        for digest in files.values():
            digest_hex(digest)
        if set(files) != set(SEALED) or canonical_json({"unlearn_spec_seal": _FORM, "files": files}) + b"\n" != data:
            raise ValueError
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError, EvidenceError):
        raise EvidenceError(f"{SEAL} is not a seal as `verify` writes it") from None
    return files


def write_whole(path: Path, data: bytes) -> None:
    """Writes a file so that it appears complete or not at all. Raises `RunError`."""
    temporary = path.parent / f".{path.name}.part"
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise RunError(f"cannot write {path}: {error.strerror}") from error
