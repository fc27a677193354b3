"""A report cites the calibration of what it did: one model, several runs, or an endpoint."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "verdict"))

import make

from unlearn_spec.plan.model import Plan
from unlearn_spec.plan.units import EndpointRef, Planned
from unlearn_spec.run.cited import Use, uses


def plan(*tests: Any, **endpoints: str) -> Plan:
    """A plan of these tests; the unit of each name in `endpoints` is asked where so much is given."""

    def unit(logprobs: Any) -> Any:
        ref = EndpointRef(url="http://localhost/v1", model="m", chat=False, logprobs=logprobs, day="2026-05-01")
        made = make.generated()
        return made.model_copy(update={"subject": made.subject.model_copy(update={"endpoint": ref})})

    units = (Planned(key="audited", unit=make.generated()), *(Planned(key=key, unit=unit(how)) for key, how in endpoints.items()))
    return Plan(policy="", bindings="", confidence=Fraction(9, 10), seed=0, units=units, obligations=tests, missing=())


def test_tests_are_told_apart_by_what_they_were_about() -> None:
    found = uses(
        plan(
            make.obligation("leak"),
            make.obligation("leak"),
            make.obligation("extraction", runs=4),
            make.obligation("ensemble", runs=1),
            make.obligation("leak", audited=("plain",)),
            make.obligation("leak", audited=("top",)),
            make.obligation("extraction", audited=("echo",)),
            make.obligation("record"),
            plain="none",
            top="top",
            echo="echo",
        )
    )
    assert found == (
        Use("leak", "model"),
        Use("extraction", "runs"),
        Use("ensemble", "runs"),
        Use("leak", "text"),
        Use("extraction", "logprobs"),
    )
