"""Which clauses bind when, and where: situations, guards, and clauses that suspend others on their own artifacts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from ..policy.model import AllOf, AnyOf, Clause, Condition, Not, Policy
from .meaning import scoped_artifacts
from .memo import once_a_policy

MAX_SITUATIONS = 12
"""Situations beyond which assignments are not enumerated (X002)."""


Part = tuple[str, tuple[str, ...]]
"""A clause and those artifacts of its scope on which it binds, where others suspend it on the rest."""


@dataclass(frozen=True)
class Binding:
    """Which clauses bind: on every artifact of their scope, or on some of them only."""

    whole: frozenset[str]
    partly: tuple[Part, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """The clauses that bind anywhere."""
        return self.whole.union(name for name, _ in self.partly)

    def part(self, name: str) -> tuple[str, ...] | None:
        """The artifacts on which a clause binds, if these are only some of its scope."""
        return dict(self.partly).get(name)

    def on(self, policy: Policy, clause: Clause) -> tuple[str, ...]:
        """The artifacts on which one of the policy's clauses binds."""
        return scoped_artifacts(policy, clause) if clause.id in self.whole else self.part(clause.id) or ()

    def within(self, other: Binding) -> bool:
        """Whether everything that binds here binds there too."""
        there = dict(other.partly)
        rest = {name: artifacts for name, artifacts in self.partly if name not in other.whole}
        return self.whole <= other.whole and all(set(rest[name]) <= set(there.get(name, ())) for name in rest)


@dataclass(frozen=True)
class Case:
    """One assignment of the situations and the clauses that bind under it."""

    holding: frozenset[str]
    binding: Binding

    @property
    def active(self) -> frozenset[str]:
        """The clauses that bind on every artifact of their scope."""
        return self.binding.whole

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


_Places = tuple[str | None, ...]
"""Artifacts; None stands for every one."""
_Settled = dict[tuple[str, tuple[bool, ...]], _Places]
"""Where a clause binds, by which of the guards hold that decide it."""


def binding(policy: Policy, holding: frozenset[str], settled: _Settled | None = None) -> Binding:
    """What binds: a clause whose guard holds, save on the artifacts of binding clauses that override it.

    A scope left open stands for every artifact: who leaves it open suspends everywhere, or is suspended as a whole. (The
    override graph has no cycle.) `settled` is filled, and spares work where it is given again for the same policy.
    """
    guards = _guards(policy)
    settled = {} if settled is None else settled
    holds_now = {guard: holds(guard, holding) for guard in guards.alike}
    whole = [name for guard, names in guards.alike.items() if holds_now[guard] for name in names]
    partly = []
    for name in guards.overriders:
        if found := _bound(guards, name, holds_now, settled):
            if found == guards.scopes[name]:
                whole.append(name)
            else:
                partly.append((name, tuple(place for place in found if place is not None)))
    return Binding(frozenset(whole), tuple(partly))


@dataclass(frozen=True)
class _Guards:
    """What the cases of a policy share, for there may be thousands of cases and of clauses."""

    alike: Mapping[Condition | None, tuple[str, ...]]
    """Every guard, with the clauses that have it and that no clause overrides."""
    overriders: Mapping[str, tuple[str, ...]]
    """The clauses that override each clause that some clause overrides, in source order."""
    scopes: Mapping[str, _Places]
    """The scope of every clause that overrides or is overridden."""
    turns_on: Mapping[str, tuple[Condition | None, ...]]
    """The guards that decide where each of those binds: its own first, then those of its overriders, and of theirs."""


def _bound(guards: _Guards, name: str, holds_now: Mapping[Condition | None, bool], settled: _Settled) -> _Places:
    """Where a clause that overrides or is overridden binds."""
    key = name, tuple(map(holds_now.__getitem__, guards.turns_on[name]))
    if key not in settled:
        free = guards.scopes[name] if key[1][0] else ()
        for other in guards.overriders.get(name, ()) if free else ():
            taken = _bound(guards, other, holds_now, settled)
            free = () if taken and None in (*taken, *free) else tuple(place for place in free if place not in taken)
        settled[key] = free
    return settled[key]


@once_a_policy
def _guards(policy: Policy) -> _Guards:
    clauses = {clause.id: clause for clause in policy.clauses}
    over: dict[str, list[str]] = {}
    for clause in policy.clauses:
        for name in clause.overrides:
            over.setdefault(name, []).append(clause.id)
    alike: dict[Condition | None, list[str]] = {}
    for name, clause in clauses.items():
        alike.setdefault(clause.scope.when, []).extend(() if name in over else (name,))
    overriders = {name: tuple(over[name]) for name in clauses if name in over}
    involved = dict.fromkeys(name for named, others in overriders.items() for name in (named, *others))
    scopes: dict[str, _Places] = {}
    for name in involved:
        written = clauses[name].scope.artifacts is not None
        scopes[name] = scoped_artifacts(policy, clauses[name]) if written else (None,)
    turns_on: dict[str, tuple[Condition | None, ...]] = {}

    def guards_of(name: str) -> tuple[Condition | None, ...]:
        if name not in turns_on:
            above = (guard for other in overriders.get(name, ()) for guard in guards_of(other))
            turns_on[name] = tuple(dict.fromkeys((clauses[name].scope.when, *above)))
        return turns_on[name]

    for name in involved:
        guards_of(name)
    return _Guards({guard: tuple(names) for guard, names in alike.items()}, overriders, scopes, turns_on)


def parts(policy: Policy) -> tuple[Part, ...]:
    """Every clause with every part of its scope to which some situation leaves it."""
    involved = {name for clause in policy.clauses for name in (clause.id, *clause.overrides) if clause.overrides}
    related = tuple(clause for clause in policy.clauses if clause.id in involved)
    if not any(len(places) > 1 for places in _guards(policy).scopes.values()):
        return ()  # a clause on one artifact is never suspended in part
    every = cases(policy.model_copy(update={"clauses": related})) if related else ()
    return tuple(dict.fromkeys(part for case in every or () for part in case.binding.partly))


def narrowed(clause: Clause, artifacts: tuple[str, ...] | None) -> Clause:
    """The clause on some of its artifacts; None: as it stands."""
    if artifacts is None:
        return clause
    return clause.model_copy(update={"scope": clause.scope.model_copy(update={"artifacts": artifacts})})


def standing(policy: Policy, holding: frozenset[str]) -> Policy:
    """The policy with those clauses narrowed that are suspended in part."""
    found = binding(policy, holding)
    if not found.partly:
        return policy
    partly = dict(found.partly)
    clauses = tuple(narrowed(clause, partly.get(clause.id)) for clause in policy.clauses)
    return policy.model_copy(update={"clauses": clauses})


def as_bound(policy: Policy, found: Binding) -> Iterator[Clause]:
    """The clauses that bind, each on the artifacts on which it does."""
    names, partly = found.names, dict(found.partly)
    yield from (narrowed(clause, partly.get(clause.id)) for clause in policy.clauses if clause.id in names)


def cases(policy: Policy) -> tuple[Case, ...] | None:
    """Every allowed assignment with its binding clauses, the empty one first; None above `MAX_SITUATIONS`.

    A situation that no guard mentions is left out: it changes nothing.
    """
    used = frozenset().union(*(mentioned(clause.scope.when) for clause in policy.clauses))
    names = [name for name in policy.situations if name in used]
    if len(names) > MAX_SITUATIONS:
        return None
    found: list[Case] = []
    settled: _Settled = {}
    for values in product((False, True), repeat=len(names)):
        holding = frozenset(name for name, value in zip(names, values, strict=True) if value)
        if all(len(holding.intersection(group)) <= 1 for group in policy.exclusive):
            found.append(Case(holding, binding(policy, holding, settled)))
    return tuple(sorted(found, key=lambda case: (len(case.holding), sorted(case.holding))))


def always_active(all_cases: tuple[Case, ...]) -> frozenset[str]:
    """Clauses that bind on their whole scope whatever the situation."""
    return frozenset.intersection(*(case.active for case in all_cases))


def maximal(all_cases: tuple[Case, ...]) -> tuple[Case, ...]:
    """Cases in which no less binds than in any other: adding a clause can only take worlds away."""
    distinct = _distinct(all_cases)
    return tuple(case for case in distinct if not any(_less(case, other) for other in distinct))


def minimal(all_cases: tuple[Case, ...]) -> tuple[Case, ...]:
    """Cases in which no more binds than in any other: where the clauses promise least."""
    distinct = _distinct(all_cases)
    return tuple(case for case in distinct if not any(_less(other, case) for other in distinct))


def _distinct(all_cases: tuple[Case, ...]) -> tuple[Case, ...]:
    distinct: dict[Binding, Case] = {}
    for case in all_cases:
        distinct.setdefault(case.binding, case)
    return tuple(distinct.values())


def _less(one: Case, other: Case) -> bool:
    return one.binding != other.binding and one.binding.within(other.binding)
