"""T002: a test that could not show that its clause fails, whatever it finds."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from ...finding import Finding, Fix
from ...logic.process import one_run_rules
from ...policy.clauses import Remove, Suppress
from ...policy.load import Document
from ...statistics.binomial import all_failures_lower, can_refute, floor_decimal
from ..wording import count, percent
from .declared_test import DeclaredTest, declared_tests, error_of, refuting_limit, stands_on, tolerated_rate
from .drawing import drawing
from .groundless import groundless


def cannot_refute(document: Document) -> tuple[Finding, ...]:
    """T002: `decide: not_refuted`, and even a test in which everything fails would not show that the clause fails.

    It matters because "not refuted" then says nothing at all. For `about: process` one model refutes an expected rate
    only at a rate `refute_at` fixed beforehand, with error α + limit / `refute_at` (Markov); and a removal only beside a
    fact under `reference_retrain` that counts as the test does. Cannot see how likely a bad model is to be caught: that is
    the test's power, told by `plan`.
    """
    return tuple(finding for test in declared_tests(document) for finding in irrefutable(test))


def irrefutable(test: DeclaredTest) -> Iterator[Finding]:
    """T002 of one test, if it is so."""
    if isinstance(test.clause, Remove) and (beside := groundless(test)):
        yield from beside
        return
    clause, alpha, tolerated, draws = test.clause, error_of(test), tolerated_rate(test.clause), test.draws
    if test.evidence.decide != "not_refuted" or alpha is None or tolerated is None or draws is None:
        return
    limit = refuting_limit(test, tolerated)
    if limit == 1:
        text = f"{clause.id} cannot be refuted: its limit allows everything"
        yield test.finding("T002", "warning", text, ("limit",), fixes=(Fix("tighten the limit, or delete the clause"),))
        return
    if not 0 < alpha < 1:
        text = f"{clause.id} cannot be refuted at a confidence of {percent(1 - alpha)}"
        yield test.finding("T002", "warning", text, ("evidence", "confidence"), axioms=("AX11",))
        return
    if isinstance(clause, Suppress) and clause.about == "process" and limit > 0:
        found = _markov(test, limit, alpha)
        if isinstance(found, Finding):
            yield found
            return
        limit, alpha = found
    if can_refute(draws, limit, alpha):
        return
    shown = percent(floor_decimal(all_failures_lower(draws, alpha)), "down")
    failures = {"failure": "failures", "miss": "misses"}.get(test.failure, "members caught")
    text = (
        f"even {draws:,} {failures} of {count(draws, 'sample')} would not refute {clause.id}: "
        f"they show only ≥ {shown}, and {percent(limit)} is allowed"
    )
    needed = _refuting_samples(limit, alpha)
    fixes = () if needed is None else (drawing(test, needed, True),)
    why = (*stands_on(test), f"α^(1/{draws:,}) = {shown} ≤ {percent(limit)}")
    yield test.finding(
        "T002",
        "warning",
        text,
        ("evidence", "samples"),
        (test.span("limit", label="the limit"),),
        why,
        fixes,
        ("AX11",),
    )


def _markov(test: DeclaredTest, limit: Fraction, alpha: Fraction) -> Finding | tuple[Fraction, Fraction]:
    """The rate and the α with which one run is judged, or why one run refutes nothing."""
    policy, name, level = test.document.policy, test.clause.id, test.evidence.refute_at
    if level is not None and any(clause == name for clause, _ in one_run_rules(policy)):
        if policy.policy.confidence is not None:
            return level, alpha  # the step's own error was set aside before α was shared out
        if limit / level < alpha:
            return level, alpha - limit / level
    if level is None:
        text = f"{name} cannot be refuted: it is about the process, and its test fixes no `refute_at` for one run"
    else:
        text = f"{name} cannot be refuted: one run at {percent(level)} is too likely when {percent(limit)} is expected"
    error = 1 - (policy.policy.confidence or test.evidence.confidence or Fraction(0))
    why = (
        f"one run above `refute_at` has probability up to {percent(limit)} / `refute_at` (Markov)",
        *stands_on(test),
    )
    least = f"`refute_at` above {percent(limit / error, 'up')}" if limit < error else f"a limit below {percent(error)}"
    fix = Fix(f"{least}, or `about: model`")
    return test.finding("T002", "warning", text, ("evidence", "refute_at"), (test.span("limit"),), why, (fix,))


def _refuting_samples(limit: Fraction, alpha: Fraction) -> int | None:
    """The smallest n (up to 10^7) of which n failures refute the limit."""
    high = 1
    while not can_refute(high, limit, alpha):
        high *= 2
        if high > 10**7:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if can_refute(middle, limit, alpha) else (middle, high)
    return high
