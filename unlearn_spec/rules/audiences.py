"""Clauses of a conflict that name different audiences or languages: the theory has one rate for all who ask in one way."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from ..finding import Fix
from ..logic.explanation import Core
from ..logic.lineage import audiences_around
from ..logic.meaning import RateGoal
from ..logic.repair import dissolves, with_clause
from ..logic.scope import scoped_artifacts
from ..policy.clauses import Clause
from ..policy.model import Policy
from .context import Context

Pair = tuple[Clause, Clause, str]
"""Two clauses and an artifact that both speak of."""


def told_apart(context: Context, core: Core) -> list[str]:
    """That what such clauses say of one artifact is said of the same answers."""
    lines = []
    for one, other, artifact in _pairs(context, core):
        if _audiences_differ(context.policy, one, other):
            lines.append(
                f"{one.id} and {other.id} name different audiences of {artifact}: "
                "of one artifact, what one audience sees at some access the other sees there too"
            )
        elif nested := _nested(context.policy, one, other):
            outer, inner = nested
            lines.append(
                f"{outer.id} names {outer.scope.audience}, and {inner.id} names {inner.scope.audience}, which lies within it: "
                f"what everybody in {outer.scope.audience} is promised holds there too"
            )
        elif _languages_differ(one, other):
            lines.append(
                f"{one.id} and {other.id} name different languages: of one set, what is revealed in one language counts in every other"
            )
    return lines


def apart(context: Context, core: Core) -> tuple[Fix, ...]:
    """Declaring what is to differ: an artifact for each audience, where that dissolves the conflict; a set for each language."""
    found: dict[Fix, None] = {}
    for one, other, artifact in _pairs(context, core):
        if _audiences_differ(context.policy, one, other) or _nested(context.policy, one, other):
            if _helps(context, core, other, artifact):
                text = f"declare an artifact for each audience, and let {one.id} and {other.id} each name its own"
                found[Fix(text)] = None
        elif _languages_differ(one, other):
            found[Fix(f"declare a set for each language, and let {one.id} and {other.id} each name its own")] = None
    return tuple(found)


def _pairs(context: Context, core: Core) -> Iterator[Pair]:
    """The clauses about rates, two by two, that share an artifact; with the first that they share."""
    policy = context.policy
    about_rates = [clause for name in core.clauses if isinstance(clause := context.clause(name), RateGoal)]
    for one, other in combinations(about_rates, 2):
        theirs = scoped_artifacts(policy, other)
        both = next((artifact for artifact in scoped_artifacts(policy, one) if artifact in theirs), None)
        if both is not None:
            yield one, other, both


def _audiences_differ(policy: Policy, one: Clause, other: Clause) -> bool:
    """Whether two clauses name audiences neither of which lies within the other."""
    names = one.scope.audience, other.scope.audience
    return None not in names and not any(name in audiences_around(policy, inner) for name, inner in (names, names[::-1]))


def _nested(policy: Policy, one: Clause, other: Clause) -> tuple[Clause, Clause] | None:
    """The clause that names an audience, and the one that names another inside it; None where neither lies in the other."""
    for outer, inner in ((one, other), (other, one)):
        name, around = outer.scope.audience, audiences_around(policy, inner.scope.audience)
        if name is not None and name != inner.scope.audience and name in around:
            return outer, inner
    return None


def _languages_differ(one: Clause, other: Clause) -> bool:
    mine, theirs = set(one.scope.languages), set(other.scope.languages)
    return bool(mine and theirs) and mine.isdisjoint(theirs)


def _helps(context: Context, core: Core, clause: Clause, artifact: str) -> bool:
    """Whether the conflict is gone once one of its clauses speaks of another artifact of the same make."""
    policy = context.policy
    twin = "twin"
    while twin in policy.artifacts:
        twin += "-"
    moved = tuple(twin if name == artifact else name for name in scoped_artifacts(policy, clause))
    altered = clause.model_copy(update={"scope": clause.scope.model_copy(update={"artifacts": moved})})
    more = policy.model_copy(update={"artifacts": {**policy.artifacts, twin: policy.artifacts[artifact]}})
    return dissolves(with_clause(more, altered), core, context.without)
