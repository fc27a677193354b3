"""Venn regions: the pieces into which the declared relations cut the information sets.

Sets that no chain of `within` and `overlaps` connects may be treated as disjoint: every constraint of the theory speaks of
the rates in one set at a time, so an item shared by two unconnected sets can be replaced by two items with the same rates.
Inside a connected group an undeclared overlap is unknown, so every intersection that the declarations allow is a region.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..policy.model import Relation

REST = "(everything else)"
"""The items of no declared set."""
MAX_SETS = 10
"""Connected sets beyond which the regions are not enumerated (X002)."""


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
    """Sets whose group has more than `MAX_SETS` members."""

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
        if len(group) > MAX_SETS:
            too_large.update(group)
            of.update(dict.fromkeys(group, ()))
            continue
        members = set(group)
        inner = [r for r in relations if r.left in members and r.right in members]
        regions = []
        for inside in _allowed(group, inner):
            regions.append(Region(number, inside))
            number += 1
        of.update({name: tuple(region for region in regions if name in region.inside) for name in group})
    of[REST] = (Region(number, frozenset((REST,))),)
    return Regions(of, groups, frozenset(too_large))


def _allowed(group: Sequence[str], relations: Sequence[Relation]) -> list[frozenset[str]]:
    found: list[frozenset[str]] = [frozenset()]
    for name in group:  # decide one set at a time, dropping what the relations already exclude
        found += [inside | {name} for inside in found]
        found = [inside for inside in found if not any(_excluded(inside, name, r, group) for r in relations)]
    return [inside for inside in found if inside]


def _excluded(inside: frozenset[str], last: str, relation: Relation, group: Sequence[str]) -> bool:
    left, right = relation.left, relation.right
    decided = group[: group.index(last) + 1]
    if left not in decided or right not in decided:
        return False
    if relation.kind == "within":
        return left in inside and right not in inside
    return relation.kind == "disjoint_from" and left in inside and right in inside
