"""M002, M003: a claim about what is revealed that no clause carries: which clause comes nearest, and what it lacks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from msgspec.structs import replace

from ..logic.claimed import denied, failing
from ..logic.conditions import holds
from ..logic.follows import binding
from ..logic.formulas import Formula, Mean, Rate
from ..logic.lineage import enclosing
from ..logic.meaning import rate_limited, rate_of
from ..logic.repair import TRIED
from ..logic.scope import WEAKEST, scoped_artifacts
from ..logic.situations import Case
from ..logic.theory import build
from ..logic.worlds import ROUND, Seen, short_percent, told
from ..policy.clauses import Rectify, Refuse, Suppress
from ..policy.model import Claim
from ..policy.vocabulary import PROBES, access_rank
from ..record import Record
from .claims_removed import Obstacle, outside, suspending
from .context import Context, when
from .second_path import second_path
from .unlisting import SecondPath
from .wording import listed, percent

Limiting = Suppress | Refuse | Rectify


class Culprit(Record):
    """A rate that may exceed what a claim says of it, in a case."""

    case: Case
    held: tuple[str, ...]
    part: Formula
    rate: Rate
    target: str
    limit: Fraction
    most: Fraction | None
    """The most that the clauses leave, if it is less than everything; None also where it cannot be told."""
    path: SecondPath | None
    """The paths by which alone the product may reveal more than is claimed."""


def culprit(context: Context, claim: Claim, case: Case) -> Culprit:
    """The first of the claimed rates that may exceed the claimed limit."""
    held = binding(context.theory, case, context.aside)
    part = failing(context.theory, claim, held)[0]
    assert isinstance(part, Mean)
    rate, target = part.rate, part.target
    path = second_path(context, rate.artifact, target, part) if rate.access == "product" else None
    return Culprit(case, held, part, rate, target, part.limit, _most(context, held, rate, target), path)


def lacks(context: Context, found: Culprit) -> tuple[Obstacle, ...]:
    """What the clause that comes nearest lacks; a second path first, where it is that alone; that there is none, if there is none."""
    if found.path is not None:
        return (Obstacle("served", "", " ".join(found.path.paths)),)
    tried = [tuple(_short_of(context, found, clause)) or (Obstacle("weak", clause.id),) for clause in about(context, found.target)]
    return min(tried, key=len, default=(Obstacle("none"),))


def about(context: Context, target: str) -> list[Limiting]:
    """Clauses that limit how often the set, facts built from it, or a set that it lies within are revealed."""
    policy = context.policy
    names = {target, *(name for name, info in policy.information.items() if info.built_from == target)}
    names.update(enclosing(policy, target) if target in policy.information else ())
    return [clause for clause in policy.clauses if isinstance(clause, Limiting) and clause.target in names]


def _short_of(context: Context, found: Culprit, clause: Limiting) -> Iterator[Obstacle]:
    policy, name, wanted = context.policy, clause.id, found.rate
    rate = rate_of(clause, wanted.artifact, WEAKEST)
    if wanted.artifact not in scoped_artifacts(policy, clause):
        yield Obstacle("artifact", name)
    elif name in context.aside:
        yield Obstacle("aside", name)
    elif wanted.artifact not in found.case.binding.on(policy, clause):
        if holds(clause.scope.when, found.case.holding):
            yield Obstacle("suspended", name, suspending(context, found.case, name, wanted.artifact))
        else:
            yield Obstacle("guard", name)
    if clause.target != found.target:
        yield Obstacle("whole" if clause.target in enclosing(policy, found.target) else "other", name)
    if access_rank(rate.access) < access_rank(wanted.access) or not _as_strong(rate.asked, wanted.asked):
        yield Obstacle("level", name)
    if wanted.artifact not in scoped_artifacts(policy, clause):
        return  # how a claim is read there follows from the clauses on that artifact
    drawn = rate.reading.decoding != wanted.reading.decoding
    if rate.reading.about != wanted.reading.about:
        yield Obstacle("average" if rate.reading.about == "process" else "one", name)
    elif drawn or (rate.family != "answers" and rate.reading.predicate != wanted.reading.predicate):
        yield Obstacle("reading", name)


def put(context: Context, found: Culprit, obstacle: Obstacle) -> str:
    """An obstacle in the drafter's words, as a part of a sentence."""
    policy, name, other, artifact = context.policy, obstacle.clause, obstacle.other, found.rate.artifact
    target = getattr(context.clause(name), "target", "") if name else ""
    match obstacle.kind:
        case "artifact":
            return f"{name} limits it on {listed(scoped_artifacts(policy, context.clause(name)))}, not on {artifact}"
        case "aside":
            return f"{name} stands in a conflict and was set aside"
        case "suspended":
            return f"{other} suspends {name}{when(sorted(found.case.holding))}"
        case "guard":
            return f"{name} does not bind{outside(context, found.case, name)}"
        case "whole":
            return f"{name} limits {target} as a whole, not {found.target}, a part of it"
        case "other":
            return f"{name} limits {target}, not {found.target}"
        case "level":
            scope = context.clause(name).scope
            return f"{name} limits it only through {scope.access or WEAKEST.access}, asked {scope.asked or WEAKEST.asked}"
        case "average":
            return f"{name} limits the average over training runs, not what this one model shows"
        case "one":
            return f"{name} limits what this one model shows, not the average over training runs"
        case "reading":
            return f"{name} limits it under another `reveals_when` or `decoding`"
        case "weak":
            return f"{name} limits it there, and leaves {'more' if found.most is None else percent(found.most, 'up')}"
        case "served":
            return f"{artifact} may still serve it from {listed(other.split())}"
        case _:
            return "no clause limits it there"


def _as_strong(asked: str, wanted: str) -> bool:
    """Whether what is limited under one probing is limited under the other."""
    if asked in PROBES and wanted in PROBES:
        return PROBES.index(asked) >= PROBES.index(wanted)
    return asked == wanted


def _most(context: Context, held: Sequence[str], rate: Rate, target: str) -> Fraction | None:
    info = context.policy.information.get(target)
    if info is None or info.size is None or info.size[0] != info.size[1]:
        return None
    best = context.theory.given.optimum(held, context.theory.encoder.set_mass(rate, target), highest=True)
    return None if best is None or best >= info.size[0] else best / info.size[0]


def shown(context: Context, found: Culprit) -> tuple[Seen, ...] | None:
    """The claimed rate above its limit, and the nearest limited ones beside it, in a world that meets every clause."""
    wanted = [(found.rate, found.target)]
    for clause in about(context, found.target):
        rate = rate_limited(clause, found.rate.artifact)
        there = isinstance(clause, Suppress | Refuse) and found.rate.artifact in scoped_artifacts(context.policy, clause)
        if there and rate is not None and (rate, clause.target) not in wanted:
            wanted.append((rate, clause.target))
    return told(context.theory, found.held, wanted, (preferred(found),), denied(context.theory, found.part))


def preferred(found: Culprit) -> tuple[Fraction, ...]:
    """Rates that show best that more is revealed than is claimed: round ones, or else the most that the clauses leave."""
    return (*ROUND, *((found.most,) if found.most is not None else ()))


def above(found: Culprit, world: Sequence[Seen]) -> int:
    """How many digits show that the first rate of a world exceeds what is claimed."""
    mean, exact = world[0].mean, short_percent(world[0].mean, 5)
    if Fraction(exact.rstrip("%")) / 100 == mean:
        return 5
    return next((n for n in range(3, 13) if Fraction(short_percent(mean, n).rstrip("%")) / 100 > found.limit), 12)


def deeper(context: Context, claim: Claim, case: Case) -> tuple[Seen, ...] | None:
    """What is kept out of sight at one level, and shown at the deepest one, in a world that meets every clause.

    Empty if nothing is; None if it was not asked.
    """
    if len(context.policy.clauses) > TRIED:
        return None
    for clause in about(context, claim.of or ""):
        for artifact in case.binding.on(context.policy, clause):
            rate = rate_limited(clause, artifact)
            if rate is None or isinstance(clause, Rectify):
                continue
            deep = replace(rate, access="finetune", asked="adversarial")
            world = None if deep == rate else _both(context, case, deep, rate, clause.target)
            if world is not None and world[0].mean > world[1].mean:
                return (world[1], world[0])
    return ()


def _both(context: Context, case: Case, deep: Rate, rate: Rate, target: str) -> tuple[Seen, ...] | None:
    asked = (Mean(one, target, "<=", Fraction(0)) for one in (deep, rate))
    theory = build(context.policy.model_copy(update={"claims": ()}), asked_about=tuple(asked), without=context.without)
    return told(theory, binding(theory, case, context.aside), [(deep, target), (rate, target)])
