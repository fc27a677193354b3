"""Venn regions: the pieces into which the declared relations cut the information sets.

Sets that no chain of `within` and `overlaps` connects may be treated as disjoint: every constraint of the theory speaks of
the rates in one set at a time, so an item shared by two unconnected sets can be replaced by two items with the same rates.
Inside a connected group an undeclared overlap is unknown, so every intersection that the declarations allow is a region.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, product

from ..policy.model import Relation
from ..record import Record

REST = "(everything else)"
"""The items of no declared set."""
MAX_REGIONS = 127
"""Regions that any group may have: as many as seven sets of which nothing is known to be disjoint."""
MAX_REGIONS_PER_SET = 4
"""Regions that a larger group may have for each of its sets: enough for disjoint sets that all overlap two others."""
MAX_DEPTH = 64
"""Sets that a region of such a group may lie in on average."""


class Remainder(str):
    """Those items of a set that are in none of some others. As text, a name that no policy can give."""

    of: str
    taken: tuple[str, ...]
    """Names of sets, or remainders of them."""

    def __new__(cls, of: str, taken: Iterable[str]) -> Remainder:
        names = tuple(sorted(set(taken)))
        found = super().__new__(cls, f"({of} outside {', '.join(names)})")
        found.of, found.taken = of, names
        return found


def sets_in(target: str) -> frozenset[str]:
    """The declared sets that a target is made of."""
    if isinstance(target, Remainder):
        return frozenset((target.of,)).union(*(sets_in(name) for name in target.taken))
    return frozenset((target,))


def declared_set(target: str) -> str:
    """The set that a target is, or is what remains of."""
    return target.of if isinstance(target, Remainder) else target


def lies_in(inside: frozenset[str], target: str) -> bool:
    """Whether items of exactly these sets belong to a target."""
    if isinstance(target, Remainder):
        return target.of in inside and not any(lies_in(inside, name) for name in target.taken)
    return target in inside


def tied(relations: Sequence[Relation], targets: Iterable[str]) -> Sequence[Relation]:
    """The relations, with one for every two sets of which items of the one are told apart by the other: any may be shared."""
    found: dict[tuple[str, str], None] = {}
    for target in targets:
        if isinstance(target, Remainder):
            found.update({(target.of, name): None for name in sorted(sets_in(target) - {target.of})})
    more = (Relation.model_construct(left=a, kind="overlaps", right=b, low=0, high=None) for a, b in found)
    return (*relations, *more) if found else relations


class Region(Record):
    """Items that are in every set of `inside` and in no other set of the same group."""

    number: int
    inside: frozenset[str]


class Regions(Record):
    """The Venn diagram of the declared sets, as far as the relations leave regions room."""

    of: Mapping[str, tuple[Region, ...]]
    """The regions that make up each set; none for a set whose group is too large."""
    groups: tuple[tuple[str, ...], ...]
    too_large: frozenset[str]
    """Sets whose group has more regions than are enumerated (X002)."""

    def pieces(self, target: str) -> tuple[Region, ...]:
        """The regions that make up a set, or what remains of it."""
        whole = self.of[declared_set(target)]
        return tuple(r for r in whole if lies_in(r.inside, target)) if isinstance(target, Remainder) else whole

    def shared(self, left: str, right: str) -> tuple[Region, ...]:
        """Regions inside both sets."""
        fewer, other = (left, right) if len(self.of[left]) <= len(self.of[right]) else (right, left)
        return tuple(region for region in self.of[fewer] if other in region.inside)


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


_recent: list[tuple[tuple[str, ...], Sequence[Relation], Regions]] = []
_KEPT = 4


def cut(names: Sequence[str], relations: Sequence[Relation]) -> Regions:
    """The regions of the declared sets, plus one of its own for the items of no set. The last few answers are remembered."""
    for known, same, regions in _recent:
        if same is relations and known == tuple(names):  # versions of a policy share the relations
            return regions
    regions = _cut(names, relations)
    if isinstance(relations, tuple):  # what may change is no key
        _recent.insert(0, (tuple(names), relations, regions))
        del _recent[_KEPT:]
    return regions


def _cut(names: Sequence[str], relations: Sequence[Relation]) -> Regions:
    linking = [(r.left, r.right) for r in relations if r.kind != "disjoint_from"]
    groups = connected_groups(names, linking)
    group_of = {name: i for i, group in enumerate(groups) for name in group}
    about: list[list[Relation]] = [[] for _ in groups]
    for relation in relations:
        for i in dict.fromkeys(group_of[name] for name in relation.sets):
            about[i].append(relation)
    of: dict[str, tuple[Region, ...]] = {}
    too_large: set[str] = set()
    number = 0
    for group, concerning in zip(groups, about, strict=True):
        allowed = _allowed(group, concerning)
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
    most = max(MAX_REGIONS, MAX_REGIONS_PER_SET * len(group))
    apart: dict[str, set[str]] = {name: set() for name in group}
    around: dict[str, set[str]] = {name: set() for name in group}
    within: dict[str, set[str]] = {name: set() for name in group}
    families: dict[str, list[int]] = {name: [] for name in group}
    """The groups of disjoint sets that a set belongs to."""
    for i, relation in enumerate(relations):
        if relation.also:
            for name in relation.sets:
                if name in families:
                    families[name].append(i)
        elif relation.kind == "disjoint_from" and relation.left in apart and relation.right in apart:
            apart[relation.left].add(relation.right)
            apart[relation.right].add(relation.left)
        elif relation.kind == "within":
            around[relation.left].add(relation.right)
            within[relation.right].add(relation.left)
    found: dict[frozenset[str], None] = {frozenset(): None}
    free = {i: [frozenset[str]()] for numbers in families.values() for i in numbers}
    """By group of disjoint sets: what is found so far outside all of them. Looked through instead of everything found."""
    decided: set[str] = set()
    deep = 0
    for name in group:  # decide one set at a time, dropping what the relations already exclude
        decided.add(name)
        needed = around[name] & decided
        inner = within[name] & decided
        looked = min((free[i] for i in families[name]), key=len) if families[name] else tuple(found)
        joined = [
            inside | {name}
            for inside in looked
            if inside in found
            and inside.isdisjoint(apart[name])
            and needed <= inside | {name}
            and name not in apart[name]
            and not any(i in families[other] for other in inside for i in families[name])
        ]
        if inner:
            found = {inside: None for inside in found if inside.isdisjoint(inner)}
            deep = sum(map(len, found))
        found.update(dict.fromkeys(joined))
        deep += sum(map(len, joined))
        for i, outside in free.items():
            if i not in families[name]:
                outside += [inside for inside in joined if not any(i in families[other] for other in inside)]
        if len(found) > most + 1 or deep > MAX_DEPTH * most:
            return None
    return [inside for inside in found if inside]


def undeclared(regions: Regions, relations: Sequence[Relation]) -> tuple[Region, ...]:
    """The intersections of sets of which the relations do not say that they share items, be it through their parts."""
    within = {(r.left, r.right) for r in relations if r.kind == "within"}
    overlap = {frozenset((r.left, r.right)) for r in relations if r.kind == "overlaps"}
    every = {region.number: region for found in regions.of.values() for region in found}

    def inside(name: str) -> set[str]:
        found = {name}
        while more := {part for part, whole in within if whole in found} - found:
            found |= more
        return found

    parts = {name: inside(name) for region in every.values() for name in region.inside}

    def meet(region: Region, one: str, other: str) -> bool:
        pairs = product(parts[one] & region.inside, parts[other] & region.inside)
        return any(a == b or frozenset((a, b)) in overlap for a, b in pairs)

    return tuple(region for _, region in sorted(every.items())
                 if not all(meet(region, one, other) for one, other in combinations(sorted(region.inside), 2)))  # fmt: skip
