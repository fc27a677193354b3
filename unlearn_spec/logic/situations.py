"""Which clauses bind when, and where: situations, guards, and clauses that suspend others on their own artifacts and items."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import TopologicalSorter
from itertools import combinations, product
from typing import TypeVar

from ..policy.model import AllOf, AnyOf, Clause, Condition, Not, Policy
from .lineage import apart, enclosing
from .meaning import ANYWHERE, ITEMWISE, scoped_artifacts
from .memo import once_a_policy
from .regions import Remainder, declared_set

T = TypeVar("T")
MAX_SITUATIONS = 12
"""Situations beyond which assignments are not enumerated (X002)."""


Place = tuple[str | None, str | None]
"""An artifact, and what other clauses leave there of the target: None where that is all. No artifact: the scope is open."""
Part = tuple[str, tuple[Place, ...]]
"""A clause and where it binds, where others suspend it on some of its artifacts or for some items of its target."""


@dataclass(frozen=True)
class Share:
    """Of clauses that the same guards decide: those that bind as they are written, and those that do in part."""

    whole: frozenset[str]
    partly: tuple[Part, ...] = ()

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.whole, self.partly))

    @cached_property
    def names(self) -> frozenset[str]:
        """The clauses that bind anywhere."""
        return self.whole.union(name for name, _ in self.partly)

    def without(self, names: frozenset[str]) -> Share:
        """What binds beside some clauses."""
        if self.names.isdisjoint(names):
            return self
        return Share(self.whole - names, tuple(part for part in self.partly if part[0] not in names))

    def within(self, other: Share) -> bool:
        """Whether everything that binds here binds there too."""
        if self is other:
            return True
        there = dict(other.partly)
        rest = {name: places for name, places in self.partly if name not in other.whole}
        return self.whole <= other.whole and all(_no_more(places, there.get(name, ())) for name, places in rest.items())


@dataclass(frozen=True)
class Binding:
    """Which clauses bind: as they are written, or in part only."""

    shares: tuple[Share, ...]
    """What binds, share by share: in all cases of a policy, clauses of the same share lie in the same place."""
    order: Mapping[str, int] = field(compare=False, repr=False)
    """The place, in source order, of each clause that may bind in part."""

    @cached_property
    def whole(self) -> frozenset[str]:
        """The clauses that bind as they are written."""
        return frozenset[str]().union(*(share.whole for share in self.shares))

    @cached_property
    def partly(self) -> tuple[Part, ...]:
        """The clauses that bind in part, in source order."""
        found = (part for share in self.shares for part in share.partly)
        return tuple(sorted(found, key=lambda part: self.order[part[0]]))

    @cached_property
    def names(self) -> frozenset[str]:
        """The clauses that bind anywhere."""
        return self.whole.union(name for name, _ in self.partly)

    def part(self, name: str) -> tuple[Place, ...] | None:
        """Where a clause binds, if that is only a part of what it is written for."""
        return dict(self.partly).get(name)

    def left_some(self, name: str) -> bool:
        """Whether a clause is left some items of its target only."""
        return any(target is not None for _, target in self.part(name) or ())

    def places(self, policy: Policy, clause: Clause) -> Mapping[str, str | None]:
        """The artifacts on which one of the policy's clauses binds, and what it is left there of its target; None: all."""
        part = self.part(clause.id)
        if part is None:
            part = ((None, None),) if clause.id in self.whole else ()
        found: dict[str, str | None] = {}
        for artifact, left in part:
            found |= dict.fromkeys(scoped_artifacts(policy, clause) if artifact is None else (artifact,), left)
        return found

    def on(self, policy: Policy, clause: Clause) -> tuple[str, ...]:
        """The artifacts on which one of the policy's clauses binds, if only for some items."""
        return tuple(self.places(policy, clause))

    def without(self, names: frozenset[str]) -> Binding:
        """What binds beside some clauses."""
        return Binding(tuple(share.without(names) for share in self.shares), self.order)


def _no_more(here: tuple[Place, ...], there: tuple[Place, ...]) -> bool:
    """Whether no artifact and no item is here that is not there."""
    left = dict(there)
    return all(artifact in left and _no_larger(target, left[artifact]) for artifact, target in here)


def _no_larger(here: str | None, there: str | None) -> bool:
    if there is None or here == there:
        return True
    return isinstance(here, Remainder) and isinstance(there, Remainder) and set(here.taken) >= set(there.taken)


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


_Places = Mapping[str | None, str | None]
"""Artifacts, each with what is left there of the target; None stands for every artifact."""
_Decided = tuple[int, tuple[bool, ...]]
"""Clauses that the same guards decide, by their place in `_Guards.overridden`, and which of those guards hold."""


@dataclass(frozen=True)
class _Settled:
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


@dataclass(frozen=True)
class _Overridden:
    """Clauses that some clause overrides and that the same guards decide."""

    turns_on: tuple[Condition | None, ...]
    names: tuple[str, ...]
    deciding: tuple[str, ...]
    """They, their overriders, and theirs: no clause before one that overrides it."""


@dataclass(frozen=True)
class _Guards:
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


def parts(policy: Policy) -> tuple[Part, ...]:
    """Every clause with every part of it that some situation leaves."""
    if not _can_part(policy, _guards(policy)):
        return ()
    involved = {name for clause in policy.clauses for name in (clause.id, *clause.overrides) if clause.overrides}
    related = tuple(clause for clause in policy.clauses if clause.id in involved)
    every = cases(policy.model_copy(update={"clauses": related}))
    return tuple(dict.fromkeys(part for case in every or () for part in case.binding.partly))


def _can_part(policy: Policy, guards: _Guards) -> bool:
    """Whether some situation can suspend a clause on some of its artifacts only, or for some of its items only."""
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


def narrowed(clause: Clause, places: tuple[Place, ...] | None) -> Clause:
    """The clause where it binds; None: as it stands."""
    if places is None:
        return clause
    open_ = any(artifact is None for artifact, _ in places)
    named = None if open_ else tuple(artifact for artifact, _ in places if artifact is not None)
    rest = clause.model_copy(update={"scope": clause.scope.model_copy(update={"artifacts": named})})
    left = {artifact or ANYWHERE: target for artifact, target in places if target is not None}
    return rest.leaving(left) if left else rest


def standing(policy: Policy, holding: frozenset[str]) -> Policy:
    """The policy with those clauses narrowed that are suspended in part."""
    found = binding(policy, holding)
    if not found.partly:
        return policy
    partly = dict(found.partly)
    clauses = tuple(narrowed(clause, partly.get(clause.id)) for clause in policy.clauses)
    return policy.model_copy(update={"clauses": clauses})


def as_bound(clauses: Iterable[Clause], found: Binding | Share) -> Iterator[Clause]:
    """Those of some clauses that bind, each on the artifacts on which it does."""
    names, partly = found.names, dict(found.partly)
    yield from (narrowed(clause, partly.get(clause.id)) for clause in clauses if clause.id in names)


def cases(policy: Policy) -> tuple[Case, ...] | None:
    """Every allowed assignment with its binding clauses, the empty one first; None above `MAX_SITUATIONS`.

    A situation that no guard mentions is left out: it changes nothing.
    """
    used = frozenset().union(*(mentioned(clause.scope.when) for clause in policy.clauses))
    names = [name for name in policy.situations if name in used]
    if len(names) > MAX_SITUATIONS:
        return None
    found: list[Case] = []
    for values in product((False, True), repeat=len(names)):
        holding = frozenset(name for name, value in zip(names, values, strict=True) if value)
        if all(len(holding.intersection(group)) <= 1 for group in policy.exclusive):
            found.append(Case(holding, binding(policy, holding)))
    return tuple(sorted(found, key=lambda case: (len(case.holding), sorted(case.holding))))


def always_active(all_cases: Sequence[Case]) -> frozenset[str]:
    """Clauses that bind on their whole scope whatever the situation."""
    return frozenset[str]().union(*(frozenset.intersection(*(share.whole for share in own)) for own in shares_of(all_cases)))


def shares_of(all_cases: Sequence[Case]) -> Iterator[Mapping[Share, int]]:
    """For each share of what binds, what it is in some cases; with it these cases, as the bits of a number."""
    for own in zip(*(case.binding.shares for case in all_cases), strict=True):
        found: dict[Share, int] = {}
        for place, share in enumerate(own):
            found[share] = found.get(share, 0) | 1 << place
        yield found


def maximal(all_cases: tuple[Case, ...]) -> tuple[Case, ...]:
    """Cases in which no less binds than in any other: adding a clause can only take worlds away."""
    return _extreme(_distinct(all_cases), Share.within)


def minimal(all_cases: tuple[Case, ...]) -> tuple[Case, ...]:
    """Cases in which no more binds than in any other: where the clauses promise least."""
    return _extreme(_distinct(all_cases), lambda here, there: there.within(here))


def _extreme(distinct: Sequence[Case], no_further: Callable[[Share, Share], bool]) -> tuple[Case, ...]:
    """Those of some cases than which no other goes further in every share."""
    places = sorted(enumerate(shares_of(distinct)), key=lambda entry: len(entry[1]))  # which rule the most out, at once
    found = []
    for number, case in enumerate(distinct):
        further = (1 << len(distinct)) - 1
        for place, shares in places:
            mine, left = case.binding.shares[place], further
            further = sum(bits & left for share, bits in shares.items() if bits & left and no_further(mine, share))
        if further == 1 << number:
            found.append(case)
    return tuple(found)


def _distinct(all_cases: tuple[Case, ...]) -> tuple[Case, ...]:
    distinct: dict[Binding, Case] = {}
    for case in all_cases:
        distinct.setdefault(case.binding, case)
    return tuple(distinct.values())

