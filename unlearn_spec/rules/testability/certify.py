"""T001: a test that cannot show its clause's limit, whatever it finds."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from ...finding import Finding, Fix
from ...policy.clauses import AtLeast, Rectify, Refuse, Remove, Retain, ShareOf, Suppress
from ...policy.load import Document
from ...statistics.binomial import can_certify, ceil_decimal, samples_for_zero_failures, zero_failure_upper
from ..wording import count, percent
from .declared_test import (
    DeclaredTest,
    counted_exactly,
    declared_tests,
    error_of,
    mean_limit,
    stands_on,
    tolerated_rate,
)
from .drawing import drawing, drawing_each, redrawn


def cannot_certify(document: Document) -> tuple[Finding, ...]:
    """T001: `decide: certify`, and not even a test without a single failure would show that the limit holds.

    It matters because such a clause can never be reported as supported, however good the model. Listed items drawn
    completely still count as a sample (the bound is Clopper–Pearson's), except where single items are counted (`each`, a
    share) or probabilities computed, and one draw settles an item: a complete list then has no error of chance. Cannot
    see whether the draws will be independent, or whether the population drawn from is the one that matters; says nothing
    where no confidence or no sample size is written.
    """
    return tuple(finding for test in declared_tests(document) for finding in uncertifiable(test))


def uncertifiable(test: DeclaredTest) -> Iterator[Finding]:
    """T001 of one test, if it is so."""
    clause, alpha, tolerated = test.clause, error_of(test), tolerated_rate(test.clause)
    if test.evidence.decide != "certify" or isinstance(clause, Remove) or alpha is None or tolerated is None:
        return
    name, at = clause.id, ("evidence", "samples")
    if not isinstance(clause, Rectify) and clause.about == "process":
        text = f"{name} cannot be certified: one trained model does not show the rate expected over training runs"
        why = ("the clause is about the process; runs of it may differ by more than a test of one of them can tell.",)
        fix = Fix("write `about: model`, or `decide: not_refuted` with `refute_at`")
        yield test.finding("T001", "error", text, ("about",), why=why, fixes=(fix,))
    elif not 0 < alpha < 1:
        shown = "shows nothing" if alpha else "cannot be reached by drawing samples"
        text = f"{name} cannot be certified: a confidence of {percent(1 - alpha)} {shown}"
        yield test.finding("T001", "error", text, ("evidence", "confidence"), axioms=("AX11",))
    elif clause.over == "each":
        yield from _each_uncertifiable(test, tolerated, alpha)
    elif counted_exactly(test):
        return
    else:
        draws, limit = test.draws, mean_limit(test, tolerated)
        if draws is None or can_certify(draws, limit, alpha):
            return
        yield test.finding(
            "T001",
            "error",
            _shows_only(test, draws, limit, alpha),
            at,
            (test.span("limit", label="the limit"),),
            _arithmetic(test, draws, limit, tolerated, alpha),
            _certifying_fixes(test, draws, limit, alpha),
            ("AX11",),
        )


def _shows_only(test: DeclaredTest, draws: int, limit: Fraction, alpha: Fraction) -> str:
    bound = ceil_decimal(zero_failure_upper(draws, alpha))
    failures = "failures" if test.failure == "failure" else "misses"
    head = f"{test.clause.id} cannot be certified: 0 {failures} in {count(draws, 'sample')} shows only"
    needed = samples_for_zero_failures(limit, alpha)
    if isinstance(getattr(test.clause, "over", None), ShareOf) and needed is not None:  # the limit is each item's, and helps none
        return f"{head} ≤ {percent(bound, 'up')} of bad items; needs {count(needed, 'sample')} or a smaller share"
    more = f"needs {count(needed, 'sample')} or" if needed is not None else "no number of samples shows a limit of 0%; needs"
    if _reads_upwards(test):
        kept = percent(1 - bound, "down")
        return f"{head} ≥ {kept}; {more} a limit ≤ {kept}"
    return f"{head} ≤ {percent(bound, 'up')}; {more} a limit ≥ {percent(bound, 'up')}"


def _reads_upwards(test: DeclaredTest) -> bool:
    """Whether the clause's limit is a floor, so that a bound is best told as one."""
    clause = test.clause
    if isinstance(clause, Remove) or isinstance(clause.over, ShareOf):
        return False
    return isinstance(clause, Refuse) or (isinstance(clause, Retain) and isinstance(clause.limit, AtLeast))


def _arithmetic(test: DeclaredTest, draws: int, limit: Fraction, tolerated: Fraction, alpha: Fraction) -> tuple[str, ...]:
    bound = percent(ceil_decimal(zero_failure_upper(draws, alpha)), "up")
    lines = [*stands_on(test), f"1 − α^(1/{draws:,}) = {bound} > {percent(limit)}"]
    if limit != tolerated:
        lines.append(f"few enough bad items means at most {percent(limit)} of the draws failing")
    if isinstance(test.clause, Rectify):
        lines.append("two bounds, for the corrected and the old statement, share α")
    return tuple(lines)


def _certifying_fixes(test: DeclaredTest, draws: int, limit: Fraction, alpha: Fraction) -> tuple[Fix, ...]:
    fixes = []
    needed = samples_for_zero_failures(limit, alpha)
    if needed is not None:
        fixes.append(drawing(test, needed, can_certify(needed, limit, alpha)))
    word = _limit_word(test)
    if word is not None:
        bound = ceil_decimal(zero_failure_upper(draws, alpha), 4)
        value = 1 - bound if word == "at_least" else bound
        fixes.append(
            Fix(
                f"limit {word} {percent(value)}",
                can_certify(draws, bound, alpha),
                f'{word}: "{percent(value)}"',
                test.edits("limit", **{word: percent(value)}),
            )
        )
    return tuple(fixes)


def _limit_word(test: DeclaredTest) -> str | None:
    """The key of the clause's one limit, if moving that number alone can mend the clause."""
    clause = test.clause
    if isinstance(clause, Remove | Rectify) or isinstance(clause.over, ShareOf):
        return None
    if isinstance(clause, Suppress):
        return "at_most"
    return "at_least" if isinstance(clause, Refuse) or isinstance(clause.limit, AtLeast) else "within"


def _each_uncertifiable(test: DeclaredTest, tolerated: Fraction, alpha: Fraction) -> Iterator[Finding]:
    name, draws, at = test.clause.id, test.draws, ("evidence", "samples")
    if test.evidence.population == "wider":
        text = (
            f"{name} cannot be certified: `over: each` speaks of every item, and a wider population has no list of them"
        )
        listed = redrawn(test, population="these_items")
        these = listed is not None and not any(uncertifiable(listed))
        edits = test.edits("evidence", population="these_items") if these else ()
        ways = (
            Fix("draw from the listed items", these, "population: these_items", edits),
            Fix('write `over: mean`, or `over: {share: "95%"}`'),
        )
        yield test.finding("T001", "error", text, ("evidence", "population"), (test.span("over"),), fixes=ways)
        return
    if draws is None or test.size is None:
        return
    items = max(1, test.size[0])  # the fewest there may be: the easiest case
    if test.deterministic:
        if draws < items:
            text = f"{name} cannot be certified: {count(draws, 'sample')} cannot cover each of {count(items, 'item')}"
            fix = drawing_each(test, 1, items)
            yield test.finding("T001", "error", text, at, (test.span("over", label="every item"),), fixes=(fix,))
        return
    per_item, share = draws // items, alpha / items
    needed = samples_for_zero_failures(tolerated, share)
    if needed is not None and per_item >= needed:
        return
    drawn = f"{count(draws, 'sample')} of {count(items, 'item')} are {count(per_item, 'draw')} an item"
    shown = percent(ceil_decimal(zero_failure_upper(per_item, share)), "up")
    cost = f"needs {needed:,} an item, {count(needed * items, 'sample')} in all" if needed else "no number shows 0%"
    text = f"{name} cannot be certified: {drawn}, which shows only ≤ {shown} for each; {cost}"
    why = (*stands_on(test), f"shared over {count(items, 'item')}: ⌈ln(α/{items:,}) / ln(1 − {percent(tolerated)})⌉")
    fixes = [Fix("write `over: mean`: one bound for the whole set", edits=test.edits("", over="mean"))]
    if needed:
        fixes.insert(0, drawing_each(test, needed, items))
    related = (test.span("over", label="every item"),)
    yield test.finding("T001", "error", text, at, related, why, tuple(fixes), ("AX11",))
