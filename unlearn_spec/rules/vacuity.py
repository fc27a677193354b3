"""V001–V003: clauses that say nothing."""

from __future__ import annotations

from ..finding import Finding, Fix
from ..logic import vacuity
from ..logic.explanation import axioms_behind
from ..policy.model import Policy
from .context import Context
from .wording import listed


def never_applies(context: Context) -> tuple[Finding, ...]:
    """V001. Flags a clause that no allowed situation makes binding. Cannot see situations that never occur in fact."""
    found = []
    for clause in context.policy.clauses:
        if vacuity.never_applies(clause, context.cases):
            path = (*context.path(clause.id), "scope", "when")
            overriders = [c.id for c in context.policy.clauses if clause.id in c.overrides]
            guarded = clause.scope.when is not None
            override = "overrides" if len(overriders) == 1 else "override"
            reason = _excluding(context.policy) if guarded else f"{listed(overriders)} always {override} it"
            found.append(
                Finding(
                    "V001",
                    "warning",
                    f"{clause.id} can never apply: {reason}",
                    (
                        context.span(path, "no allowed situation makes this true")
                        if guarded
                        else context.id_span(clause.id),
                    ),
                    why=("A clause that never binds promises nothing, however strict it reads.",),
                    fixes=(Fix("correct the condition, or delete the clause"),),
                    clauses=(clause.id,),
                )
            )
    return tuple(found)


def _excluding(policy: Policy) -> str:
    groups = [listed(group) for group in policy.exclusive]
    return f"{'; '.join(groups)} exclude each other" if groups else "its condition contradicts itself"


def empty_target(context: Context) -> tuple[Finding, ...]:
    """V002. Flags a target whose every item the declared relations exclude. Cannot see empty files."""
    found = []
    for clause in context.policy.clauses:
        target = getattr(clause, "target", None)
        if target is not None and vacuity.empty_target(context.theory, target):
            path = (*context.path(clause.id), "target")
            found.append(
                Finding(
                    "V002",
                    "warning",
                    f"{clause.id} has an empty target: the relations leave {target} without an item",
                    (
                        context.span(path),
                        *(
                            context.span(("relations", i))
                            for i, r in enumerate(context.policy.relations)
                            if target in r.sets
                        ),
                    ),
                    why=("A rate over no items is met by every system.",),
                    fixes=(Fix("correct the relations, or drop the clause"),),
                    clauses=(clause.id,),
                )
            )
    return tuple(found)


def already_true(context: Context, skip: frozenset[str]) -> tuple[Finding, ...]:
    """V003. Flags a clause that the declared facts alone make true. Cannot see whether those facts hold."""
    asked = [clause for clause in context.policy.clauses if clause.id not in skip]
    return tuple(
        Finding(
            "V003",
            "info",
            f"{clause.id} is already true: it follows from the declared facts alone",
            (context.id_span(clause.id),),
            fixes=(Fix("drop it, or tighten its limit"),),
            clauses=(clause.id,),
            axioms=axioms_behind(context.theory, ("-" + context.theory.body(clause),)),
        )
        for clause in vacuity.already_true(context.theory, asked)
    )
