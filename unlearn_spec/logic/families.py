"""Families: one limit on a mean that many other clauses together exceed. What they leave it, and how much each takes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ..policy.model import Clause, Policy, Refuse, Retain, Suppress
from .alone import Room, is_mean
from .meaning import counts_refusals

MANY = 6
"""Clauses beyond which a conflict over one limit is told as a family: by its sum, not by its members."""


@dataclass(frozen=True)
class Family:
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
    policy: Policy, limit: str, others: Sequence[str], without: frozenset[str] = frozenset()
) -> Family | None:
    """What `others` leave a limit, and the share of each; None if that has no exact answer."""
    room = Room(policy, others, limit, without)
    free, best = room.left(()), room.left(others)
    if free is None or best is None:
        return None
    taken = []
    for name in others:
        left = room.left((name,))
        if left is None:
            return None
        taken.append((name, abs(free - left)))
    ranked = sorted((share for share in taken if share[1]), key=lambda share: -share[1])
    return Family(limit, best, tuple(ranked))


def _side(clause: Clause) -> int:
    """1 for a clause that wants more shown or answered, -1 for less, 0 for neither or both."""
    if isinstance(clause, Refuse):
        return -1
    if isinstance(clause, Retain | Suppress):
        return 1 if isinstance(clause, Retain) != counts_refusals(clause) else -1
    return 0
