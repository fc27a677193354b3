"""What the fields of a clause need beside them, and what has no meaning for its goal, measure or metric."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, get_args

from .lacking import idle, lacks
from .places import at, clause_id
from .problem import Problem
from .requirements_evidence import unmet_in_evidence
from .source import Path
from .vocabulary import GoalKind

RATE_GOALS: Final = frozenset({"suppress", "refuse", "retain", "rectify"})
"""Goals about a rate of answers: these alone have an access level, probes, a decoding and a test for "revealed"."""

NEEDS: Final = {"delete": "by", "finish": "by", "keep": "until"}
_EXCLUDES: Final = {"keep": "by", "delete": "until", "finish": "until", "destroy": "until"}


def unmet_in_clause(path: Path, clause: dict[str, Any], data: dict[str, Any]) -> Iterator[Problem]:
    """Fields of a clause, its evidence included, that need another, exclude another, or have no meaning."""
    goal = clause.get("goal")
    if isinstance(goal, str) and goal in get_args(GoalKind):  # an unknown goal is told on its own
        needed, excluded = NEEDS.get(goal), _EXCLUDES.get(goal)
        if needed and needed not in clause:
            yield lacks(path, needed, data)
        if excluded and excluded in clause:
            yield idle((*path, excluded), f"for `{goal}`", data)
        yield from _scope((*path, "scope"), clause.get("scope"), goal, data)
    if goal == "remove":
        yield from _remove(path, clause, data)
    if "weight" in clause and clause.get("strength", "must") == "must":
        yield idle((*path, "weight"), "for a clause of strength `must`", data)
    yield from unmet_in_answers(path, clause, data)
    yield from unmet_in_evidence((*path, "evidence"), clause, data)


def _scope(path: Path, scope: Any, goal: str, data: dict[str, Any]) -> Iterator[Problem]:
    if not isinstance(scope, dict):
        return
    if scope.get("artifacts") == []:
        yield Problem(
            "S006",
            (*path, "artifacts"),
            "an empty list covers nothing",
            fix="name an artifact",
            clause=clause_id(path, data),
        )
    for key in ("access", "asked", "languages", "precision", "decoding", "audience"):
        if key in scope and goal not in RATE_GOALS and not (key == "audience" and goal in ("de_index", "govern")):
            yield idle((*path, key), f"for `{goal}`", data)
    yield from _decoding((*path, "decoding"), scope.get("decoding"), data)
    yield from _empty_condition((*path, "when"), scope.get("when"), data)


def _empty_condition(path: Path, condition: Any, data: dict[str, Any]) -> Iterator[Problem]:
    if not isinstance(condition, dict):
        return
    if len(condition) > 1 and set(condition) <= {"not", "all", "any"}:
        text = "a condition has one of `not`, `all`, `any`; nest them to combine"
        yield Problem("S006", path, text, fix="write", snippet="{all: [a, {not: b}]}", clause=clause_id(path, data))
    for word, inner in condition.items():
        if word in ("all", "any") and inner == []:
            yield Problem(
                "S006",
                (*path, word),
                "an empty list says nothing",
                fix="name a situation",
                clause=clause_id(path, data),
            )
        for index, part in enumerate(inner if isinstance(inner, list) else ()):
            yield from _empty_condition((*path, word, index), part, data)
        yield from _empty_condition((*path, word), inner, data)


def _remove(path: Path, clause: dict[str, Any], data: dict[str, Any]) -> Iterator[Problem]:
    target, limit, measure = clause.get("target"), clause.get("limit"), clause.get("measure")
    why: tuple[str, ...]
    if isinstance(target, str) and at(data, ("information", target, "kind")) == "concept":
        why = (
            "removal is the absence of the influence of listed training items;",
            "a concept rests on much that stays, so no list of items carries it (M002).",
        )
        text = f"`remove` has no meaning for the concept `{target}`"
        yield Problem(
            "S007",
            (*path, "goal"),
            text,
            fix="use `suppress`, or target the examples",
            why=why,
            clause=clause_id(path, data),
        )
    if measure == "influence" and clause.get("about") == "model":
        why = ("influence is a property of the process that made the parameters, not of one file of them.",)
        yield Problem(
            "S007",
            (*path, "about"),
            "`about: model` has no meaning for `influence`",
            fix="write",
            snippet="about: process",
            why=why,
            clause=clause_id(path, data),
            value="process",
        )
    if not isinstance(limit, dict) or measure not in ("influence", "membership"):
        return
    membership = {"tpr_at_most", "at_fpr"} & set(limit)
    if bool(membership) != (measure == "membership") and (membership or {"epsilon", "delta"} & set(limit)):
        right = '{tpr_at_most: "4%", at_fpr: "1%"}' if measure == "membership" else '{epsilon: "0.5", delta: "1%"}'
        text = f"this limit has no meaning for the measure `{measure}`, whose limit is {right}"
        yield Problem(
            "S007", (*path, "limit"), text, fix="write", snippet=f"limit: {right}", clause=clause_id(path, data)
        )


def unmet_in_answers(path: Path, entry: dict[str, Any], data: dict[str, Any]) -> Iterator[Problem]:
    """`reveals_when` and `decoding`, wherever they stand."""
    yield from _decoding((*path, "decoding"), entry.get("decoding"), data)
    revealed = entry.get("reveals_when")
    if not isinstance(revealed, dict) or not isinstance(revealed.get("metric"), str):
        return
    where, metric = (*path, "reveals_when"), revealed["metric"]
    graded = metric in ("rouge_l", "extraction_probability")
    for key, wanted in (("at_least", graded), ("judge", metric == "human" or revealed.get("options") == "task")):
        if wanted and key not in revealed:
            yield lacks(where, key, data, f", which `{metric}` needs")
        if not wanted and key in revealed:
            yield idle((*where, key), f"for the metric `{metric}`", data)
    if metric != "multiple_choice" and "options" in revealed:
        yield idle((*where, "options"), f"for the metric `{metric}`", data)


def _decoding(path: Path, decoding: Any, data: dict[str, Any]) -> Iterator[Problem]:
    if not isinstance(decoding, dict):
        return
    if decoding.get("method") == "greedy":
        for key in ("temperature", "top_p", "top_k"):
            if key in decoding:
                yield idle((*path, key), "for greedy decoding", data)
    if decoding.get("method") == "sample" and "temperature" not in decoding:
        yield lacks(path, "temperature", data, ", which sampling needs")
