"""Some clauses of a policy without the others: whether they can hold, and how far they push one of their own limits."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from fractions import Fraction

from ..policy.clauses import AtLeast, AtMost, Clause, Rectify, Refuse, Retain, Suppress
from ..policy.model import Policy
from .bound import as_bound
from .formulas import TRUE
from .meaning import body, counts_refusals, obtainable, presupposed, rate_of
from .nearby import around
from .scope import WEAKEST, scoped_artifacts
from .suspension import binding, with_overriders
from .theory import Premise, Theory, build, facts_near


def clause_literals(theory: Theory, clauses: Iterable[Clause], *, evidence: bool = False) -> dict[str, str]:
    """What clauses demand and presuppose (and, with `evidence`, that their evidence can be had): literal → clause id.

    Clauses that demand the same share a literal; it counts as the first one's.
    """
    found: dict[str, str] = {}
    for clause in clauses:
        for literal in literals_of(theory, clause, evidence=evidence):
            found.setdefault(literal, clause.id)
    return found


def literals_of(theory: Theory, clause: Clause, *, evidence: bool) -> tuple[str, ...]:
    """What one clause demands and presupposes (and, with `evidence`, that its evidence can be had)."""
    found = [theory.body(clause)]
    for needed in (presupposed(theory.policy, clause), obtainable(theory.policy, clause) if evidence else TRUE):
        if needed != TRUE and needed in theory.literals:
            found.append(theory.literals[needed])
    return tuple(found)


def alone(
    policy: Policy,
    names: Collection[str],
    situation: Collection[str] | None = None,
    *,
    evidence: bool = False,
    facts: Sequence[Premise] | None = None,
    without: frozenset[str] = frozenset(),
    spelled_out: bool = False,
) -> tuple[Theory, dict[str, str]]:
    """Some clauses without the others, and what they demand: literal → clause id. With a situation, if they bind in it.

    `facts`: instead of every declared fact near the clauses. `spelled_out`: see `theory.build`.
    """
    clauses = tuple(clause for clause in policy.clauses if clause.id in names)
    bound = clauses if situation is None else bound_in(policy, names, situation)
    partly = tuple(c for c in bound if not any(c is clause for clause in clauses))
    theory = _theory(policy, clauses, partly, facts, without, spelled_out)
    return theory, clause_literals(theory, (c for c in bound if theory.knows(c)), evidence=evidence)


_Asked = tuple[tuple[Clause, ...], tuple[Clause, ...], Sequence[Premise] | None, frozenset[str], bool]
_recent: list[tuple[Policy, _Asked, Theory]] = []
_KEPT = 2
"""Theories that are kept: one conflict asks for the same one several times."""


def _theory(policy: Policy, *asked: *_Asked) -> Theory:
    for known, before, theory in _recent:
        if known is policy and before == asked:
            return theory
    clauses, partly, facts, without, spelled_out = asked
    reduced = around(policy.model_copy(update={"clauses": clauses, "claims": ()}), *partly)
    said = tuple(needed(reduced, c) for c in partly for needed in (body, presupposed, obtainable))
    near = facts_near(policy, (*clauses, *partly)) if facts is None else facts
    theory = build(reduced, asked_about=said, facts=near, without=without, spelled_out=spelled_out)
    _recent.insert(0, (policy, asked, theory))
    del _recent[_KEPT:]
    return theory


def possible(
    policy: Policy,
    names: Collection[str],
    situation: Collection[str] | None = None,
    *,
    evidence: bool = False,
    without: frozenset[str] = frozenset(),
) -> bool:
    """Whether some clauses of (this version of) the policy can hold together; with a situation, as far as they bind in it.

    `without` leaves axioms out, as in the question whose answer is followed up.
    """
    theory, held = alone(policy, names, situation, evidence=evidence, without=without)
    return theory.possible(tuple(held))


def is_mean(policy: Policy, clause: Clause) -> bool:
    """Whether a clause bounds how much of a set of exactly known size is revealed or kept, on average."""
    if not isinstance(clause, Suppress | Retain) or clause.left or clause.over != "mean" or counts_refusals(clause):
        return False
    size = policy.information[clause.target].size
    return isinstance(clause.limit, AtMost | AtLeast) and size is not None and size[0] == size[1]


def bound_in(policy: Policy, names: Collection[str], situation: Collection[str]) -> tuple[Clause, ...]:
    """Those of some clauses that bind in a situation, each where it does."""
    names = frozenset(names)
    deciding = with_overriders(policy, names)
    return tuple(c for c in as_bound(deciding.clauses, binding(deciding, frozenset(situation))) if c.id in names)


def reach(theory: Theory, names: Collection[str], situation: Collection[str], name: str) -> Fraction | None:
    """What other clauses leave one clause over a mean: the most that can be kept, refused or put right, or the least revealed."""
    bound = [clause for clause in bound_in(theory.policy, names, situation) if theory.knows(clause)]
    others = tuple(clause_literals(theory, (clause for clause in bound if clause.id != name)))
    clause = next((clause for clause in bound if clause.id == name), None)
    if isinstance(clause, Refuse | Rectify):
        return _answered(theory, clause, others)
    return None if clause is None else left(theory, clause, others)


def _answered(theory: Theory, clause: Refuse | Rectify, others: Sequence[str]) -> Fraction | None:
    """As `left`, of refusals and of corrections: the most that what others demand lets be given."""
    size = theory.policy.information[clause.target].size
    if clause.left or clause.over != "mean" or size is None or size[0] != size[1]:
        return None
    rate = rate_of(clause, scoped_artifacts(theory.policy, clause)[0], WEAKEST)
    mass = theory.encoder.set_mass(rate, clause.target)
    best = theory.given.optimum(others, mass, highest=isinstance(clause, Rectify))
    share = None if best is None else best / size[0]
    return share if share is None or isinstance(clause, Rectify) else 1 - share


def left(theory: Theory, clause: Clause, others: Sequence[str]) -> Fraction | None:
    """The most that what others demand lets be kept, or the least that it lets be revealed.

    Exact, on the first artifact that the clause speaks of; None where it bounds no such mean.
    """
    if not isinstance(clause, Suppress | Retain) or not is_mean(theory.policy, clause):
        return None
    rate = rate_of(clause, scoped_artifacts(theory.policy, clause)[0], WEAKEST)
    mass = theory.encoder.set_mass(rate, clause.target)
    best = theory.given.optimum(others, mass, highest=isinstance(clause, Retain))
    size = theory.policy.information[clause.target].size
    return None if best is None or size is None else best / size[0]
