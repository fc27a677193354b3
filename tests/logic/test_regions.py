"""The pieces into which relations cut sets: exactly those that the relations leave, and no more work than there are pieces."""

from __future__ import annotations

from itertools import combinations, pairwise
from random import Random

import pytest

from unlearn_spec.logic.regions import MAX_REGIONS, cut
from unlearn_spec.policy.model import Relation


def disjoint(*names: str) -> Relation:
    return Relation(left=names[0], kind="disjoint_from", right=names[1], also=names[2:])


def leaves(inside: frozenset[str], relation: Relation) -> bool:
    if relation.kind == "within":
        return relation.left not in inside or relation.right in inside
    return relation.kind != "disjoint_from" or len(inside.intersection(relation.sets)) < 2


@pytest.mark.parametrize("seed", range(60))
def test_regions_are_the_intersections_that_the_relations_leave(seed: int) -> None:
    draw = Random(seed)
    names = [f"s{i}" for i in range(draw.randint(2, 6))]
    relations = [Relation(left=names[0], kind="overlaps", right=name) for name in names[1:]]
    for _ in range(draw.randint(0, 4)):
        kind = draw.choice(("within", "disjoint_from", "group"))
        one, other = draw.sample(names, 2)
        if kind == "group":
            relations.append(disjoint(*draw.sample(names, draw.randint(2, len(names)))))
        else:
            relations.append(Relation(left=one, kind=kind, right=other))
    every = [frozenset(some) for k in range(1, len(names) + 1) for some in combinations(names, k)]
    expected = {inside for inside in every if all(leaves(inside, relation) for relation in relations)}
    found = cut(names, relations)
    regions = {region.inside for name in names for region in found.of[name]}
    assert regions == expected
    assert all(name in region.inside for name in names for region in found.of[name])


@pytest.mark.parametrize("hub_first", [True, False])
def test_a_hub_of_disjoint_sets_has_two_regions_for_each(hub_first: bool) -> None:
    small = [f"s{i}" for i in range(3000)]
    relations = [Relation(left=name, kind="overlaps", right="hub") for name in small]
    names = ["hub", *small] if hub_first else [*small, "hub"]
    found = cut(names, [*relations, disjoint(*small)])
    assert not found.too_large
    assert len(found.of["hub"]) == 3001
    assert all(len(found.of[name]) == 2 for name in small)
    assert [region.inside for region in found.shared("hub", "s7")] == [{"hub", "s7"}]


def test_a_hub_of_sets_that_may_overlap_is_too_large() -> None:
    small = [f"s{i}" for i in range(40)]
    relations = [Relation(left=name, kind="overlaps", right="hub") for name in small]
    assert cut(["hub", *small], relations).too_large == {"hub", *small}


@pytest.mark.parametrize("inner_first", [True, False])
def test_sets_within_each_other_are_few_regions(inner_first: bool) -> None:
    names = [f"s{i}" for i in range(MAX_REGIONS)]
    relations = [
        Relation(left=inner, kind="within", right=outer) for outer, inner in pairwise(names)
    ]
    found = cut(names[::-1] if inner_first else names, relations)
    assert not found.too_large
    assert [len(found.of[name]) for name in names] == list(range(MAX_REGIONS, 0, -1))


def test_regions_follow_relations_that_change() -> None:
    names, relations = ["a", "b"], [Relation(left="a", kind="overlaps", right="b")]
    assert len(cut(names, relations).of["a"]) == 2
    names.append("c")
    relations.append(Relation(left="a", kind="overlaps", right="c"))
    assert len(cut(names, relations).of["a"]) == 4
