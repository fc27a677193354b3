"""Tests that may end early: the looks, and what of a plan is measured once some of them have ended.

The clusters are put into an order by the seed and asked in parts. After each part there is a look; the bounds that are
taken there are valid whenever the test ends (`verdict.stops`). The schedule is in the plan, so that a run that was
stopped goes on, and whoever audits it finds the same end.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from fractions import Fraction

from msgspec.structs import replace

from ..wording.said import said
from .case import Case, LackingError, Sample
from .model import Control, Gap, Obligation, Plan
from .power import Power
from .units import DataRef, Unit

LOOKS = 4
"""Looks after 25 %, 50 %, 75 % and all of the clusters."""


def looked_at(sample: Sample, case: Case) -> tuple[DataRef, ...]:
    """The parts of a sample, in order. Raises `LackingError` for fewer clusters than parts."""
    if len(set(sample.clusters)) < LOOKS:
        raise LackingError(
            "not_testable",
            said("lack.looks", looks=LOOKS, number=len(set(sample.clusters))),
            said("need.looks"),
        )
    seed = case.bindings.seed
    return tuple(
        sample.ref.model_copy(update={"part": part, "parts": LOOKS, "seed": seed}) for part in range(1, LOOKS + 1)
    )


def staged(power: Power | None, alpha: Fraction) -> Power | None:
    """Power with looks on the way, from that of the last look at half of α: it may have ended otherwise before, wrongly,
    with at most the other half."""
    return None if power is None else replace(power, value=max(0.0, power.value - float(alpha) / 2))


def due(plan: Plan, ended: Mapping[str, int], look: int) -> frozenset[str]:
    """Keys of the units that are to be measured by a look, given the looks at which tests ended (obligation → look).

    Units outside of looks are due from the first one on. A part is due while a test that reads it has not ended before.
    """
    until: dict[str, int] = {}
    for test in (test for test in plan.obligations if test.looks):
        last = min(ended.get(test.id, look), look)
        for key in _read(test, plan):
            until[key] = max(until.get(key, 0), last)
    return frozenset(planned.key for planned in plan.units if planned.unit.data.part <= until.get(planned.key, look))


def taken(plan: Plan, measured: Container[str]) -> Plan:
    """The plan without the units that were not measured."""
    if all(planned.key in measured for planned in plan.units):
        return plan
    return plan.model_copy(
        update={
            "units": tuple(planned for planned in plan.units if planned.key in measured),
            "obligations": tuple(_test(test, measured) for test in plan.obligations),
            "gaps": tuple(_gap(gap, measured) for gap in plan.gaps),
        }
    )


def last_look(test: Obligation, units: Mapping[str, Unit]) -> int:
    """The last look that was taken of an obligation; 0 for one without looks."""
    return max((units[key].data.part for key in test.audited if key in units), default=0) if test.looks else 0


def _read(test: Obligation, plan: Plan) -> tuple[str, ...]:
    controls = (key for control in test.controls for key in (*control.units, *control.against))
    gaps = (gap for gap in plan.gaps if (gap.clause, gap.artifact) == (test.clause, test.artifact))
    return (*test.audited, *test.original, *test.references, *controls, *(key for gap in gaps for key in (*gap.guarded, *gap.bare)))


def _test(test: Obligation, measured: Container[str]) -> Obligation:
    arms = {name: _kept(getattr(test, name), measured) for name in ("audited", "original", "references")}
    return test.model_copy(update={**arms, "controls": tuple(_control(one, measured) for one in test.controls)})


def _control(control: Control, measured: Container[str]) -> Control:
    return control.model_copy(
        update={"units": _kept(control.units, measured), "against": _kept(control.against, measured)}
    )


def _gap(gap: Gap, measured: Container[str]) -> Gap:
    return gap.model_copy(update={"guarded": _kept(gap.guarded, measured), "bare": _kept(gap.bare, measured)})


def _kept(keys: tuple[str, ...], measured: Container[str]) -> tuple[str, ...]:
    return tuple(key for key in keys if key in measured)
