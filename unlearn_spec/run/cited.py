"""The shipped calibration tables, as a report cites them: one line for each verifier that it used, and for each way it was used."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from ..plan.model import Obligation, Plan
from ..plan.units import Unit
from ..report.grounds import Calibrated, Through

SINGLE, MANY = "results.json", "many.json"
"""Of single models; of several runs of a process, and of endpoints."""


@dataclass(frozen=True)
class Use:
    """A verifier and the way to what it judged."""

    verifier: str
    through: Through = "model"


def uses(plan: Plan) -> tuple[Use, ...]:
    """The tests of a plan as the tables tell them apart; a record is no test."""
    units = {planned.key: planned.unit for planned in plan.units}
    tests = (one for one in plan.obligations if one.verifier != "record")
    return tuple(dict.fromkeys(Use(one.verifier, _through(one, units)) for one in tests))


def cited(tests: Iterable[Use]) -> tuple[Calibrated, ...]:
    """What the tables shipped with this program say of these tests; nothing if none is shipped."""
    single, many = _shipped(SINGLE), _shipped(MANY)
    if single is None:
        return ()
    parts = {"model": single} | ({} if many is None else {_WAYS[part["name"]]: part for part in many["parts"]})
    versions = {way: single["version"] if many is None or way == "model" else many["version"] for way in parts}
    return tuple(_line(one, versions.get(one.through, single["version"]), _row(one, parts)) for one in tests)


_WAYS: Mapping[str, Through] = {"processes": "runs", "text": "text", "logprobs": "logprobs"}


def _through(test: Obligation, units: Mapping[str, Unit]) -> Through:
    endpoint = next((units[key].subject.endpoint for key in test.audited if key in units), None)
    if endpoint is not None:
        return "logprobs" if endpoint.logprobs == "echo" else "text"
    return "runs" if test.runs > 1 or test.verifier == "ensemble" else "model"


def _row(use: Use, parts: Mapping[str, dict[str, Any]]) -> dict[str, Any] | None:
    rows: Iterable[dict[str, Any]] = parts.get(use.through, {}).get("verifiers", ())
    return next((row for row in rows if row["verifier"] == use.verifier), None)


def _shipped(name: str) -> dict[str, Any] | None:
    file = resources.files("unlearn_spec.spec") / "calibration" / name
    if not file.is_file():
        return None
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def _line(use: Use, version: str, row: dict[str, Any] | None) -> Calibrated:
    fail, passed = (row["false_fail"], row["false_pass_20"]) if row is not None else (None, None)
    if fail is None:
        return Calibrated(verifier=use.verifier, through=use.through, table=version)
    return Calibrated(
        verifier=use.verifier,
        through=use.through,
        table=version,
        clean=fail["n"],
        accused=fail["k"],
        accused_at_most=fail["high_by_seed"],
        leaking=0 if passed is None else passed["n"],
        passed=0 if passed is None else passed["k"],
        worlds=fail["seeds"],
    )
