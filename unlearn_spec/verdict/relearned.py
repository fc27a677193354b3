"""What a grid of relearning attacks brought back, and the bounds that hold for the worst of them.

The rate of a clause under relearning is the largest over all registered attacks and both halves. If p₁ … p_m are the
held-out rates, with error α:

- from below by max Lᵢ with each Lᵢ a bound at α/m (Bonferroni): it misleads only if some Lᵢ exceeds its own pᵢ;
- from above by max Uᵢ with each Uᵢ at the *whole* α: it misleads only if the Uᵢ of the largest pᵢ lies below it, and which
  that is was never chosen from the data (intersection–union; Berger, Technometrics 24 (1982) 295).

Nothing is assumed of how attacks depend on each other; clusters are independent draws, as for every rate. Max-T over the
paired differences to the never-trained models (`statistics.max_t`) would lose less where attacks agree, but its null is
that the audited model and the control are *alike*: it flags a model that keeps a promise of closeness with room in it, so
it is shown and decides nothing. `benchmarks/relearning_grid.py` measures both.

What an attack brings back is less than what the weights hold. The original holds all of the target, so the share that
comes back from it says how much of what another model holds would come back: the registered effect is a share held, and
power is taken at the part of it that would show.

An attack counts if every model that it was made on completed it. One that diverged leaves the others standing, and takes
away favourable results through the positive control: it could not have found anything. Nor could one that had not yet learned,
in the audited model, what it trains on: what the original shows after it, it showed before, and does not count for the control.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import TypeAlias

from ..gpu import draws, pairwise
from ..plan.model import Obligation
from ..plan.units import Reading, RelearnUnit, Role
from ..policy.clauses import Suppress
from ..statistics.exact_sums import Many
from ..statistics.max_t import max_t_paired
from ..verifiers import recovery
from ..verifiers.outcomes import Outcomes, gather
from ..verifiers.recovery import Side
from ..wording.said import Said, listed, said
from .measured import (
    LABEL,
    Measured,
    Seen,
    as_float,
    between,
    interval,
    lower,
    of_all,
    of_each,
    reading_for,
    shares,
    state,
    upper,
    where,
)
from .model import Interval
from .rates import bounds, limit_of, rate_fact, realised_power

Half: TypeAlias = tuple[Outcomes, ...]
"""One side of one half under one attack, subject by subject."""


@dataclass(frozen=True)
class Attack:
    """What tells one registered attack from the others of its obligation."""

    steps: int
    learning_rate: Fraction
    seed: int

    def words(self) -> Said:
        return said("attack.steps", number=self.steps, rate=self.learning_rate, seed=str(self.seed))


@dataclass(frozen=True)
class Tried:
    """One attack on every subject."""

    attack: Attack
    sides: Mapping[tuple[Role, Side], tuple[Half, ...]]
    """By half; empty for a role that it was not made on, or did not complete it."""
    failed: tuple[Role, ...]
    """Roles with a model on which it diverged."""
    learned: bool
    """Whether it has taken hold: in the audited model, and each further run, on both halves."""

    def pooled(self, role: Role, side: Side = "held_out") -> tuple[Outcomes, ...]:
        """Both halves together, one set of outcomes a subject."""
        return tuple(_together(halves) for halves in zip(*self.sides[role, side], strict=True))

    @property
    def share(self) -> float:
        """Held-out items that the audited model revealed, as a share; of several runs their mean."""
        runs = self.pooled("audited")
        return sum(run.share for run in runs) / len(runs)


def tried(obligation: Obligation, reading: Reading, seen: Seen) -> tuple[Tried, ...]:
    """Every registered attack, in the plan's order."""
    found: dict[Attack, dict[tuple[Role, Side], dict[int, list[Outcomes]]]] = {}
    failed: dict[Attack, set[Role]] = {}
    learned: dict[Attack, bool] = {}
    for role in LABEL:
        for key in seen.of(obligation, role):
            unit = seen.units[key]
            if not isinstance(unit, RelearnUnit):
                raise ValueError(f"{obligation.id}: {key} is no relearning")
            for steps in unit.every_look:
                attack = Attack(steps, unit.learning_rate, unit.seed)
                sides = found.setdefault(attack, {})
                rows = seen.tables[key].where("step", steps)
                if not len(rows):
                    failed.setdefault(attack, set()).add(role)
                    continue
                if role == "audited":
                    left = recovery.loss_left(*recovery.losses(rows))
                    learned[attack] = learned.get(attack, True) and left <= recovery.HALF
                for side in recovery.SIDES:
                    halves = sides.setdefault((role, side), {})
                    halves.setdefault(unit.half, []).append(recovery.outcomes(rows, reading, side))
    return tuple(
        _tried(attack, sides, failed.get(attack, set()), learned.get(attack, False)) for attack, sides in found.items()
    )


def _tried(
    attack: Attack, sides: Mapping[tuple[Role, Side], Mapping[int, Sequence[Outcomes]]], failed: set[Role], learned: bool
) -> Tried:
    halves: dict[tuple[Role, Side], tuple[Half, ...]] = {}
    for role in LABEL:
        for side in recovery.SIDES:
            found = {} if role in failed else sides.get((role, side), {})
            halves[role, side] = tuple(map(tuple, found.values()))
    return Tried(attack, halves, tuple(role for role in LABEL if role in failed), learned)


@dataclass(frozen=True)
class Grid:
    """All attacks of an obligation, and those that count."""

    every: tuple[Tried, ...]
    registered: int
    """Bounds that share the error: attacks × halves."""

    @property
    def standing(self) -> tuple[Tried, ...]:
        return tuple(one for one in self.every if not one.failed)

    @property
    def failed(self) -> tuple[Tried, ...]:
        return tuple(one for one in self.every if one.failed)

    @property
    def worst(self) -> Tried | None:
        """The one after which the audited model revealed most, the first among equals."""
        return max(self.standing, key=lambda one: one.share, default=None)

    def halves(self, role: Role) -> tuple[Half, ...]:
        """The held-out halves of every attack that counts."""
        return tuple(half for one in self.standing for half in one.sides[role, "held_out"])

    def intervals(self, obligation: Obligation) -> tuple[Interval, ...]:
        """What each kind of model revealed after the worst attack, all attacks bounded together."""
        return () if self.worst is None else self.shown(self.worst, obligation)

    def shown(self, one: Tried, obligation: Obligation, side: Side = "held_out") -> tuple[Interval, ...]:
        """What each kind of model revealed after one attack, both halves together; α is shared by the attacks."""
        alpha = obligation.alpha / len(self.every)
        return tuple(
            interval(role, found, alpha) for role in LABEL if (found := one.pooled(role, side)) and sum(o.n for o in found)
        )

    def words(self) -> Said:
        """What was seen, in one sentence with numbers."""
        worst, failures = self.worst, said("part.and_failed", failures=self.failures()) if self.failed else ""
        if worst is None:
            return said("found.no_attack", failures=failures)
        others = worst.pooled("reference")
        told = {
            "items": of_each([half[0] for half in worst.sides["audited", "held_out"]]),
            "others": said("part.by_others", **of_all(others)) if others else "",
            "failures": failures,
        }
        if len(self.every) > 1:
            return said("found.relearned_worst", attacks=len(self.every), attack=worst.attack.words(), **told)
        return said("found.relearned", **told)

    def failures(self) -> Said:
        """Which attacks were not completed, and on what."""
        told = (
            said("attack.on", attack=one.attack.words(), models=listed(*(said(f"on.{role}") for role in one.failed)))
            for one in self.failed
        )
        return said("attack.diverged", attacks=listed(*told))


def grid_of(obligation: Obligation, reading: Reading, seen: Seen) -> Grid:
    """The registered attacks and what they found."""
    units = (seen.units[key] for key in seen.of(obligation, "audited"))
    registered = sum(len(unit.every_look) for unit in units if isinstance(unit, RelearnUnit))
    return Grid(tried(obligation, reading, seen), registered)


def as_completed(obligation: Obligation, grid: Grid) -> Obligation:
    """The obligation as what was measured of it: attacks that were not all completed are a suite of their own."""
    return obligation.model_copy(update={"asked": f"{obligation.asked}-completed"}) if grid.failed else obligation


def measure_relearned(obligation: Obligation, clause: Suppress, seen: Seen) -> Measured:
    """The largest rate that any attack brings back on the items held out from it."""
    reading, limit = reading_for(clause, obligation), limit_of(clause, obligation)
    grid = grid_of(obligation, reading, seen)
    halves, share = grid.halves("audited"), obligation.alpha / grid.registered
    found = [bounds(obligation, limit, half, share, above=obligation.alpha) for half in halves]
    low, high = max((low for low, _ in found), default=Fraction(0)), max((high for _, high in found), default=Fraction(1))
    here = as_completed(obligation, grid)
    fact = rate_fact(here, clause, low, high, obligation.alpha)
    words = said("fact.relearned", target=obligation.target, range=between(low, high), where=where(here))
    sensitivity = sensitivity_of(most_shown(obligation, grid)[0])
    expected = showing(obligation, sensitivity)
    powers = [realised_power(expected, limit, half[0].clusters, alpha=share) for half in halves]
    return Measured(
        obligation=obligation.id,
        facts=(fact,),
        stated=state(obligation, (fact,), (words,), seen.objects),
        intervals=grid.intervals(obligation),
        limit_at=float(limit.met),
        effect=as_float(obligation.effect),
        realised_power=None if obligation.effect is None else min((power or 0.0 for power in powers), default=0.0),
        words=grid.words(),
        sensitivity=sensitivity,
    )


def sensitivity_of(original: Sequence[Outcomes]) -> Fraction:
    """The share that a test shows of the original; 1 where none was tested, and the positive control fails."""
    shown, asked = sum(one.k for one in original), sum(one.n for one in original)
    return Fraction(shown, asked) if asked else Fraction(1)


def showing(obligation: Obligation, sensitivity: Fraction) -> Obligation:
    """The obligation with that part of its effect that would show."""
    effect = obligation.effect
    return obligation if effect is None else obligation.model_copy(update={"effect": effect * sensitivity})


# --- controls --------------------------------------------------------------------------------------------------------


def most_shown(obligation: Obligation, grid: Grid) -> tuple[tuple[Outcomes, ...], Fraction]:
    """What the original revealed after the attack with the highest lower bound, of those that had learned, and that bound."""
    alpha, learned = obligation.alpha / max(1, len(grid.every)), (one for one in grid.standing if one.learned)
    found = [(outcomes, lower(outcomes, alpha)) for one in learned if (outcomes := one.pooled("original"))]
    return max(found, key=lambda each: each[1], default=((), Fraction(0)))


def control_shown(obligation: Obligation, grid: Grid) -> tuple[tuple[Outcomes, ...], Fraction, tuple[tuple[Outcomes, Fraction], ...]]:
    """What never-trained models revealed after the attack with the highest upper bound, that bound, and each model under
    each attack with its lower bound."""
    every = [outcomes for one in grid.standing if (outcomes := one.pooled("reference"))]
    found = [(outcomes, upper(outcomes, obligation.alpha)) for outcomes in every]
    alpha = obligation.alpha / max(1, len(grid.every))
    single = tuple((one, lower((one,), alpha)) for outcomes in every for one in outcomes)
    most, high = max(found, key=lambda each: each[1], default=((), Fraction(1)))
    return most, high, single


# --- described, never deciding ---------------------------------------------------------------------------------------


def recovered(obligation: Obligation, reading: Reading, one: Tried, seen: Seen) -> float | None:
    """The share of what the original shows without an attack that came back beyond what the control shows after the same
    one; None without original or control."""
    control = one.pooled("reference")
    tables = [seen.tables[key] for key in obligation.before]
    if one.failed or not control or not tables:
        return None
    before = gather(tables, reading, every=False)
    return recovery.recovered(one.share, sum(each.share for each in control) / len(control), before.share)


def beyond_control(obligation: Obligation, grid: Grid, *, seed: int) -> tuple[float | None, ...]:
    """For every attack the max-T adjusted p-value of "no more than the never-trained models under the same attack".

    Null: audited and control are alike, clusters independent, differences symmetric jointly over attacks. Small values
    point at attacks that set the audited model apart. None for attacks that do not count, or without control. `BREAK_EVEN`
    signs or more are drawn by counter.
    """
    standing = [one for one in grid.standing if one.pooled("reference")]
    if not standing:
        return (None,) * len(grid.every)
    columns = []
    for one in standing:
        runs, floor = _by_item(one.pooled("audited")), _by_item(one.pooled("reference"))
        columns.append({item: runs[item] - floor[item] for item in sorted(runs)})
    names = dict(zip(standing[0].pooled("audited")[0].items, standing[0].pooled("audited")[0].clusters, strict=True))
    items = sorted(names)
    table = [[column[item] for column in columns] for item in items]
    many = Many(draws.BREAK_EVEN, partial(pairwise.signed_totals, draws.key("max-T", seed, obligation.id)))
    adjusted = iter(max_t_paired(table, [names[item] for item in items], seed=seed, many=many).adjusted)
    return tuple(next(adjusted) if one in standing else None for one in grid.every)


def _by_item(subjects: Sequence[Outcomes]) -> Mapping[str, float]:
    """The share of the subjects that revealed each item."""
    return dict(zip(sorted(subjects[0].items), shares(subjects)[0], strict=True))


def _together(halves: Sequence[Outcomes]) -> Outcomes:
    return Outcomes(
        tuple(item for half in halves for item in half.items),
        tuple(cluster for half in halves for cluster in half.clusters),
        tuple(hit for half in halves for hit in half.hits),
    )
