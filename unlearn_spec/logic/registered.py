"""Which facts the tests of a policy register: one for each tested clause on each artifact."""

from __future__ import annotations

from ..policy.clauses import Clause
from ..policy.model import Policy
from .scope import Choice, fitting_artifacts, scoped_artifacts


def tested_artifacts(policy: Policy, clause: Clause) -> tuple[str, ...]:
    """The artifacts a clause is tested on: those of its scope, or every fitting one if it names none."""
    return scoped_artifacts(policy, clause, Choice(artifacts=fitting_artifacts(policy, clause)))


def registered_facts(policy: Policy) -> int:
    """Number of facts that the tests of a policy register: one for each tested clause on each artifact."""
    return sum(len(tested_artifacts(policy, clause)) for clause in policy.clauses if is_tested(clause))


def is_tested(clause: Clause) -> bool:
    """Whether the clause's evidence is a test, whose facts can be wrong by chance."""
    return clause.evidence is not None and clause.evidence.kind == "test"
