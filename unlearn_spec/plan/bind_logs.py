"""Bound logs: evaluations that others made, in the place of models."""

from __future__ import annotations

from collections.abc import Mapping

from ..evidence.canonical import bytes_digest
from ..policy.source import Path
from ..verifiers.logged import MAX_LOG, Log, LogError
from .bound import BoundData, BoundSubject
from .desk import Desk
from .written import LogsEntry, Written


def logs(
    desk: Desk, written: Written, data: Mapping[str, BoundData]
) -> dict[str, tuple[BoundSubject, BoundSubject | None, tuple[BoundSubject, ...]]]:
    """By artifact: the log of the audited model, of the original, and of the references."""
    found = {}
    for name, entry in written.logs.items():
        path: Path = ("logs", name)
        if not desk.is_model(path, name):
            continue
        if name in written.artifacts or name in written.original or name in written.references:
            text = f"`{name}` is bound as a model too; what a log says and what is measured here are not mixed"
            desk.report("B017", path, text, at_key=True)
            continue
        for one in entry.sets:
            if desk.is_set((*path, "sets", one), one) and one not in data:
                desk.report("B017", (*path, "sets", one), f"bind the items of `{one}` under `data`, in the log's order")
        audited = _log(desk, (*path, "audited"), entry.audited, entry, data)
        before = None if entry.original is None else _log(desk, (*path, "original"), entry.original, entry, data)
        beside = [
            _log(desk, (*path, "references", place), file, entry, data) for place, file in enumerate(entry.references)
        ]
        digests = [one.digest for one in (audited, *beside) if one is not None]
        if len(set(digests)) < len(digests):
            desk.report("B017", path, "the same log stands for two models")
        if audited is not None:
            found[name] = audited, before, tuple(one for one in beside if one is not None)
    return found


def _log(desk: Desk, path: Path, name: str, entry: LogsEntry, data: Mapping[str, BoundData]) -> BoundSubject | None:
    file = desk.folder / name
    raw = desk.content(path, file, MAX_LOG, "B017")
    if raw is None:
        return None
    for one, column in entry.sets.items():
        try:
            if one in data:
                Log(entry.format, raw).matched(column, data[one].items)
        except LogError as error:
            desk.report("B017", path, f"{file} is no log of `{one}`: {error}")
            return None
    sets = tuple(entry.sets.items())
    return BoundSubject(file, bytes_digest(raw), 0, "{prompt}", log=entry.format, sets=sets)
