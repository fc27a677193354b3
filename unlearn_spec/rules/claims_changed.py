"""M005: a claim that nothing else changed: which clause comes nearest, and what it still lets fall."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from ..finding import Fix
from ..logic.claimed import carried, failing
from ..logic.follows import binding
from ..logic.formulas import ShareAbove
from ..logic.meaning import rate_of
from ..logic.repair import TRIED, with_clause
from ..logic.scope import WEAKEST, scoped_artifacts
from ..logic.situations import Case
from ..logic.statements import claim_formula
from ..policy.clauses import Retain, Within
from ..policy.model import Claim
from .claims_removed import Obstacle
from .claims_told import Told
from .context import Context, when
from .edits import field_edits
from .wording import listed, percent

EACH = "add a `retain` clause over `each` item with `within` a margin of `before`, and claim that set only"


def changed(context: Context, claim: Claim, case: Case) -> Told:
    """A claim that nothing else changed, which some world that meets the clauses makes false."""
    margin = percent(claim.within) if claim.within is not None else "any amount"
    what = claim.of if claim.of is not None else "what no clause names"
    part = failing(context.theory, claim, binding(context.theory, case, context.aside))[0]
    assert isinstance(part, ShareAbove)
    tried = [(clause, tuple(_short_of(context, claim, case, clause, part))) for clause in _about(context, claim)]
    clause, lack = min(tried, key=lambda entry: len(entry[1]), default=(None, ()))
    if clause is None or not lack:
        message = f'"nothing else changed" does not follow: nothing keeps {what} from falling by more than {margin}'
        return Told("M005", message, (f"In a world that meets every clause, {what} is known before and not afterwards.",), (Fix(EACH),))
    first, *others = (_put(context, part.rate.artifact, clause, one) for one in lack)
    besides = tuple(f"Besides, {other}." for other in others)
    then = "; the average does not" if [one.kind for one in lack] == ["average"] else ""
    why = f"In a world that meets every clause{when(sorted(case.holding))}, items of {what} fall by more than {margin}{then}."
    fixes = (*(_mended(context, claim, clause, lack[0]) if len(lack) == 1 else ()), Fix(EACH))
    return Told("M005", f'"nothing else changed" does not follow: {first}', (*besides, why), fixes)


def _about(context: Context, claim: Claim) -> list[Retain]:
    return [clause for clause in context.policy.clauses if isinstance(clause, Retain) and clause.target == claim.of]


def _short_of(context: Context, claim: Claim, case: Case, clause: Retain, part: ShareAbove) -> Iterator[Obstacle]:
    artifact, wanted = part.rate.artifact, part.rate
    rate = rate_of(clause, artifact, WEAKEST)
    if artifact not in scoped_artifacts(context.policy, clause):
        yield Obstacle("artifact", clause.id)
    elif clause.id in context.aside or artifact not in case.binding.on(context.policy, clause):
        yield Obstacle("idle", clause.id)
    if (rate.access, rate.asked) != (wanted.access, wanted.asked):
        yield Obstacle("level", clause.id)
    if rate.reading != wanted.reading or rate.family != "reveals":
        yield Obstacle("reading", clause.id)
    if not isinstance(clause.limit, Within):
        yield Obstacle("floor", clause.id)
        return
    if clause.limit.within > (claim.within or Fraction(0)):
        yield Obstacle("wider", clause.id)
    if clause.over != "each":
        yield Obstacle("average" if clause.over in (None, "mean") else "share", clause.id)


def _put(context: Context, artifact: str, clause: Retain, obstacle: Obstacle) -> str:
    """What a clause lacks, as a part of a sentence."""
    name, of = clause.id, clause.target
    within = percent(clause.limit.within) if isinstance(clause.limit, Within) else ""
    scope = clause.scope
    match obstacle.kind:
        case "artifact":
            return f"{name} keeps {of} on {listed(scoped_artifacts(context.policy, clause))}, not on {artifact}"
        case "idle":
            return f"{name}, which keeps {of}, does not bind there"
        case "level":
            return f"{name} keeps {of} only through {scope.access or WEAKEST.access}, asked {scope.asked or WEAKEST.asked}"
        case "reading":
            return f"{name} keeps {of} under another `reveals_when` or `decoding`"
        case "floor":
            return f"{name} sets a floor for {of}, and limits no fall above it"
        case "wider":
            return f"{name} lets items of {of} fall by up to {within}"
        case "share":
            return f"{name} keeps a share of {of}, and the other items may fall further"
        case _:
            return f"{name} lets {of} fall by no more than {within} on average, and single items may fall further"


def _mended(context: Context, claim: Claim, clause: Retain, obstacle: Obstacle) -> Iterator[Fix]:
    """The clause over each item, if the claim then follows."""
    mended = with_clause(context.policy, clause.model_copy(update={"over": "each"}))
    if obstacle.kind not in ("average", "share") or len(mended.clauses) > TRIED:
        return
    if carried(mended, claim_formula(mended, claim), context.aside, context.without):
        edits = field_edits(context.document.source, context.path(clause.id), "over", "each")
        yield Fix(f"write `over: each` on {clause.id}", verified=True, edits=edits)
