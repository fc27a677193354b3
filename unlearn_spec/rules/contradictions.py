"""C001–C004, C006, C008, C010, C012: clauses that cannot all hold. Each explains a core; none decides one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from ..finding import Finding, Fix, Span
from ..logic.conflicts import Conflicts, Rest
from ..logic.explanation import Core
from ..logic.facts import Range
from ..logic.formulas import Overlap
from ..logic.lineage import holds_weights
from ..logic.scope import scoped_artifacts
from ..logic.work import is_late
from ..logic.worlds import short_percent
from ..policy.clauses import Clause, Delete, Destroy, Keep, MembershipBound, Rectify, Refuse, Remove, Retain, Suppress
from ..policy.model import Policy
from ..policy.vocabulary import Access, access_rank
from .audiences import apart
from .context import Context, when
from .families import family_conflict
from .means import forbidden, waiting_for
from .per_unit import covering_one, per_unit
from .proofs import proven
from .reasons import shared, why
from .repairs import fixes, settling_all, without_numbers
from .wording import count, decimal, listed

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
    code = classify(context, core)
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
        why=(*why(context, core, code), *without_numbers(found)),
        fixes=(*found, *apart(context, core)),
        clauses=core.clauses,
        axioms=core.axioms,
        situation=core.situation,
    )


def classify(context: Context, core: Core) -> str:
    """The code that says most: too slow is what clauses are that could hold together if none had a deadline."""
    policy = context.policy
    clauses = [clause for clause in policy.clauses if clause.id in core.clauses]
    if "AX4" in core.axioms:
        return "C008"
    if "AX7" in core.axioms and is_late(policy, core, context.without):
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
    common = next((shared(context.policy, one) for one in core.facts if isinstance(one.formula, Overlap)), "")
    stored = _stored(context.policy, core)
    reason = f": {common}" if common else f" ({stored})" if stored else forbidden(context, core) or _through(core)
    return f"{named(core.clauses)} cannot {both} hold{when(core.situation)}{reason}"


def named(clauses: tuple[str, ...]) -> str:
    """The clauses by name; of a long list, the first."""
    rest = len(clauses) - NAMED
    others = f"{count(rest)} {'other' if rest == 1 else 'others'}"
    return listed(clauses) if rest <= 0 else f"{', '.join(clauses[:NAMED])} and {others}"


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
        at = short_percent(clause.limit.at_fpr)
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


def _released(context: Context, core: Core) -> str:
    clause = context.clause(core.clauses[0])
    policy, audience = context.policy, clause.scope.audience or ""
    held = [name for name in scoped_artifacts(policy, clause) if holds_weights(policy, name, audience)]
    return (
        f"{clause.id} cannot hold: {audience} holds the weights of {listed(held)}, "
        "and nothing done now changes that copy"
    )


def _too_slow(context: Context, core: Core) -> str:
    both = "both hold" if len(core.clauses) == 2 else "hold"
    return f"{named(core.clauses)} cannot {both}{when(core.situation)}{waiting_for(context, core)}"


def _removal_against_suppression(context: Context, core: Core) -> str:
    clauses = [context.clause(name) for name in core.clauses]
    removed = listed(list(dict.fromkeys(clause.target for clause in clauses if isinstance(clause, Remove))))
    first = next(clause.id for clause in clauses if isinstance(clause, Remove))
    both = "both" if len(clauses) == 2 else "all"
    forbid = [clause.id for clause in clauses if isinstance(clause, Suppress)]
    ask = [clause.id for clause in clauses if isinstance(clause, Retain | Refuse | Rectify)]
    does = [f"still do what {listed(forbid, 'or')} forbids"] if forbid else []
    does += [f"not do what {listed(ask, 'or')} asks"] if ask else []
    using = f" (using {listed([premise.name for premise in core.facts])})" if core.facts else ""
    names = listed([first, *(name for name in core.clauses if name != first)])
    return f"{names} cannot {both} hold: a model without {removed} would {', or '.join(does)}{using}"


def _spans(context: Context, core: Core) -> tuple[Span, ...]:
    primary = [context.span(context.limit_path(name), name) for name in core.clauses]
    related = [context.span(premise.path, premise.name) for premise in core.facts]
    related += [context.span(("relations", i), "this relation") for i in core.relations]
    return (*primary, *related)


def achievable_only_if(context: Context, found: Range) -> Finding:
    """C010. Flags a fact known only as a range, of which only a part lets the clauses hold. Cannot say which part is true."""
    low, high = found.feasible
    declared = f"{_shown(found, found.declared[0])}–{_shown(found, found.declared[1])}"
    about = "about " if found.premise.kind == "reference" else ""  # found to a tenth of a point
    if high < found.declared[1] and low > found.declared[0]:
        bound = f"between {about}{_shown(found, low)} and {about}{_shown(found, high)}"
    elif high < found.declared[1]:
        bound = f"at most {about}{_shown(found, high)}"
    else:
        bound = f"at least {about}{_shown(found, low)}"
    spans = (
        context.span(found.premise.path, f"declared {declared}"),
        *(context.span(context.limit_path(name), name) for name in found.clauses),
    )
    together = "hold together" if len(found.clauses) > 1 else "hold"
    known = f"rate of {found.premise.name}" if found.premise.kind == "reference" else found.premise.name
    return Finding(
        "C010",
        "warning",
        f"{listed(found.clauses)} can {together}{when(found.situation)} only while the {known} is {bound} (declared {declared})",
        spans,
        why=(
            "Nobody has to change a clause if the true value lies inside; nobody can meet them all if it lies outside.",
        ),
        fixes=(Fix(f"measure the {known} and declare it exactly"),),
        clauses=found.clauses,
        axioms=found.axioms,
        situation=found.situation,
    )


def _shown(found: Range, value: Fraction) -> str:
    return short_percent(value) if found.premise.kind == "reference" else count(int(value))
