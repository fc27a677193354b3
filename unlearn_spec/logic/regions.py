"""Venn regions: the pieces into which the declared relations cut the information sets.

Sets that no chain of `within` and `overlaps` connects may be treated as disjoint: every constraint of the theory speaks of
the rates in one set at a time, so an item shared by two unconnected sets can be replaced by two items with the same rates.
Inside a connected group an undeclared overlap is unknown, so every intersection that the declarations allow is a region.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from ..policy.model import Relation

REST = "(everything else)"
"""The items of no declared set."""
MAX_REGIONS = 127
"""Regions of one group beyond which they are not enumerated (X002): seven sets of which nothing is known to be disjoint."""


@dataclass(frozen=True)
class Region:
    """Items that are in every set of `inside` and in no other set of the same group."""

    number: int
    inside: frozenset[str]


@dataclass(frozen=True)
class Regions:
    of: Mapping[str, tuple[Region, ...]]
    """The regions that make up each set; none for a set whose group is too large."""
    groups: tuple[tuple[str, ...], ...]
    too_large: frozenset[str]
    """Sets whose group has more than `MAX_REGIONS` regions."""

    def shared(self, left: str, right: str) -> tuple[Region, ...]:
        """Regions inside both sets."""
        return tuple(region for region in self.of[left] if right in region.inside)


def connected_groups(names: Sequence[str], pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, ...], ...]:
    """Connected components, members and groups in the order of `names`."""
    leader = {name: name for name in names}

    def find(name: str) -> str:
        while leader[name] != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    for left, right in pairs:
        leader[find(left)] = find(right)
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(find(name), []).append(name)
    return tuple(tuple(group) for group in groups.values())


def cut(names: Sequence[str], relations: Sequence[Relation]) -> Regions:
    """The regions of the declared sets, plus one of its own for the items of no set."""
    linking = [(r.left, r.right) for r in relations if r.kind != "disjoint_from"]
    groups = connected_groups(names, linking)
    of: dict[str, tuple[Region, ...]] = {}
    too_large: set[str] = set()
    number = 0
    for group in groups:
        members = set(group)
        allowed = _allowed(group, [r for r in relations if r.left in members and r.right in members])
        if allowed is None:
            too_large.update(group)
            of.update(dict.fromkeys(group, ()))
            continue
        regions = [Region(number + i, inside) for i, inside in enumerate(allowed)]
        number += len(regions)
        found: dict[str, list[Region]] = {name: [] for name in group}
        for region in regions:
            for name in region.inside:
                found[name].append(region)
        of.update({name: tuple(inside) for name, inside in found.items()})
    of[REST] = (Region(number, frozenset((REST,))),)
    return Regions(of, groups, frozenset(too_large))


def _allowed(group: Sequence[str], relations: Sequence[Relation]) -> list[frozenset[str]] | None:
    """Every non-empty intersection that the relations leave, in the order of `group`; None if there are too many."""
    apart: dict[str, set[str]] = {name: set() for name in group}
    around: dict[str, set[str]] = {name: set() for name in group}
    for relation in relations:
        if relation.kind == "disjoint_from":
            apart[relation.left].add(relation.right)
            apart[relation.right].add(relation.left)
        elif relation.kind == "within":
            around[relation.left].add(relation.right)
    found: list[frozenset[str]] = [frozenset()]
    decided: set[str] = set()
    for name in group:  # decide one set at a time, dropping what the relations already exclude
        decided.add(name)
        needed = around[name] & decided
        inner = {other for other in decided if name in around[other]}
        joined = [
            inside | {name}
            for inside in found
            if not inside & apart[name] and needed <= inside | {name} and name not in apart[name]
        ]
        found = [inside for inside in found if not inside & inner] + joined
        if len(found) > MAX_REGIONS + 1:
            return None
    return [inside for inside in found if inside]


def undeclared(regions: Regions, relations: Sequence[Relation]) -> tuple[Region, ...]:
    """The intersections of sets of which no relation says that they share items."""
    around: dict[str, set[str]] = {}
    for relation in relations:
        if relation.kind == "within":
            around.setdefault(relation.left, set()).add(relation.right)
    shared = {frozenset((r.left, r.right)) for r in relations if r.kind == "overlaps"}
    for name in around:
        pending = [name]
        while pending:
            for outer in around.get(pending.pop(), ()):
                if frozenset((name, outer)) not in shared:
                    shared.add(frozenset((name, outer)))
                    pending.append(outer)
    every = {region.number: region for found in regions.of.values() for region in found}
    return tuple(
        region
        for _, region in sorted(every.items())
        if any(frozenset(pair) not in shared for pair in combinations(sorted(region.inside), 2))
    )
