"""Repairs for a conflict: one number that dissolves it, or the lightest set of clauses to loosen. Each is checked by applying it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from fractions import Fraction

from ..policy.clauses import Clause
from ..policy.model import Policy
from ..record import Record
from .all_cores import lightest_cut
from .alone import alone, bound_in, clause_literals, possible
from .bound import as_bound
from .cores import minimal_core
from .explanation import Core
from .families import MANY, limit_of
from .knobs import Knob, is_linear, knobs, left_by
from .meaning import body
from .nearby import of_clauses
from .smt import Undecided
from .suspension import binding
from .theory import Theory

TRIED = 60
"""Clauses up to which a changed policy is asked as a whole: above, its theory takes long to build for each change."""
_LIMITS = ("at_most", "at_least")
"""Numbers that stand in one statement about quantities the theory has names for anyway, where a mean is limited."""


class Change(Record):
    """One number of one clause, as the drafter would write it; no field: the clause goes."""

    clause: str
    field: str = ""
    value: str = ""


class Repair(Record):
    """Changes that together dissolve a conflict."""

    changes: tuple[Change, ...]
    leaves: tuple[str, ...] = ()
    """Clauses that would then stand in its place in another conflict; empty if none does."""


def single_numbers(theory: Theory, core: Core, involved: frozenset[str] = frozenset()) -> tuple[Repair, ...]:
    """For each number of the core's clauses, the smallest friendly change after which they can hold; `should` before `must`.

    Where more than `MANY` clauses meet at one limit, its number alone, if that helps. `involved`: clauses of any conflict; if
    they are not given, what the changed clauses would clash with is not asked.
    """
    limit = core.family.limit if core.family else limit_of(theory.policy, core.clauses)
    at_limit = _single_numbers(theory, core, (limit,), involved) if limit and len(core.clauses) > MANY else ()
    return at_limit or _single_numbers(theory, core, (limit,) if core.family else core.clauses, involved)


def _single_numbers(
    theory: Theory, core: Core, names: Collection[str], involved: frozenset[str]
) -> tuple[Repair, ...]:
    policy, found = theory.policy, []
    near = of_clauses(policy, core.clauses)
    for clause in sorted((c for c in policy.clauses if c.id in names), key=lambda clause: clause.strength == "must"):
        for knob in knobs(clause):
            value = None if core.also else _least_here(theory, core, clause, knob)
            if value is None:
                value = _least(near, core.clauses, core.situations, clause, knob, theory.without)
            if value is not None:
                change = Change(clause.id, knob.field, knob.show(value))
                leaves = _still_clashing(theory, clause.id, core, involved)
                leaves = leaves or _then_clashing(with_clause(policy, knob.apply(clause, value)), core, involved, theory.without)
                found.append(Repair((change,), leaves))
    return tuple(found)


def together(
    policy: Policy, names: Sequence[str], situations: Sequence[Sequence[str]], without: frozenset[str] = frozenset()
) -> Repair | None:
    """The lightest set of clauses to loosen so that all `names` can hold, with friendly numbers; None if none was verified.

    A clause that no number saves goes. Which are loosened is asked in the first situation, whether that is enough in all.
    """
    policy, weights = of_clauses(policy, names), _weights(policy, names)
    theory, held = alone(policy, names, situations[0], without=without)

    def can_hold(chosen: Sequence[str]) -> bool:
        return theory.possible(tuple(literal for literal, owner in held.items() if owner in chosen))

    loosened = lightest_cut([c.id for c in policy.clauses if c.id in set(held.values())], weights, can_hold)
    kept = [name for name in names if name not in loosened]
    changes, changed = [], policy
    for name in loosened:
        clause = next(c for c in changed.clauses if c.id == name)
        for knob in knobs(clause):
            value = _least(changed, (*kept, name), situations, clause, knob, without)
            if value is not None:
                changed = with_clause(changed, knob.apply(clause, value))
                kept.append(name)
                changes.append(Change(name, knob.field, knob.show(value)))
                break
        else:
            changed = without_clause(changed, name)
            changes.append(Change(name))
    return Repair(tuple(changes)) if _possible_in_all(changed, kept, situations, without) else None


def dissolves(policy: Policy, core: Core, without: frozenset[str] = frozenset()) -> bool:
    """Whether the core's clauses can hold together in (this version of) the policy, in every situation in which they clash."""
    return _possible_in_all(policy, core.clauses, core.situations, without)


def _possible_in_all(
    policy: Policy, names: Sequence[str], situations: Sequence[Sequence[str]], without: frozenset[str]
) -> bool:
    return all(possible(policy, names, situation, without=without) for situation in situations)


def with_clause(policy: Policy, clause: Clause) -> Policy:
    """The policy with another version of one clause."""
    return policy.model_copy(update={"clauses": tuple(clause if c.id == clause.id else c for c in policy.clauses)})


def without_clause(policy: Policy, name: str) -> Policy:
    """The policy with one clause fewer; what it suspended binds again."""
    left = (clause for clause in policy.clauses if clause.id != name)
    clauses = (c.model_copy(update={"overrides": tuple(one for one in c.overrides if one != name)}) for c in left)
    return policy.model_copy(update={"clauses": tuple(clauses)})


def _weights(policy: Policy, names: Sequence[str]) -> dict[str, int]:
    """What loosening costs: any number of `should` clauses, by their weights, less than one `must`."""
    soft = {c.id: c.weight or 1 for c in policy.clauses if c.id in names and c.strength == "should"}
    must = 1 + sum(soft.values())
    return {name: soft.get(name, must) for name in names}


def _still_clashing(theory: Theory, changed: str, core: Core, involved: frozenset[str]) -> tuple[str, ...]:
    """Clauses outside the core that clash with what remains of it when one of its clauses gives way.

    Those in no conflict are asked together: mostly they have a world in common, which the others would leave none.
    """
    if core.family:
        return ()
    all_bound = as_bound(theory.policy.clauses, binding(theory.policy, frozenset(core.situation)))
    bound = [clause for clause in all_bound if clause.id != changed and theory.knows(clause)]
    others = tuple(theory.body(clause) for clause in bound if clause.id in core.clauses)
    if not others or not theory.possible(others):
        return ()
    near = {theory.solver.home(body) for body in others}
    outside = [(clause.id, theory.body(clause)) for clause in bound if clause.id not in core.clauses]
    asked = [(name, body) for name, body in outside if theory.solver.home(body) in near]
    at_peace = tuple(body for name, body in asked if name not in involved)
    left = [body for _, body in asked]
    if theory.under(at_peace).surely(others):
        left = [body for name, body in asked if name in involved]
    held = theory.given.satisfiable_each([(*others, body) for body in left])
    clashing = {body for body, holds in zip(left, held, strict=True) if not holds}
    return tuple(name for name, body in asked if body in clashing and theory.possible((body,)))


def _then_clashing(policy: Policy, core: Core, involved: frozenset[str], without: frozenset[str]) -> tuple[str, ...]:
    """Clauses in no conflict that clash with those of a core as they are changed. Not asked of a large policy, or a family."""
    if core.family or not involved or len(policy.clauses) > TRIED:
        return ()
    names = [clause.id for clause in policy.clauses if clause.id in core.clauses or clause.id not in involved]
    with suppress(Undecided):
        for situation in core.situations:
            theory, held = alone(policy, names, situation, without=without)
            if not theory.possible(tuple(held)):
                clashing = {held[literal] for literal in minimal_core(tuple(held), (), theory.possible)}
                return tuple(name for name in names if name in clashing.difference(core.clauses))
    return ()


def _in_part(policy: Policy, clause: Clause, situation: Sequence[str]) -> bool:
    """Whether a situation leaves the clause only some items of its target."""
    return binding(policy, frozenset(situation)).left_some(clause.id)


def _least_here(theory: Theory, core: Core, clause: Clause, knob: Knob) -> Fraction | None:
    """`_least`, where the theory of the conflict can say it: of a mean, whose limit is a number in a statement of its own.

    None where it cannot. No other theory is built, and of a large one only the parts are asked that the clause speaks of.
    """
    policy = theory.policy
    if knob.field not in _LIMITS or not is_linear(policy, clause, knob):
        return None
    bound = bound_in(policy, core.clauses, core.situation)
    if not any(c is clause for c in bound) or not theory.knows(clause):
        return None
    held = clause_literals(theory, (c for c in bound if theory.knows(c)))
    others = tuple(literal for literal, owner in held.items() if owner != clause.id)
    exact = left_by(theory, clause, knob, others)
    start = None if exact is None else knob.index(exact)
    if start is None or start >= knob.steps():
        return None
    demanded = body(policy, knob.apply(clause, knob.at(start)))
    own = tuple(literal for literal, owner in held.items() if owner == clause.id and literal != theory.body(clause))
    try:
        holds = theory.possible((*others, *own), f"(assert {theory.encoder.text(demanded)})")
    except Undecided:
        return None
    return knob.at(start) if holds else None


def _least(
    policy: Policy,
    names: Sequence[str],
    situations: Sequence[Sequence[str]],
    clause: Clause,
    knob: Knob,
    without: frozenset[str],
) -> Fraction | None:
    """The first friendly value at which `names` can hold (loosening further can only help), or None.

    Where the question is linear, the exact optimum says where to look; elsewhere, the numbers of the other clauses and
    halving do.
    """

    def enough(index: int) -> bool:
        return _possible_in_all(with_clause(policy, knob.apply(clause, knob.at(index))), names, situations, without)

    last = knob.steps() - 1
    if last < 0:
        return None
    exact = None
    if is_linear(policy, clause, knob) and len(situations) == 1 and not _in_part(policy, clause, situations[0]):
        theory, held = alone(policy, names, situations[0], without=without)
        others = tuple(literal for literal, owner in held.items() if owner != clause.id)
        exact = left_by(theory, clause, knob, others)
    start = 0 if exact is None else knob.index(exact)
    if start <= last and exact is not None and enough(start):
        return knob.at(start)  # what is stricter lies beyond the optimum
    if start > last or not enough(last):
        return None
    low, high = -1 if exact is None else start, last
    for place in _likely(policy, names, clause, knob) if exact is None else ():
        if low < place < high:
            low, high = (low, place) if enough(place) else (place, high)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return knob.at(high)


def _likely(policy: Policy, names: Sequence[str], clause: Clause, knob: Knob) -> Iterator[int]:
    """Where a limit meets those of a few other clauses, and just before."""
    if knob.field in _LIMITS and len(names) <= MANY:
        for other in (c for c in policy.clauses if c.id in names and c.id != clause.id):
            for theirs in knobs(other):
                if theirs.field in _LIMITS:
                    place = knob.index(theirs.value)
                    yield from (place, place - 1)
