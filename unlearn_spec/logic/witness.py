"""The world that shows how two versions differ: where a clause fails, and in which numbers, as round as it allows."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from msgspec.structs import replace

from ..policy.clauses import Clause, Closeness, Keep, MembershipBound, Rectify, Refuse, Remove, Retain, Within
from ..policy.model import Policy
from ..record import Record
from . import meaning
from .evaluate import evaluate
from .formulas import Mean, Rate, ShareAbove, atoms
from .meaning import RateGoal, rate_of
from .realise import possible_in_whole_items, realise, whole_items
from .regions import lies_in
from .round_numbers import beside, round_numbers, whole_days
from .scope import WEAKEST, scoped_artifacts
from .smt import Undecided
from .theory import Theory
from .two_versions import on_artifact
from .world_model import World
from .worlds import ROUND, Seen, rounded, told


class Beyond(Record):
    """For a limit on each item or a share of them: how many items, of how many, are past which limit of which rate."""

    rate: Rate
    past: int
    size: int
    limit: Fraction


class Shown(Record):
    """A world that passes one version and fails a clause of the other: where, and in which numbers."""

    artifact: str
    policy: Policy
    """The part of the clause's version of which it is a world."""
    situation: tuple[str, ...] = ()
    """Situations that hold in it, of those that matter."""
    seen: Seen | None = None
    """For a clause about a rate, or two: the mean over its target of the one that fails."""
    before: Fraction | None = None
    """For a clause that compares with before: the mean then."""
    beyond: Beyond | None = None
    day: Fraction | None = None
    """For a deadline or a time of keeping: the day in the world."""
    power: Fraction | None = None
    """For a limit on membership tests: the share of members found."""
    met: bool = False
    """Whether what the clause demands is met there as such: what fails is its deadline, or how it is to be met."""
    world: World | None = None
    """The same world item by item, if it could be laid out."""


def show(
    theory: Theory, policy: Policy, clause: Clause, counterpart: Clause | None, premises: Sequence[str], holding: frozenset[str]
) -> Shown:
    """Where and in which numbers a world meets the premises and not the clause: of whole items, unless the search stops."""
    artifact, denied = _where(theory, policy, clause, premises)
    failing = _Failing(theory, policy, clause, counterpart, artifact, (*premises, denied), holding)
    try:
        return failing.shown(whole_items(theory.encoder, getattr(clause, "target", None)))
    except Undecided:
        return failing.shown("")


def _where(theory: Theory, policy: Policy, clause: Clause, premises: Sequence[str]) -> tuple[str, str]:
    """The first artifact on which the clause can fail, and the literal of its failing there."""
    names = scoped_artifacts(policy, clause)
    for name in names:
        denied = "-" + theory.literal(on_artifact(policy, clause, name))
        if len(names) == 1 or possible_in_whole_items(theory, (*premises, denied), getattr(clause, "target", None)):
            return name, denied
    raise AssertionError(clause.id)


class _Failing(Record):
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
        shown, extra, days = Shown(artifact, self.policy, tuple(sorted(self.holding))), self._round(""), whole_days(theory, clause)
        if theory.possible(held, extra + whole + days):
            extra += days
        elif whole and isinstance(clause, RateGoal) and not theory.possible(held, extra + whole):
            extra = self._round(whole)
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
            met=evaluate(meaning.demand(self.policy, clause, artifact, WEAKEST), world) is True,
            power=_power(world, clause, artifact),
        )

    def _round(self, extra: str) -> str:
        """`extra`, and assertions that make the numbers of the clause round, one after the other."""
        clause, artifact = self.clause, self.artifact
        if isinstance(clause, RateGoal):
            wanted = [(rate, clause.target) for rate in _rates(clause, artifact)]
            liked = [(*_limit(self.counterpart, rate), *_limit(clause, rate), *ROUND, *_past(clause, rate)) for rate, _ in wanted]
            extra = rounded(self.theory, self.held, wanted, liked, extra) or extra
        return round_numbers(self.theory, self.held, self.policy, clause, self.counterpart, artifact, extra)

    def _seen(self, world: World | None, extra: str) -> Seen | None:
        """The mean of a rate of the clause that fails: as the items of the world have it, if there is one."""
        assert isinstance(self.clause, RateGoal)
        target, rate = self.clause.target, rate_of(self.clause, self.artifact, WEAKEST)
        if world is not None:
            demanded = atoms(meaning.demand(self.policy, self.clause, self.artifact, WEAKEST))
            rate = next((a.rate for a in demanded if isinstance(a, Mean) and evaluate(a, world) is False), rate)
            if (mean := _mean(world, rate, target)) is not None:
                return Seen(rate, target, mean)
        seen = told(self.theory, self.held, [(rate, target)], (), extra)
        return seen[0] if seen else None


def _rates(clause: RateGoal, artifact: str) -> tuple[Rate, ...]:
    """What a clause limits, and what it compares that with."""
    rate = rate_of(clause, artifact, WEAKEST)
    if isinstance(clause, Rectify):
        return rate, replace(rate, family="reveals", bound="sup")
    return (rate, rate.at("before")) if _with_before(clause) else (rate,)


def _limit(clause: Clause | None, rate: Rate) -> tuple[Fraction, ...]:
    """The limits of a clause for a rate."""
    limit = getattr(clause, "limit", None)
    if isinstance(limit, Closeness) or limit is None:
        return ()
    names = ("at_most", "at_least") if not isinstance(clause, Rectify) else ("at_least" if rate.family == "corrects" else "at_most",)
    values = (getattr(limit, name, None) for name in names)
    return tuple(1 - value if isinstance(clause, Refuse) else value for value in values if isinstance(value, Fraction))


def _past(clause: Clause, rate: Rate) -> tuple[Fraction, ...]:
    return tuple(past for limit in _limit(clause, rate) for past in beside(limit))


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


def _beyond(world: World, policy: Policy, clause: Clause, artifact: str) -> Beyond | None:
    """How many items are past a limit of a clause about single items that fails."""
    if not isinstance(clause, RateGoal):
        return None
    for atom in atoms(meaning.demand(policy, clause, artifact, WEAKEST)):
        if isinstance(atom, ShareAbove) and evaluate(atom, world) is False:
            items = [s for s in world.strata if lies_in(s.inside, atom.target) and atom.rate in s.rates]
            limit = atom.threshold
            past = [s for s in items if (s.rates[atom.rate] < limit if atom.op == ">=" else s.rates[atom.rate] > limit)]
            return Beyond(atom.rate, sum(s.count for s in past), sum(s.count for s in items), limit)
    return None


def _day(world: World, clause: Clause, artifact: str) -> Fraction | None:
    if clause.goal in ("delete", "keep"):
        ends = [s.stored[artifact] for s in world.strata if clause.target in s.inside and artifact in s.stored]
        return None if not ends else min(ends) if isinstance(clause, Keep) else max(ends)
    return dict(world.finished).get(artifact) if clause.by is not None else None


def _power(world: World, clause: Clause, artifact: str) -> Fraction | None:
    if not isinstance(clause, Remove) or not isinstance(clause.limit, MembershipBound):
        return None
    cell = clause.target, artifact, clause.limit.at_fpr, meaning.is_fair(clause)
    return next((test.tpr for test in world.tests if (test.target, test.artifact, test.at_fpr, test.fair) == cell), None)
