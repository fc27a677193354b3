"""Which clauses bind, and where: whole, or on some of their artifacts and items only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ..policy.clauses import Clause
from ..policy.model import Policy
from ..record import Record
from .regions import Remainder
from .scope import ANYWHERE, scoped_artifacts

Place = tuple[str | None, str | None]
"""An artifact, and what other clauses leave there of the target: None where that is all. No artifact: the scope is open."""
Part = tuple[str, tuple[Place, ...]]
"""A clause and where it binds, where others suspend it on some of its artifacts or for some items of its target."""


class Share(Record, dict=True):
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


@dataclass(frozen=True)  # no `Record`: not all of it is compared
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


def narrowed(clause: Clause, places: tuple[Place, ...] | None) -> Clause:
    """The clause where it binds; None: as it stands."""
    if places is None:
        return clause
    open_ = any(artifact is None for artifact, _ in places)
    named = None if open_ else tuple(artifact for artifact, _ in places if artifact is not None)
    rest = clause.model_copy(update={"scope": clause.scope.model_copy(update={"artifacts": named})})
    left = {artifact or ANYWHERE: target for artifact, target in places if target is not None}
    return rest.leaving(left) if left else rest


def as_bound(clauses: Iterable[Clause], found: Binding | Share) -> Iterator[Clause]:
    """Those of some clauses that bind, each on the artifacts on which it does."""
    names, partly = found.names, dict(found.partly)
    yield from (narrowed(clause, partly.get(clause.id)) for clause in clauses if clause.id in names)
