"""A010, A011: where a target can be revealed although every clause holds."""

from __future__ import annotations

from ..finding import Finding, Fix
from ..logic.formulas import Mean
from ..logic.meaning import scoped_artifacts
from ..logic.questions import Gap, binding, gaps, revealed_formulas
from ..logic.situations import mentioned
from ..policy.model import Refuse, Suppress
from ..policy.vocabulary import access_rank
from .context import Context, listed
from .witness import world_as_test

_HIGH = "90%"


def uncovered(context: Context) -> tuple[Finding, ...]:
    """A010, A011. Flags an artifact and an audience for whom a suppressed target stays open, clauses in conflict set aside.

    Asks with direct questions, the weakest probing. Cannot see artifacts or audiences that the policy does not list.
    """
    return tuple(_finding(context, gap) for gap in gaps(context.theory, context.cases, context.aside))


def _finding(context: Context, gap: Gap) -> Finding:
    who = listed(gap.audiences)
    holds = "holds" if len(gap.audiences) == 1 else "hold"
    seen = "sees" if len(gap.audiences) == 1 else "see"
    world = f"A world that reveals it {_HIGH} of the time there meets every clause outside the conflicts."
    artifact = context.span(("artifacts", gap.artifact, "seen_by"), f"{who}: {gap.access}")
    target = context.span(("information", gap.target, "kind"), "the target")
    skeleton = (
        f"- {{id: cover-{gap.artifact}, goal: suppress, target: {gap.target}, "
        f"scope: {{artifacts: [{gap.artifact}], access: {gap.effective}, asked: direct}}, "
        f'over: mean, limit: {{at_most: "1%"}}}}'
    )
    fixes = (
        Fix("add a clause for it", snippet=skeleton),
        Fix(
            "or accept the gap",
            snippet=f'out_of_scope: [{{target: {gap.target}, artifacts: [{gap.artifact}], reason: "…", owner: "…"}}]',
        ),
    )
    if gap.despite:
        some = f"{listed(gap.despite)}, for some audience, language or precision only,"
        message = f"nothing but {some} limits {gap.target} in {gap.artifact} ({gap.access}) for {who}"
        spans = (artifact, *(context.id_span(name) for name in gap.despite))
        why = "What one audience, language or precision is shown says nothing here of the others: a clause for them is missing."
        return Finding("A011", "warning", message, spans, why=(why,), fixes=fixes, clauses=gap.despite)
    if not gap.named:
        message = f"nothing limits {gap.target} in {gap.artifact} as {who} {seen} it ({gap.access})"
        return Finding("A010", "warning", message, (artifact, target), why=(world,), fixes=fixes, world=_world(context, gap))
    if gap.effective != gap.access or gap.access == "finetune":
        message = f"{who} {holds} the weights of {gap.artifact} and can fine-tune them; no clause on {gap.target} holds at finetune"
    else:
        message = f"{who} {seen} {gap.artifact} through {gap.access}; no clause on {gap.target} holds there{_outside(context, gap)}"
    return Finding("A011", "warning", message, (artifact, target), why=(world,), fixes=fixes, world=_world(context, gap))


def _world(context: Context, gap: Gap) -> str | None:
    if not context.worlds:  # a large policy has a gap for every set
        return None
    revealed = revealed_formulas(context.policy, gap.target, gap.artifact, gap.access)
    held = (*binding(context.theory, gap.case, context.aside), context.theory.literal(revealed[0]))
    wanted = [(atom.rate, atom.target) for atom in revealed if isinstance(atom, Mean)][:1]
    name = f"{gap.target} is revealed in {gap.artifact} through {gap.effective}, and no clause minds"
    return world_as_test(context, held, gap.case, name, wanted=wanted)


def _outside(context: Context, gap: Gap) -> str:
    """` outside published`, if a clause would cover the gap but only in some situation."""
    names: dict[str, None] = {}
    for clause in context.about(gap.target):
        if isinstance(clause, Suppress | Refuse) and clause.scope.when is not None:
            deep = clause.scope.access is None or access_rank(clause.scope.access) >= access_rank(gap.effective)
            if deep and gap.artifact in scoped_artifacts(context.policy, clause):
                names.update(dict.fromkeys(sorted(mentioned(clause.scope.when))))
    return f" outside {listed(tuple(names))}" if names else ""
