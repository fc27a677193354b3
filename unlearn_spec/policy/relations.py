"""The written form of a relation, `{A: overlaps, with: B, exactly: 30}`, spelled out as left, kind, right, bounds.

`{disjoint: [A, B, C]}` says of many sets at once that no two share an item.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from .problem import Problem, did_you_mean, nearest, shown
from .source import Path

KINDS: Final = {"within": "of", "disjoint_from": "with", "overlaps": "with"}
"""Each kind of relation and the word that introduces its other set."""

GROUP: Final = "disjoint"
"""The key of a relation between any number of sets, given as a list."""

EXAMPLE: Final = "{book_quotes: overlaps, with: wiki, exactly: 30}"
_STAND_IN: Final = {"left": "one", "kind": "within", "right": "other"}
"""Keeps the place of a relation that has a problem already."""

_WORDS: Final = ("with", "of", "exactly", "between")


def spelled_out(data: dict[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """`data` with `relations` as fields of `Relation`, and the mistakes in how they are written."""
    if not isinstance(data.get("relations"), list):
        return data, []
    problems: list[Problem] = []
    written = enumerate(data["relations"])
    relations = [_one(item, ("relations", index), problems) or _STAND_IN for index, item in written]
    return {**data, "relations": relations}, problems


def named_sets(item: Any) -> Iterator[tuple[Path, str, bool]]:
    """The information sets a written relation names, each with where it stands in it and whether it *is* a key."""
    if not isinstance(item, dict):
        return
    if isinstance(group := item.get(GROUP), list):
        yield from (((GROUP, i), name, False) for i, name in enumerate(group) if isinstance(name, str))
        return
    for key, value in item.items():
        if key in ("with", "of") and isinstance(value, str):
            yield (key,), value, False
        elif value in tuple(KINDS):
            yield (key,), key, True


def _one(item: Any, path: Path, problems: list[Problem]) -> dict[str, Any] | None:
    if not isinstance(item, dict):
        problems.append(Problem("S006", path, "expected a relation", snippet=EXAMPLE, fix="write"))
        return None
    if isinstance(item.get(GROUP), list):
        return _group(item, path, problems)
    subjects = [key for key in item if key not in _WORDS]
    if len(subjects) != 1:
        found = "none" if not subjects else ", ".join(f"`{key}`" for key in subjects)
        problems.append(
            Problem(
                "S002", path, f"a relation has one set before the colon; found {found}", fix="write", snippet=EXAMPLE
            )
        )
        return None
    left = subjects[0]
    kind = item[left]
    if kind is None:
        return None
    if not isinstance(kind, str) or kind not in KINDS:
        text = f"no relation called `{shown(kind)}`{did_you_mean(str(kind), KINDS)}"
        near = nearest(str(kind), KINDS) or ""
        problems.append(Problem("S004", (*path, left), text, fix=f"write `{near}`" if near else "", name=near))
        return None
    word = KINDS[kind]
    allowed = {left, word, *(("exactly", "between") if kind == "overlaps" else ())}
    for key in item:
        if key not in allowed:
            hint = f"; write `{word}`" if key in ("with", "of") else ""
            problems.append(
                Problem(
                    "S007",
                    (*path, key),
                    f"`{key}` has no meaning for `{kind}`{hint}",
                    at_key=True,
                    fix="remove it",
                    remove=not hint,
                )
            )
    right = item.get(word)
    if word not in item:
        if not {"with", "of"} & set(item):
            problems.append(
                Problem(
                    "S002",
                    path,
                    f"this relation does not say `{word}`: {kind} which set?",
                    fix="write",
                    snippet=EXAMPLE,
                )
            )
        return None
    if right == left:
        text = f"`{left}` is set in relation to itself"
        problems.append(Problem("S013", (*path, word), text, fix="name the other set, or drop the relation"))
        return None
    low, high = _bounds(item, path, problems) if kind == "overlaps" else (None, None)
    return {"left": left, "kind": kind, "right": right, "low": low, "high": high}


def _group(item: dict[str, Any], path: Path, problems: list[Problem]) -> dict[str, Any] | None:
    """Sets of which no two share an item."""
    for key in item:
        if key != GROUP:
            text = f"`{key}` has no meaning beside `{GROUP}`"
            problems.append(Problem("S007", (*path, key), text, at_key=True, fix="remove it"))
    names: dict[str, None] = {}
    for i, name in enumerate(item[GROUP]):
        if not isinstance(name, str):
            problems.append(Problem("S006", (*path, GROUP, i), "expected the name of an information set"))
        elif name in names:
            problems.append(Problem("S013", (*path, GROUP, i), f"`{name}` is set in relation to itself", fix="name it once"))
        else:
            names[name] = None
    if len(names) < 2:
        if len(names) == len(item[GROUP]):
            text = "expected at least two sets that share no item"
            problems.append(Problem("S006", (*path, GROUP), text, snippet=f"{{{GROUP}: [one, other]}}"))
        return None
    left, right, *also = names
    return {"left": left, "kind": "disjoint_from", "right": right, "also": also}


def _bounds(item: dict[str, Any], path: Path, problems: list[Problem]) -> tuple[int | None, int | None]:
    if "exactly" in item and "between" in item:
        problems.append(
            Problem(
                "S007", (*path, "between"), "`exactly` and `between` exclude each other", at_key=True, fix="keep one"
            )
        )
    if "exactly" in item:
        count = _items(item["exactly"])
        if count is None and item["exactly"] is not None:
            problems.append(Problem("S005", (*path, "exactly"), "expected a number of items such as 30"))
        return count, count
    if "between" not in item:
        return None, None
    pair = item["between"]
    if pair is None or (isinstance(pair, list) and None in pair):
        return None, None
    low, high = (_items(pair[0]), _items(pair[1])) if isinstance(pair, list) and len(pair) == 2 else (None, None)
    if low is None or high is None:
        problems.append(Problem("S005", (*path, "between"), "expected two numbers of items such as [0, 300]"))
    elif low > high:
        problems.append(Problem("S006", (*path, "between"), "the range runs backwards"))
    return low, high


def _items(value: Any) -> int | None:
    """A number of items, 0 included; None if it is something else."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 10**12:
        return None
    return value
