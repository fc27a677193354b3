"""What the work takes that some clauses ask for: the listed methods that meet them soonest, one artifact at a time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from itertools import combinations

from ..policy.clauses import Ban, Clause, DeIndex, Destroy, Finish, Rectify, Refuse, Remove, Retain, Scope, Suppress
from ..policy.model import Policy
from ..record import Record
from .alone import alone, bound_in, possible
from .explanation import Core
from .scope import scoped_artifacts
from .smt import Undecided

MOST_OPTIONAL = 10
"""Methods that some way of doing the work spares, beyond which the quickest way is not looked for."""
_DATED = Suppress | Refuse | Retain | Rectify | Remove | Destroy | DeIndex
"""Goals whose `by` is a day on which the work is done."""


class Work(Record):
    """The methods that do soonest, within no deadline, what clauses ask of an artifact; and the deadline that they miss."""

    artifact: str
    methods: tuple[str, ...]
    days: Fraction
    limit: Fraction
    needed: bool
    """Whether nothing else that is listed can do without any of them."""


def least_work(policy: Policy, core: Core, without: frozenset[str]) -> Work | None:
    """The first artifact on which what a conflict asks for takes longer than it allows; None if no number is certain."""
    with suppress(Undecided):
        for artifact, limit in _limits(policy, core).items():
            found = _quickest(Means(policy, core, artifact, without))
            if found is not None and found[1] > limit:
                return Work(artifact, found[0], found[1], limit, found[2])
    return None


def is_late(policy: Policy, core: Core, without: frozenset[str]) -> bool:
    """Whether the clauses of a conflict can hold together once none has a deadline for the work; so it is where that is open."""
    late, names = undated(policy, core.clauses)
    try:
        return late is not policy and possible(late, names, core.situation, without=without)
    except Undecided:
        return True


def undated(policy: Policy, names: Collection[str]) -> tuple[Policy, tuple[str, ...]]:
    """The policy without the deadlines of some clauses for work, and those of the clauses that then still say something."""
    said = [clause for clause in policy.clauses if clause.id in names]
    if not any(_dated(clause) for clause in said):
        return policy, tuple(names)
    clauses = tuple(
        c.model_copy(update={"by": None}) if c.id in names and isinstance(c, _DATED) else c for c in policy.clauses
    )
    kept = tuple(clause.id for clause in said if not isinstance(clause, Finish))
    return policy.model_copy(update={"clauses": clauses}), kept


class Means:
    """Whether the clauses of a conflict, without their deadlines, can be met on an artifact with some methods unused there."""

    def __init__(self, policy: Policy, core: Core, artifact: str, without: frozenset[str], *, lifting: Collection[str] = ()) -> None:
        """`lifting`: clauses of the conflict that are not asked."""
        named = policy.methods or {}
        self.listed = {name: method for name, method in named.items() if artifact not in method.not_on}
        asked, names = undated(policy, [name for name in core.clauses if name not in lifting])
        self._bans = {name: _unused(name, artifact) for name in self.listed}
        every = (*names, *(ban.id for ban in self._bans.values()))
        more = asked.model_copy(update={"clauses": (*asked.clauses, *self._bans.values())})
        self._theory, held = alone(more, every, core.situation, facts=core.facts, without=without)
        self._held = tuple(literal for literal, owner in held.items() if owner in names)
        self._literals = {name: self._theory.body(ban) for name, ban in self._bans.items()}

    def suffice(self, unused: Collection[str]) -> bool:
        """Whether the clauses can be met without these methods."""
        return self._theory.possible((*self._held, *(self._literals[name] for name in self.listed if name in unused)))


def _quickest(means: Means) -> tuple[tuple[str, ...], Fraction, bool] | None:
    """Methods with which the work is done soonest, how long they take, and whether each is needed."""
    takes = {name: method.takes for name, method in means.listed.items() if method.takes}
    if not means.suffice(()):
        return None
    needed = [name for name in takes if not means.suffice((name,))]
    optional = [name for name in takes if name not in needed]
    for more in _by_time(takes, optional) if len(optional) <= MOST_OPTIONAL else [()]:
        if means.suffice([name for name in optional if name not in more]):
            used = tuple(name for name in takes if name in needed or name in more)
            return used, sum((takes[name] for name in used), Fraction(0)), not more
    return None


def _by_time(takes: Mapping[str, Fraction], names: Sequence[str]) -> list[tuple[str, ...]]:
    """Every choice of some names, those that take least first."""
    every = (chosen for many in range(len(names) + 1) for chosen in combinations(names, many))
    return sorted(every, key=lambda chosen: sum((takes[name] for name in chosen), Fraction(0)))


def _limits(policy: Policy, core: Core) -> dict[str, Fraction]:
    """Until when a conflict allows work, by artifact. Nothing of a clause that leaves open which artifact it means."""
    found: dict[str, Fraction] = {}
    for clause in bound_in(policy, core.clauses, core.situation):
        if clause.by is not None and _dated(clause) and clause.scope.artifacts is not None:
            for artifact in scoped_artifacts(policy, clause):
                found[artifact] = min(clause.by, found.get(artifact, clause.by))
    return found


def _dated(clause: Clause) -> bool:
    return isinstance(clause, Finish) or (isinstance(clause, _DATED) and clause.by is not None)


def _unused(method: str, artifact: str) -> Ban:
    """That a method is not used on an artifact; by a name that no clause can have."""
    ban = Ban(id="unused", goal="ban", methods=(method,), scope=Scope(artifacts=(artifact,)))
    return ban.model_copy(update={"id": f"unused {method}"})
