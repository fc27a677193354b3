"""What a field needs beside it, and what has no meaning where it stands: here in claims, declarations and the whole file.

S002 (missing), S005 to S007. Reads the data as written, so that all of it is reported even where other parts of the
file are broken. Clauses and their evidence: `requirements_clauses` and `requirements_evidence`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final

from .clauses import Scope
from .evidence import Evidence
from .keys import clause_keys, keys_of
from .lacking import idle, lacks, skeleton
from .places import at, clause_id, described, each
from .problem import Problem, did_you_mean, nearest
from .quantities import read_or_none, read_share
from .requirements_clauses import RATE_GOALS, unmet_in_answers, unmet_in_clause
from .source import Path

_CLAIM_FIELDS: Final = {
    "influence_removed": ("epsilon", "delta"),
    "as_if_never_trained": ("epsilon", "delta"),
    "not_revealed": ("access", "asked", "at_most", "reveals_when", "decoding"),
    "contains_no_information": (),
    "no_harmful_use": (),
    "nothing_else_changed": ("access", "asked", "within", "reveals_when", "decoding"),
}
_CLAIM_ALWAYS: Final = frozenset({"id", "says", "of", "in", "text"})
_CLAIM_NEEDS: Final = {
    "influence_removed": ("of", "in"),
    "as_if_never_trained": ("of", "in"),
    "not_revealed": ("of", "in", "access", "asked", "at_most"),
    "contains_no_information": ("of", "in"),
    "no_harmful_use": ("of",),
    "nothing_else_changed": (),
}
_CODE = re.compile(r"[A-Z][0-9]{3}\Z")


def unmet_requirements(data: dict[str, Any]) -> list[Problem]:
    """Fields that need another, exclude another, or have no meaning where they stand."""
    problems: list[Problem] = []
    for path, clause in each(data, "clauses"):
        problems += unmet_in_clause(path, clause, data)
    for block in ("measured_before", "reference_retrain", "claims"):
        for path, entry in each(data, block):
            problems += unmet_in_answers(path, entry, data)
            if "in_" in entry:
                problems.append(
                    Problem(
                        "S001",
                        (*path, "in_"),
                        "unknown key `in_`; did you mean `in`?",
                        at_key=True,
                        fix="rename it to `in`",
                        name="in" if "in" not in entry else "",
                    )
                )
    for path, claim in each(data, "claims"):
        problems += _claim(path, claim, data)
    problems += _policy(data)
    problems += _clock(data)
    if at(data, ("policy", "status")) == "in_force":
        problems += _in_force(data)
    return problems


def _claim(path: Path, claim: dict[str, Any], data: dict[str, Any]) -> Iterator[Problem]:
    says = claim.get("says")
    if not isinstance(says, str) or says not in _CLAIM_FIELDS:
        return
    for key in _CLAIM_NEEDS[says]:
        if key not in claim:
            yield lacks(path, key, data)
    every = {key for keys in _CLAIM_FIELDS.values() for key in keys}
    for key in claim:
        if key in every - set(_CLAIM_FIELDS[says]) - _CLAIM_ALWAYS:
            yield idle((*path, key), f"for a claim that says `{says}`", data)


def _policy(data: dict[str, Any]) -> Iterator[Problem]:
    if data.get("clauses") == []:
        yield Problem("S002", ("clauses",), "this policy has 0 clauses: nothing would be checked", fix="add a clause")
    yield from _declared(data)
    for block, key in (("clauses", "methods"), ("clauses", "measures")):
        for path, entry in each(data, block):
            if entry.get(key) == []:
                yield Problem("S006", (*path, key), "an empty list says nothing", clause=clause_id(path, data))
    yield from _codes_and_fields(data)


def _declared(data: dict[str, Any]) -> Iterator[Problem]:
    for name in data["information"] if isinstance(data.get("information"), dict) else ():
        if at(data, ("information", name, "kind")) == "concept" and "adjudicator" not in data["information"][name]:
            yield lacks(("information", name), "adjudicator", data, ": who decides what belongs to a concept?")
    for index, group in enumerate(data["exclusive"] if isinstance(data.get("exclusive"), list) else ()):
        if isinstance(group, list) and len(group) < 2:
            yield Problem("S006", ("exclusive", index), "an exclusive group has at least two situations")
    for path, fact in each(data, "reference_retrain"):
        pair = fact.get("mean_between")
        bounds = [_share(value) for value in pair] if isinstance(pair, list) and len(pair) == 2 else []
        if len(bounds) == 2 and bounds[0] is not None and bounds[1] is not None and bounds[0] > bounds[1]:
            yield Problem("S006", (*path, "mean_between"), "the range runs backwards")


def _codes_and_fields(data: dict[str, Any]) -> Iterator[Problem]:
    """What `accept` and `open_questions` name."""
    for path, entry in each(data, "accept"):
        code = entry.get("code")
        if isinstance(code, str) and (not _CODE.match(code) or code[0] in "YSX"):
            text = f"`{code[:40]}` is no code that can be accepted; write one such as R002"
            yield Problem("S006", (*path, "code"), text)
    for path, entry in each(data, "open_questions"):
        field = entry.get("field")
        if isinstance(field, str) and field not in OPEN_FIELDS:
            text = f"no field called `{field[:80]}`{did_you_mean(field, OPEN_FIELDS)}"
            near = nearest(field, OPEN_FIELDS) or ""
            yield Problem("S004", (*path, "field"), text, fix=f"write `{near}`" if near else "", name=near)


def _share(value: Any) -> Fraction | None:
    return read_or_none(read_share, value)


OPEN_FIELDS: Final = tuple(
    sorted(
        {
            *(clause_keys() - {"id", "goal", "scope", "evidence"}),
            *keys_of(Scope),
            *keys_of(Evidence),
            "closure",
            "compared_with",
        }
    )
)
"""Fields that a policy may list under `open_questions`."""


def _clock(data: dict[str, Any]) -> Iterator[Problem]:
    if "clock" in data:
        return
    for path, clause in each(data, "clauses"):
        found = [key for key in ("by", "until") if key in clause]
        if found or at(clause, ("evidence", "at")) is not None:
            key = found[0] if found else "evidence.at"
            text = f"this file has no `clock`, and `{key}` of {described(path, data)} counts days from it"
            related = ((*path, *key.split(".")), "counts from the clock")
            yield Problem("S002", (), text, fix="add", snippet=skeleton("clock", data), related=(related,))
            return


def _in_force(data: dict[str, Any]) -> Iterator[Problem]:
    because = ", which a policy in force needs"
    for key in ("parties", "controls"):
        if key not in data:
            yield lacks((), key, data, because)
    if "confidence" not in data["policy"]:
        yield lacks(("policy",), "confidence", data, because)
    for path, clause in each(data, "clauses"):
        goal = clause.get("goal")
        if isinstance(goal, str) and goal in RATE_GOALS:
            if "reveals_when" not in clause:
                yield lacks(path, "reveals_when", data, because)
            scope = clause.get("scope", {})
            if isinstance(scope, dict) and "decoding" not in scope:
                yield lacks((*path, "scope") if "scope" in clause else path, "decoding", data, because)
        if goal == "remove" and "about" not in clause:
            yield lacks(path, "about", data, because)
