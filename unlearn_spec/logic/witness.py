"""The world that shows how two versions differ: where a clause fails, and in which numbers, as round as it allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from ..policy.model import Clause, Closeness, Keep, Policy, Refuse, Retain, Within
from . import meaning
from .formulas import Rate, ShareAbove, atoms
from .meaning import WEAKEST, RateGoal, rate_of, scoped_artifacts
from .realise import possible_in_whole_items, realise, whole_items
from .regions import lies_in
from .round_numbers import beside, round_numbers
from .smt import Undecided
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
    before: Fraction | None = None
    """For a clause that compares with before: the mean then."""
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
    """Where and in which numbers a world meets the premises and not the clause: of whole items, unless the search stops."""
    artifact, denied = _where(theory, policy, clause, premises)
    failing = _Failing(theory, policy, clause, counterpart, artifact, (*premises, denied), holding)
    try:
        return failing.shown(whole_items(theory.encoder))
    except Undecided:
        return failing.shown("")


def _where(theory: Theory, policy: Policy, clause: Clause, premises: Sequence[str]) -> tuple[str, str]:
    """The first artifact on which the clause can fail, and the literal of its failing there."""
    names = scoped_artifacts(policy, clause)
    for name in names:
        denied = "-" + theory.literal(on_artifact(policy, clause, name))
        if possible_in_whole_items(theory, (*premises, denied)):
            return name, denied
    raise AssertionError(clause.id)


@dataclass(frozen=True)
class _Failing:
    """A clause of a policy that fails on one artifact, where some literals hold."""

    theory: Theory
    policy: Policy
    clause: Clause
    counterpart: Clause | None
    artifact: str
    held: tuple[str, ...]
    holding: frozenset[str]

    def shown(self, whole: str) -> Shown:
        """The world in numbers as round as it allows. `whole`: assertions that its items are whole ones."""
        theory, held, clause, artifact = self.theory, self.held, self.clause, self.artifact
        shown, extra = Shown(artifact, tuple(sorted(self.holding))), whole
        if isinstance(clause, RateGoal):
            rate = rate_of(clause, artifact, WEAKEST)
            wanted = [(rate, clause.target), *([(rate.at("before"), clause.target)] if _with_before(clause) else [])]
            past = (rate for limit in _limit(clause) for rate in beside(limit))
            liked = ((*_limit(self.counterpart), *_limit(clause), *ROUND, *past),)
            extra = rounded(theory, held, wanted, liked) or ""
            if whole and not theory.possible(held, extra + whole):
                extra = rounded(theory, held, wanted, liked, whole) or whole
        extra = round_numbers(theory, held, self.policy, clause, self.counterpart, artifact, extra)
        world = realise(theory, held, extra, self.holding)
        if isinstance(clause, RateGoal):
            shown = replace(shown, seen=self._seen(world, extra))
        if world is None:
            return shown
        return replace(
            shown,
            before=_before(world, clause, artifact),
            world=world,
            beyond=_beyond(world, self.policy, clause, artifact),
            day=_day(world, clause, artifact),
            power=_power(world, clause, artifact),
        )

    def _seen(self, world: World | None, extra: str) -> Seen | None:
        """The mean of the clause's rate over its target: as the items of the world have it, if there is one."""
        assert isinstance(self.clause, RateGoal)
        rate, target = rate_of(self.clause, self.artifact, WEAKEST), self.clause.target
        mean = None if world is None else _mean(world, rate, target)
        if mean is not None:
            return Seen(rate, target, mean)
        seen = told(self.theory, self.held, [(rate, target)], (), extra)
        return seen[0] if seen else None


def _limit(clause: Clause | None) -> tuple[Fraction, ...]:
    limit = getattr(clause, "limit", None)
    if isinstance(limit, Closeness) or limit is None:
        return ()
    values = (getattr(limit, "at_most", None), getattr(limit, "at_least", None))
    return tuple(1 - value if isinstance(clause, Refuse) else value for value in values if isinstance(value, Fraction))


def _mean(world: World, rate: Rate, target: str) -> Fraction | None:
    """The mean of a rate over a set, if the world says it of every item."""
    items = [stratum for stratum in world.strata if lies_in(stratum.inside, target)]
    if not items or any(rate not in stratum.rates for stratum in items):
        return None
    return sum((s.count * s.rates[rate] for s in items), Fraction(0)) / sum(s.count for s in items)


def _with_before(clause: Clause) -> bool:
    return isinstance(clause, Retain) and isinstance(clause.limit, Within)


def _before(world: World, clause: Clause, artifact: str) -> Fraction | None:
    if not isinstance(clause, RateGoal) or not _with_before(clause):
        return None
    return _mean(world, rate_of(clause, artifact, WEAKEST).at("before"), clause.target)


def _beyond(world: World, policy: Policy, clause: Clause, artifact: str) -> tuple[int, int, Fraction] | None:
    """How many items are past the limit of a clause about single items."""
    if not isinstance(clause, RateGoal):
        return None
    for atom in atoms(meaning.demand(policy, clause, artifact, WEAKEST)):
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
