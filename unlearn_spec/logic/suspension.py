"""What clauses that override others leave of them, artifact by artifact and item by item."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from graphlib import TopologicalSorter
from itertools import combinations
from typing import TypeVar

from msgspec import field

from ..policy.clauses import Clause, Condition
from ..policy.model import Policy
from ..record import Record
from .bound import Binding, Share, narrowed
from .conditions import holds
from .lineage import apart, enclosing
from .meaning import ITEMWISE
from .memo import once_a_policy
from .regions import Remainder, declared_set
from .scope import scoped_artifacts

T = TypeVar("T")
_Places = Mapping[str | None, str | None]
"""Artifacts, each with what is left there of the target; None stands for every artifact."""
_Decided = tuple[int, tuple[bool, ...]]
"""Clauses that the same guards decide, by their place in `_Guards.overridden`, and which of those guards hold."""


class _Settled(Record):
    """What many cases of a policy have in common; filled as they are asked about."""

    places: dict[tuple[str, tuple[bool, ...]], _Places] = field(default_factory=dict)
    """Where a clause binds, by which of the guards hold that decide it."""
    together: dict[_Decided, Share] = field(default_factory=dict)
    """What binds of such clauses."""


@once_a_policy
def _settled(_: Policy) -> _Settled:
    return _Settled()


def binding(policy: Policy, holding: frozenset[str]) -> Binding:
    """What binds: a clause whose guard holds, save on the artifacts, and for the items, of binding clauses that override it.

    A scope left open stands for every artifact: who leaves it open suspends everywhere, and is suspended so. (The override
    graph has no cycle.)
    """
    guards, settled = _guards(policy), _settled(policy)
    holds_now = {guard: holds(guard, holding) for guard in guards.alike}
    shares = [share if holds_now[guard] else _NOTHING for guard, share in guards.alike.items()]
    for i, one in enumerate(guards.overridden):
        key = i, tuple(map(holds_now.__getitem__, one.turns_on))
        if key not in settled.together:
            for name in one.deciding:
                _bound(policy, guards, name, holds_now, settled)
            settled.together[key] = _settle(guards, {name: settled.places[name, key[1]] for name in one.names})
        shares.append(settled.together[key])
    return Binding(tuple(shares), guards.order)


_NOTHING = Share(frozenset())


def _settle(guards: _Guards, found: Mapping[str, _Places]) -> Share:
    """What binds of some clauses, from where each binds."""
    partly = []
    for name, places in found.items():
        if places and places != guards.scopes[name]:
            kept = ((m, left if isinstance(left, Remainder) else None) for m, left in places.items())
            partly.append((name, tuple(sorted(kept, key=str))))
    whole = frozenset(name for name, places in found.items() if places and places == guards.scopes[name])
    return Share(whole, tuple(partly))


def remaining(policy: Policy, clause: Clause, target: str | None, taken: str | None) -> str | None:
    """What a clause that binds leaves of the target of one that it overrides, on one artifact; None: nothing.

    Sets that share no item leave each other alone. What speaks of no set suspends, and is suspended, as a whole; so is a
    promise about a set as a whole, such as its removal.
    """
    if target is None or taken is None:
        return None
    if not _may_meet(policy, target, taken):
        return target
    before = target.taken if isinstance(target, Remainder) else ()
    left = Remainder(declared_set(target), (*before, taken))
    return left if isinstance(clause, ITEMWISE) and _may_meet(policy, left) else None


def _may_meet(policy: Policy, *sets: str) -> bool:
    """Whether what is declared of kinds, parts and disjoint sets leaves room for an item in all of these."""
    outside = tuple(out for one in sets if isinstance(one, Remainder) for out in one.taken)
    return _has_room(policy, tuple(map(declared_set, sets)), outside)


def _has_room(policy: Policy, inside: tuple[str, ...], outside: tuple[str, ...]) -> bool:
    if any(apart(policy, one, other) for one, other in combinations(dict.fromkeys(inside), 2)):
        return False
    around = {whole for one in inside for whole in enclosing(policy, one)}
    for out in outside:
        if declared_set(out) in around:  # the item lies in it, unless in one of the sets that it leaves out
            rest = tuple(one for one in outside if one != out)
            kept = out.taken if isinstance(out, Remainder) else ()
            return any(
                _has_room(policy, (*inside, declared_set(one)), (*rest, *(one.taken if isinstance(one, Remainder) else ())))
                for one in kept
            )
    return True


class _Overridden(Record):
    """Clauses that some clause overrides and that the same guards decide."""

    turns_on: tuple[Condition | None, ...]
    names: tuple[str, ...]
    deciding: tuple[str, ...]
    """They, their overriders, and theirs: no clause before one that overrides it."""


class _Guards(Record, dict=True):
    """What the cases of a policy share, for there may be thousands of cases and of clauses."""

    clauses: Mapping[str, Clause]
    alike: Mapping[Condition | None, Share]
    """Every guard, with the clauses that have it and that no clause overrides."""
    overriders: Mapping[str, tuple[str, ...]]
    """The clauses that override each clause that some clause overrides, in source order."""
    scopes: Mapping[str, _Places]
    """What every clause that overrides or is overridden speaks of."""
    turns_on: Mapping[str, tuple[Condition | None, ...]]
    """The guards that decide where each of those binds: its own first, then those of its overriders, and of theirs."""
    overridden: tuple[_Overridden, ...]

    @cached_property
    def order(self) -> Mapping[str, int]:
        """The place of each of those among them, in source order."""
        return {name: place for place, name in enumerate(self.overriders)}


def _bound(
    policy: Policy, guards: _Guards, name: str, holds_now: Mapping[Condition | None, bool], settled: _Settled
) -> _Places:
    """Where a clause that overrides or is overridden binds."""
    key = name, tuple(map(holds_now.__getitem__, guards.turns_on[name]))
    if key not in settled.places:
        free = dict(guards.scopes[name]) if key[1][0] else {}
        for other in guards.overriders.get(name, ()):
            for there, taken in _bound(policy, guards, other, holds_now, settled).items() if free else ():
                for here in [place for place in free if None in (place, there) or place == there]:
                    left = remaining(policy, guards.clauses[name], free.pop(here), taken)
                    free |= {} if left is None else {here: left}
        settled.places[key] = free
    return settled.places[key]


@once_a_policy
def _guards(policy: Policy) -> _Guards:
    clauses = {clause.id: clause for clause in policy.clauses}
    overriders = _overriders(policy)
    alike: dict[Condition | None, list[str]] = {}
    for name, clause in clauses.items():
        alike.setdefault(clause.scope.when, []).extend(() if name in overriders else (name,))
    involved = dict.fromkeys(name for named, others in overriders.items() for name in (named, *others))
    scopes: dict[str, _Places] = {}
    for name in involved:
        clause = clauses[name]
        places = (None,) if clause.scope.artifacts is None else scoped_artifacts(policy, clause)
        scopes[name] = dict.fromkeys(places, getattr(clause, "target", None))
    turns_on: dict[str, tuple[Condition | None, ...]] = {}
    sequence = {name: i for i, name in enumerate(TopologicalSorter(overriders).static_order())}  # overriders first
    for name in sequence:
        above = (guard for other in overriders.get(name, ()) for guard in turns_on[other])
        turns_on[name] = tuple(dict.fromkeys((clauses[name].scope.when, *above)))
    overridden: dict[tuple[Condition | None, ...], list[str]] = {}
    for name in overriders:
        overridden.setdefault(turns_on[name], []).append(name)
    together = (
        _Overridden(turns, names, tuple(sorted(_with_all(overriders, names), key=sequence.__getitem__)))
        for turns, names in _frozen(overridden).items()
    )
    alone = {guard: Share(frozenset(names)) for guard, names in alike.items()}
    return _Guards(clauses, alone, overriders, scopes, turns_on, tuple(together))


@once_a_policy
def _overriders(policy: Policy) -> Mapping[str, tuple[str, ...]]:
    """The clauses that override each clause that some clause overrides, in source order."""
    over: dict[str, list[str]] = {}
    for clause in policy.clauses:
        for name in clause.overrides:
            over.setdefault(name, []).append(clause.id)
    return {clause.id: tuple(over[clause.id]) for clause in policy.clauses if clause.id in over}


def _with_all(overriders: Mapping[str, tuple[str, ...]], names: Collection[str]) -> dict[str, None]:
    """Some clauses, their overriders, and theirs."""
    found = dict.fromkeys(names)
    pending = list(found)
    while pending:
        more = [name for name in overriders.get(pending.pop(), ()) if name not in found]
        found.update(dict.fromkeys(more))
        pending += more
    return found


def _frozen(lists: Mapping[T, list[str]]) -> dict[T, tuple[str, ...]]:
    return {key: tuple(names) for key, names in lists.items()}


def can_part(policy: Policy) -> bool:
    """Whether some situation can suspend a clause on some of its artifacts only, or for some of its items only."""
    guards = _guards(policy)
    if any(len(places) > 1 for places in guards.scopes.values()):
        return True
    targets = {name: target for name, places in guards.scopes.items() for target in places.values()}
    return any(
        isinstance(remaining(policy, guards.clauses[name], targets.get(name), targets.get(other)), Remainder)
        for name, others in guards.overriders.items()
        for other in others
    )


def with_overriders(policy: Policy, names: Collection[str]) -> Policy:
    """The policy with some clauses only, and those that decide where they bind: their overriders, and theirs."""
    found = _with_all(_overriders(policy), names)
    return policy.model_copy(update={"clauses": tuple(clause for clause in policy.clauses if clause.id in found)})


def standing(policy: Policy, holding: frozenset[str]) -> Policy:
    """The policy with those clauses narrowed that are suspended in part."""
    found = binding(policy, holding)
    if not found.partly:
        return policy
    partly = dict(found.partly)
    clauses = tuple(narrowed(clause, partly.get(clause.id)) for clause in policy.clauses)
    return policy.model_copy(update={"clauses": clauses})
