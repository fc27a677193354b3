"""What only a presumption excludes: told as a warning, never as a contradiction."""

from __future__ import annotations

from collections.abc import Iterable

from ..record import Record
from .alone import clause_literals
from .cores import minimal_core
from .theory import Theory


class Presumed(Record):
    """Clauses that have a world, but none in which the presumptions hold."""

    clauses: tuple[str, ...]
    presumptions: tuple[str, ...]


def presumed_conflicts(theory: Theory, among: Iterable[str]) -> tuple[Presumed, ...]:
    """Minimal sets of clauses that hold together only against a presumption (P1, P2), one after the other, in source order."""
    wanted, found = set(among), []
    given = tuple(theory.presumed_literals)
    while given:
        clauses = [clause for clause in theory.policy.clauses if clause.id in wanted and theory.knows(clause)]
        literals = clause_literals(theory, clauses)
        if theory.possible((*literals, *given)):
            break
        ask = theory.solver.satisfiable
        chosen = minimal_core(tuple(literals), (*theory.background, *given), ask)
        needed = minimal_core(given, (*theory.background, *chosen), ask)
        if not chosen or not needed:
            break
        names = tuple(dict.fromkeys(literals[name] for name in chosen))
        found.append(Presumed(names, tuple(theory.presumed_literals[name] for name in needed)))
        wanted -= set(names)
    return tuple(found)
