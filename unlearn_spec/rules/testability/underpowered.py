"""T003: a test that would seldom tell a good model from a bad one."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Final

from ...finding import Finding, Fix
from ...logic.process import one_run_rules
from ...plan.power import ENOUGH, paired
from ...policy.clauses import Rectify, Refuse, Remove, Retain, Suppress, Within
from ...policy.load import Document
from ...record import Record
from ...statistics.binomial import (
    can_certify,
    can_refute,
    max_failures_certifying,
    min_failures_refuting,
    power_certify,
    power_refute,
    samples_for_power_certify,
    samples_for_power_refute,
)
from ..wording import count, percent
from .declared_test import (
    DeclaredTest,
    capacity,
    counted_exactly,
    declared_tests,
    error_of,
    mean_limit,
    refuting_limit,
    stands_on,
    tolerated_rate,
)

MOST: Final = 10_000_000
"""Draws beyond which nothing is computed: no test of a model is that long."""


def underpowered(document: Document) -> tuple[Finding, ...]:
    """T003: a test that a good model would seldom pass, or in which a bad one would seldom be found.

    It matters because such a test ends, most of the time, without an answer, whatever the model does. Asked at the rate
    `power_at` if the clause registers one, else, for `decide: certify`, of a model at half the limit. Cannot see how far
    from its limit a real model will be, nor items that share one fate; says nothing where T001 or T002 does, where no
    confidence or no sample size is written, of `over: each`, and of single runs of a process.
    """
    return tuple(finding for test in declared_tests(document) for finding in _weak(test))


class _Chance(Record):
    """How likely the test is to say what is so about a model at `truth`, and the draws with which it would be."""

    power: float
    certifies: bool
    truth: Fraction
    needed: int | None
    allowed: int | None
    """Failures with which the test still certifies, or from which it refutes."""


def _weak(test: DeclaredTest) -> Iterator[Finding]:
    found = _chance(test)
    if found is None or found.power >= ENOUGH:
        return
    name, percents = test.clause.id, _rounded(found.power)
    if found.certifies:
        text = f"{name} is underpowered: a model {_half(test, found)} passes only {percents} of the time"
    else:
        text = f"{name} is underpowered: a model {_at_effect(test)} is found only {percents} of the time"
    fixes = _fixes(test, found)
    related = (test.span("limit", label="the limit"),)
    at = ("evidence", "samples" if test.evidence.samples is not None else "decide")
    why = (
        *stands_on(test),
        *_counted(test, found),
        f"a test is worth running if it has its answer {percent(ENOUGH)} of the time",
    )
    yield test.finding("T003", "warning", text, at, related, why, fixes, ("AX11",))


def _chance(test: DeclaredTest) -> _Chance | None:
    clause, draws, alpha, tolerated = test.clause, test.draws, error_of(test), tolerated_rate(test.clause)
    if draws is None or alpha is None or tolerated is None or not 0 < alpha < 1 or draws > MOST:
        return None
    if isinstance(clause, Rectify) or any(name == clause.id for name, _ in one_run_rules(test.document.policy)):
        return None
    effect = test.evidence.power_at
    if isinstance(clause, Retain) and isinstance(clause.limit, Within):
        if effect is None or effect == clause.limit.within:
            return None
        pairs = paired(draws, clause.limit.within, effect, alpha)
        return _Chance(pairs.value, pairs.to == "certify", effect, pairs.needed, None)
    mean = not isinstance(clause, Remove) and clause.over in (None, "mean")
    above = effect is not None and (not isinstance(clause, Suppress) or effect > tolerated)
    if effect is not None and (above or not mean or test.evidence.decide != "certify"):
        return _finding_a_bad_model(test, draws, tolerated, alpha, effect)
    return _passing_a_good_one(test, draws, tolerated, alpha, effect)


def _passing_a_good_one(
    test: DeclaredTest, draws: int, tolerated: Fraction, alpha: Fraction, effect: Fraction | None
) -> _Chance | None:
    clause = test.clause
    if test.evidence.decide != "certify" or isinstance(clause, Remove) or clause.over == "each":
        return None
    if counted_exactly(test) or (not isinstance(clause, Rectify) and clause.about == "process"):
        return None
    limit = mean_limit(test, tolerated)
    if not 0 < limit < 1 or not can_certify(draws, limit, alpha):  # T001 says more
        return None
    truth = limit / 2 if effect is None else effect
    return _to_certify(draws, limit, truth, alpha) if truth < limit else None


def _finding_a_bad_model(
    test: DeclaredTest, draws: int, tolerated: Fraction, alpha: Fraction, effect: Fraction
) -> _Chance | None:
    clause = test.clause
    truth = effect if isinstance(clause, Suppress | Remove) else min(Fraction(1), tolerated + effect)
    limit = refuting_limit(test, tolerated)
    said_by_t002 = test.evidence.decide == "not_refuted" and not can_refute(draws, limit, alpha)
    if truth <= limit or said_by_t002:
        return None
    return _to_refute(draws, limit, truth, alpha)


@lru_cache(maxsize=4096)
def _to_certify(draws: int, limit: Fraction, truth: Fraction, alpha: Fraction) -> _Chance:
    """Kept, as the next is: clauses of one policy often ask the same, and a close call takes a second."""
    power = power_certify(draws, limit, truth, alpha)
    needed = samples_for_power_certify(limit, truth, ENOUGH, alpha) if power < ENOUGH else None
    return _Chance(power, True, truth, needed, max_failures_certifying(draws, limit, alpha))


@lru_cache(maxsize=4096)
def _to_refute(draws: int, limit: Fraction, truth: Fraction, alpha: Fraction) -> _Chance:
    power = power_refute(draws, limit, truth, alpha)
    needed = samples_for_power_refute(limit, truth, ENOUGH, alpha) if power < ENOUGH else None
    return _Chance(power, False, truth, needed, min_failures_refuting(draws, limit, alpha))


def _rounded(power: float) -> str:
    return "less than 1%" if power < 0.01 else f"{power:.0%}"


def _half(test: DeclaredTest, found: _Chance) -> str:
    """` at half the limit (0.5%)`, in the words of the clause."""
    if test.evidence.power_at is not None:
        return _at_effect(test)
    kept = isinstance(test.clause, Refuse | Retain)
    return f"{'that misses only half of what it may' if kept else 'at half the limit'} ({percent(found.truth)})"


def _at_effect(test: DeclaredTest) -> str:
    effect = percent(test.evidence.power_at or Fraction(0))
    match test.clause:
        case Suppress():
            return f"at the registered {effect}"
        case Remove():
            return f"of which a test catches the registered {effect} of the members"
        case Retain(limit=Within()):
            return f"that has fallen by the registered {effect}"
        case _:
            return f"the registered {effect} below its limit"


def _counted(test: DeclaredTest, found: _Chance) -> tuple[str, ...]:
    if found.allowed is None:
        return ()
    many = {"failure": "failures", "miss": "misses"}.get(test.failure, "members caught")
    hits = f"{found.allowed:,} {test.failure if found.allowed == 1 else many} in {count(test.draws or 0, 'sample')}"
    most = "at most " if found.allowed else ""
    return (f"the test passes with {most}{hits}" if found.certifies else f"the test finds it from {hits}",)


def _fixes(test: DeclaredTest, found: _Chance) -> tuple[Fix, ...]:
    if found.needed is None:
        return ()
    room = capacity(test)
    wider = room is not None and found.needed > room
    where = f", from a wider population: the set has {count(room or 0, 'item')}" if wider else ""
    what = f"{count(found.needed, 'sample')}{where}: {percent(ENOUGH)} of such models then {'pass' if found.certifies else 'are found'}"
    more = {"population": "wider"} if wider else {}
    snippet = f"samples: {found.needed}, population: wider" if wider else f"samples: {found.needed}"
    return (Fix(what, not wider, snippet, test.edits("evidence", samples=found.needed, **more)),)
