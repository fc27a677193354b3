"""A world that shows how two versions of a policy differ: where it fails a clause, and in which numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from ..policy.model import Clause, Closeness, Keep, Policy, Refuse
from .formulas import ShareAbove, atoms
from .meaning import WEAKEST, RateGoal, demand, rate_of, scoped_artifacts
from .realise import realise
from .regions import lies_in
from .round_numbers import round_numbers
from .theory import Theory
from .two_versions import on_artifact
from .world_model import World
from .worlds import ROUND, Seen, rounded, told


@dataclass(frozen=True)
class Shown:
    """A world that passes one version and fails a clause of the other: where, and in which numbers."""

    artifact: str
    situation: tuple[str, ...] = ()
    """Situations that hold in it, of those that matter."""
    seen: Seen | None = None
    """For a clause about a rate: the mean over its target."""
    beyond: tuple[int, int, Fraction] | None = None
    """For a limit on each item or a share of them: how many items, of how many, are past which limit."""
    day: Fraction | None = None
    """For a deadline or a time of keeping: the day in the world."""
    power: Fraction | None = None
    """For a limit on membership tests: the share of members found."""
    world: World | None = None
    """The same world item by item, if it could be laid out."""


def show(
    theory: Theory, policy: Policy, clause: Clause, counterpart: Clause | None, premises: Sequence[str], holding: frozenset[str]
) -> Shown:
    """Where and in which numbers a world meets the premises and not the clause."""
    artifact, denied = _where(theory, policy, clause, premises)
    held = (*premises, denied)
    shown = Shown(artifact, tuple(sorted(holding)))
    extra = ""
    if isinstance(clause, RateGoal):
        rate = rate_of(clause, artifact, WEAKEST)
        liked = ((*_limit(counterpart), *_limit(clause), *ROUND, *_beside(clause)),)
        seen = told(theory, held, [(rate, clause.target)], liked)
        extra = rounded(theory, held, [(rate, clause.target)], liked) or ""
        shown = replace(shown, seen=seen[0] if seen else None)
    extra = round_numbers(theory, held, policy, clause, counterpart, artifact, extra)
    world = realise(theory, held, extra, holding)
    if world is None:
        return shown
    return replace(
        shown,
        world=world,
        beyond=_beyond(world, policy, clause, artifact),
        day=_day(world, clause, artifact),
        power=_power(world, clause, artifact),
    )


def _where(theory: Theory, policy: Policy, clause: Clause, premises: Sequence[str]) -> tuple[str, str]:
    """The first artifact on which the clause can fail, and the literal of its failing there."""
    names = scoped_artifacts(policy, clause)
    for name in names:
        denied = "-" + theory.literal(on_artifact(policy, clause, name))
        if theory.possible((*premises, denied)):
            return name, denied
    raise AssertionError(clause.id)


def _limit(clause: Clause | None) -> tuple[Fraction, ...]:
    limit = getattr(clause, "limit", None)
    if isinstance(limit, Closeness) or limit is None:
        return ()
    values = (getattr(limit, "at_most", None), getattr(limit, "at_least", None))
    return tuple(1 - value if isinstance(clause, Refuse) else value for value in values if isinstance(value, Fraction))


def _beside(clause: Clause) -> tuple[Fraction, ...]:
    """Rates a little past a limit, where no rounder one will do."""
    steps = [Fraction(sign, 10**places) for places in (2, 3, 4, 5, 6) for sign in (1, -1)]
    return tuple(rate for step in steps for limit in _limit(clause) if 0 <= (rate := limit + step) <= 1)


def _beyond(world: World, policy: Policy, clause: Clause, artifact: str) -> tuple[int, int, Fraction] | None:
    """How many items are past the limit of a clause about single items."""
    if not isinstance(clause, RateGoal):
        return None
    for atom in atoms(demand(policy, clause, artifact, WEAKEST)):
        if isinstance(atom, ShareAbove) and atom.rate.family != "drops":
            items = [s for s in world.strata if lies_in(s.inside, atom.target) and atom.rate in s.rates]
            limit = atom.threshold
            past = [s for s in items if (s.rates[atom.rate] < limit if atom.op == ">=" else s.rates[atom.rate] > limit)]
            return sum(s.count for s in past), sum(s.count for s in items), limit
    return None


def _day(world: World, clause: Clause, artifact: str) -> Fraction | None:
    if clause.goal in ("delete", "keep"):
        ends = [s.stored[artifact] for s in world.strata if clause.target in s.inside and artifact in s.stored]
        return None if not ends else min(ends) if isinstance(clause, Keep) else max(ends)
    return dict(world.finished).get(artifact) if clause.by is not None else None


def _power(world: World, clause: Clause, artifact: str) -> Fraction | None:
    cell = getattr(clause, "target", None), artifact
    found = [test.tpr for test in world.tests if (test.target, test.artifact) == cell]
    return found[0] if clause.goal == "remove" and found and clause.measure == "membership" else None
