"""The error that a policy registers for a whole run, shared out over its facts (`policy.confidence`)."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from ..logic.process import one_run_rules
from ..logic.registered import is_tested, registered_facts, tested_artifacts
from ..policy.model import Policy

__all__ = ["allocated_alpha", "error_for_facts", "is_tested", "registered_facts", "tested_artifacts"]


def error_for_facts(policy: Policy) -> Fraction | None:
    """The error that `policy.confidence` leaves to all facts together, after what one-run refutations register
    (`logic.process`); None if the policy states no confidence.
    """
    if policy.policy.confidence is None:
        return None
    rules = one_run_rules(policy).values()
    return 1 - policy.policy.confidence - sum((rule.error for rule in rules), Fraction(0))


def allocated_alpha(policy: Policy) -> Mapping[str, Fraction]:
    """The one-sided error probability of one fact of each tested clause, by clause id; a clause's own confidence may
    ask for less error, never for more.

    α = min((1 − `policy.confidence` − what one-run refutations register) / number of registered facts,
    1 − `evidence.confidence`). By the union bound all registered facts then hold together with probability at least
    `policy.confidence`. Without `policy.confidence` the clause's own counts; a clause with neither is left out. Values
    lie in [0, 1].
    """
    facts, budget = registered_facts(policy), error_for_facts(policy)
    found: dict[str, Fraction] = {}
    for clause in policy.clauses:
        if clause.evidence is None or not is_tested(clause):
            continue
        own = clause.evidence.confidence
        errors = [budget / facts] if budget is not None and facts else []
        errors += [1 - own] if own is not None else []
        if errors:
            found[clause.id] = min(errors)
    return found
