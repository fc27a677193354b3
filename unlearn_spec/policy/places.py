"""Where a value stands in a file's data, and what a message calls that place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from .problem import shown
from .source import Path

_OWNERS: Final = {
    "clauses": "clause",
    "claims": "claim",
    "information": "information set",
    "artifacts": "artifact",
    "methods": "method",
    "people": "audience",
    "measured_before": "baseline",
    "reference_retrain": "reference fact",
    "relations": "relation",
}
_BRANCH = re.compile(r"<[a-z_]+>\Z|\[key\]\Z")


def place(loc: tuple[str | int, ...], data: Any) -> Path:
    """A pydantic location as a path in the file: without the names of union branches and marks for keys."""
    path: Path = ()
    tagged = False
    for step in loc:
        if len(path) == 2 and path[0] == "clauses" and not tagged:
            tagged = True  # the clause's goal
            continue
        here = at(data, path) if isinstance(step, str) and _BRANCH.match(step) else None
        if here is None or (isinstance(here, dict) and step in here):  # such a word may also be a key someone wrote
            path = (*path, step)
    return path


def at(data: Any, path: Path) -> Any:
    """The value at `path`, or `None`."""
    for step in path:
        if isinstance(data, dict) and isinstance(step, str):
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        else:
            return None
    return data


def each(data: dict[str, Any], block: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The entries of a block that is a list, each with its place; what is no mapping is told on its own."""
    content = data.get(block)
    for index, entry in enumerate(content if isinstance(content, list) else ()):
        if isinstance(entry, dict):
            yield (block, index), entry


def clause_id(path: Path, data: Any) -> str:
    """The id of the clause `path` lies in, or nothing."""
    entry = at(data, path[:2]) if path and path[0] == "clauses" else None
    name = entry.get("id") if isinstance(entry, dict) else None
    return name if isinstance(name, str) else ""


def described(path: Path, data: Any) -> str:
    """A place in the drafter's words: `clause "hide"`, `` `limit` of clause "hide" ``, `this policy`."""
    if not path:
        return "this file"
    noun = _OWNERS.get(str(path[0]))
    if noun is None or len(path) == 1:
        return "`" + ".".join(str(step) for step in path) + "`"
    step = path[1]
    name = step if isinstance(step, str) else at(data, (*path[:2], "id"))
    owner = f'{noun} "{shown(name)}"' if isinstance(name, str) else f"{noun} number {int(step) + 1}"
    rest = ".".join(str(step) for step in path[2:])
    return f"`{rest}` of {owner}" if rest else owner
