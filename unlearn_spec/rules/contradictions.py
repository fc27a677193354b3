"""C001–C010: clauses that cannot all hold. Each explains a core; none decides one."""

from __future__ import annotations

from fractions import Fraction

from ..finding import Finding, Fix, Severity, Span
from ..logic import questions
from ..logic.formulas import Overlap
from ..logic.questions import Core, Range
from ..logic.repair import dissolves, reach, single_numbers
from ..logic.theory import Premise, build
from ..logic.worlds import days, percent
from ..policy.model import (
    Delete,
    Destroy,
    Finish,
    Keep,
    Method,
    Policy,
    Remove,
    Retain,
    Suppress,
)
from ..policy.vocabulary import Access, access_rank
from .context import Context, listed, when


def conflict(context: Context, core: Core) -> Finding:
    """C001–C004, C006: one core, under the code that says most about it.

    Cannot see conflicts with law, cost or practice: only with what the file and the axioms say.
    """
    code = classify(context.policy, core)
    message = {
        "C003": _infeasible,
        "C004": _removal_against_suppression,
        "C006": _too_slow,
    }.get(code, _cannot_both)(context, core)
    return Finding(
        code,
        _severity(context.policy, code, core),
        message,
        _spans(context, core),
        why=_why(context, core),
        fixes=_fixes(context, core, code),
        clauses=core.clauses,
        axioms=core.axioms,
        situation=core.situation,
    )


def classify(policy: Policy, core: Core) -> str:
    clauses = [clause for clause in policy.clauses if clause.id in core.clauses]
    slow = any(
        isinstance(clause, Finish) or clause.by is not None for clause in clauses if not isinstance(clause, Delete)
    )
    if slow and "AX7" in core.axioms:
        return "C006"
    if core.situation:
        return "C002"
    if len(clauses) == 1:
        return "C003"
    if any(isinstance(clause, Remove) for clause in clauses) and "AX6" in core.axioms:
        return "C004"
    return "C001"


def _severity(policy: Policy, code: str, core: Core) -> Severity:
    """Closeness bounds what a process does on average; a clause about one released model can escape it (axiom AX6)."""
    if code == "C004":
        rates = [
            clause for clause in policy.clauses if clause.id in core.clauses and isinstance(clause, Suppress | Retain)
        ]
        return "error" if all(clause.about == "process" for clause in rates) else "warning"
    return "error"


def _cannot_both(context: Context, core: Core) -> str:
    both = "both" if len(core.clauses) == 2 else "all"
    shared = next(
        (_shared(context.policy, premise) for premise in core.facts if isinstance(premise.formula, Overlap)), ""
    )
    stored = _stored(context.policy, core)
    reason = f": {shared}" if shared else f" ({stored})" if stored else _through(core)
    return f"{listed(core.clauses)} cannot {both} hold{when(core.situation)}{reason}"


def _shared(policy: Policy, premise: Premise) -> str:
    overlap = premise.formula
    assert isinstance(overlap, Overlap)
    size = policy.information[overlap.right].size
    total = f" of the {size[0]}" if size is not None and size[0] == size[1] else ""
    least = f"{overlap.low}" if overlap.low == overlap.high else f"at least {overlap.low}"
    return f"{least}{total} items of {overlap.right} are also in {overlap.left}"


def _stored(policy: Policy, core: Core) -> str:
    clauses = [clause for clause in policy.clauses if clause.id in core.clauses]
    gone = [clause.by for clause in clauses if isinstance(clause, Delete) and clause.by is not None]
    kept = [clause.until for clause in clauses if isinstance(clause, Keep) and clause.until is not None]
    return (
        f"delete by day {days(min(gone)).split()[0]}, keep to day {days(max(kept)).split()[0]}" if gone and kept else ""
    )


def _through(core: Core) -> str:
    return f", given {listed([premise.name for premise in core.facts])}" if core.facts else ""


def _infeasible(context: Context, core: Core) -> str:
    clause = context.clause(core.clauses[0])
    if "C1" in core.axioms and context.policy.parties is not None:
        artifact = next((p.name.removeprefix("control of ") for p in core.facts if p.kind == "control"), "the artifact")
        return f"{clause.id} cannot hold: {context.policy.parties.obligor} does not control {artifact}"
    if "AX7" in core.axioms or "K3" in core.axioms:
        access: Access = "weights" if isinstance(clause, Remove) else clause.scope.access or "product"
        return f"{clause.id} cannot hold: no listed method reaches {access}{_reaches(context.policy)}"
    if clause.using or isinstance(clause, Remove):
        return f"{clause.id} cannot hold: no listed method has the guarantee or the reach that it needs"
    return f"{clause.id} cannot hold{_through(core)}"


def _reaches(policy: Policy) -> str:
    methods = policy.methods or {}
    if not methods:
        return " (none is listed)"
    deepest = max(methods.values(), key=lambda method: access_rank(method.reaches)).reaches
    subject = "the only one stops" if len(methods) == 1 else f"all {len(methods)} stop"
    return f": {subject} at {deepest}"


def _removal_against_suppression(context: Context, core: Core) -> str:
    remove = next(name for name in core.clauses if isinstance(context.clause(name), Remove))
    others = listed([name for name in core.clauses if name != remove])
    using = listed([premise.name for premise in core.facts])
    target = _target(context, remove)
    return f"{remove} and {others} cannot both hold: a model without {target} would still do what {others} forbids (using {using})"


def _target(context: Context, name: str) -> str:
    return str(getattr(context.clause(name), "target", "the target"))


def _too_slow(context: Context, core: Core) -> str:
    policy = context.policy
    needed: list[Access] = [
        c.scope.access or "product" for c in policy.clauses if c.id in core.clauses and isinstance(c, Suppress)
    ]
    needed += ["weights" for c in policy.clauses if c.id in core.clauses and isinstance(c, Remove)]
    limits = [c.by for c in policy.clauses if c.id in core.clauses and c.by is not None]
    level: Access = max(needed, key=access_rank, default="weights")
    able = {
        n: m
        for n, m in (policy.methods or {}).items()
        if access_rank(m.reaches) >= access_rank(level) and m.takes is not None
    }
    quickest = min(able, key=lambda name: able[name].takes or Fraction(0), default=None)
    both = "both hold" if len(core.clauses) == 2 else "hold"
    text = f"{listed(core.clauses)} cannot {both}{when(core.situation)}"
    if quickest is None or not limits:
        return text
    only = "the only method" if len(able) == 1 else "the quickest method"
    needs = days(able[quickest].takes or Fraction(0))
    return f"{text}: {only} reaching {level}, {quickest}, needs {needs}; the limit is {days(min(limits))}"


def _why(context: Context, core: Core) -> tuple[str, ...]:
    lines = []
    for premise in core.facts:
        lines.append(f"{premise.name}: {_told(context.policy, premise)}")
    lines += [str(context.policy.relations[i]) for i in core.relations]
    lines += _arithmetic(context, core)
    if "AX6" in core.axioms:
        lines.append(
            "closeness to retraining is about expected behaviour: what the retrained model does, a faithfully treated one still does"
        )
    if "AX7" in core.axioms:
        lines.append("where no used method reaches, behaviour stays as it was measured")
    if "AX12" in core.axioms:
        lines.append("a refusal reveals nothing and shows no knowledge, for the same prompt")
    return tuple(lines)


def _arithmetic(context: Context, core: Core) -> list[str]:
    """What the clauses of a conflict leave each other, exactly."""
    found = []
    for name in core.clauses:
        clause, best = context.clause(name), reach(context.policy, core, name) if len(core.clauses) > 1 else None
        if best is not None and isinstance(clause, Suppress | Retain):
            most = "at most" if isinstance(clause, Retain) else "at least"
            found.append(f"the other limits leave {name} {most} {_digits(best)} of {clause.target}")
    return found


def _digits(value: Fraction) -> str:
    """A share with up to four significant digits; exact where it says no more."""
    exact = percent(value, 4)
    return exact if Fraction(exact.rstrip("%")) == value * 100 else f"about {exact}"


def _told(policy: Policy, premise: Premise) -> str:
    match premise.kind:
        case "size":
            low, high = premise.formula.low, premise.formula.high  # type: ignore[union-attr]
            return f"{low} items" if low == high else f"{low} to {high} items"
        case "relation":
            return _shared(policy, premise)
        case "baseline":
            before = next(fact for fact in policy.measured_before if fact.id == premise.name)
            share = percent(before.mean_at_least)
            return f"{before.in_} revealed {before.target} at least {share} of the time through {before.access}, asked {before.asked}"
        case "reference":
            fact = next(fact for fact in policy.reference_retrain if fact.id == premise.name)
            low, high = (percent(value) for value in fact.mean_between)
            return f"a model trained without {fact.without} would reveal {fact.target} {low} to {high} of the time"
        case _:
            return "declared"


def _spans(context: Context, core: Core) -> tuple[Span, ...]:
    primary = [context.span(_limit_path(context, name), name) for name in core.clauses]
    related = [context.span(premise.path, premise.name) for premise in core.facts]
    related += [context.span(("relations", i), "this relation") for i in core.relations]
    return (*primary, *related)


def _limit_path(context: Context, name: str) -> tuple[str | int, ...]:
    clause, path = context.clause(name), context.path(name)
    for field in ("limit", "by", "until"):
        if getattr(clause, field, None) is not None:
            return (*path, field)
    return (*path, "id")


def _fixes(context: Context, core: Core, code: str) -> tuple[Fix, ...]:
    policy = context.policy
    found = []
    for repair in single_numbers(context.theory, core):
        rest = f" ({listed(repair.leaves)} would then have to change too)" if repair.leaves else ""
        found.append(Fix(f"{repair.field} {repair.value} on {repair.clause}{rest}", verified=True))
    found.sort(key=lambda fix: _deadline_first(context, core, fix, code))
    if code == "C002":
        found = [*_overrides(policy, core), *found]
    if code == "C003" and "AX7" in core.axioms:
        access = context.clause(core.clauses[0]).scope.access or "product"
        if dissolves(_with_method(policy, access), core):
            found.append(Fix(f"list a method that reaches {access}", verified=True))
    return tuple(found)


def _deadline_first(context: Context, core: Core, fix: Fix, code: str) -> int:
    return 0 if code == "C006" and fix.text.startswith("by ") else 1


def _with_method(policy: Policy, access: Access) -> Policy:
    return policy.model_copy(update={"methods": {**(policy.methods or {}), "unnamed": Method(reaches=access)}})


def _overrides(policy: Policy, core: Core) -> list[Fix]:
    """`overrides:` on the guarded clause of a pair, where that dissolves the clash."""
    pair = [clause for clause in policy.clauses if clause.id in core.clauses]
    for clause in pair:
        others = tuple(other.id for other in pair if other.id != clause.id)
        if clause.scope.when is not None:
            altered = clause.model_copy(update={"overrides": (*clause.overrides, *others)})
            changed = policy.model_copy(
                update={"clauses": tuple(altered if c.id == clause.id else c for c in policy.clauses)}
            )
            if dissolves(changed, core):
                snippet = f"overrides: [{', '.join(altered.overrides)}]"
                return [
                    Fix(f"let {clause.id} suspend {listed(others)} while it applies", verified=True, snippet=snippet)
                ]
    return []


def evidence_destroyed(context: Context, core: Core) -> Finding:
    """C007. Flags evidence that needs what the policy erases before the test can run. Cannot see copies that are not declared."""
    policy = context.policy
    needing = [
        c for c in policy.clauses if c.id in core.clauses and c.evidence is not None and c.evidence.needs_raw_data
    ]
    erasing = [c for c in policy.clauses if c.id in core.clauses and isinstance(c, Delete | Destroy)]
    test = needing[0]
    target = policy.information[getattr(test, "target", "")].built_from or getattr(test, "target", "")
    by = next((c.by for c in erasing if c.by is not None), None)
    gone = f" deleted by day {days(by).split()[0]}" if by is not None else " deleted"
    start = test.evidence.at if test.evidence is not None else None
    at = f" at day {days(start).split()[0]}" if start is not None else ""
    spans = (
        context.span((*context.path(test.id), "evidence", "needs_raw_data"), "the test needs the raw items"),
        *(context.span(_limit_path(context, c.id), c.id) for c in erasing),
    )
    until = (start or Fraction(0)) + 1
    scope = "scope: {artifacts: [escrow_store]}"
    snippet = (
        f'- {{id: escrow-{test.id}, goal: keep, target: {target}, {scope}, until: "{days(max(until, Fraction(30)))}"}}'
    )
    fixes = [
        Fix("keep the items in a store of their own, under a stated ground, until the test has run", snippet=snippet)
    ]
    for clause in erasing:
        for day in (
            d for d in ((start or Fraction(0)), (by or Fraction(0)) * 2 + 30) if clause.by is not None and d > clause.by
        ):
            later = clause.model_copy(update={"by": day})
            changed = policy.model_copy(
                update={"clauses": tuple(later if c.id == clause.id else c for c in policy.clauses)}
            )
            if _obtainable(changed, core):
                fixes.append(Fix(f"by {days(day)} on {clause.id}", verified=True))
                break
    return Finding(
        "C007",
        "error",
        f"the test of {test.id}{at} needs items of {target} that {listed([c.id for c in erasing]) or 'the policy'} has{gone}",
        spans,
        why=("A test that needs the raw items can only run while somebody keeps them.",),
        fixes=tuple(fixes),
        clauses=core.clauses,
        axioms=("AX9", *core.axioms),
        situation=core.situation,
    )


def _obtainable(policy: Policy, core: Core) -> bool:
    small = policy.model_copy(
        update={"clauses": tuple(c for c in policy.clauses if c.id in core.clauses), "claims": ()}
    )
    return not questions.conflicts(build(small), core.clauses, evidence=True)


def achievable_only_if(context: Context, found: Range) -> Finding:
    """C010. Flags a fact known only as a range, of which only a part lets the clauses hold. Cannot say which part is true."""
    low, high = found.feasible
    declared = f"{_shown(found, found.declared[0])}–{_shown(found, found.declared[1])}"
    if high < found.declared[1] and low > found.declared[0]:
        bound = f"between {_shown(found, low)} and {_shown(found, high)}"
    elif high < found.declared[1]:
        bound = f"at most {_shown(found, high)}"
    else:
        bound = f"at least {_shown(found, low)}"
    spans = (
        context.span(found.premise.path, f"declared {declared}"),
        *(context.span(_limit_path(context, name), name) for name in found.clauses),
    )
    together = "hold together only" if len(found.clauses) > 1 else "hold only"
    return Finding(
        "C010",
        "warning",
        f"{listed(found.clauses)} can {together} while the {found.premise.name} is {bound} (declared {declared})",
        spans,
        why=(
            "Nobody has to change a clause if the true value lies inside; nobody can meet them all if it lies outside.",
        ),
        fixes=(Fix(f"measure the {found.premise.name} and declare it exactly"),),
        clauses=found.clauses,
    )


def _shown(found: Range, value: Fraction) -> str:
    return percent(value) if found.premise.kind == "reference" else str(int(value))
