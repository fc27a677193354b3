"""Clauses that follow from several others together.

Of clauses that hang together each is asked about with all the others as premises. Where they are many, a world in which all
hold is kept, and one part after the other is asked whether a clause of it can fail there while nothing else changes: of most
clauses that is answered at once. The few that are left are asked about in full.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..policy.clauses import Clause
from ..record import Record
from .cores import minimal_core
from .explanation import axioms_behind
from .limits import covering, still_destroyed
from .redundancy import bound_and_whole, left_to
from .situations import Case
from .smt import Undecided
from .theory import Theory

MOST_TOGETHER = 200
"""So many clauses that hang together are asked about in full; of more, as many as take no more premises in all."""
_MOST_ASKED = 400
"""Questions to find out which of the others are needed."""


class Joint(Record):
    """`clause` adds nothing to the clauses of `by` together; each of them is needed for that."""

    clause: str
    by: tuple[str, ...]
    axioms: tuple[str, ...]
    """Those that lead from these clauses to it."""


class Jointly(Record):
    """What follows from several others, in the policy's order, and what was too much to ask, by the part it lies in."""

    found: tuple[Joint, ...]
    unasked: tuple[tuple[str, ...], ...]


def jointly_implied(theory: Theory, cases: Sequence[Case], skip: frozenset[str], aside: frozenset[str]) -> Jointly:
    """Clauses that no single other clause requires, but several together do wherever they bind; those in `aside` left out.

    `skip` names clauses that are known to add nothing already.
    """
    bound, whole = bound_and_whole(theory.policy.clauses, cases)
    covers, exceptions = covering(theory.policy), left_to(theory, theory.policy.clauses, cases)
    found: dict[str, Joint] = {}
    unasked: list[tuple[str, ...]] = []
    for members in _together(theory, skip | aside):
        left = [clause for clause in members if bound[clause.id]]
        if len(members) > MOST_TOGETHER:
            left = _not_free(theory, members, left)
        most = max(MOST_TOGETHER**2 // len(members), 1)
        late = [clause.id for clause in left[most:]]
        for clause in left[:most]:
            mine, premises = theory.body(clause), dict[str, str]()
            for other in members:
                binds = not bound[clause.id] & ~whole[other.id]
                if theory.body(other) != mine and binds and covers(other, clause):
                    premises.setdefault(theory.body(other), other.id)
            try:
                joint = _joint(theory, clause, premises)
            except _TooMany:
                late.append(clause.id)
            else:
                if joint is not None and _holds_throughout(theory, clause, joint, exceptions.get(clause.id, ())):
                    found[clause.id] = joint
        unasked += [tuple(late)] if late else []
    return Jointly(tuple(found[clause.id] for clause in theory.policy.clauses if clause.id in found), tuple(unasked))


def _together(theory: Theory, left_out: frozenset[str]) -> tuple[tuple[Clause, ...], ...]:
    """The clauses, part of the theory by part: no clause implies one of another part."""
    found: dict[int, list[Clause]] = {}
    for clause in theory.policy.clauses:
        if clause.id not in left_out and theory.knows(clause):
            found.setdefault(theory.solver.home(theory.body(clause)), []).append(clause)
    return tuple(tuple(part) for part in found.values())


def _not_free(theory: Theory, members: Sequence[Clause], asked: Sequence[Clause]) -> list[Clause]:
    """Those of many clauses of which no world is found in which they fail and all the others hold."""
    given = theory.given.plus(tuple(dict.fromkeys(theory.body(clause) for clause in members)))
    try:
        if not given.satisfiable():
            return list(asked)
    except Undecided:
        return list(asked)
    return [clause for clause in asked if not given.fails_alone(theory.body(clause))]


def _joint(theory: Theory, clause: Clause, premises: Mapping[str, str]) -> Joint | None:
    """Which premises imply a clause together, if they do and one of them does not."""
    denied = "-" + theory.body(clause)
    if len(premises) < 2 or theory.possible((*premises, denied)):
        return None
    needed = minimal_core(tuple(premises), (*theory.background, denied), _at_most(theory.solver.satisfiable))
    if len(needed) < 2:
        return None
    return Joint(clause.id, tuple(premises[name] for name in needed), axioms_behind(theory, (*needed, denied)))


def _holds_throughout(theory: Theory, clause: Clause, joint: Joint, exceptions: Sequence[str]) -> bool:
    """Whether a clause follows where exceptions leave it some items only, too, and what it destroys others destroy."""
    by = [other for other in theory.policy.clauses if other.id in joint.by]
    held = tuple(theory.body(other) for other in by)
    implied = not any(theory.possible((*held, "-" + body)) for body in exceptions)
    return implied and still_destroyed(theory.policy, clause, by)


class _TooMany(Exception):
    """More questions than are asked."""


def _at_most(ask: Callable[[Sequence[str]], bool]) -> Callable[[Sequence[str]], bool]:
    asked = 0

    def counted(assumptions: Sequence[str]) -> bool:
        nonlocal asked
        asked += 1
        if asked > _MOST_ASKED:
            raise _TooMany
        return ask(assumptions)

    return counted
