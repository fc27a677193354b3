"""The situations that a policy tells apart, and which clauses bind in each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product

from ..policy.clauses import Clause
from ..policy.model import Policy
from ..record import Record
from .bound import Binding, Part, Share
from .conditions import mentioned
from .suspension import binding, can_part

MAX_SITUATIONS = 12
"""Situations beyond which assignments are not enumerated (X002)."""


class Case(Record):
    """One assignment of the situations and the clauses that bind under it."""

    holding: frozenset[str]
    binding: Binding

    @property
    def active(self) -> frozenset[str]:
        """The clauses that bind on every artifact of their scope."""
        return self.binding.whole

    def described(self, situations: tuple[str, ...]) -> tuple[str, ...]:
        """The situations by name, absent ones with a leading "not "."""
        return tuple(name if name in self.holding else f"not {name}" for name in situations)


def parts(policy: Policy) -> tuple[Part, ...]:
    """Every clause with every part of it that some situation leaves."""
    if not can_part(policy):
        return ()
    involved = {name for clause in policy.clauses for name in (clause.id, *clause.overrides) if clause.overrides}
    related = tuple(clause for clause in policy.clauses if clause.id in involved)
    every = cases(policy.model_copy(update={"clauses": related}))
    return tuple(dict.fromkeys(part for case in every or () for part in case.binding.partly))


def cases(policy: Policy) -> tuple[Case, ...] | None:
    """Every allowed assignment with its binding clauses, the empty one first; None above `MAX_SITUATIONS`.

    A situation that no guard mentions is left out: it changes nothing.
    """
    used = frozenset().union(*(mentioned(clause.scope.when) for clause in policy.clauses))
    names = [name for name in policy.situations if name in used]
    if len(names) > MAX_SITUATIONS:
        return None
    found: list[Case] = []
    for values in product((False, True), repeat=len(names)):
        holding = frozenset(name for name, value in zip(names, values, strict=True) if value)
        if all(len(holding.intersection(group)) <= 1 for group in policy.exclusive):
            found.append(Case(holding, binding(policy, holding)))
    return tuple(sorted(found, key=lambda case: (len(case.holding), sorted(case.holding))))


def binds_as(policy: Policy, clauses: Sequence[Clause], here: Case, there: Case) -> bool:
    """Whether clauses bind `there` wherever they bind `here`, and where they do, for the same items."""
    return all(here.binding.places(policy, c).items() <= there.binding.places(policy, c).items() for c in clauses)


def always_active(all_cases: Sequence[Case]) -> frozenset[str]:
    """Clauses that bind on their whole scope whatever the situation."""
    return frozenset[str]().union(*(frozenset.intersection(*(share.whole for share in own)) for own in shares_of(all_cases)))


def shares_of(all_cases: Sequence[Case]) -> Iterator[Mapping[Share, int]]:
    """For each share of what binds, what it is in some cases; with it these cases, as the bits of a number."""
    for own in zip(*(case.binding.shares for case in all_cases), strict=True):
        found: dict[Share, int] = {}
        for place, share in enumerate(own):
            found[share] = found.get(share, 0) | 1 << place
        yield found


def maximal(all_cases: tuple[Case, ...]) -> tuple[Case, ...]:
    """Cases in which no less binds than in any other: adding a clause can only take worlds away."""
    return _extreme(_distinct(all_cases), Share.within)


def minimal(all_cases: tuple[Case, ...]) -> tuple[Case, ...]:
    """Cases in which no more binds than in any other: where the clauses promise least."""
    return _extreme(_distinct(all_cases), lambda here, there: there.within(here))


def _extreme(distinct: Sequence[Case], no_further: Callable[[Share, Share], bool]) -> tuple[Case, ...]:
    """Those of some cases than which no other goes further in every share."""
    places = sorted(enumerate(shares_of(distinct)), key=lambda entry: len(entry[1]))  # which rule the most out, at once
    found = []
    for number, case in enumerate(distinct):
        further = (1 << len(distinct)) - 1
        for place, shares in places:
            mine, left = case.binding.shares[place], further
            further = sum(bits & left for share, bits in shares.items() if bits & left and no_further(mine, share))
        if further == 1 << number:
            found.append(case)
    return tuple(found)


def _distinct(all_cases: tuple[Case, ...]) -> tuple[Case, ...]:
    distinct: dict[Binding, Case] = {}
    for case in all_cases:
        distinct.setdefault(case.binding, case)
    return tuple(distinct.values())
