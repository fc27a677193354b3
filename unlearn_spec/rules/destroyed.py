"""C007: a test that needs what the policy erases before it can run."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from fractions import Fraction
from math import ceil

from ..finding import Finding, Fix
from ..logic.alone import possible
from ..logic.explanation import Core
from ..logic.knobs import Knob, knobs
from ..logic.repair import with_clause
from ..policy.clauses import Clause, Delete, Destroy, Keep, Scope
from ..policy.edits import field_removed, item_added, value_set
from ..policy.model import Artifact
from .context import Context
from .edits import all_or_none, field_edits, fresh
from .names import kebab
from .unlawful import unlawful
from .wording import days, decimal, listed

GROUND = "and say in a `note` on what ground they are kept"


def evidence_destroyed(context: Context, core: Core) -> Finding:
    """C007. Flags evidence that needs what the policy erases before the test can run. Cannot see copies that are not declared."""
    policy = context.policy
    needing = [
        c for c in policy.clauses if c.id in core.clauses and c.evidence is not None and c.evidence.needs_raw_data
    ]
    erasing = [c for c in policy.clauses if c.id in core.clauses and isinstance(c, Delete | Destroy)]
    test = needing[0]
    tested = str(getattr(test, "target", ""))
    target = policy.information[tested].built_from or tested
    by = max((c.by for c in erasing if c.by is not None), default=None)
    gone = f" erased by day {decimal(by)}" if by is not None else " erased"
    have = "have" if len(erasing) > 1 else "has"
    start = test.evidence.at if test.evidence is not None else None
    at = f" at day {decimal(start)}" if start is not None else ""
    spans = (
        context.span((*context.path(test.id), "evidence", "needs_raw_data"), "the test needs the raw items"),
        *(context.span(context.limit_path(c.id), c.id) for c in erasing),
    )
    barred = unlawful(policy)
    marked = barred.get(target) or barred.get(tested)
    why: tuple[str, ...] = ("A test that needs the raw items can only run while somebody keeps them.",)
    if marked is not None:
        why += (f"{marked} is marked as something that nobody may possess: no way is offered to keep its items longer.",)
    fixes = _without_items(context, core, needing) if marked is not None else _kept(context, core, test, target, erasing)
    return Finding(
        "C007",
        "error",
        f"the test of {test.id}{at} needs items of {target} that {listed([c.id for c in erasing]) or 'the policy'} {have}{gone}",
        spans,
        why=why,
        fixes=fixes,
        clauses=core.clauses,
        axioms=core.axioms,
        situation=core.situation,
    )


def _kept(context: Context, core: Core, test: Clause, target: str, erasing: Sequence[Clause]) -> tuple[Fix, ...]:
    """A store of its own, or the first day on which the items may be erased."""
    later = {clause: day for clause in erasing if (day := _late_enough(context, core, clause)) is not None}
    start = (test.evidence.at if test.evidence is not None else None) or Fraction(0)
    needed = max(start, min(later.values(), default=start))
    fixes = [_escrow(context, core, test, target, max(Fraction(ceil(needed)) + 1, Fraction(30))), Fix(GROUND)]
    for clause, day in later.items():
        edits = field_edits(context.document.source, context.path(clause.id), "by", days(day))
        fixes.append(Fix(f"by {days(day)} on {clause.id}", verified=True, edits=edits))
    return tuple(fixes)


def _late_enough(context: Context, core: Core, clause: Clause) -> Fraction | None:
    """The first whole day by which one clause may erase the items so that the test can run; None if none is."""

    def enough(knob: Knob, index: int) -> bool:
        put_off = with_clause(context.policy, knob.apply(clause, knob.at(index)))
        return possible(put_off, core.clauses, evidence=True, without=context.without)

    knob = next((knob for knob in knobs(clause) if knob.field == "by"), None)
    if knob is None or not enough(knob, knob.steps() - 1):
        return None
    return knob.at(bisect_left(range(knob.steps()), True, key=lambda index: enough(knob, index)))


def _without_items(context: Context, core: Core, needing: Sequence[Clause]) -> tuple[Fix, ...]:
    """Evidence that needs no items, where nobody may keep them."""
    changed, source, edits = context.policy, context.document.source, []
    for clause in needing:
        assert clause.evidence is not None
        lighter = clause.evidence.model_copy(update={"needs_raw_data": None})
        changed = with_clause(changed, clause.model_copy(update={"evidence": lighter}))
        edits.append(field_removed(source, (*context.path(clause.id), "evidence", "needs_raw_data")))
    names = listed([clause.id for clause in needing])
    holds = possible(changed, core.clauses, evidence=True, without=context.without)
    found = [Fix(f"leave out `needs_raw_data`: show {names} without the items", verified=holds, edits=all_or_none(*edits))]
    if any(clause.evidence is not None and clause.evidence.kind == "test" for clause in needing):
        found.append(Fix(f"or show {names} by a `procedure` or an `attestation`"))
    return tuple(found)


def _escrow(context: Context, core: Core, test: Clause, target: str, until: Fraction) -> Fix:
    """A store of its own, which no clause empties, and the duty to keep the items there until the test has run."""
    policy = context.policy
    store = fresh("escrow_store", tuple(policy.artifacts))
    duty = fresh(kebab(f"escrow-{test.id}"), tuple(clause.id for clause in policy.clauses))
    audience = (policy.parties.verifier if policy.parties is not None else None) or "verifier"
    kept = Keep(id=duty, goal="keep", target=target, scope=Scope(artifacts=(store,)), until=until)
    declared = Artifact(kind="dataset", holds=(target,), seen_by={audience: "product"})
    changed = policy.model_copy(
        update={"artifacts": {**policy.artifacts, store: declared}, "clauses": (*policy.clauses, kept)}
    )
    holding = f"{{kind: dataset, holds: [{target}], seen_by: {{{audience}: product}}}}"
    keeping = f'{{id: {duty}, goal: keep, target: {target}, scope: {{artifacts: [{store}]}}, until: "{days(until)}"}}'
    source = context.document.source
    return Fix(
        "keep the items in a store of their own until the test has run",
        verified=possible(changed, (*core.clauses, duty), evidence=True, without=context.without),
        snippet=f"artifacts:\n  {store}: {holding}\nclauses:\n  - {keeping}",
        edits=all_or_none(value_set(source, ("artifacts", store), holding), item_added(source, ("clauses",), keeping)),
    )
