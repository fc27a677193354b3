"""C001–C004, C006, C008, C010, C012: clauses that cannot all hold. Each explains a core; none decides one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from ..finding import Finding, Fix, Span
from ..logic.alone import reach
from ..logic.conflicts import Conflicts, Core, Rest
from ..logic.formulas import Overlap, Size
from ..logic.lineage import holds_weights
from ..logic.meaning import scoped_artifacts
from ..logic.questions import Range
from ..logic.theory import Premise
from ..logic.worlds import percent
from ..policy.model import (
    Clause,
    Delete,
    Destroy,
    Finish,
    Keep,
    MembershipBound,
    Policy,
    Remove,
    Retain,
    Suppress,
)
from ..policy.vocabulary import Access, access_rank
from .context import Context, listed, when
from .families import family_conflict
from .per_unit import covering_one, per_unit
from .proofs import proven
from .repairs import fixes, settling_all, without_numbers
from .wording import count, days, decimal

NAMED = 8
"""Clauses of one conflict that a message names."""


def told(context: Context, clashes: Conflicts) -> Iterator[Finding]:
    """Every conflict that is told, with its proof, and X002 for those that are not."""
    all_at_once = settling_all(context, clashes.cores)
    for core in clashes.cores:
        finding = family_conflict(context, core) if core.family else conflict(context, core)
        if core in all_at_once:
            finding = replace(finding, fixes=(*finding.fixes, all_at_once[core]))
        yield from proven(context, core, finding)
    yield from (untold(context, rest) for rest in clashes.rest)


def untold(context: Context, rest: Rest) -> Finding:
    """X002: what was left out, so that a cut is never silent."""
    among = f"among {named(rest.clauses)}"
    if rest.known and rest.complete:
        message = f"not listed: {count(rest.known)} more {_conflicts(rest.known)} {among}; those above are the smallest"
    else:
        found = f"{count(rest.known)} more {'was' if rest.known == 1 else 'were'} found"
        more = f"{found}, and there may be others" if rest.known else "there may be more"
        message = f"not checked: every conflict {among}: the search ended at its limit; {more}"
    return Finding("X002", "undetermined", message, (context.document.source.value(("clauses",)),))


def _conflicts(number: int) -> str:
    return "conflict" if number == 1 else "conflicts"


def conflict(context: Context, core: Core) -> Finding:
    """C001–C004, C006, C008, C012: one core, under the code that says most about it.

    Cannot see conflicts with law, cost or practice: only with what the file and the axioms say.
    """
    code = classify(context.policy, core)
    found = fixes(context, core, code)
    message = {
        "C003": _infeasible,
        "C004": _removal_against_suppression,
        "C006": _too_slow,
        "C008": _released,
        "C012": per_unit,
    }.get(code, _cannot_both)(context, core)
    return Finding(
        code,
        "warning" if context.average else "error",
        message,
        _spans(context, core),
        why=(*_why(context, core), *without_numbers(found)),
        fixes=found,
        clauses=core.clauses,
        axioms=core.axioms,
        situation=core.situation,
    )


def classify(policy: Policy, core: Core) -> str:
    clauses = [clause for clause in policy.clauses if clause.id in core.clauses]
    slow = any(
        isinstance(clause, Finish) or clause.by is not None for clause in clauses if not isinstance(clause, Delete)
    )
    if "AX4" in core.axioms:
        return "C008"
    if slow and "AX7" in core.axioms:
        return "C006"
    if core.situation:
        return "C002"
    if len(clauses) == 1:
        return "C012" if covering_one(policy, clauses[0]) and "AX15" in core.axioms else "C003"
    if any(isinstance(clause, Remove) for clause in clauses) and "AX6" in core.axioms:
        return "C004"
    return "C001"


def _cannot_both(context: Context, core: Core) -> str:
    both = "both" if len(core.clauses) == 2 else "all"
    shared = next(
        (_shared(context.policy, premise) for premise in core.facts if isinstance(premise.formula, Overlap)), ""
    )
    stored = _stored(context.policy, core)
    reason = f": {shared}" if shared else f" ({stored})" if stored else _through(core)
    return f"{named(core.clauses)} cannot {both} hold{when(core.situation)}{reason}"


def named(clauses: tuple[str, ...]) -> str:
    """The clauses by name; of a long list, the first."""
    rest = len(clauses) - NAMED
    others = f"{count(rest)} {'other' if rest == 1 else 'others'}"
    return listed(clauses) if rest <= 0 else f"{', '.join(clauses[:NAMED])} and {others}"


def _shared(policy: Policy, premise: Premise) -> str:
    overlap = premise.formula
    assert isinstance(overlap, Overlap)
    size = policy.information[overlap.right].size
    total = f" of the {count(size[0])}" if size is not None and size[0] == size[1] else ""
    least = count(overlap.low) if overlap.low == overlap.high else f"at least {count(overlap.low)}"
    return f"{least}{total} items of {overlap.right} are also in {overlap.left}"


def _stored(policy: Policy, core: Core) -> str:
    clauses = [clause for clause in policy.clauses if clause.id in core.clauses]
    gone = [clause.by for clause in clauses if isinstance(clause, Delete | Destroy) and clause.by is not None]
    kept = [clause.until for clause in clauses if isinstance(clause, Keep) and clause.until is not None]
    verb = "destroy" if any(isinstance(clause, Destroy) for clause in clauses) else "delete"
    return f"{verb} by day {decimal(min(gone))}, keep to day {decimal(max(kept))}" if gone and kept else ""


def _through(core: Core) -> str:
    return f", given {listed([premise.name for premise in core.facts])}" if core.facts else ""


def _infeasible(context: Context, core: Core) -> str:
    clause = context.clause(core.clauses[0])
    if "C1" in core.axioms and context.policy.parties is not None:
        artifact = next((p.name.removeprefix("control of ") for p in core.facts if p.kind == "control"), "the artifact")
        return f"{clause.id} cannot hold: {context.policy.parties.obligor} does not control {artifact}"
    if "AX7" in core.axioms or "K3" in core.axioms:
        access: Access = "weights" if isinstance(clause, Remove) else clause.scope.access or "product"
        barred = _barred(context.policy, clause, access)
        return f"{clause.id} cannot hold: {barred or f'no listed method reaches {access}{_reaches(context.policy)}'}"
    if isinstance(clause, Remove) and isinstance(clause.limit, MembershipBound) and clause.limit.tpr_at_most < clause.limit.at_fpr:
        at = percent(clause.limit.at_fpr)
        return f"{clause.id} cannot hold: whoever only guesses catches {at} of the members at {at} false positives"
    if clause.using or isinstance(clause, Remove):
        return f"{clause.id} cannot hold: no listed method has the guarantee or the reach that it needs"
    return f"{clause.id} cannot hold{_through(core)}"


def _barred(policy: Policy, clause: Clause, access: Access) -> str:
    """That the methods which the clause names, or which reach far enough, cannot treat one of its artifacts, if so."""
    methods = policy.methods or {}
    able = [name for name, method in methods.items() if access_rank(method.reaches) >= access_rank(access)]
    for artifact in scoped_artifacts(policy, clause):
        for names, lead in (
            (list(clause.using), f"no method that it names can treat {artifact}"),
            (able, f"no listed method that reaches {access} can treat {artifact}"),
        ):
            if names and all(artifact in methods[name].not_on for name in names):
                return f"{lead}: {artifact} is under `not_on` of {listed(names)}"
    return ""


def _reaches(policy: Policy) -> str:
    methods = policy.methods or {}
    if not methods:
        return " (none is listed)"
    deepest = max(methods.values(), key=lambda method: access_rank(method.reaches)).reaches
    subject = "the only one stops" if len(methods) == 1 else f"all {count(len(methods))} stop"
    return f": {subject} at {deepest}"


def _removal_against_suppression(context: Context, core: Core) -> str:
    remove = next(name for name in core.clauses if isinstance(context.clause(name), Remove))
    others = [name for name in core.clauses if name != remove]
    both, forbid = ("both", "forbids") if len(others) == 1 else ("all", "forbid")
    using = f" (using {listed([premise.name for premise in core.facts])})" if core.facts else ""
    what = f"a model without {_target(context, remove)} would still do what {listed(others)} {forbid}{using}"
    return f"{listed([remove, *others])} cannot {both} hold: {what}"


def _released(context: Context, core: Core) -> str:
    clause = context.clause(core.clauses[0])
    policy, audience = context.policy, clause.scope.audience or ""
    held = [name for name in scoped_artifacts(policy, clause) if holds_weights(policy, name, audience)]
    return (
        f"{clause.id} cannot hold: {audience} holds the weights of {listed(held)}, "
        "and nothing done now changes that copy"
    )


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
    text = f"{named(core.clauses)} cannot {both}{when(core.situation)}"
    if quickest is None or not limits:
        return text
    only = "the only method" if len(able) == 1 else "the quickest method"
    needs = days(able[quickest].takes or Fraction(0))
    return f"{text}: {only} reaching {level}, {quickest}, needs {needs}; the limit is {days(min(limits))}"


def _why(context: Context, core: Core) -> tuple[str, ...]:
    lines = [*stands_on(context.policy, core), *_arithmetic(context, core)]
    if "AX6" in core.axioms:
        lines.append(
            "closeness to retraining is about expected behaviour: what the retrained model does, a faithfully treated one still does"
        )
    elif context.average:
        lines.append("one speaks of this one released model, the other of the average over trainings: a model may differ")
    if "AX7" in core.axioms:
        lines.append("where no used method reaches, behaviour stays as it was measured")
    if "AX12" in core.axioms:
        lines.append("a refusal reveals nothing and shows no knowledge, for the same prompt")
    return tuple(lines)


def stands_on(policy: Policy, core: Core) -> tuple[str, ...]:
    """The facts of a conflict with their numbers, and its relations."""
    facts = (f"{premise.name}: {_told(policy, premise)}" for premise in core.facts)
    return (*facts, *(str(policy.relations[i]) for i in core.relations))


def _arithmetic(context: Context, core: Core) -> list[str]:
    """What the clauses of a conflict leave each other, exactly."""
    found = []
    for name in core.clauses:
        clause, several = context.clause(name), len(core.clauses) > 1
        best = reach(context.theory, core.clauses, core.situation, name) if several else None
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
            assert isinstance(premise.formula, Size)
            fewest, most = policy.information[premise.formula.target].size or (0, 0)
            return count(fewest, "item") if fewest == most else f"{count(fewest)} to {count(most, 'item')}"
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
    primary = [context.span(context.limit_path(name), name) for name in core.clauses]
    related = [context.span(premise.path, premise.name) for premise in core.facts]
    related += [context.span(("relations", i), "this relation") for i in core.relations]
    return (*primary, *related)


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
        *(context.span(context.limit_path(name), name) for name in found.clauses),
    )
    together = "hold together only" if len(found.clauses) > 1 else "hold only"
    known = f"rate of {found.premise.name}" if found.premise.kind == "reference" else found.premise.name
    return Finding(
        "C010",
        "warning",
        f"{listed(found.clauses)} can {together} while the {known} is {bound} (declared {declared})",
        spans,
        why=(
            "Nobody has to change a clause if the true value lies inside; nobody can meet them all if it lies outside.",
        ),
        fixes=(Fix(f"measure the {known} and declare it exactly"),),
        clauses=found.clauses,
        axioms=found.axioms,
    )


def _shown(found: Range, value: Fraction) -> str:
    return percent(value) if found.premise.kind == "reference" else count(int(value))
