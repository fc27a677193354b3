"""From what bindings write under `model` and `adapter` to checked weights and their digest. Loads no model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ..evidence.canonical import EvidenceError, file_digest, folder_digest, json_digest
from ..verifiers.subjects.adapter_folder import check_adapter
from ..verifiers.subjects.error import SubjectError
from ..verifiers.subjects.folder import check_folder, shape_of
from ..verifiers.subjects.gguf_file import read_gguf
from .hub import Fetch, HubError, HubName, hub_name
from .weights import WeightsError, parameters


class NotFoundError(Exception):
    """No such weights, or none that may be loaded: the code, the key at fault, and what to do."""

    def __init__(self, code: str, key: str, message: str, fix: str = "") -> None:
        self.code, self.key, self.message, self.fix = code, key, message, fix
        super().__init__(message)


@dataclass(frozen=True)
class Found:
    """Weights that may be loaded."""

    path: Path
    """A model folder, or a GGUF file."""
    adapter: Path | None
    digest: str
    """Of the folder's files or the file; of both, where there is an adapter."""
    parameters: int
    shape: tuple[object, ...]
    """Architecture, width, depth: alike for models that were trained alike."""


def find_weights(base: Path, model: str, adapter: str | None, fetch: Fetch | None) -> Found:
    """The weights that `model` names: a folder or a `.gguf` file beside the bindings, or `org/name@COMMIT` in the hub's
    cache; with an adapter's folder merged into them, if one is named. `fetch` brings a model of the hub into the cache
    where it is not there whole; without it none is brought. Raises `NotFoundError`."""
    path, missing = _place(base, model)
    name = hub_name(model) if missing else None
    if name is not None and fetch is not None:
        _fetched(path, name, fetch)
    merged = None if adapter is None else base / adapter
    if merged is not None and path.suffix.lower() == ".gguf":
        raise NotFoundError("B010", "adapter", "an adapter is merged into a model folder, not into a GGUF file")
    found = _checked("model", lambda: _weights(path, missing))
    if merged is None:
        return found
    if not there(merged.is_dir):
        raise NotFoundError("B007", "adapter", f"there is no folder {merged}")
    _checked("adapter", lambda: check_adapter(merged))
    digest = json_digest({"model": found.digest, "adapter": _checked("adapter", lambda: folder_digest(merged))})
    return Found(path, merged, digest, found.parameters, found.shape)


def there(asks: Callable[[], bool]) -> bool:
    """Whether something is there; no, for a name that no file can have."""
    try:
        return asks()
    except (OSError, ValueError):
        return False


def _place(base: Path, model: str) -> tuple[Path, str]:
    """The path, and what to say if nothing is there."""
    path, name = base / model, hub_name(model)
    if name is None or there(path.exists):
        return path, ""
    if not name.is_exact:
        text = f"`@{name.revision}` is not a full commit hash of 40 hexadecimal digits; a branch or tag may move"
        raise NotFoundError("B003", "model", text)
    return name.folder(), f"the hub's cache on this machine does not hold it; `verify` downloads it, or run: {name.download}"


def _fetched(path: Path, name: HubName, fetch: Fetch) -> None:
    """Raises `NotFoundError` for a model that is not in the cache whole and cannot be brought there."""
    try:
        check_folder(path)
    except (SubjectError, OSError):
        try:
            fetch(name)
        except HubError as error:
            what = f"the hub's cache on this machine does not hold {name.org}/{name.name} whole at that commit, and {error}"
            raise NotFoundError("B007", "model", what) from error


def _weights(path: Path, missing: str) -> Found:
    if path.suffix.lower() == ".gguf":
        if not there(path.is_file):
            raise NotFoundError("B007", "model", f"there is no file {path}")
        head = read_gguf(path)
        return Found(path, None, file_digest(path), head.parameters, (head.architecture, head.width, head.depth))
    if not there(path.is_dir):
        raise NotFoundError("B007", "model", missing or f"there is no folder {path}")
    check_folder(path)
    return Found(path, None, folder_digest(path), parameters(path), shape_of(path))


R = TypeVar("R")


def _checked(key: str, look: Callable[[], R]) -> R:
    try:
        return look()
    except (SubjectError, WeightsError, EvidenceError, OSError) as error:
        raise NotFoundError("B010", key, str(error)) from error
