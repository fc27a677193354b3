"""M001: a claim of removal that no clause carries: which clause comes nearest, what it lacks, and what would carry the claim."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Final, Literal

from ..logic.claimed import artifact_of, failing
from ..logic.conditions import holds, mentioned
from ..logic.follows import binding
from ..logic.lineage import enclosing, exposures, kin, may_stem_from
from ..logic.scope import scoped_artifacts
from ..logic.situations import Case
from ..policy.clauses import Clause, Closeness, ExcludeFuture, Refuse, Remove, Suppress
from ..policy.model import Claim
from ..record import Record
from .context import Context, when
from .wording import decimal, listed, percent

Kind = Literal[
    "nothing", "hidden", "later", "part", "whole", "tests",
    "open", "scope", "aside", "suspended", "guard", "kept", "stem", "reference", "closeness", "unproven",
    "artifact", "level", "reading", "average", "one", "other", "served", "weak", "none",
    "idle", "floor", "wider", "share",
]  # fmt: skip
"""What is lacking: of any removal, of the nearest one, of a limit on what is revealed, and of a limit on what else changes."""


class Obstacle(Record, order=True):
    """Why a claim does not follow on an artifact."""

    kind: Kind
    clause: str = ""
    """The clause that comes nearest."""
    other: str = ""
    """The set that stays, or the clause that suspends."""


NO_REMOVAL: Final[tuple[Kind, ...]] = ("nothing", "hidden", "later", "part", "whole", "tests")
"""No clause removes the claimed set as a whole."""


class Lacking(Record):
    """What keeps a claim of removal from following, with the artifacts on which it does, in the order of telling."""

    claim: Claim
    case: Case
    found: tuple[tuple[Obstacle, tuple[str, ...]], ...]

    @property
    def artifacts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for _, names in self.found for name in names))


def lacking(context: Context, claim: Claim, case: Case) -> Lacking:
    """What the clauses lack to carry a claim of removal in a case."""
    held = binding(context.theory, case, context.aside)
    grouped: dict[Obstacle, list[str]] = {}
    for name in dict.fromkeys(artifact_of(part) for part in failing(context.theory, claim, held)):
        for obstacle in _obstacles(context, claim, case, name):
            grouped.setdefault(obstacle, []).append(name)
    order: dict[Kind, int] = {"scope": 0, "suspended": 1, "guard": 1, "aside": 1, "open": 1, "kept": 2, "stem": 2}
    found = sorted(grouped.items(), key=lambda entry: order.get(entry[0].kind, 0 if entry[0].kind in NO_REMOVAL else 3))
    return Lacking(claim, case, tuple((obstacle, tuple(names)) for obstacle, names in found))


def _obstacles(context: Context, claim: Claim, case: Case, artifact: str) -> tuple[Obstacle, ...]:
    """What the clause that comes nearest lacks on one artifact."""
    wanted = enclosing(context.policy, claim.of or "") if exact(claim) else (claim.of,)
    near = [clause for clause in closenesses(context) if clause.target in wanted]
    tried = [tuple(_short_of(context, claim, case, clause, artifact)) for clause in near]
    if not near:
        kept = _kept(context, claim, case, "", claim.of or "", artifact) if exact(claim) else ()
        return (_without_removal(context, claim), *(one for one in kept if one.kind == "kept" and "K5" not in context.without))
    return min(tried, key=len) or (Obstacle("unproven", near[tried.index(())].id),)


def exact(claim: Claim) -> bool:
    """Whether the claim is of no influence at all, whatever the closeness."""
    return claim.says == "influence_removed" and claim.epsilon is None and claim.delta is None


def asked(claim: Claim) -> tuple[Fraction, Fraction]:
    """The closeness that carries the claim."""
    return claim.epsilon or Fraction(0), claim.delta or Fraction(0)


def closenesses(context: Context) -> Iterator[Remove]:
    """The clauses that promise closeness to a retrained model."""
    return (c for c in context.policy.clauses if isinstance(c, Remove) and isinstance(c.limit, Closeness))


def promised(clause: Clause) -> Closeness:
    """The closeness that one of these promises."""
    limit = clause.limit if isinstance(clause, Remove) else None
    assert isinstance(limit, Closeness)
    return limit


def _short_of(context: Context, claim: Claim, case: Case, clause: Remove, artifact: str) -> Iterator[Obstacle]:
    policy, limit = context.policy, promised(clause)
    if clause.scope.artifacts is None:
        yield Obstacle("open", clause.id)
    elif artifact not in scoped_artifacts(policy, clause):
        yield Obstacle("scope", clause.id)
    elif clause.id in context.aside:
        yield Obstacle("aside", clause.id)
    elif artifact not in case.binding.on(policy, clause):
        if holds(clause.scope.when, case.holding):
            yield Obstacle("suspended", clause.id, suspending(context, case, clause.id, artifact))
        else:
            yield Obstacle("guard", clause.id)
    if exact(claim):
        yield from _kept(context, claim, case, clause.id, clause.target, artifact)
    if limit.compared_with != "retrain_without":
        yield Obstacle("reference", clause.id)
    if limit.epsilon > asked(claim)[0] or limit.delta > asked(claim)[1]:
        yield Obstacle("closeness", clause.id)


def _kept(context: Context, claim: Claim, case: Case, name: str, target: str, artifact: str) -> Iterator[Obstacle]:
    """Sets made from the target, or perhaps from it, that stay."""
    for other in may_stem_from(context.policy, target):
        if other in exposures(context.policy, artifact) and not _gone(context, case, other, artifact):
            yield Obstacle("kept" if other in kin(context.policy, claim.of or "") else "stem", name, other)


def suspending(context: Context, case: Case, name: str, artifact: str) -> str:
    """The clause that suspends another on an artifact."""
    over = [c for c in context.policy.clauses if name in c.overrides]
    there = [c for c in over if c.scope.artifacts is None or artifact in case.binding.on(context.policy, c)]
    return (there or over)[0].id


def _gone(context: Context, case: Case, name: str, artifact: str) -> bool:
    """Whether a binding clause removes a set without remainder."""
    return any(
        clause.target in enclosing(context.policy, name)
        and clause.limit == Closeness(epsilon=Fraction(0), delta=Fraction(0), compared_with="retrain_without")
        and artifact in case.binding.on(context.policy, clause)
        and clause.id not in context.aside
        for clause in closenesses(context)
    )


def _without_removal(context: Context, claim: Claim) -> Obstacle:
    """What speaks of the claimed set, if no clause removes it."""
    policy, of = context.policy, claim.of or ""
    about = {of, *(name for name, info in policy.information.items() if info.built_from == of)}
    for one in closenesses(context):
        if one.target != of and of in enclosing(policy, one.target):
            return Obstacle("part", one.id)
        if one.target != of and one.target in enclosing(policy, of):
            return Obstacle("whole", one.id)
    kinds: tuple[tuple[Kind, type], ...] = (("tests", Remove), ("hidden", Suppress), ("hidden", Refuse), ("later", ExcludeFuture))
    for kind, goal in kinds:
        for clause in policy.clauses:
            if isinstance(clause, goal) and getattr(clause, "target", None) in about:
                return Obstacle(kind, clause.id)
    return Obstacle("nothing")


def outside(context: Context, case: Case, name: str) -> str:
    """` when litigation` or ` outside sued`: in which of the situations that a clause turns on it does not bind."""
    turning = mentioned(context.clause(name).scope.when)
    held = sorted(turning & case.holding)
    return when(held) if held else f" outside {listed(sorted(turning))}"


def told(context: Context, lack: Lacking, obstacle: Obstacle, names: Iterable[str]) -> str:
    """An obstacle in the drafter's words, as a part of a sentence."""
    policy, of, on = context.policy, lack.claim.of or "", listed(tuple(names))
    clause, other = obstacle.clause, obstacle.other
    target = getattr(context.clause(clause), "target", "") if clause else ""
    match obstacle.kind:
        case "scope":
            there = listed(scoped_artifacts(policy, context.clause(clause)))
            return f"{clause} removes {target} from {there}, not from {on}"
        case "open":
            return f"{clause} does not say from which artifact {target} is to be removed"
        case "suspended":
            return f"{other} suspends {clause}{when(sorted(lack.case.holding))}"
        case "guard":
            return f"{clause} does not bind{outside(context, lack.case, clause)}"
        case "aside":
            return f"{clause} stands in a conflict and was set aside"
        case "kept":
            return f"{other}, made from {of}, was training data of {on} and is not removed"
        case "stem":
            whole = next(name for name in enclosing(policy, of) if other in kin(policy, name))
            return f"{other}, made from {whole} and perhaps from {of}, was training data of {on} and is not removed"
        case "reference":
            return f"{clause} compares with a retrained model that may have taken later steps too"
        case "closeness":
            limit = promised(context.clause(clause))
            return f"{clause} promises closeness (epsilon {decimal(limit.epsilon)}, delta {percent(limit.delta)}), not this"
        case "unproven":
            return f"{clause} would carry it by an axiom that was left out"
        case "part":
            return f"{clause} removes {target}, which is only a part of {of}"
        case "whole":
            return f"{clause} promises closeness for {target} as a whole, not for {of}, a part of it"
        case "tests":
            return f"{clause} limits membership tests, not the influence of {of}"
        case "hidden":
            return f"{clause} keeps {target} out of sight while {of} can still shape the weights"
        case "later":
            return f"{clause} is about later trainings, not about what {of} did in this one"
        case _:
            return f"no clause removes {of}"
