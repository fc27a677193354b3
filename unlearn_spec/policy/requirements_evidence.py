"""What the evidence that a clause demands needs beside it, and what has no meaning for its kind or beside another field."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, get_args

from .lacking import idle, lacks
from .places import at, clause_id
from .problem import Problem
from .quantities import read_count, read_number, read_or_none
from .source import Path
from .vocabulary import GoalKind

MAX_ATTACKS: Final = 100
"""Relearning attacks of one clause. The error is shared by all of them, so more would each see little."""
_TEST_ONLY: Final = (
    "access",
    "suite",
    "population",
    "samples",
    "confidence",
    "decide",
    "power_at",
    "refute_at",
    "relearn",
    "quantize",
    "inspect",
    "controls",
    "stop",
    "runs",
    "ensemble",
    "canaries",
)
_PROCESS_ONLY: Final = ("runs", "ensemble", "canaries")
"""Evidence about the process that made a model: for `remove` alone."""
_MOST: Final = {"runs": 1_000, "guesses": 100_000}
_SUITE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*@sha256:[0-9a-f]{64}\Z")


def unmet_in_evidence(path: Path, clause: dict[str, Any], data: dict[str, Any]) -> Iterator[Problem]:
    """Fields of a clause's evidence that need another, exclude another, or have no meaning; `path` is the evidence's."""
    evidence = clause.get("evidence")
    if not isinstance(evidence, dict):
        return
    kind = evidence.get("kind")
    if kind in ("procedure", "certificate", "attestation"):
        for key in _TEST_ONLY:
            if key in evidence:
                yield idle((*path, key), f"for evidence by {kind}", data)
    yield from _altered(path, clause, evidence, data)
    if kind == "test" and "suite" in evidence and clause.get("goal") == "remove" and not _ALTERED.keys() & evidence.keys():
        yield idle((*path, "suite"), "for `remove`: its tests ask each item's own question", data)
    yield from _relearn((*path, "relearn"), evidence.get("relearn"), data)
    if kind == "test" and "record" in evidence:
        yield idle((*path, "record"), "for evidence by test", data)
    if kind == "test" and "stop" in evidence and (why := _never_stops(clause, evidence)):
        yield idle((*path, "stop"), why, data)
    if kind == "test":
        yield from _about_runs(path, clause, evidence, data)
    if kind == "test" and evidence.get("decide") == "certify" and at(clause, ("scope", "asked")) == "adversarial":
        suite = evidence.get("suite")
        if "suite" not in evidence:
            yield lacks(path, "suite", data, ": only a fixed suite of attacks can be certified")
        elif isinstance(suite, str) and not _SUITE.match(suite):
            text = 'expected "name@sha256:" and 64 hexadecimal digits: only a fixed suite of attacks can be certified'
            yield Problem("S005", (*path, "suite"), text, clause=clause_id(path, data))


_ALTERED: Final = {"relearn": ("remove", "suppress"), "quantize": ("remove", "suppress"), "inspect": ("remove",)}
"""Looks at an altered or opened copy, by the goals that they bear on."""
_APART: Final[dict[str, tuple[str, ...]]] = {
    "relearn": ("suite",), "quantize": ("relearn", "suite"), "inspect": ("relearn", "suite", "quantize"),
}  # fmt: skip
"""What else asks in a way of its own, and cannot stand beside them."""


def _altered(path: Path, clause: dict[str, Any], evidence: dict[str, Any], data: dict[str, Any]) -> Iterator[Problem]:
    goal, measure = clause.get("goal"), clause.get("measure")
    for key, goals in _ALTERED.items():
        if key not in evidence:
            continue
        names = evidence[key]
        beside = next((other for other in _APART[key] if other in evidence), None)
        if isinstance(goal, str) and goal in get_args(GoalKind) and goal not in goals:
            yield idle((*path, key), f"for `{goal}`", data)
        elif goal == "remove" and measure == "membership":
            yield idle((*path, key), "for the measure `membership`", data)
        elif beside is not None:
            why = ("each alters or asks the model in a way of its own, and is a test of its own.",)
            yield idle((*path, key), f"beside `{beside}`; give it a clause of its own", data, why)
        elif isinstance(names, list) and len(names) != len({str(name) for name in names}):
            yield Problem("S006", (*path, key), "a name stands here twice", fix="name each once", clause=clause_id(path, data))
        elif names == []:
            yield Problem("S006", (*path, key), "an empty list asks for nothing", fix="name one", clause=clause_id(path, data))


def _never_stops(clause: dict[str, Any], evidence: dict[str, Any]) -> str:
    """Where no test can end early: the words that say so; nothing where one can."""
    metric = at(clause, ("reveals_when", "metric"))
    if clause.get("goal") != "suppress":
        return f"for the goal `{clause.get('goal')}`"
    if clause.get("over", "mean") != "mean":
        return "but for a limit `over: mean`"
    if clause.get("about") == "process" or "refute_at" in evidence:
        return "for a clause about the process, which one run does not support"
    if whole := next((key for key in ("relearn", "quantize") if key in evidence), None):
        return f"with `{whole}`, whose copies are looked at as a whole"
    computed = ("extraction_probability", "multiple_choice", "refusal", "not_refusal", "human")
    return f"for the metric `{metric}`" if metric in computed else ""


_BESIDE_WHOLE: Final = ("relearn", "suite", "quantize", "inspect", "refute_at", "ensemble")
"""What has no meaning where models are compared as a whole."""


def _about_runs(path: Path, clause: dict[str, Any], evidence: dict[str, Any], data: dict[str, Any]) -> Iterator[Problem]:
    """Evidence about the process: several runs, whole models, canaries."""
    written = [key for key in _PROCESS_ONLY if key in evidence]
    goal, whole = clause.get("goal"), [key for key in ("ensemble", "canaries") if key in evidence]
    for key in written:
        if goal != "remove":
            yield idle((*path, key), f"for `{goal}`: it tells how a process removes", data)
        elif clause.get("about") == "model":
            yield idle((*path, key), "for `about: model`: it tells about the process", data)
        elif key in whole and clause.get("measure") == "membership":
            yield idle((*path, key), "for the measure `membership`; it bears on `influence`", data)
    for key in whole:
        beside: list[str] = [other for other in _BESIDE_WHOLE if other in evidence and other != key]
        if key == "canaries":  # whatever was drawn by the lot is looked at, and nothing else
            beside += [other for other in ("runs", "population", "samples") if other in evidence]
        beside += ["power_at"] if key == "ensemble" and "power_at" in evidence else []
        yield from (idle((*path, other), f"beside `{key}`", data) for other in beside)
    runs = evidence.get("runs")
    altered = next((key for key in ("quantize", "inspect") if key in evidence), None)
    if isinstance(runs, int) and runs > 1 and altered is not None:
        yield idle((*path, "runs"), f"beside `{altered}`", data)
    if isinstance(runs, int) and runs > 1 and not whole and "refute_at" not in evidence:
        yield lacks(path, "refute_at", data, ", the rate from which a run counts")
    for where, number in (((*path, "runs"), runs), ((*path, "canaries", "guesses"), at(evidence, ("canaries", "guesses")))):
        most = _MOST[str(where[-1])]
        if isinstance(number, int) and number > most:
            yield Problem("S006", where, f"at most {most:,} can be counted", clause=clause_id(path, data))


def _relearn(path: Path, attack: Any, data: dict[str, Any]) -> Iterator[Problem]:
    """A grid of attacks: no empty or repeated entry, no rank without low-rank updates, and not too many to run."""
    if not isinstance(attack, dict):
        return
    if "rank" in attack and attack.get("tune") != "lora":
        yield idle((*path, "rank"), "without `tune: lora`", data)
    number = 1
    for key, read in (("steps", read_count), ("learning_rate", read_number)):
        entries = attack.get(key)
        if not isinstance(entries, list):
            continue
        if not entries:
            yield Problem("S006", (*path, key), "an empty list says nothing", clause=clause_id(path, data))
        values = [read_or_none(read, entry) for entry in entries]
        for place, value in enumerate(values):
            if value is not None and value in values[:place]:
                yield Problem("S006", (*path, key, place), "this is in the list already", clause=clause_id(path, data))
        number *= max(1, len(entries))
    repeats = read_or_none(read_count, attack.get("repeats"))
    number *= repeats if isinstance(repeats, int) else 1
    if number > MAX_ATTACKS:
        text = f"these are {number:,} attacks; at most {MAX_ATTACKS} share one clause's error"
        yield Problem("S006", path, text, fix="name fewer steps, learning rates or repeats", clause=clause_id(path, data))
