"""Whether a claim follows from the clauses that bind."""

from __future__ import annotations

from collections.abc import Sequence

from ..policy.model import Claim
from .bound import as_bound
from .limits import for_some
from .situations import Case, minimal
from .statements import claim_formula
from .theory import Theory


def fails_to_follow(theory: Theory, claim: Claim, cases: Sequence[Case], aside: frozenset[str]) -> Case | None:
    """A situation in which every clause (outside `aside`) holds and the claim does not, or None if it follows."""
    wanted = theory.literal(claim_formula(theory.policy, claim))
    for case in minimal(tuple(cases)):
        if theory.possible((*binding(theory, case, aside), "-" + wanted)):
            return case
    return None


def partly_promised(theory: Theory, claim: Claim, cases: Sequence[Case], aside: frozenset[str]) -> tuple[str, ...]:
    """Clauses for some audience, some languages or precisions without which a claim that follows would not; in source order.

    Rates are not told apart by these (semantics.md §1), and a claim speaks of all of them.
    """
    some = frozenset(clause.id for clause in theory.policy.clauses if for_some(clause) and clause.id not in aside)
    if not some or fails_to_follow(theory, claim, cases, aside | some) is None:
        return ()
    needed = {name for name in some if fails_to_follow(theory, claim, cases, aside | {name}) is not None}
    return tuple(clause.id for clause in theory.policy.clauses if clause.id in (needed or some))


def binding(theory: Theory, case: Case, aside: frozenset[str]) -> tuple[str, ...]:
    """Literals of the clauses that bind in a case, those set aside left out."""
    return tuple(
        theory.body(clause)
        for clause in as_bound(theory.policy.clauses, case.binding)
        if clause.id not in aside and theory.knows(clause)
    )
