"""A010, A011: where a target can be revealed although every clause holds."""

from __future__ import annotations

from collections.abc import Iterator

from ..finding import Finding, Fix
from ..logic.conditions import mentioned
from ..logic.follows import binding
from ..logic.formulas import All, Mean, Not
from ..logic.gaps import Gap, gaps, revealed_formulas
from ..logic.scope import scoped_artifacts
from ..policy.clauses import AllOf, Refuse, Suppress
from ..policy.clauses import Not as Absent
from ..policy.model import Policy
from ..policy.vocabulary import access_rank
from .context import Context, when
from .covering import Manner, Open, bearing_on, closing, manner_of, when_open
from .edits import numbered
from .lineage import Lineage
from .names import kebab
from .second_path import second_path
from .unlisting import SecondPath, still_listed
from .witness import world_as_test
from .wording import listed

_HIGH = "90%"
_MANY = 12
"""Gaps up to which the clause that is offered is tried for each."""


def uncovered(context: Context) -> tuple[Finding, ...]:
    """A010, A011. Flags an artifact and an audience for whom a suppressed target stays open, clauses in conflict set aside.

    Asks with direct questions, the weakest probing. Cannot see artifacts or audiences that the policy does not list.
    """
    taken = {clause.id for clause in context.policy.clauses}
    free: dict[str, Iterator[str]] = {}
    found = []
    every = gaps(context.theory, context.cases, context.aside)
    bearing = {artifact: bearing_on(context, artifact) for artifact in dict.fromkeys(gap.artifact for gap in every)}
    manner = {target: manner_of(context, target) for target in dict.fromkeys(gap.target for gap in every)}
    for gap in every:
        base = kebab(f"cover-{gap.artifact}")
        name = next(each for each in free.setdefault(base, numbered(base)) if each not in taken)
        taken.add(name)
        open_ = when_open(context, gap, bearing[gap.artifact])
        found.append(_finding(context, gap, open_, manner[gap.target], name, many=len(every) > _MANY))
    return tuple(found)


def _finding(context: Context, gap: Gap, open_: Open, manner: Manner, name: str, *, many: bool) -> Finding:
    who = listed(gap.audiences)
    holds = "holds" if len(gap.audiences) == 1 else "hold"
    seen = "sees" if len(gap.audiences) == 1 else "see"
    world = f"A world that reveals it {_HIGH} of the time there meets every clause outside the conflicts."
    artifact = context.span(("artifacts", gap.artifact, "seen_by"), f"{who}: {gap.access}")
    target = context.span(("information", gap.target, "kind"), "the target")
    accepted = f'out_of_scope: [{{target: {gap.target}, artifacts: [{gap.artifact}], reason: "…", owner: "…"}}]'
    path = None if gap.despite or not gap.named else _second_path(context, gap)
    if path is not None and path.of_stores:
        fixes: tuple[Fix, ...] = (path.fix(tried=True), Fix("or accept the gap", snippet=accepted))
    elif _theirs(context.policy, gap.artifact):
        fixes = (Fix(f"have whoever controls {gap.artifact} close it, or accept the gap", snippet=accepted),)
    else:
        fixes = closing(context, gap, open_, manner, name, accepted, many=many)
    situation = tuple(sorted(gap.case.holding))
    if gap.despite:
        some = f"{listed(gap.despite)}, for some audience, language or precision only,"
        message = f"nothing but {some} limits {gap.target} in {gap.artifact} ({gap.access}) for {who}"
        spans = (artifact, *(context.id_span(each) for each in gap.despite))
        others = "A promise to one audience, in one language or at one precision is none to the others: a clause for them is missing."
        return Finding("A011", "warning", message, spans, (others,), fixes, clauses=gap.despite, situation=situation)
    why: tuple[str, ...] = (world,)
    if not gap.named:
        code, message = "A010", f"nothing limits {gap.target} in {gap.artifact} as {who} {seen} it ({gap.access})"
    elif path is not None:
        served = f"it may still serve {gap.target} from {listed(path.paths)}"
        code, message = "A011", f"{who} {seen} {gap.artifact} through {gap.access}, and {served}"
        why = (*still_listed(Lineage(context.policy), gap.target, path.paths), world)
    elif gap.effective != gap.access or gap.access == "finetune":
        tuned = f"{who} {holds} the weights of {gap.artifact} and can fine-tune them"
        code, message = "A011", f"{tuned}; no clause on {gap.target} holds at finetune{_then(context, gap, open_)}"
    else:
        there = f"no clause on {gap.target} holds there{_then(context, gap, open_)}"
        code, message = "A011", f"{who} {seen} {gap.artifact} through {gap.access}; {there}"
    return Finding(
        code,
        "warning",
        message,
        (artifact, target),
        why=why,
        fixes=fixes,
        situation=situation,
        world=_world(context, gap),
    )


def _theirs(policy: Policy, artifact: str) -> bool:
    """Whether the obligor does not control an artifact (C1): no duty of theirs can be about it."""
    if policy.controls is None or policy.parties is None:
        return False
    return artifact not in policy.controls.get(policy.parties.obligor, ())


def _second_path(context: Context, gap: Gap) -> SecondPath | None:
    """The index or cache by which alone the target can be revealed there, if it is that."""
    if gap.effective != "product":
        return None
    revealed = revealed_formulas(context.policy, gap.target, gap.artifact, gap.access)
    return second_path(context, gap.artifact, gap.target, Not(All(revealed)))


def _world(context: Context, gap: Gap) -> str | None:
    if not context.worlds:  # a large policy has a gap for every set
        return None
    revealed = revealed_formulas(context.policy, gap.target, gap.artifact, gap.access)
    held = (*binding(context.theory, gap.case, context.aside), context.theory.literal(revealed[0]))
    wanted = [(atom.rate, atom.target) for atom in revealed if isinstance(atom, Mean)][:1]
    name = f"{gap.target} is revealed in {gap.artifact} through {gap.effective}, and no clause minds"
    return world_as_test(context, held, gap.case, name, wanted=wanted)


def _then(context: Context, gap: Gap, open_: Open) -> str:
    """In which situations no clause holds there, in words; nothing if that is always so."""
    match open_.guard if open_.asked else None:
        case None:
            return "" if open_.asked else _outside(context, gap)
        case str() as name:
            return when((name,))
        case Absent(not_=str() as name):
            return f" outside {name}"
        case AllOf(all=parts) if all(isinstance(part, str) for part in parts):
            return when([str(part) for part in parts])
        case AllOf(all=parts) if all(isinstance(part, Absent) for part in parts):
            return f" outside {listed([str(part.not_) for part in parts if isinstance(part, Absent)])}"
    return " in some situations"


def _outside(context: Context, gap: Gap) -> str:
    """` outside published`, if a clause would cover the gap but only in some situation."""
    names: dict[str, None] = {}
    for clause in context.about(gap.target):
        if isinstance(clause, Suppress | Refuse) and clause.scope.when is not None:
            deep = clause.scope.access is None or access_rank(clause.scope.access) >= access_rank(gap.effective)
            if deep and gap.artifact in scoped_artifacts(context.policy, clause):
                names.update(dict.fromkeys(sorted(mentioned(clause.scope.when))))
    return f" outside {listed(tuple(names))}" if names else ""
