"""The first difference between what a run says and what its evidence gives, in plain words."""

from __future__ import annotations

from typing import Any

from ..report.model import Report
from ..verdict.model import Verification

_SHOWN = 80


def verdict_difference(stored: bytes, again: Verification) -> str:
    """Where the kept verdicts differ from those the evidence gives."""
    try:
        before = Verification.model_validate_json(stored)
    except ValueError:
        return "the run's verdicts cannot be read"
    for old, new in zip(before.verdicts, again.verdicts, strict=False):
        if (old.clause, old.artifact, old.outcome) != (new.clause, new.artifact, new.outcome):
            on = f" on {new.artifact}" if new.artifact else ""
            return f"the run says that {old.clause}{on} is {_word(old.outcome)}; its evidence gives {_word(new.outcome)}: {new.reason}"
    found = first_difference(before.model_dump(mode="json"), again.model_dump(mode="json"))
    return (
        "the run's verdicts are not written as the program writes them"
        if found is None
        else told("the run's verdicts", found)
    )


def report_difference(report: Report, again: Report) -> str:
    """Where the report differs from the one that the evidence gives."""
    found = first_difference(report.model_dump(mode="json"), again.model_dump(mode="json"))
    if found is None:
        return "the report is not written as the program writes it"
    path, _, _ = found
    about = ""
    if path[0] == "results" and len(path) > 1 and isinstance(path[1], int) and path[1] < len(report.results):
        verdict = report.results[path[1]].verdict
        about = f" ({verdict.clause}{' on ' + verdict.artifact if verdict.artifact else ''})"
    return told(f"the report{about}", found)


Place = tuple[str | int, ...]
_ABSENT = object()


def first_difference(one: Any, other: Any, at: Place = ()) -> tuple[Place, Any, Any] | None:
    """The first place, in the order of keys and indices, where two JSON values differ; None if they are equal."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}):
            found = first_difference(one.get(key, _ABSENT), other.get(key, _ABSENT), (*at, key))
            if found is not None:
                return found
        return None
    if isinstance(one, list) and isinstance(other, list):
        for place in range(max(len(one), len(other))):
            left, right = (side[place] if place < len(side) else _ABSENT for side in (one, other))
            found = first_difference(left, right, (*at, place))
            if found is not None:
                return found
        return None
    return None if one == other and type(one) is type(other) else (at, one, other)


def told(who: str, found: tuple[Place, Any, Any], other: str = "the evidence") -> str:
    """A difference in one sentence: what `who` says where, and what `other` gives."""
    path, said, given = found
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
    return f"{who} says {_shown(said)} at {where}; {other} gives {_shown(given)}"


def _shown(value: Any) -> str:
    if value is _ABSENT:
        return "nothing"
    if isinstance(value, dict | list):
        return f"{len(value)} entries"
    text = repr(value) if not isinstance(value, str) else f"“{value}”"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _word(outcome: str) -> str:
    return outcome.replace("_", " ")
