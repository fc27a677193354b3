"""C007: a test that needs what the policy erases before it can run."""

from __future__ import annotations

from fractions import Fraction

from ..finding import Finding, Fix
from ..logic.alone import possible
from ..logic.conflicts import Core
from ..logic.repair import with_clause
from ..policy.model import Artifact, Clause, Delete, Destroy, Keep, Scope
from .context import Context, listed
from .edits import field_edits
from .wording import days, decimal


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
    until = max((start or Fraction(0)) + 1, Fraction(30))
    fixes = [_escrow(context, core, test, target, until)]
    for clause in erasing:
        for day in (
            d for d in ((start or Fraction(0)), (by or Fraction(0)) * 2 + 30) if clause.by is not None and d > clause.by
        ):
            later = clause.model_copy(update={"by": day})
            put_off = with_clause(policy, later)
            if possible(put_off, core.clauses, evidence=True, without=context.without):
                edits = field_edits(context.document.source, context.path(clause.id), "by", days(day))
                fixes.append(Fix(f"by {days(day)} on {clause.id}", verified=True, edits=edits))
                break
    return Finding(
        "C007",
        "error",
        f"the test of {test.id}{at} needs items of {target} that {listed([c.id for c in erasing]) or 'the policy'} {have}{gone}",
        spans,
        why=("A test that needs the raw items can only run while somebody keeps them.",),
        fixes=tuple(fixes),
        clauses=core.clauses,
        axioms=core.axioms,
        situation=core.situation,
    )


def _escrow(context: Context, core: Core, test: Clause, target: str, until: Fraction) -> Fix:
    """A store of its own, which no clause empties, and the duty to keep the items there until the test has run."""
    policy = context.policy
    store = _fresh("escrow_store", tuple(policy.artifacts))
    duty = _fresh(f"escrow-{test.id}", tuple(clause.id for clause in policy.clauses))
    audience = (policy.parties.verifier if policy.parties is not None else None) or "verifier"
    kept = Keep(id=duty, goal="keep", target=target, scope=Scope(artifacts=(store,)), until=until)
    declared = Artifact(kind="dataset", holds=(target,), seen_by={audience: "product"})
    changed = policy.model_copy(
        update={"artifacts": {**policy.artifacts, store: declared}, "clauses": (*policy.clauses, kept)}
    )
    snippet = (
        f"artifacts:\n  {store}: {{kind: dataset, holds: [{target}], seen_by: {{{audience}: product}}}}\n"
        f'clauses:\n  - {{id: {duty}, goal: keep, target: {target}, scope: {{artifacts: [{store}]}}, until: "{days(until)}"}}'
    )
    return Fix(
        "keep the items in a store of their own, under a stated ground, until the test has run",
        verified=possible(changed, (*core.clauses, duty), evidence=True, without=context.without),
        snippet=snippet,
    )


def _fresh(name: str, taken: tuple[str, ...]) -> str:
    """The name, with a number if it is taken."""
    return next(
        n
        for n in (name, *(f"{name}{'-' if '-' in name else '_'}{i}" for i in range(2, len(taken) + 3)))
        if n not in taken
    )
