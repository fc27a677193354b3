"""Clauses that a single other clause already requires."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..policy.clauses import Clause
from ..record import Record
from .bound import narrowed
from .explanation import axioms_behind
from .limits import covering, still_destroyed
from .scope import scoped_artifacts
from .separation import neighbours
from .situations import Case, shares_of
from .theory import Theory


class Shadow(Record):
    """`clause` adds nothing to `by`; `equal` if the converse holds too, wherever either binds."""

    clause: str
    by: str
    equal: bool
    axioms: tuple[str, ...] = ()
    """Those that lead from the one to the other, and of equal clauses back."""


def shadows(theory: Theory, cases: Sequence[Case], skip: frozenset[str]) -> tuple[Shadow, ...]:
    """Clauses that another single clause already requires wherever they bind, and for whomever. Of two equal clauses, the later one.

    Not asked of clauses that are already true.
    """
    policy, covers = theory.policy, covering(theory.policy)
    known = [clause for clause in policy.clauses if clause.id not in skip and theory.knows(clause)]
    bodies = [theory.body(clause) for clause in known]
    bound, whole = bound_and_whole(known, cases)
    artifacts = [frozenset(scoped_artifacts(policy, clause)) for clause in known]
    pairs = [
        (i, j)
        for i, near in enumerate(neighbours(theory.given, bodies, [_reach(theory, clause) for clause in known]))
        for j in near
        if not bound[known[i].id] & ~whole[known[j].id] and not artifacts[i].isdisjoint(artifacts[j])
    ]
    answers = theory.given.satisfiable_each([(bodies[j], "-" + bodies[i]) for i, j in pairs])
    left = left_to(theory, known, cases)
    stronger: dict[int, list[int]] = {}
    for (i, j), apart in zip(pairs, answers, strict=True):
        if not apart and covers(known[j], known[i]) and still_destroyed(policy, known[i], (known[j],)):
            stronger.setdefault(i, []).append(j)

    def shadow(i: int, j: int) -> Shadow | None:
        one, other = known[i], known[j]
        if any(theory.possible((bodies[j], "-" + body)) for body in left.get(one.id, ())) or not theory.possible((bodies[j],)):
            return None
        equal = (
            not bound[other.id] & ~whole[one.id]
            and not theory.possible((bodies[i], "-" + bodies[j]))
            and covers(one, other)
            and still_destroyed(policy, other, (one,))
        )
        if equal and j > i:
            return None
        ways = [(bodies[j], bodies[i]), *([(bodies[i], bodies[j])] if equal else [])]
        return Shadow(one.id, other.id, equal, _behind(theory, ways))

    found = (next(filter(None, (shadow(i, j) for j in others)), None) for i, others in stronger.items())
    return tuple(filter(None, found))


def _behind(theory: Theory, ways: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """The axioms that lead from the one to the other, each way, in their order."""
    used = {axiom for one, other in ways if one != other for axiom in axioms_behind(theory, (one, "-" + other))}
    return tuple(dict.fromkeys(axiom for axiom in theory.axiom_literals.values() if axiom in used))


def bound_and_whole(clauses: Sequence[Clause], cases: Sequence[Case]) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """The cases in which each clause binds somewhere, and those in which it binds as written, as the bits of numbers."""
    bound, whole = {clause.id: 0 for clause in clauses}, {clause.id: 0 for clause in clauses}
    for found in shares_of(cases):
        for share, places in found.items():
            for bits, names in ((bound, share.names), (whole, share.whole)):
                for name in names & bits.keys():
                    bits[name] |= places
    return bound, whole


def left_to(theory: Theory, clauses: Sequence[Clause], cases: Sequence[Case]) -> Mapping[str, tuple[str, ...]]:
    """What clauses come to where exceptions leave them some of their items: on average that can be more than is asked of all."""
    found: dict[str, dict[str, None]] = {}
    by_id = {clause.id: clause for clause in clauses if theory.knows(clause)}
    for share in dict.fromkeys(share for shares in shares_of(cases) for share in shares):
        for name, places in share.partly:
            if name in by_id and any(target is not None for _, target in places):
                found.setdefault(name, {})[theory.body(narrowed(by_id[name], places))] = None
    return {name: tuple(bodies) for name, bodies in found.items()}


def _reach(theory: Theory, clause: Clause) -> int:
    """How many intersections of sets a clause speaks of."""
    return len(theory.encoder.regions.of.get(getattr(clause, "target", ""), ()))
