"""Families: one limit on a mean that many other clauses together exceed. What they leave it, and how much each takes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction

from ..policy.clauses import Clause, Refuse, Retain, Suppress
from ..policy.model import Policy
from ..record import Record
from .alone import is_mean, left
from .meaning import counts_refusals
from .theory import Theory

MANY = 6
"""Clauses beyond which a conflict over one limit is told as a family: by its sum, not by its members."""


class Family(Record):
    """Limits on the parts of a set that together leave a limit on the whole no room."""

    limit: str
    """The clause whose limit the others together exceed."""
    best: Fraction
    """The most (or, for a limit from above, the least) that the others leave it, exactly."""
    shares: tuple[tuple[str, Fraction], ...]
    """How much of it each of the others takes when it stands alone, the largest first; those that take nothing left out."""


def limit_of(policy: Policy, core: Collection[str]) -> str:
    """The one clause of a core that bounds a mean from the side opposite to all others, or nothing."""
    sides = {clause.id: _side(clause) for clause in policy.clauses if clause.id in core}
    for clause in policy.clauses:
        if clause.id in core and is_mean(policy, clause):
            others = {side for name, side in sides.items() if name != clause.id}
            if others == {-sides[clause.id]}:
                return clause.id
    return ""


def opposing(policy: Policy, limit: str, among: Sequence[str]) -> tuple[str, ...]:
    """The clauses that push a limit's rate the other way."""
    sides = {clause.id: _side(clause) for clause in policy.clauses}
    return tuple(name for name in among if sides[name] == -sides[limit])


def family(
    theory: Theory, limit: Clause, others: Mapping[str, tuple[str, ...]], kinds: Mapping[str, object]
) -> Family | None:
    """What others leave a limit, given what they demand, and the share of each; None if that has no exact answer."""
    free = left(theory, limit, ())
    best = left(theory, limit, tuple(dict.fromkeys(literal for demanded in others.values() for literal in demanded)))
    if free is None or best is None:
        return None
    known, taken = dict[object, Fraction](), []
    for name, demanded in others.items():
        kind = kinds[name]
        if kind not in known:
            alone = left(theory, limit, demanded)
            if alone is None:
                return None
            known[kind] = abs(free - alone)
        taken.append((name, known[kind]))
    ranked = sorted((share for share in taken if share[1]), key=lambda share: -share[1])
    return Family(limit.id, best, tuple(ranked))


class Alike:
    """Clauses that nothing but names tells apart, as seen from one limit: each takes as much of it as the others."""

    def __init__(self, policy: Policy, limit: str) -> None:
        self._policy = policy
        self._clauses = {clause.id: clause for clause in policy.clauses}
        self._centre = getattr(self._clauses[limit], "target", "")
        self._relations: dict[str, list[int]] = {}
        for i, relation in enumerate(policy.relations):
            for name in relation.sets:
                self._relations.setdefault(name, []).append(i)
        told = [name for artifact in policy.artifacts.values() for name in (*artifact.trained_on, *artifact.holds)]
        told += [information.built_from or "" for information in policy.information.values()]
        told += [fact.target for fact in policy.measured_before]
        told += [name for fact in policy.reference_retrain for name in (fact.target, fact.without)]
        self._told = frozenset(told)

    def kind(self, name: str) -> object:
        """What clauses that are alike have in common; the name itself where the clause is like no other."""
        clause = self._clauses[name]
        target = getattr(clause, "target", "")
        ties = [self._tie(i, target) for i in self._relations.get(target, ())]
        if target == self._centre or target in self._told or None in ties:
            return name
        plain = clause.model_copy(update={"id": "", "target": ""})
        return repr(plain), repr(self._policy.information[target]), tuple(sorted(map(repr, ties)))

    def _tie(self, place: int, target: str) -> object:
        """A relation of the target as the others' targets may have it too; None if it leads to a set beside the centre."""
        relation = self._policy.relations[place]
        if relation.kind == "disjoint_from":
            return place if relation.also else None
        if {relation.left, relation.right} != {self._centre, target}:
            return None
        return relation.kind, relation.left == target, relation.low, relation.high


def _side(clause: Clause) -> int:
    """1 for a clause that wants more shown or answered, -1 for less, 0 for neither or both."""
    if isinstance(clause, Refuse):
        return -1
    if isinstance(clause, Retain | Suppress):
        return 1 if isinstance(clause, Retain) != counts_refusals(clause) else -1
    return 0
