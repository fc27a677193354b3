"""A010, A011: the clause that closes a gap, in the situations in which it is one. It was added, and the gap was gone; where the
other clauses leave no room for it, it is not offered."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TypeVar

from ..finding import Fix
from ..logic.averages import speaks_of_both
from ..logic.bound import as_bound
from ..logic.claimed import outcome
from ..logic.conditions import holds, mentioned
from ..logic.follows import binding
from ..logic.formulas import Mean, Not
from ..logic.gaps import Gap, open_in, revealed_formulas
from ..logic.guards import as_written, shortest
from ..logic.meaning import counts_refusals, on_artifact
from ..logic.repair import TRIED
from ..logic.scope import clauses_on
from ..logic.situations import Case
from ..logic.smt import Undecided
from ..logic.suspension import with_overriders
from ..policy.clauses import AtMost, Condition, Decoding, Rectify, Refuse, Retain, RevealsWhen, Scope, Suppress
from ..policy.edits import item_added
from ..record import Record
from .context import Context
from .wording import decimal, percent

_LIMIT = Fraction(1, 100)
_MANY, _WORK = 4, 2000
"""Situations that bear on one artifact, and cases times clauses, beyond which no condition is sought that tells cases apart."""
_Part = TypeVar("_Part", Decoding, RevealsWhen)
FILL = "add a clause for it, with what counts as revealed and how answers are drawn in place of `…`"


class Open(Record):
    """When a gap is one."""

    cases: tuple[Case, ...]
    """Every combination of the situations that bear on the artifact; only that in which the gap was found, if they are too many."""
    guard: Condition | None
    """A condition that holds in just those in which it is one; None if it is one in all."""
    asked: bool
    """Whether all of them were asked about."""


class Manner(Record):
    """How the clauses on a target draw answers, and what they count as revealing it; None where they differ or do not say."""

    decoding: Decoding | None
    reveals_when: RevealsWhen | None


class Bearing(Record):
    """The situations that bear on an artifact, and the cases in which no others hold."""

    situations: frozenset[str]
    cases: tuple[Case, ...]


def bearing_on(context: Context, artifact: str) -> Bearing:
    """Which situations the clauses on an artifact turn on, and those that override them."""
    policy = context.policy
    here = [clause.id for clause in clauses_on(policy)[artifact]]
    turning = frozenset[str]().union(*(mentioned(c.scope.when) for c in with_overriders(policy, here).clauses))
    return Bearing(turning, tuple(case for case in context.cases if case.holding <= turning))


def manner_of(context: Context, target: str) -> Manner:
    clauses = [c for c in context.about(target) if isinstance(c, Suppress | Retain | Rectify | Refuse)]
    answers = [c for c in clauses if not isinstance(c, Refuse) and not counts_refusals(c)]
    return Manner(_agreed([c.scope.decoding for c in clauses]), _agreed([c.reveals_when for c in answers]))


def when_open(context: Context, gap: Gap, bearing: Bearing) -> Open:
    """In which of the situations that bear on its artifact a gap is one."""
    policy, turning, cases = context.policy, bearing.situations, bearing.cases
    everywhere = tuple(case.holding for case in cases)
    if len(turning) > _MANY or len(cases) * len(policy.clauses) > _WORK:
        holding = gap.case.holding
        return Open((gap.case,), shortest(sorted(holding), (holding,), (frozenset(), holding)), asked=len(context.cases) == 1)
    aside = context.aside.union(gap.despite)
    open_ = tuple(case.holding for case in cases if open_in(context.theory, gap, case, aside)) if len(cases) > 1 else everywhere
    return Open(cases, shortest([name for name in policy.situations if name in turning], open_, everywhere), asked=True)


def closing(
    context: Context, gap: Gap, open_: Open, manner: Manner, name: str, accepted: str, *, many: bool
) -> tuple[Fix, ...]:
    """A clause that closes the gap, in the words of the clauses on the same target, or else the gap as accepted.

    `many`: there are so many gaps that the clause is not tried for each.
    """
    drawn, shown, guard = manner.decoding, manner.reveals_when, open_.guard
    when = "" if guard is None else f", when: {as_written(guard)}"
    decoding, reveals = "…" if drawn is None else _written(drawn), "…" if shown is None else _written(shown)
    scope = f"artifacts: [{gap.artifact}], access: {gap.effective}, asked: direct, decoding: {decoding}{when}"
    text = (
        f"{{id: {name}, goal: suppress, target: {gap.target}, scope: {{{scope}}}, "
        f'over: mean, limit: {{at_most: "{percent(_LIMIT)}"}}, reveals_when: {reveals}}}'
    )
    accept = Fix("or accept the gap", snippet=accepted)
    if drawn is None or shown is None:
        return Fix(FILL, snippet=f"- {text}"), accept
    clause = Suppress(
        id=name,
        goal="suppress",
        target=gap.target,
        scope=Scope(artifacts=(gap.artifact,), access=gap.effective, asked="direct", decoding=drawn, when=guard),
        over="mean",
        limit=AtMost(at_most=_LIMIT),
        reveals_when=shown,
    )
    found = None if many else _tried(context, gap, clause, open_.cases)
    if found is False:
        beside = f"accept the gap: no clause that limits it to {percent(_LIMIT)} can hold there beside the others"
        return (Fix(beside, snippet=accepted),)
    edits = item_added(context.document.source, ("clauses",), text)
    return Fix("add a clause for it", verified=found is True, snippet=f"- {text}", edits=edits), accept


def _tried(context: Context, gap: Gap, clause: Suppress, cases: Sequence[Case]) -> bool | None:
    """Whether the clause can hold beside the others wherever it binds; True if the gap is then gone, None where that is open."""
    theory, policy = context.theory, context.policy
    revealed, wanted = revealed_formulas(policy, gap.target, gap.artifact, gap.access), on_artifact(policy, clause, gap.artifact)
    if len(revealed) != 1 or not isinstance(wanted, Mean) or not isinstance(revealed[0], Mean) or wanted.rate != revealed[0].rate:
        return None if len(policy.clauses) >= TRIED else _tried_anew(context, gap, clause)
    with_it, literal = f"(assert {theory.encoder.text(wanted)})", theory.literal(revealed[0])
    try:
        for case in (case for case in cases if holds(clause.scope.when, case.holding)):
            clashing = (c for c in as_bound(policy.clauses, case.binding) if c.id in context.aside and theory.knows(c))
            if not all(theory.possible((theory.body(one),), with_it) for one in clashing):
                return False
            held = binding(theory, case, context.aside)
            if not theory.possible(held, with_it):
                return False
            if theory.possible((*binding(theory, case, context.aside.union(gap.despite)), literal), with_it):
                return None
    except Undecided:
        return None
    return None if speaks_of_both(policy) else True  # beside clauses about the average, the clause was not tried


def _tried_anew(context: Context, gap: Gap, clause: Suppress) -> bool | None:
    """The same, where the clause counts answers in a way of which the policy does not speak there."""
    more = context.policy.model_copy(update={"clauses": (*context.policy.clauses, clause)})
    revealed = revealed_formulas(more, gap.target, gap.artifact, gap.access)
    found = outcome(more, Not(revealed[0]), context.aside.union(gap.despite), context.without)
    return {"carried": len(revealed) == 1 or None, "impossible": False}.get(found)


def _agreed(written: Sequence[_Part | None]) -> _Part | None:
    """What all that say it say; None where they differ, or none does."""
    said = {str(dict(_fields(each))): each for each in written if each is not None}
    return next(iter(said.values())) if len(said) == 1 else None


def _written(part: Decoding | RevealsWhen) -> str:
    return f"{{{', '.join(f'{key}: {value}' for key, value in _fields(part))}}}"


def _fields(part: Decoding | RevealsWhen) -> Iterator[tuple[str, str]]:
    """The fields of a part that are written, as a policy writes them."""
    for key, value in part:
        if isinstance(value, Fraction):
            yield key, f'"{decimal(value) if key == "temperature" else percent(value)}"'
        elif value is not None:
            yield key, json.dumps(value, ensure_ascii=False) if key == "judge" else str(value)
