"""T007: tests and methods that need more than the policy's budget."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from ...finding import Finding, Fix, Span
from ...logic.scope import scoped_artifacts
from ...plan.allocation import tested_artifacts
from ...policy.load import Document
from ...policy.model import Budget
from ...policy.source import Path
from ...record import Record
from ..wording import count, days, decimal, listed
from .declared_test import declared_tests

NAMED = 3
"""Consumers that a message names."""


class _Need(Record):
    """What one clause takes of a budget, in its words, and where that is written."""

    clause: str
    amount: Fraction
    told: str
    path: Path


def evidence_over_budget(document: Document) -> tuple[Finding, ...]:
    """T007: the declared tests ask more questions than `budget` pays for, or methods and tests take longer than it lasts.

    It matters because a test that cannot be paid for is not run, and its clause is then not shown. Queries are counted
    from below: draws times artifacts, one question a draw. Cannot see how many questions a suite asks about one item,
    questions to the original model and to references, or computing time (`gpu_hours`): `plan` knows those.
    """
    budget = document.policy.budget
    if budget is None:
        return ()
    return (*_queries(document, budget), *_days(document, budget))


def _queries(document: Document, budget: Budget) -> Iterator[Finding]:
    needs = []
    for test in declared_tests(document):
        artifacts = len(tested_artifacts(document.policy, test.clause))
        if test.draws is not None and artifacts:
            asked = test.draws * artifacts
            told = f"{test.clause.id} {asked:,}" + (f" on {artifacts} artifacts" if artifacts > 1 else "")
            needs.append(_Need(test.clause.id, Fraction(asked), told, (*test.path, "evidence", "samples")))
    total = sum(need.amount for need in needs)
    if budget.queries is not None and total > budget.queries:
        largest = _largest(needs)
        text = (
            f"the tests need at least {int(total):,} queries, and the budget has {budget.queries:,}; "
            f"the most are for {listed([need.told for need in largest])}"
        )
        why = ("one question a draw is counted, on every artifact of the clause; a suite asks more of each item",)
        fix = Fix(f"a budget of {count(int(total), 'query')} or more, or fewer samples where a limit allows it")
        yield _finding(document, "queries", text, largest, why, fix)


def _days(document: Document, budget: Budget) -> Iterator[Finding]:
    """Methods that clauses name are used one after the other on an artifact (AX7); a test cannot run before its day."""
    if budget.days is None:
        return
    policy, methods = document.policy, document.policy.methods or {}
    needs = []
    for artifact in policy.artifacts:
        named: dict[str, tuple[str, Path]] = {}
        for index, clause in enumerate(policy.clauses):
            if artifact in scoped_artifacts(policy, clause) and len(clause.using) == 1:  # of several, one will do
                named.setdefault(clause.using[0], (clause.id, ("clauses", index, "using")))
        timed = [(name, methods[name].takes or Fraction(0)) for name in named if name in methods]
        total = sum((takes for _, takes in timed), Fraction(0))
        if timed and total > budget.days:
            slowest = max(timed, key=lambda entry: entry[1])[0]
            steps = listed([f"{name} {days(takes)}" for name, takes in timed])
            needs.append(_Need(named[slowest][0], total, f"{artifact} {days(total)} ({steps})", named[slowest][1]))
    for test in declared_tests(document):
        at = test.evidence.at
        if at is not None and at > budget.days:
            told = f"the test of {test.clause.id}, not before day {decimal(at)}"
            needs.append(_Need(test.clause.id, at, told, (*test.path, "evidence", "at")))
    if needs:
        largest = _largest(needs)
        text = (
            f"the work needs more than the {days(budget.days)} of the budget: {listed([need.told for need in largest])}"
        )
        why = ("methods used on one artifact follow one another",)
        fix = Fix(f"a budget of {days(largest[0].amount)} or more, or a faster method")
        yield _finding(document, "days", text, largest, why, fix)


def _largest(needs: list[_Need]) -> list[_Need]:
    return sorted(needs, key=lambda need: -need.amount)[:NAMED]


def _finding(
    document: Document, field: str, text: str, largest: list[_Need], why: tuple[str, ...], fix: Fix
) -> Finding:
    spans = [document.source.value(("budget", field))]
    for need in largest:
        at = document.source.value(need.path)
        spans.append(Span(at.file, at.line, at.column, at.length, need.told))
    clauses = tuple(dict.fromkeys(need.clause for need in largest))
    return Finding("T007", "warning", text, tuple(spans), why, (fix,), clauses)
