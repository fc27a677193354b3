"""Clauses that say nothing: those that never bind, that speak of an empty set, or that hold already."""

from __future__ import annotations

from collections.abc import Sequence

from ..policy.clauses import Clause
from .encode import TooLarge
from .situations import Case
from .theory import Theory


def never_applies(clause: Clause, cases: Sequence[Case]) -> bool:
    """Whether no allowed situation makes the clause bind."""
    return not any(clause.id in case.binding.names for case in cases)


def empty_target(theory: Theory, target: str) -> bool:
    """Whether facts and relations leave the set without an item."""
    if theory.encoder.symbol("e", target, "Bool") in theory.has_item:
        return False  # facts are consistent, and with them that it has an item
    try:
        size = theory.encoder.set_size(target)
    except TooLarge:
        return False
    return not theory.solver.satisfiable((*theory.axiom_literals, *theory.facts), f"(assert (>= {size} 1))")


def already_true(theory: Theory, clauses: Sequence[Clause]) -> tuple[Clause, ...]:
    """The clauses of which axioms and facts alone entail what they demand."""
    known = [clause for clause in clauses if theory.knows(clause)]
    fails = theory.given.satisfiable_each([("-" + theory.body(clause),) for clause in known])
    return tuple(clause for clause, possible in zip(known, fails, strict=True) if not possible)
