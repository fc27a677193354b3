"""M003: what would carry a claim about what is revealed. Each change that is offered as such was applied, and the claim followed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from ..finding import Fix
from ..logic.claimed import artifact_of, failing, parts
from ..logic.repair import with_clause
from ..logic.scope import WEAKEST
from ..policy.edits import item_added
from ..policy.model import Claim
from .claims_mended import follows, written
from .claims_removed import Obstacle
from .claims_revealed import Culprit
from .context import Context
from .wording import listed, percent

LIMIT = "claim what the clauses limit, or add a `suppress` clause at that access and probe strength"


def restated(context: Context, claim: Claim, found: Culprit, lack: Sequence[Obstacle]) -> tuple[Fix, ...]:
    """Changes of the clauses that carry the claim, then lesser claims that they carry as they are, then what nobody can try."""
    tried = (*_by_clauses(context, claim, found, lack), *_lesser(context, claim, found, lack))
    return (*tried, *_untried(lack), Fix(LIMIT))


def _by_clauses(context: Context, claim: Claim, found: Culprit, lack: Sequence[Obstacle]) -> Iterator[Fix]:
    first, source = lack[0], context.document.source
    if found.path is not None and found.path.of_stores:
        yield found.path.fix(tried=follows(context, found.path.policy, claim))
    if [obstacle.kind for obstacle in lack] == ["artifact"]:
        clause, artifact = context.clause(first.clause), found.rate.artifact
        scope = clause.scope.model_copy(update={"artifacts": (*(clause.scope.artifacts or ()), artifact)})
        if follows(context, with_clause(context.policy, clause.model_copy(update={"scope": scope})), claim):
            edits = item_added(source, (*context.path(first.clause), "scope", "artifacts"), artifact)
            yield Fix(f"add {artifact} to the scope of {first.clause}", verified=True, edits=edits)


def _lesser(context: Context, claim: Claim, found: Culprit, lack: Sequence[Obstacle]) -> Iterator[Fix]:
    if found.most is not None:
        number = percent(found.most, "up")
        share = Fraction(number.rstrip("%")) / 100
        if follows(context, context.policy, claim.model_copy(update={"at_most": share})):
            yield Fix(f"claim at most {number}", verified=True, edits=written(context, claim, {"at_most": f'"{number}"'}))
    passing = _passing(context, claim, found)
    if passing and follows(context, context.policy, claim.model_copy(update={"in_": passing})):
        edits = written(context, claim, {"in": f"[{', '.join(passing)}]"})
        yield Fix(f"name only {listed(passing)} in {claim.id}", verified=True, edits=edits)
    if [obstacle.kind for obstacle in lack] == ["level"]:
        scope = context.clause(lack[0].clause).scope
        level: dict[str, str] = {"access": scope.access or WEAKEST.access, "asked": scope.asked or WEAKEST.asked}
        if follows(context, context.policy, claim.model_copy(update=level)):
            text = f"claim it through {level['access']}, asked {level['asked']}"
            yield Fix(text, verified=True, edits=written(context, claim, level))


def _passing(context: Context, claim: Claim, found: Culprit) -> tuple[str, ...]:
    """The claimed artifacts on which the claim follows, if that is only some of them."""
    failed = {artifact_of(part) for part in failing(context.theory, claim, found.held)}
    claimed = dict.fromkeys(artifact_of(part) for part in parts(context.policy, claim))
    return tuple(name for name in claimed if name not in failed)


def _untried(lack: Sequence[Obstacle]) -> Iterator[Fix]:
    first = lack[0]
    if first.kind in ("guard", "suspended"):
        yield Fix(f"say so only while {first.clause} binds")
    if first.kind == "aside":
        yield Fix(f"settle the conflict that {first.clause} is in, then check again")
