"""A policy without the sets that no question about its clauses can reach: what is left is encoded the sooner."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from ..policy.clauses import Clause
from ..policy.model import Policy, Relation
from .graph import edges, reached
from .regions import cut, sets_in
from .suspension import with_overriders


def around(policy: Policy, *narrowed: Clause) -> Policy:
    """The policy with those sets only that its clauses speak of, that are told of elsewhere, or that relations tie to these.

    `narrowed`: clauses as exceptions leave them, which speak of the sets that are excepted, too. No statement of the theory reaches
    from one group of tied sets into another (`regions`), so no answer changes.
    """
    spoken = set(told_of(policy)).union(*map(spoken_of, (*policy.clauses, *narrowed)))
    tied = ties(policy.information, policy.relations)
    return only(policy, {name for one in spoken for name in tied.get(one, ())})


def ties(sets: Iterable[str], relations: tuple[Relation, ...]) -> Mapping[str, tuple[str, ...]]:
    """Every set with those that relations tie to it."""
    return {name: group for group in cut(tuple(sets), relations).groups for name in group}


def spoken_of(clause: Clause) -> frozenset[str]:
    """The sets that a clause speaks of: its target, and what exceptions leave of it."""
    named = (getattr(clause, "target", None), *clause.left.values())
    return frozenset[str]().union(*(sets_in(name) for name in named if name is not None))


def of_clauses(policy: Policy, names: Collection[str]) -> Policy:
    """The policy with no clauses but some, those that decide where they bind, and the sets `around` them.

    Whole where something was measured: what is told of that depends on all clauses.
    """
    if policy.measured_before or policy.reference_retrain:
        return policy
    return around(with_overriders(policy, names))


def of_sets(policy: Policy, names: Collection[str]) -> Policy:
    """The policy with no sets but some, those that they lie within, and those that are told of elsewhere.

    Every world of the policy is one of this too: only what cannot hold here is thereby told to be impossible there.
    """
    lying = edges((relation.left, relation.right) for relation in policy.relations if relation.kind == "within")
    near = reached((*names, *told_of(policy)), lying) & policy.information.keys()
    return only(policy, near)


def only(policy: Policy, near: Collection[str]) -> Policy:
    """The policy with those of its sets that are near."""
    if len(near) == len(policy.information):
        return policy
    information = {name: info for name, info in policy.information.items() if name in near}
    return policy.model_copy(update={"information": information, "relations": tuple(_among(policy.relations, near))})


def told_of(policy: Policy) -> Iterator[str]:
    """Sets that are spoken of outside clauses and relations."""
    for artifact in policy.artifacts.values():
        yield from (*artifact.trained_on, *artifact.holds)
    for name, info in policy.information.items():
        if info.built_from is not None:
            yield from (name, info.built_from)
    for fact in policy.measured_before:
        yield fact.target
    for retrained in policy.reference_retrain:
        yield from (retrained.target, retrained.without)


def _among(relations: Collection[Relation], names: Collection[str]) -> Iterator[Relation]:
    """What relations say of some sets: ties are kept whole, and of sets that are disjoint those that are there."""
    for relation in relations:
        sets = tuple(name for name in relation.sets if name in names)
        if sets == relation.sets:
            yield relation
        elif len(sets) > 1:
            yield relation.model_copy(update={"left": sets[0], "right": sets[1], "also": sets[2:]})
