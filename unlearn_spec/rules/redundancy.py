"""R001–R003: clauses that add nothing."""

from __future__ import annotations

from ..finding import Finding, Fix
from ..logic.axioms.closeness import membership_bound
from ..logic.jointly import Joint, jointly_implied
from ..logic.redundancy import Shadow, shadows
from ..logic.worlds import short_percent
from ..policy.clauses import Closeness, MembershipBound, Remove
from .context import Context
from .wording import decimal, listed


def redundant(context: Context, skip: frozenset[str]) -> tuple[Finding, ...]:
    """R001, R002, R003. Flags a clause that one other clause, or several together, already require wherever it binds.

    Cannot see the value of testing a promise by another route.
    """
    alone = shadows(context.theory, context.cases, skip)
    known = skip.union(shadow.clause for shadow in alone)
    joint = jointly_implied(context.theory, context.cases, known, context.aside)
    return (
        *(_finding(context, shadow) for shadow in alone),
        *(_jointly(context, found) for found in joint.found),
        *(_not_asked(context, names) for names in joint.unasked),
    )


def _not_asked(context: Context, names: tuple[str, ...]) -> Finding:
    """X002: a part of the policy too large for R003, so that silence is not taken for an answer."""
    return Finding(
        "X002",
        "info",
        f"not checked: whether any of {len(names):,} clauses that hang together follows from several others",
        (context.id_span(names[0], "one of them"),),
        why=("Whether one follows from a single other was checked. Nothing else rests on this.",),
        clauses=names,
    )


def _jointly(context: Context, found: Joint) -> Finding:
    return Finding(
        "R003",
        "info",
        f"{found.clause} adds nothing to {listed(found.by)}: together they already require it",
        (
            context.id_span(found.clause, "adds nothing"),
            *(context.id_span(name, "needed for that") for name in found.by),
        ),
        why=("Leave out any of them, and it would add something.",),
        fixes=(Fix("keep it as a sentence of its own, or delete it; then check again before deleting another"),),
        clauses=(found.clause, *found.by),
        axioms=found.axioms,
    )


def _finding(context: Context, shadow: Shadow) -> Finding:
    clause = context.clause(shadow.clause)
    entangled = bool(clause.overrides) or any(shadow.clause in other.overrides for other in context.policy.clauses)
    drop = "tighten it" if entangled else "delete it, tighten it, or accept it as a second route to the same promise"
    spans = (context.id_span(shadow.clause, "adds nothing"), context.id_span(shadow.by, "already requires it"))
    if shadow.equal:
        return Finding(
            "R001",
            "warning",
            f"{shadow.clause} says the same as {shadow.by}",
            spans,
            fixes=(Fix("keep one of them" if not entangled else "change one of them"),),
            clauses=(shadow.clause, shadow.by),
            axioms=shadow.axioms,
        )
    return Finding(
        "R002",
        "warning",
        f"{shadow.clause} adds nothing: {shadow.by} already requires it",
        spans,
        why=_why(context, shadow),
        fixes=(Fix(drop),),
        clauses=(shadow.clause, shadow.by),
        axioms=shadow.axioms,
    )


def _why(context: Context, shadow: Shadow) -> tuple[str, ...]:
    weak, strong = context.clause(shadow.clause), context.clause(shadow.by)
    if isinstance(weak, Remove) and isinstance(strong, Remove):
        bound, limit = weak.limit, strong.limit
        if isinstance(bound, MembershipBound) and isinstance(limit, Closeness):
            implied = short_percent(membership_bound(limit.epsilon, limit.delta, bound.at_fpr))
            return (
                f"epsilon {decimal(limit.epsilon)} and delta {short_percent(limit.delta)} leave a test at most {implied} true positives "
                f"at {short_percent(bound.at_fpr)} false positives",
            )
    return ()
