"""Who has what from whom: derivatives and what shaped them, sets made from sets, and the access of each audience."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..policy.model import Policy
from ..policy.vocabulary import Access, access_rank
from .graph import edges, reached
from .memo import once_a_policy


def derived(policy: Policy, root: str) -> tuple[str, ...]:
    """Everything derived from `root`, directly or not, in declaration order."""
    found = reached((root,), _derivatives(policy)) - {root}
    return tuple(name for name in policy.artifacts if name in found) if found else ()


@once_a_policy
def _derivatives(policy: Policy) -> Mapping[str, tuple[str, ...]]:
    """The artifacts that are derived from each, directly."""
    return edges((artifact.derived_from, name) for name, artifact in policy.artifacts.items())


def enclosing(policy: Policy, target: str) -> tuple[str, ...]:
    """The set itself and those that it is declared to lie within, directly or through others."""
    around, found = _around(policy), [target]
    for name in found:
        found += [whole for whole in around.get(name, ()) if whole not in found]
    return tuple(found)


def within(policy: Policy, *wholes: str) -> set[str]:
    """These sets and those that are declared to lie within one of them, directly or through others."""
    return reached(wholes, _inside(policy))


@once_a_policy
def _inside(policy: Policy) -> Mapping[str, tuple[str, ...]]:
    """The sets that are declared to lie within each."""
    return edges((relation.right, relation.left) for relation in policy.relations if relation.kind == "within")


@once_a_policy
def _around(policy: Policy) -> Mapping[str, tuple[str, ...]]:
    """The sets that each set is declared to lie within."""
    return edges((relation.left, relation.right) for relation in policy.relations if relation.kind == "within")


def apart(policy: Policy, one: str, other: str) -> bool:
    """Whether two sets are known to share no item: one of examples and one of facts, or declared disjoint."""
    kinds, declared = {policy.information[name].kind for name in (one, other)}, _disjoint(policy)
    return kinds == {"examples", "facts"} or any(
        a != b and not declared.get(a, frozenset()).isdisjoint(declared.get(b, frozenset()))
        for a in enclosing(policy, one) for b in enclosing(policy, other)
    )  # fmt: skip


@once_a_policy
def _disjoint(policy: Policy) -> Mapping[str, frozenset[int]]:
    """The declarations, by their place, that each set is disjoint from others."""
    found: dict[str, set[int]] = {}
    for place, relation in enumerate(policy.relations):
        for name in relation.sets if relation.kind == "disjoint_from" else ():
            found.setdefault(name, set()).add(place)
    return {name: frozenset(places) for name, places in found.items()}


def exposures(policy: Policy, artifact: str) -> frozenset[str]:
    """Sets of which the artifact was trained on some items, itself or through the artifacts it is derived from (K4)."""
    found: set[str] = set()
    name: str | None = artifact
    while name is not None:
        found.update(policy.artifacts[name].trained_on)
        name = policy.artifacts[name].derived_from
    return _with_parts(policy, found)


def _with_parts(policy: Policy, trained_on: Iterable[str]) -> frozenset[str]:
    """These sets, those within them and those that they lie within: training on one is training on items of all."""
    found = frozenset(trained_on)
    if not any(relation.kind == "within" for relation in policy.relations):
        return found
    outer = {name for one in found for name in enclosing(policy, one)}
    return found | outer | within(policy, *found)


def inherited(policy: Policy, artifact: str, target: str) -> bool:
    """Whether an artifact met a set only through what it is derived from."""
    own = _with_parts(policy, policy.artifacts[artifact].trained_on)
    return target not in own and target in exposures(policy, artifact)


def kin(policy: Policy, target: str) -> tuple[str, ...]:
    """Sets of examples made from the target's, or a part's (translations, paraphrases), that are not part of it."""
    parts = within(policy, target)
    return _made_from(policy, parts, parts)


def may_stem_from(policy: Policy, target: str) -> tuple[str, ...]:
    """Its kin, and what was made from a set that it lies within: nothing says that the target's items were left out."""
    parts = within(policy, target)
    return _made_from(policy, parts.union(enclosing(policy, target)), parts)


def _made_from(policy: Policy, sources: set[str], parts: set[str]) -> tuple[str, ...]:
    """Sets of examples made from some sets, directly or not, without those that are parts.

    What is made from facts about them is, and every part of what is.
    """
    made, inside = _made(policy), _inside(policy)
    first = (name for source in sources for name in made.get(source, ()))
    left = reached(first, made, inside) - parts
    return tuple(n for n, info in policy.information.items() if n in left and info.kind == "examples") if left else ()


@once_a_policy
def _made(policy: Policy) -> Mapping[str, tuple[str, ...]]:
    """The sets that are made from each, directly."""
    return edges((info.built_from, name) for name, info in policy.information.items())


def audience_levels(policy: Policy, artifact: str, *, containment: bool = True) -> dict[str, Access]:
    """Access of each audience of an artifact: the most that it, or an audience inside it, has (AX10)."""
    seen = policy.artifacts[artifact].seen_by

    def level(audience: str, visited: frozenset[str]) -> Access | None:
        inside = [name for name, people in policy.people.items() if people.within == audience and name not in visited]
        inner = [level(name, visited | {audience}) for name in inside] if containment else []
        return max((one for one in (seen.get(audience), *inner) if one is not None), key=access_rank, default=None)

    levels = {name: level(name, frozenset()) for name in dict.fromkeys((*seen, *policy.people))}
    return {name: access for name, access in levels.items() if access is not None}


def audiences_around(policy: Policy, audience: str | None) -> frozenset[str]:
    """An audience and those that it lies within."""
    found = set[str]()
    while audience is not None and audience not in found:
        found.add(audience)
        audience = policy.people[audience].within if audience in policy.people else None
    return frozenset(found)


def holds_weights(policy: Policy, artifact: str, audience: str) -> bool:
    """Whether an audience has a copy of the artifact's weights."""
    access = audience_levels(policy, artifact).get(audience)
    return access is not None and access_rank(access) >= access_rank("weights")
