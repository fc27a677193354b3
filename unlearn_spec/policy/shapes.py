"""Mistakes of form, in the drafter's words: what the types refuse, told as Y and S findings.

One finding for one root cause: a misspelt key does not also count as a missing one, and a limit of the wrong shape is
reported once.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError

from .clauses import Scope
from .evidence import Evidence
from .keys import clause_keys, keys_of, type_at
from .places import at, clause_id, described, place
from .problem import Problem, curly, did_you_mean, in_curly_quotes, nearest, shown
from .source import Path
from .syntax import MAX_FINDINGS
from .vocabulary import GoalKind

READINGS: Final = (
    "remove: the model must be as if the information had never shaped its parameters",
    "suppress: the information must not appear in outputs",
    "refuse: asked about it, the system must decline",
    "delete: stored copies of the records must be gone",
    "destroy: the model itself must be gone",
    "exclude_future: later training runs must not use it",
)
"""What "forget" and its like may mean."""

_MANY_READINGS: Final = frozenset({"unlearn", "unlearning", "forget", "erase", "erasure", "wipe", "purge"})

_SKELETONS: Final[dict[str, str]] = {
    "unlearn_spec": 'unlearn_spec: "1.0"',
    "policy": "policy: {id: my-policy, version: 1}",
    "information": "information:\n  records: {kind: examples, size: 100, unit: record}",
    "artifacts": "artifacts:\n  assistant: {kind: model, seen_by: {public: product}}",
    "clauses": 'clauses:\n  - {id: hide, goal: suppress, target: records, limit: {at_most: "1%"}}',
    "id": "id: a-name",
    "version": "version: 1",
    "goal": "goal: suppress",
    "target": "target: records",
    "measure": "measure: influence",
    "kind": "kind: model",
    "seen_by": "seen_by: {public: product}",
    "at_most": 'at_most: "1%"',
    "at_least": 'at_least: "95%"',
    "epsilon": 'epsilon: "0.5"',
    "delta": 'delta: "1%"',
    "methods": "methods: [output_filter]",
    "measures": 'measures: ["access control"]',
    "reason": 'reason: "why"',
    "fact": "fact: relearning-recovers",
    "owner": "owner: who",
    "by": "by: who",
    "until": 'until: "2027-01-31"',
    "of": "of: before",
    "tpr_at_most": 'tpr_at_most: "4%"',
    "at_fpr": 'at_fpr: "1%"',
    "within": 'within: "2%"',
    "metric": "metric: contains",
    "method": "method: greedy",
    "says": "says: not_revealed",
}
_LIMITS: Final[dict[str, str]] = {
    "remove": '{epsilon: "0.5", delta: "1%", compared_with: retrain_without}',
    "suppress": '{at_most: "1%"}',
    "refuse": '{at_least: "95%"}',
    "retain": '{at_least: "95%"}',
    "rectify": '{at_least: "95%", at_most: "1%"}',
}
_LIMIT_WORDS: Final = frozenset(
    {
        "at_most",
        "at_least",
        "within",
        "of",
        "epsilon",
        "delta",
        "compared_with",
        "tpr_at_most",
        "at_fpr",
    }
)
_WHOLE = re.compile(r"[0-9]{1,18}\Z")


def misshapen(error: ValidationError, data: Any, root: type[BaseModel]) -> list[Problem]:
    """What `root` refused in `data`, one problem a root cause."""
    missing: dict[Path, list[str]] = defaultdict(list)
    extra: dict[Path, list[tuple[str, tuple[Any, ...]]]] = defaultdict(list)
    conditions: set[Path] = set()
    problems: list[Problem] = []
    for item in error.errors(include_url=False)[: MAX_FINDINGS + 1]:
        loc, kind = item["loc"], item["type"]
        path = place(loc, data)
        where = _condition(path, item)
        if where is not None:
            conditions.add(where)
        elif kind == "missing" and isinstance(path[-1], str):
            missing[path[:-1]].append(path[-1])
        elif kind == "extra_forbidden":
            extra[path[:-1]].append((str(path[-1]), loc))
        else:
            problems.append(_told(item, path, data))
    text = "a condition is the name of a situation, or one of {not: …}, {all: […]}, {any: […]}"
    like, snippet = "write it like this", "{all: [a, {not: b}]}"
    problems += [Problem("S006", path, text, fix=like, snippet=snippet) for path in sorted(conditions, key=str)]
    for path, keys in extra.items():
        allowed = keys_of(type_at(root, keys[0][1][:-1]))
        found = [_unknown_key(path, key, allowed, data) for key, _ in keys]
        if path and path[-1] == "limit":
            found = [problem for problem in found if problem.code == "S001"] or found[:1]
            missing.pop(path, None)
        problems += found
        meant = {nearest(key, allowed) for key, _ in keys}
        missing[path] = [key for key in missing[path] if key not in meant]
    problems += [_missing_key(path, key, data) for path, lost in missing.items() for key in lost]
    return problems


def _told(item: Any, path: Path, data: Any) -> Problem:
    kind, value, context = item["type"], item["input"], item.get("ctx", {})
    clause = clause_id(path, data)
    if inside := in_curly_quotes(value):
        return curly(kind if kind in ("S005", "S006") else "S004", path, inside, clause)
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return _goal(path, value, clause)
    if kind in ("S005", "S006", "Y002"):
        return Problem(
            kind,
            path,
            item["msg"],
            at_key=item["loc"][-1] == "[key]",
            fix="write the unit" if _with_unit(kind, item["msg"], value) else "",
            snippet=_with_unit(kind, item["msg"], value),
            clause=clause,
            value=_with_unit(kind, item["msg"], value),
        )
    if kind == "literal_error":
        words = re.findall(r"'([^']*)'", context["expected"])
        field = next((step for step in reversed(path) if isinstance(step, str)), "")
        if not words:
            return Problem("S006", path, f"write `{field}: false` or a mapping", clause=clause)
        if isinstance(value, str):
            what = "an access level" if "access" in path or "seen_by" in path else f"a value of `{field}`"
            text = f"`{shown(value)}` is not {what}{did_you_mean(value, words)}"
            near = nearest(value, words) or ""
            return Problem("S004", path, text, fix=f"write `{near}`" if near else "", clause=clause, name=near)
        return _wrong_shape(path, value, "one of " + ", ".join(f"`{word}`" for word in words), clause)
    expected = _SHAPES.get(kind)
    if expected == "text" and isinstance(value, int):
        written = str(value).lower()
        what = "a truth value" if isinstance(value, bool) else "a number"
        return Problem(
            "Y002",
            path,
            f'{written} is read as {what}; write "{written}" in quotes',
            fix="quote it",
            snippet=f'"{written}"',
            clause=clause,
            value=f'"{written}"',
        )
    if expected:
        return _wrong_shape(path, value, expected, clause)
    if kind == "missing" or kind == "too_long":
        return Problem(
            "S006", path[:-1] if kind == "missing" else path, "expected two values, [low, high]", clause=clause
        )
    return Problem("S006", path, item["msg"], clause=clause)


_SHAPES: Final = {
    "string_type": "text",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}
_HOW: Final = {
    "a list": "begin each entry with `-`, or write `[…, …]`",
    "a mapping": "write lines `name: …` without `-`, or `{name: …}`",
}
"""How what was expected is written."""


def _wrong_shape(path: Path, value: Any, expected: str, clause: str) -> Problem:
    found = {list: "a list", dict: "a mapping", bool: f"`{str(value).lower()}`"}.get(type(value), f"`{shown(value)}`")
    snippet = f"[{value}]" if expected == "a list" and isinstance(value, str) and len(value) < 80 else ""
    return Problem(
        "S006",
        path,
        f"expected {expected}, found {found}",
        fix="put it in a list" if snippet else _HOW.get(expected, ""),
        snippet=snippet,
        clause=clause,
        value=snippet,
    )


def _with_unit(code: str, message: str, value: Any) -> str:
    """A bare whole number with the unit that was expected of it, or nothing."""
    if code != "S005" or isinstance(value, bool) or not _WHOLE.match(str(value)):
        return ""
    return f'"{value}%"' if "%" in message else f'"{value} days"' if "days" in message else ""


def _goal(path: Path, value: Any, clause: str) -> Problem:
    if not isinstance(value, dict):
        return _wrong_shape(path, value, "a mapping", clause)
    if "goal" not in value:
        near = nearest("goal", value)
        if near is not None:
            text = f"unknown key `{near}`; did you mean `goal`?"
            fix = "rename it to `goal`"
            return Problem("S001", (*path, near), text, at_key=True, fix=fix, clause=clause, name="goal")
        name = f'clause "{shown(clause)}"' if clause else "this clause"
        return Problem("S002", path, f"{name} has no `goal`", fix="add", snippet="goal: suppress", clause=clause)
    goal = value["goal"]
    if not isinstance(goal, str):
        return _wrong_shape((*path, "goal"), goal, "a goal", clause)
    if goal.casefold() in _MANY_READINGS:
        return Problem(
            "S003",
            (*path, "goal"),
            f"`{shown(goal)}` is not a goal: it can mean several things; say which",
            why=READINGS,
            fix="choose one",
            clause=clause,
        )
    near = nearest(goal, get_args(GoalKind))
    return Problem(
        "S003",
        (*path, "goal"),
        f"`{shown(goal)}` is not a goal{did_you_mean(goal, get_args(GoalKind))}",
        why=() if near else ("The goals: " + ", ".join(get_args(GoalKind)) + ".",),
        fix=f"write `{near}`" if near else "choose a goal",
        clause=clause,
        name=near or "",
    )


def _missing_key(path: Path, key: str, data: Any) -> Problem:
    goal = at(data, (*path, "goal")) if path[:1] == ("clauses",) and len(path) == 2 else None
    snippet = f"limit: {_LIMITS[goal]}" if key == "limit" and goal in _LIMITS else _SKELETONS.get(key, f"{key}: …")
    if key == "by" and goal is not None:
        snippet = 'by: "30 days"'
    return Problem(
        "S002",
        path,
        f"{described(path, data)} has no `{key}`",
        fix="add",
        snippet=snippet,
        clause=clause_id(path, data),
    )


def _unknown_key(path: Path, key: str, allowed: tuple[str, ...], data: Any) -> Problem:
    where, clause = (*path, key), clause_id(path, data)
    in_clause = len(path) == 2 and path[0] == "clauses"
    goal = at(data, (*path[:2], "goal")) if path[:1] == ("clauses",) else None
    if in_clause and key in clause_keys():
        return Problem(
            "S007", where, f"`{key}` has no meaning for `{goal}`", at_key=True, fix="remove it", clause=clause, remove=True
        )
    if path[-1:] == ("limit",) and goal == "retain" and "at_least" in at(data, path) and {"within", "of"} & at(data, path).keys():
        text = "a floor (`at_least`) and a margin (`within`) are two promises"
        return Problem("S007", where, text, at_key=True, fix="write a clause for each", clause=clause)
    if path[-1:] == ("limit",) and key in _LIMIT_WORDS:
        message = f"`{key}` has no meaning for `{goal}`, whose limit is {_LIMITS.get(str(goal), '')}"
        return Problem(
            "S007",
            where,
            message,
            at_key=True,
            fix="write",
            snippet=f"limit: {_LIMITS.get(str(goal), '')}",
            clause=clause,
        )
    if in_clause:
        for part, model in (("scope", Scope), ("evidence", Evidence)):
            if key in keys_of(model):
                return Problem(
                    "S001",
                    where,
                    f"unknown key `{key}`; it belongs in `{part}`",
                    at_key=True,
                    fix="move it",
                    snippet=f"{part}: {{{key}: …}}",
                    clause=clause,
                )
    near = nearest(key, allowed)
    if near is not None and near in (at(data, path) or ()):  # renaming would write that key twice
        near = None
    fix = f"rename it to `{near}`" if near else "remove it"
    text = f"unknown key `{shown(key)}`{did_you_mean(key, allowed)}"
    return Problem("S001", where, text, at_key=True, fix=fix, clause=clause, name=near or "", remove=near is None)


def _condition(path: Path, item: Any) -> Path | None:
    """The condition that `item` is about, if it is about how a condition is built."""
    if len(path) < 4 or path[0] != "clauses" or path[2:4] != ("scope", "when"):
        return None
    if item["type"] not in (
        "missing",
        "extra_forbidden",
        "string_type",
        "model_type",
        "model_attributes_type",
        "tuple_type",
    ):
        return None
    return path[:-1] if item["type"] in ("missing", "extra_forbidden") else path
