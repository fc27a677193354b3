"""Repairs for a conflict: the nearest friendly number on one clause that dissolves it, each checked by applying it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, overload

from ..policy.model import (
    AtLeast,
    AtMost,
    Clause,
    Closeness,
    Delete,
    Finish,
    Keep,
    MembershipBound,
    Policy,
    Refuse,
    Remove,
    Retain,
    Suppress,
)
from .meaning import WEAKEST, rate_of, scoped_artifacts
from .questions import Core, clause_literals
from .situations import active_clauses
from .theory import Theory, build, facts_near
from .worlds import days, percent

_SHARE_STEP = Fraction(1, 1000)
_EPSILON_STEP = Fraction(1, 100)
_DAY_STEP = Fraction(1)


@dataclass(frozen=True)
class Repair:
    """One number on one clause that dissolves the conflict, as the drafter would write it."""

    clause: str
    field: str
    value: str
    leaves: tuple[str, ...]
    """Clauses that would then stand in its place in another conflict; empty if none does."""


def single_numbers(theory: Theory, core: Core) -> tuple[Repair, ...]:
    """For each clause of the core, the smallest change of its limit, in friendly steps, after which the core's clauses can hold."""
    policy, found = theory.policy, []
    for name in core.clauses:
        clause = next(c for c in policy.clauses if c.id == name)
        for field, grid, apply, show in _knobs(clause):
            value = _least(policy, core, clause, grid, apply)
            if value is not None:
                found.append(Repair(name, field, show(value), _still_clashing(theory, name, core)))
    return tuple(found)


def dissolves(policy: Policy, core: Core) -> bool:
    """Whether the core's clauses can hold together in (this version of) the policy, in the core's situation."""
    theory, held = _alone(policy, core)
    return theory.possible(tuple(held))


def _alone(policy: Policy, core: Core) -> tuple[Theory, dict[str, str]]:
    """The core's clauses without the others, and what holds in its situation: literals, with the clause of each."""
    binding = active_clauses(policy, frozenset(core.situation)) & set(core.clauses)
    clauses = tuple(clause for clause in policy.clauses if clause.id in core.clauses)
    theory = build(policy.model_copy(update={"clauses": clauses, "claims": ()}), facts=facts_near(policy, clauses))
    return theory, clause_literals(theory, (clause for clause in clauses if clause.id in binding))


def reach(policy: Policy, core: Core, name: str) -> Fraction | None:
    """What the other clauses of a core leave one clause over a mean: the most that can be kept, or the least revealed.

    Exact; None where the clause has no such mean, or its set no exact size.
    """
    clause = next(c for c in policy.clauses if c.id == name)
    if (
        not isinstance(clause, Suppress | Retain)
        or clause.over != "mean"
        or not isinstance(clause.limit, AtMost | AtLeast)
    ):
        return None
    size = policy.information[clause.target].size
    if size is None or size[0] != size[1]:
        return None
    theory, held = _alone(policy, core)
    others = tuple(literal for literal, owner in held.items() if owner != name)
    rates = [rate_of(clause, artifact, WEAKEST) for artifact in scoped_artifacts(policy, clause)[:1]]
    mass = theory.encoder.set_mass(rates[0], clause.target)
    best = theory.given.optimum(others, mass, highest=isinstance(clause, Retain))
    return None if best is None else best / size[0]


def _still_clashing(theory: Theory, changed: str, core: Core) -> tuple[str, ...]:
    """Clauses outside the core that clash with what remains of it when one of its clauses gives way."""
    binding = active_clauses(theory.policy, frozenset(core.situation)) - {changed}
    bound = [clause for clause in theory.policy.clauses if clause.id in binding and theory.knows(clause)]
    others = tuple(theory.body(clause) for clause in bound if clause.id in core.clauses)
    if not others or not theory.possible(others):
        return ()
    outside = ((clause.id, theory.body(clause)) for clause in bound if clause.id not in core.clauses)
    return tuple(name for name, body in outside if theory.possible((body,)) and not theory.possible((*others, body)))


Knob = tuple[str, Sequence[Fraction], Callable[[Any, Fraction], Any], Callable[[Fraction], str]]


def _knobs(clause: Clause) -> Iterator[Knob]:
    """The numbers of a clause that can be relaxed: grid from nearest to furthest, how to apply, how to show."""
    match clause:
        case Suppress():
            yield "at_most", _up(clause.limit.at_most, _SHARE_STEP, Fraction(1)), _set_limit(AtMost, "at_most"), percent
        case Retain(limit=AtLeast(at_least=value)) | Refuse(limit=AtLeast(at_least=value)):
            yield "at_least", _down(value, _SHARE_STEP), _set_limit(AtLeast, "at_least"), percent
        case Remove(limit=Closeness(epsilon=value)):
            yield "epsilon", _up(value, _EPSILON_STEP, Fraction(20)), _set_field("epsilon"), lambda v: f"{float(v):g}"
        case Remove(limit=MembershipBound(tpr_at_most=value)):
            yield "tpr_at_most", _up(value, _SHARE_STEP, Fraction(1)), _set_field("tpr_at_most"), percent
        case Finish(by=day) | Delete(by=day) if day is not None:
            yield "by", _up(day, _DAY_STEP, day + 3660), _set_day("by"), days
        case Keep(until=day) if day is not None:
            yield "until", _down(day, _DAY_STEP), _set_day("until"), days
        case _:
            return


def _set_limit(kind: type, name: str) -> Callable[[Any, Fraction], Any]:
    return lambda clause, value: clause.model_copy(update={"limit": kind(**{name: value})})


def _set_field(name: str) -> Callable[[Any, Fraction], Any]:
    return lambda clause, value: clause.model_copy(update={"limit": clause.limit.model_copy(update={name: value})})


def _set_day(name: str) -> Callable[[Any, Fraction], Any]:
    return lambda clause, value: clause.model_copy(update={name: value})


@dataclass(frozen=True)
class _Steps(Sequence[Fraction]):
    """Evenly spaced values; never listed, for a period can be a million years."""

    first: Fraction
    step: Fraction
    number: int

    def __len__(self) -> int:
        return self.number

    @overload
    def __getitem__(self, at: int) -> Fraction: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Fraction]: ...
    def __getitem__(self, at: int | slice) -> Fraction | Sequence[Fraction]:
        places = range(self.number)[at]
        return self.first + places * self.step if isinstance(places, int) else [self[place] for place in places]


def _up(value: Fraction, step: Fraction, end: Fraction) -> Sequence[Fraction]:
    first = (value // step + 1) * step
    return _Steps(first, step, int((end - first) / step) + 1 if first <= end else 0)


def _down(value: Fraction, step: Fraction) -> Sequence[Fraction]:
    first = -((-value) // step + 1) * step
    return _Steps(first, -step, int(first / step) + 1 if first >= 0 else 0)


def _with(policy: Policy, clause: Clause) -> Policy:
    return policy.model_copy(update={"clauses": tuple(clause if c.id == clause.id else c for c in policy.clauses)})


def _least(
    policy: Policy, core: Core, clause: Clause, grid: Sequence[Fraction], apply: Callable[[Any, Fraction], Any]
) -> Fraction | None:
    """The first grid value that dissolves the core (relaxing further can only help), or None."""
    if not grid or not dissolves(_with(policy, apply(clause, grid[-1])), core):
        return None
    low, high = -1, len(grid) - 1
    while high - low > 1:
        middle = (low + high) // 2
        if dissolves(_with(policy, apply(clause, grid[middle])), core):
            high = middle
        else:
            low = middle
    return grid[high]
