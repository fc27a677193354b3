"""Which clauses bind when: situations, guards, and clauses that suspend others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

from ..policy.model import AllOf, AnyOf, Condition, Not, Policy
from .memo import once_a_policy

MAX_SITUATIONS = 12
"""Situations beyond which assignments are not enumerated (X002)."""


@dataclass(frozen=True)
class Case:
    """One assignment of the situations and the clauses that bind under it."""

    holding: frozenset[str]
    active: frozenset[str]

    def described(self, situations: tuple[str, ...]) -> tuple[str, ...]:
        """The situations by name, absent ones with a leading "not "."""
        return tuple(name if name in self.holding else f"not {name}" for name in situations)


def holds(condition: Condition | None, holding: frozenset[str]) -> bool:
    match condition:
        case None:
            return True
        case str():
            return condition in holding
        case Not(not_=inner):
            return not holds(inner, holding)
        case AllOf(all=parts):
            return all(holds(part, holding) for part in parts)
        case AnyOf(any=parts):
            return any(holds(part, holding) for part in parts)
    raise AssertionError(condition)


def mentioned(condition: Condition | None) -> frozenset[str]:
    match condition:
        case None:
            return frozenset()
        case str():
            return frozenset((condition,))
        case Not(not_=inner):
            return mentioned(inner)
        case AllOf(all=parts) | AnyOf(any=parts):
            return frozenset().union(*(mentioned(part) for part in parts))
    raise AssertionError(condition)


def active_clauses(policy: Policy, holding: frozenset[str]) -> frozenset[str]:
    """Clauses whose guard holds and that no binding clause overrides (the override graph has no cycle)."""
    guards = _guards(policy)
    holds_now = {guard: holds(guard, holding) for guard in guards.alike}
    settled: dict[str, bool] = {}

    def binds(name: str) -> bool:
        if name not in settled:
            guard = holds_now[guards.of[name]]
            settled[name] = guard and not any(binds(other) for other in guards.overriders.get(name, ()))
        return settled[name]

    free = (names for guard, names in guards.alike.items() if holds_now[guard])
    return frozenset().union(*free, filter(binds, guards.overriders))


@dataclass(frozen=True)
class _Guards:
    of: Mapping[str, Condition | None]
    """Of each clause, as it is written."""
    alike: Mapping[Condition | None, tuple[str, ...]]
    """The clauses with each guard that no clause overrides."""
    overriders: Mapping[str, tuple[str, ...]]
    """The clauses that override each clause that some clause overrides."""


@once_a_policy
def _guards(policy: Policy) -> _Guards:
    of = {clause.id: clause.scope.when for clause in policy.clauses}
    overriders: dict[str, tuple[str, ...]] = {}
    for clause in policy.clauses:
        for name in clause.overrides:
            overriders[name] = (*overriders.get(name, ()), clause.id)
    names: dict[Condition | None, list[str]] = {}
    for name, guard in of.items():
        names.setdefault(guard, []).extend(() if name in overriders else (name,))
    return _Guards(of, {guard: tuple(found) for guard, found in names.items()}, overriders)


def cases(policy: Policy) -> tuple[Case, ...] | None:
    """Every allowed assignment with its binding clauses, the empty one first; None above `MAX_SITUATIONS`.

    A situation that no guard mentions is left out: it changes nothing.
    """
    used = frozenset().union(*(mentioned(clause.scope.when) for clause in policy.clauses))
    names = [name for name in policy.situations if name in used]
    if len(names) > MAX_SITUATIONS:
        return None
    found = []
    for values in product((False, True), repeat=len(names)):
        holding = frozenset(name for name, value in zip(names, values, strict=True) if value)
        if all(len(holding.intersection(group)) <= 1 for group in policy.exclusive):
            found.append(Case(holding, active_clauses(policy, holding)))
    return tuple(sorted(found, key=lambda case: (len(case.holding), sorted(case.holding))))


def always_active(all_cases: tuple[Case, ...]) -> frozenset[str]:
    """Clauses that bind whatever the situation."""
    return frozenset.intersection(*(case.active for case in all_cases))


def maximal(all_cases: tuple[Case, ...]) -> tuple[Case, ...]:
    """Cases whose set of binding clauses is contained in no other's: adding a clause can only take worlds away."""
    distinct: dict[frozenset[str], Case] = {}
    for case in all_cases:
        distinct.setdefault(case.active, case)
    return tuple(case for case in distinct.values() if not any(case.active < other for other in distinct))


def minimal(all_cases: tuple[Case, ...]) -> tuple[Case, ...]:
    """Cases whose set of binding clauses contains no other's: where the clauses promise least."""
    distinct: dict[frozenset[str], Case] = {}
    for case in all_cases:
        distinct.setdefault(case.active, case)
    return tuple(case for case in distinct.values() if not any(other < case.active for other in distinct))
