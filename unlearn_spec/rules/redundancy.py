"""R001, R002: clauses that add nothing."""

from __future__ import annotations

from ..finding import Finding, Fix
from ..logic.axioms import membership_bound
from ..logic.questions import Shadow, shadows
from ..logic.worlds import percent
from ..policy.model import Closeness, MembershipBound, Remove
from .context import Context


def redundant(context: Context, skip: frozenset[str]) -> tuple[Finding, ...]:
    """R001, R002. Flags a clause that one other clause already requires wherever it binds.

    Cannot see clauses that only several others imply together, nor the value of testing a promise by another route.
    """
    return tuple(_finding(context, shadow) for shadow in shadows(context.theory, context.cases, skip))


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
        )
    return Finding(
        "R002",
        "warning",
        f"{shadow.clause} adds nothing: {shadow.by} already requires it",
        spans,
        why=_why(context, shadow),
        fixes=(Fix(drop),),
        clauses=(shadow.clause, shadow.by),
    )


def _why(context: Context, shadow: Shadow) -> tuple[str, ...]:
    weak, strong = context.clause(shadow.clause), context.clause(shadow.by)
    if isinstance(weak, Remove) and isinstance(strong, Remove):
        bound, limit = weak.limit, strong.limit
        if isinstance(bound, MembershipBound) and isinstance(limit, Closeness):
            implied = percent(membership_bound(limit.epsilon, limit.delta, bound.at_fpr))
            return (
                f"epsilon {float(limit.epsilon):g} and delta {percent(limit.delta)} leave a test at most {implied} true positives "
                f"at {percent(bound.at_fpr)} false positives",
            )
    return ()
