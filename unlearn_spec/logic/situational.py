"""Conflicts that arise only in some situation."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec.structs import replace

from ..policy.clauses import Clause
from .alone import possible
from .bound import Binding, Share, as_bound
from .conflicts import Asked, Conflicts, Rest, by_part, in_order, members_of, parts_of
from .explanation import Core, Members
from .situations import Case, always_active, binds_as, maximal, shares_of
from .suspension import with_overriders
from .theory import Theory


def situational_conflicts(theory: Theory, cases: Sequence[Case], plain: Conflicts) -> Conflicts:
    """Conflicts that arise only in some situation; the smallest such situation with each."""
    policy, always = theory.policy, always_active(cases)
    cores: dict[tuple[str, ...], Core] = {}
    rest: dict[Rest, None] = {}
    involved = plain.involved
    told = {core.family.limit for core in plain.cores if core.family}
    place = {clause.id: i for i, clause in enumerate(policy.clauses)}
    if not theory.possible(()):
        return Conflicts(involved=involved)
    shared = _Shared(theory, cases, always)
    for case in maximal(tuple(cases)):
        found = shared.conflicts(case.binding)
        for core in (_with_exceptions(theory, core, case) for each in found for core in each.cores):
            clauses = [policy.clauses[place[name]] for name in core.clauses]
            first = next(c for c in cases if binds_as(policy, clauses, case, c))
            situation, known = tuple(sorted(first.holding)), cores.get(core.clauses)
            if known is not None:
                more = () if situation in known.situations else (situation,)
                cores[core.clauses] = replace(known, also=(*known.also, *more))
            elif core.family is None or core.family.limit not in told:
                cores[core.clauses] = replace(core, situation=situation)
                involved = involved.union(core.clauses)
        untold = (one for each in found for one in each.rest)
        rest.update(dict.fromkeys(sorted(untold, key=lambda one: place[one.clauses[0]])))
        involved = involved.union(*(each.involved for each in found))
    return Conflicts(tuple(in_order(policy, tuple(cores.values()))), tuple(rest), involved)


def _with_exceptions(theory: Theory, core: Core, case: Case) -> Core:
    """A conflict with the clauses that except items from some of its own, where without them it would be none.

    What a clause asks on average of the items that it is left can be more than what it asks of all.
    """
    policy = theory.policy
    if core.family is not None or not any(case.binding.left_some(name) for name in core.clauses):
        return core
    deciding = with_overriders(policy, core.clauses)
    excepting = [c.id for c in deciding.clauses if c.id not in core.clauses and c.id in case.binding.names]

    def clash(exceptions: Collection[str]) -> bool:
        named = frozenset((*core.clauses, *exceptions))
        fewer = policy.model_copy(update={"clauses": tuple(c for c in policy.clauses if c.id in named)})
        return not possible(fewer, core.clauses, case.holding, without=theory.without)

    for name in tuple(excepting):
        rest = [other for other in excepting if other != name]
        if clash(rest):
            excepting = rest
    clauses = tuple(c.id for c in deciding.clauses if c.id in core.clauses or c.id in excepting)
    return replace(core, clauses=clauses)


class _Shared:
    """What cases have in common: clauses that may hang together are asked once for all cases in which they bind alike."""

    def __init__(self, theory: Theory, cases: Sequence[Case], settled: frozenset[str]) -> None:
        self._theory, self._settled = theory, settled
        self._clauses = {clause.id: clause for clause in theory.policy.clauses if theory.knows(clause)}
        self._literals: dict[str, tuple[Clause, tuple[str, ...]]] = {}
        self._places = self._shared(cases)
        self._known: dict[tuple[tuple[int, ...], tuple[Share, ...]], list[Conflicts]] = {}
        self._asked: dict[Asked, Conflicts] = {}

    def conflicts(self, found: Binding) -> list[Conflicts]:
        """The conflicts among what binds, part by part, without those that lie within what is settled."""
        bound = {places: tuple(found.shares[place] for place in places) for places in dict.fromkeys(self._places.values())}
        new = {places for places, shares in bound.items() if (places, shares) not in self._known}
        self._known.update({(places, bound[places]): [] for places in new})
        clauses = [clause for name, clause in self._clauses.items() if self._places.get(name) in new] if new else []
        asked = by_part(self._theory, self._members(as_bound(clauses, found)), self._settled, self._asked)
        for part, conflicts in asked.items():
            if conflicts.involved or conflicts.rest:
                places = self._places[part[0]]
                self._known[places, bound[places]].append(conflicts)
        return [one for places, shares in bound.items() for one in self._known[places, shares]]

    def _shared(self, cases: Sequence[Case]) -> Mapping[str, tuple[int, ...]]:
        """For each clause that binds in some case, the places of the shares that hold all with which it may hang together."""
        home: dict[str, int] = {}
        said: dict[str, dict[str, None]] = {}
        for place, shares in enumerate(shares_of(cases)):
            for share in shares:
                known = [self._clauses[name] for name in share.names if name in self._clauses]
                for name, literals in self._members(as_bound(known, share)).items():
                    home[name] = place
                    said.setdefault(name, {}).update(dict.fromkeys(literals))
        parts = parts_of(self._theory, {name: tuple(literals) for name, literals in said.items()})
        together = (tuple(sorted({home[name] for name in part})) for part in parts)
        return {name: places for part, places in zip(parts, together, strict=True) for name in part}

    def _members(self, clauses: Iterable[Clause]) -> Members:
        return members_of(self._theory, clauses, False, self._literals)
