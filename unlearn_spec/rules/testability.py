"""T001, T002, T004, T005, T006, T008: can the declared evidence decide the clause at all?

Arithmetic and vocabulary only: nothing here asks the solver.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from ..catalogue import VERIFIERS, Declaration, reachable, read_by
from ..finding import Finding, Fix, Span
from ..logic.process import one_run_rules
from ..policy.edits import value_set
from ..policy.load import Document
from ..policy.model import AtLeast, Clause, Rectify, Refuse, Remove, Retain, ShareOf, Suppress
from ..policy.vocabulary import ACCESS, Access, access_rank
from ..statistics.binomial import (
    all_failures_lower,
    can_certify,
    can_refute,
    ceil_decimal,
    floor_decimal,
    samples_for_zero_failures,
    zero_failure_upper,
)
from .budget import evidence_over_budget
from .declared_test import (
    DeclaredTest,
    RateGoal,
    capacity,
    counted_exactly,
    declared_tests,
    error_of,
    mean_limit,
    refuting_limit,
    stands_on,
    tolerated_rate,
)
from .edits import all_or_none
from .groundless import altered_by, groundless, only_from_outside
from .underpowered import underpowered
from .wording import count, percent


def testability_findings(document: Document) -> tuple[Finding, ...]:
    """Every T finding, code by code, in the order of the clauses."""
    rules = (
        cannot_certify,
        cannot_refute,
        underpowered,
        not_enough_items,
        access_too_weak,
        no_evidence,
        evidence_over_budget,
        absence_not_provable,
    )
    return _one_root([finding for rule in rules for finding in rule(document)])


def _one_root(found: list[Finding]) -> tuple[Finding, ...]:
    """A test that cannot decide its clause at all need not be told that it seldom does."""
    broken = {finding.clauses for finding in found if finding.severity == "error"}
    return tuple(finding for finding in found if finding.code != "T003" or finding.clauses not in broken)


# --- T001 ------------------------------------------------------------------------------------------------------------


def cannot_certify(document: Document) -> tuple[Finding, ...]:
    """T001: `decide: certify`, and not even a test without a single failure would show that the limit holds.

    It matters because such a clause can never be reported as supported, however good the model. Listed items drawn
    completely still count as a sample (the bound is Clopper–Pearson's), except where single items are counted (`each`, a
    share) or probabilities computed, and one draw settles an item: a complete list then has no error of chance. Cannot
    see whether the draws will be independent, or whether the population drawn from is the one that matters; says nothing
    where no confidence or no sample size is written.
    """
    return tuple(finding for test in declared_tests(document) for finding in _uncertifiable(test))


def _uncertifiable(test: DeclaredTest) -> Iterator[Finding]:
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
        fixes.append(_drawing(test, needed, can_certify(needed, limit, alpha)))
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


def _drawing(test: DeclaredTest, samples: int, enough: bool) -> Fix:
    """So many samples; from a wider population, where the set has fewer."""
    room, text, snippet = capacity(test), count(samples, "sample"), f"samples: {samples}"
    if room is None or samples <= room:
        return Fix(text, enough, snippet, test.edits("evidence", samples=samples))
    text += f", from a wider population: the set has {count(room, 'item')}"
    return Fix(text, enough, snippet, test.edits("evidence", samples=samples, population="wider"))


def _drawing_each(test: DeclaredTest, draws: int, items: int) -> Fix:
    """So many draws of each item; more for each than the decoding has, where that allows fewer."""
    room, total = capacity(test), draws * items
    edits = test.edits("evidence", samples=total)
    if room is None or total <= room:
        return Fix(count(total, "sample"), True, f"samples: {total}", edits)
    more = value_set(test.document.source, (*test.path, "scope", "decoding", "samples"), str(draws))
    text = f"{count(draws, 'draw')} of each item, {count(total, 'sample')} in all"
    snippet = f"decoding: {{samples: {draws}}}\nevidence: {{samples: {total}}}"
    return Fix(text, True, snippet, all_or_none(more, edits))


def _decides(test: DeclaredTest, **evidence: object) -> bool:
    """Whether the test, with its evidence changed so, is large enough for its verdict and no larger than its set."""
    altered = replace(test, evidence=test.evidence.model_copy(update=evidence))
    room, samples = capacity(altered), altered.evidence.samples
    if room is not None and samples is not None and samples > room:
        return False
    return not any((*_uncertifiable(altered), *_irrefutable(altered)))


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
        these = _decides(test, population="these_items")
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
            fix = _drawing_each(test, 1, items)
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
        fixes.insert(0, _drawing_each(test, needed, items))
    related = (test.span("over", label="every item"),)
    yield test.finding("T001", "error", text, at, related, why, tuple(fixes), ("AX11",))


# --- T002 ------------------------------------------------------------------------------------------------------------


def cannot_refute(document: Document) -> tuple[Finding, ...]:
    """T002: `decide: not_refuted`, and even a test in which everything fails would not show that the clause fails.

    It matters because "not refuted" then says nothing at all. For `about: process` one model refutes an expected rate
    only at a rate `refute_at` fixed beforehand, with error α + limit / `refute_at` (Markov); and a removal only beside a
    fact under `reference_retrain` that counts as the test does. Cannot see how likely a bad model is to be caught: that is
    the test's power, told by `plan`.
    """
    return tuple(finding for test in declared_tests(document) for finding in _irrefutable(test))


def _irrefutable(test: DeclaredTest) -> Iterator[Finding]:
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
    fixes = () if needed is None else (_drawing(test, needed, True),)
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


# --- T004 ------------------------------------------------------------------------------------------------------------


def not_enough_items(document: Document) -> tuple[Finding, ...]:
    """T004: the test draws more items than the set has, without saying that it draws from a wider population.

    It matters because asking the same question twice shows nothing new. Repeated draws count where the decoding is random
    and says how many `samples` an item gets. Cannot see whether a wider population resembles the listed items.
    """
    found = []
    for test in declared_tests(document):
        samples, room = test.evidence.samples, capacity(test)
        if samples is None or room is None or samples <= room:
            continue
        text = f"{test.clause.id} draws {samples:,} distinct samples from a set of {room:,}"
        size = document.source.value(("information", test.clause.target, "size"))
        related = (Span(size.file, size.line, size.column, size.length, f"{test.clause.target} has no more"),)
        fixes = []
        if _decides(test, samples=room):
            fixes.append(Fix(count(room, "sample"), True, f"samples: {room}", test.edits("evidence", samples=room)))
        if _decides(test, population="wider"):
            edits = test.edits("evidence", population="wider")
            fixes.append(Fix("draw from the population that the items stand for", True, "population: wider", edits))
        fixes = fixes or [Fix("draw fewer, and promise what so few can show")]
        found.append(test.finding("T004", "error", text, ("evidence", "samples"), related, (), tuple(fixes), ("AX13",)))
    return tuple(found)


# --- T005 ------------------------------------------------------------------------------------------------------------


def access_too_weak(document: Document) -> tuple[Finding, ...]:
    """T005: the test looks through an access level from which nothing follows about the clause.

    Certifying a `suppress` clause needs access at least as deep as the clause's (a deeper look shows at least as much);
    refuting one needs access at most as deep. `retain`, `refuse` and `rectify` must be tested at their own level, because
    what a model keeps or declines does not grow with access. A test must also get what its measurement reads. Cannot see
    whether the verifier will really be given the access; says nothing while either level is open.
    """
    return tuple(finding for test in declared_tests(document) for finding in _wrong_access(test))


def _wrong_access(test: DeclaredTest) -> Iterator[Finding]:
    clause, altered = test.clause, altered_by(test)
    scored = test.evidence.canaries is not None and test.evidence.canaries.score is not None
    seen = test.evidence.access or (VERIFIERS[altered].min_access if altered is not None else None)
    seen = clause.scope.access if seen is None and scored else seen
    if seen is None or (only_from_outside(test) and not scored):  # T008 says more about that
        return
    needed = _level_read(test)
    if needed is not None and access_rank(seen) < access_rank(needed):
        text = f"evidence through {seen} cannot decide {clause.id}: its measurement reads {needed}"
        yield _access_finding(test, text, needed, "evidence")
        return
    wanted = clause.scope.access
    if wanted is None or seen == wanted or isinstance(clause, Remove):
        return
    shallow = access_rank(seen) < access_rank(wanted)
    if not _worst_case(test):
        text = f"evidence through {seen} says nothing about {clause.id}, which speaks of {wanted}"
    elif test.evidence.decide == "certify" and shallow:
        text = f"evidence through {seen} cannot show {clause.id}, which speaks of {wanted}"
    elif not shallow and (test.evidence.decide == "not_refuted" or altered is not None):
        text = f"evidence through {seen} cannot refute {clause.id}: {wanted} may show less"
    else:
        return
    if altered is not None and not shallow:  # a copy is altered through no other access: it is the clause that has to ask for it
        yield _deeper_clause(test, text, seen)
    else:
        yield _access_finding(test, text, wanted, "scope")


def _deeper_clause(test: DeclaredTest, text: str, access: Access) -> Finding:
    related = (test.span("scope", "access", label="the clause's level"),)
    fix = Fix(f"a clause about {access}", True, f"scope: {{access: {access}}}", test.edits("scope", access=access))
    return test.finding("T005", "error", text, ("evidence",), related, fixes=(fix,), axioms=("AX3", "AX13"))


def _access_finding(test: DeclaredTest, text: str, access: Access, block: str) -> Finding:
    related = (test.span("scope", "access", label="the clause's level"),) if block == "scope" else ()
    fix = Fix(f"test through {access}", True, f"access: {access}", test.edits("evidence", access=access))
    return test.finding("T005", "error", text, ("evidence", "access"), related, fixes=(fix,), axioms=("AX3", "AX13"))


def _worst_case(test: DeclaredTest) -> bool:
    """Whether the clause bounds what is revealed at worst, which grows with access."""
    revealed = test.clause.reveals_when if isinstance(test.clause, Suppress) else None
    return isinstance(test.clause, Suppress) and (revealed is None or revealed.metric not in ("refusal", "not_refusal"))


def _level_read(test: DeclaredTest) -> Access | None:
    """The weakest access at which some verifier can measure this; None if no verifier is known for it."""
    altered = altered_by(test)
    if altered is not None:
        return VERIFIERS[altered].min_access
    if test.evidence.canaries is not None and test.evidence.canaries.score is not None:
        return read_by(test.evidence.canaries.score)
    if test.evidence.canaries is not None or test.evidence.ensemble is not None:
        return VERIFIERS["canaries" if test.evidence.canaries is not None else "ensemble"].min_access
    able = [declared for declared in VERIFIERS.values() if _bears_on(declared, test.clause)]
    return min((declared.min_access for declared in able), key=ACCESS.index, default=None)


def _bears_on(declared: Declaration, clause: RateGoal | Remove) -> bool:
    if "test" not in declared.evidence or clause.goal not in declared.goals or not reachable(declared, "finetune"):
        return False
    if isinstance(clause, Remove):
        return clause.measure in declared.measures
    return clause.reveals_when is None or not declared.metrics or clause.reveals_when.metric in declared.metrics


# --- T006, T008 ------------------------------------------------------------------------------------------------------


def no_evidence(document: Document) -> tuple[Finding, ...]:
    """T006: a clause of a policy in force that does not say how it will be shown.

    It matters because a promise that nobody plans to show is reported as not tested. Cannot see whether the evidence
    that is declared elsewhere will ever be produced.
    """
    if document.policy.policy.status != "in_force":
        return ()
    return tuple(
        Finding(
            "T006",
            "warning",
            f"{clause.id} is in force, and nothing says how it will be shown",
            (document.source.value(("clauses", index, "id")),),
            fixes=(Fix("add `evidence`", snippet=_skeleton(clause)),),
            clauses=(clause.id,),
        )
        for index, clause in enumerate(document.policy.clauses)
        if clause.evidence is None
    )


def _skeleton(clause: Clause) -> str:
    if isinstance(clause, RateGoal):
        access = clause.scope.access or "product"
        return f"evidence: {{kind: test, access: {access}, samples: 300, decide: not_refuted}}"
    if isinstance(clause, Remove):
        return "evidence: {kind: procedure, record: training_log, evaluator: independent}"
    return "evidence: {kind: attestation, evaluator: internal}"


def absence_not_provable(document: Document) -> tuple[Finding, ...]:
    """T008: a test is to show that influence is gone, where a test could at best fail to find it.

    Flags `remove` with a test that is to certify, and `measure: influence` with a test of outputs alone (no relearning,
    no weights). It matters because models exist that pass every such test and still carry the data. Cannot see how
    searching the declared attacks are.
    """
    found = []
    for test in declared_tests(document):
        clause, evidence = test.clause, test.evidence
        if not isinstance(clause, Remove):
            continue
        if evidence.decide != "certify" and not only_from_outside(test):
            continue
        what = (
            "no list of attacks can show"
            if evidence.decide == "certify"
            else f"a test through {evidence.access} cannot show"
        )
        gone = (
            "that influence is gone"
            if clause.measure == "influence"
            else "that every membership test stays below a limit"
        )
        why = ("a failed attack bounds what attacks can do from below only; a removal is shown by its process.",)
        fixes = (
            Fix("let the process be shown", snippet="evidence: {kind: procedure, record: training_log, evaluator: independent}"),
            Fix("or promise less: `decide: not_refuted`, with `relearn` at `access: finetune`, or `quantize` or `inspect` at `weights`"),
        )  # fmt: skip
        at = ("evidence", "decide") if evidence.decide == "certify" else ("evidence", "access")
        found.append(test.finding("T008", "warning", f"{clause.id}: {what} {gone}", at, (), why, fixes, ("AX13",)))
    return tuple(found)
