"""Process and model: where a policy speaks of both, and how it reads if a released model does what its process does on average.

Nothing ties the one model to the average (AX6 is about the process alone). Who promises something of each promises that the
model will differ from what it is drawn from wherever the two clash, and nothing that the policy asks for brings that about.
"""

from __future__ import annotations

from ..policy.clauses import Closeness, Remove
from ..policy.model import Policy
from .meaning import RateGoal
from .measured import is_the_reference
from .scope import fitting_artifacts, scoped_artifacts


def speaks_of_both(policy: Policy) -> bool:
    """Whether clauses about some artifact's released model stand beside clauses, or a reference, about its process."""
    spoken: dict[str, set[str]] = {}
    close = set()
    for clause in policy.clauses:
        open_ = clause.scope.artifacts is None
        for artifact in fitting_artifacts(policy, clause) if open_ else scoped_artifacts(policy, clause):
            if isinstance(clause, RateGoal):
                spoken.setdefault(artifact, set()).add(getattr(clause, "about", None) or "model")
            elif isinstance(clause, Remove) and isinstance(clause.limit, Closeness):
                close.add(artifact)
    for fact in policy.reference_retrain:
        if fact.in_ in close and is_the_reference(policy, fact):
            spoken.setdefault(fact.in_, set()).add("process")
    return any(len(kinds) > 1 for kinds in spoken.values())


def of_the_process(policy: Policy) -> Policy:
    """The policy with every rate clause read as one about the process."""
    read = {"about": "process"}
    clauses = (clause.model_copy(update=read) if isinstance(clause, RateGoal) else clause for clause in policy.clauses)
    return policy.model_copy(update={"clauses": tuple(clauses)})
