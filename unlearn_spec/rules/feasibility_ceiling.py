"""K019: the best that a named method can give, held against what the clause asks."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from ..feasibility.base import families, method_called
from ..finding import Fix, Span
from ..policy.clauses import Clause, Closeness, DeIndex, Delete, Destroy, Refuse, Remove, Suppress
from ..policy.vocabulary import GoalKind, access_rank
from .feasibility_ground import (
    Ground,
    Named,
    Told,
    Treatment,
    a_name,
    all_of,
    holders_of_weights,
    is_treatment,
    named,
    told,
)

if TYPE_CHECKING:
    from ..feasibility.model import Level, MethodFact, MethodKind


def method_ceiling(ground: Ground) -> Iterator[Told]:
    """K019: none of the methods a clause names can give what it asks, as far as is known.

    Compares goal, strength and access with what each family of methods reached so far. A clause on removal asks for
    `exact` where both numbers are 0, for a proof where it is to be shown by its process, and for a measurement where it
    is to be tested. Says nothing where the solver found a contradiction already, where one named method is of no known
    family, or where its own `guarantee` is written. Cannot see what a method of the same name does in your hands.
    """
    for clause in ground.policy.clauses:
        if clause.id in ground.in_conflict or not isinstance(clause, Treatment | Delete | DeIndex | Destroy):
            continue
        methods = named(ground, clause)
        if not methods:
            continue
        short = [shortfall(ground, clause, one.family) for one in methods]
        if any(reason is None for reason in short):
            continue
        names, reasons = a_name((one.name for one in methods), "or"), "; ".join(dict.fromkeys(r for r in short if r))
        yield told(
            "K019",
            f"{clause.id} asks {names} for {_asked(clause)}; {reasons}",
            (*ground.method_spans(clause), *_holder_spans(ground, clause, methods)),
            [one.family.id for one in methods],
            (clause,),
            _better(ground, clause),
            each_needed=True,
        )


def level_asked(clause: Clause) -> Level:
    """How strong a clause wants its goal."""
    if isinstance(clause, Suppress | Refuse):
        return "measured"
    if not isinstance(clause, Remove):
        return "exact"
    shown = clause.evidence.kind if clause.evidence is not None else None
    if shown == "test" or not isinstance(clause.limit, Closeness):
        return "certified" if shown == "certificate" else "measured"
    return "exact" if clause.limit.epsilon == Fraction(0) == clause.limit.delta else "certified"


def shortfall(ground: Ground, clause: Clause, family: MethodFact) -> str | None:
    """What a family lacks for a clause, in words; None if it may do, or if nothing is known."""
    from ..feasibility.model import LEVELS  # loaded with the facts, where a method is named

    ceiling = family.ceiling(clause.goal)
    if ceiling is None:
        return None
    if LEVELS.index(ceiling.best) < LEVELS.index(level_asked(clause)):
        can = f"does not {_VERB[clause.goal]}" if ceiling.best == "none" else _CAN[ceiling.best]
        return f"{family.called} {can}"
    if ceiling.deepest is None or not isinstance(clause, Suppress | Refuse):
        return None
    wanted = clause.scope.access
    if family.kind == "approximate":
        return None  # what undoes these at the weights is K007's
    if wanted is not None and access_rank(wanted) > access_rank(ceiling.deepest):
        return f"{family.called} holds through {ceiling.deepest} at most, and {wanted} is asked"
    if family.kind == "alignment" and (held := holders_of_weights(ground, clause)):
        audience, model = held[0]
        return f"{family.called} can be tuned away by whoever holds the weights, and {audience} holds those of {model}"
    return None


_CAN: Final[dict[Level, str]] = {
    "best_effort": "is a best effort, which no limit can be held to",
    "measured": "comes with no guarantee, only with measurements",
    "certified": "comes near it, and is never exact",
}
_VERB: Final[dict[GoalKind, str]] = {
    "remove": "remove influence", "suppress": "keep anything out of answers", "refuse": "make a model decline",
    "delete": "delete stored records", "de_index": "take anything out of an index", "destroy": "destroy anything",
}  # fmt: skip


def _asked(clause: Clause) -> str:
    level = level_asked(clause)
    if isinstance(clause, Remove):
        return {"exact": "exact removal", "certified": "removal within a proven bound"}.get(level, "removal")
    if isinstance(clause, Suppress | Refuse):
        what = "silence" if isinstance(clause, Suppress) else "refusals"
        return f"{what} through {clause.scope.access}" if clause.scope.access else what
    return {"delete": "deletion", "de_index": "removal from an index"}.get(clause.goal, "destruction")


def _holder_spans(ground: Ground, clause: Clause, methods: tuple[Named, ...]) -> tuple[Span, ...]:
    if not is_treatment(clause) or not all_of(methods, ("alignment",)):
        return ()
    return tuple(
        ground.span(("artifacts", model, "seen_by", audience), "holds the weights")
        for audience, model in holders_of_weights(ground, clause)
    )


def _better(ground: Ground, clause: Clause) -> tuple[Fix, ...]:
    """The first method that could do it: one of the policy's own, else the first known family; or a weaker wish."""
    able = sorted((one for one in families() if _may(ground, clause, one)), key=lambda one: _LIGHTEST.index(one.kind))
    own = [name for name in ground.policy.methods or {} if method_called(name) in able]
    fixes = []
    if own:
        fixes.append(Fix(f"{own[0]} could, as far as is known", snippet=f"using: [{own[0]}]"))
    elif able:
        fixes.append(Fix(f"{able[0].called} could, as far as is known"))
    if isinstance(clause, Remove) and level_asked(clause) == "measured":
        fixes.append(Fix("or ask for answers that reveal nothing, and don't call it removal"))
    elif isinstance(clause, Remove):
        fixes.append(Fix("or let it be tested rather than proven, by a method that is known to remove in part"))
    elif isinstance(clause, Suppress | Refuse):
        fixes.append(Fix("or promise it for less access, or for one audience"))
    return tuple(fixes)


_LIGHTEST: Final[tuple[MethodKind, ...]] = ("stores", "governance", "guardrail", "alignment", "approximate", "rebuild")
"""Kinds that can stand in for another method, those first that change least."""


def _may(ground: Ground, clause: Clause, family: MethodFact) -> bool:
    """Whether a family could do it, and nothing that is in reach undoes it."""
    ceiling = family.ceiling(clause.goal)
    if ceiling is None or family.kind not in _LIGHTEST or family.literal_only or shortfall(ground, clause, family):
        return False
    if ceiling.deepest is None or access_rank(ceiling.deepest) >= access_rank("weights"):
        return True
    wanted = clause.scope.access
    too_deep = wanted is not None and access_rank(wanted) > access_rank(ceiling.deepest)
    return not too_deep and not (is_treatment(clause) and holders_of_weights(ground, clause))
