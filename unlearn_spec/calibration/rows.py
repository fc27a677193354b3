"""From judged cells to counts and bounds. Pure.

Every share is given with how many worlds it comes from: models of one seed share a world, so that the number of trials
alone would promise too much. Bounds are Clopper–Pearson (Biometrika 26 (1934) 404), one-sided at 95%, once over trials
and once over worlds with at least one hit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..statistics.binomial import clopper_pearson_lower, clopper_pearson_upper
from .model import Bound, Cell, Judged, Passed, Pooled, Row, State, Step

LEVEL = 0.05
PASSES = ("supported", "not_falsified")
OPEN = ("inconclusive", "not_tested", "not_testable", "rejected")
TINY = 1e-9


@dataclass(frozen=True)
class Trial:
    """One cell with the specimen it is about."""

    seed: int
    specimen: str
    group: str
    kept: float
    cell: Cell


def trials_of(judged: Iterable[Judged]) -> tuple[Trial, ...]:
    """One trial for each verdict that a verifier led to."""
    return tuple(
        Trial(one.seed, one.specimen, one.group, one.kept, cell) for one in judged for cell in one.cells if cell.verifier
    )


def bound(hits: Sequence[bool], seeds: Sequence[int]) -> Bound | None:
    """Counts and bounds of these trials and their worlds; None for no trials."""
    if not hits:
        return None
    k, n = sum(hits), len(hits)
    worlds, hit = set(seeds), {seed for seed, yes in zip(seeds, hits, strict=True) if yes}
    return Bound(
        k=k,
        n=n,
        seeds=len(worlds),
        seeds_hit=len(hit),
        low=clopper_pearson_lower(k, n, LEVEL),
        high=clopper_pearson_upper(k, n, LEVEL),
        high_by_seed=clopper_pearson_upper(len(hit), len(worlds), LEVEL),
    )


def row(clause: str, trials: Sequence[Trial]) -> Row:
    """The row of one clause, from its trials over all seeds."""
    mine = [one for one in trials if one.cell.clause == clause]
    known = [one for one in mine if one.cell.truth.state != "unknown"]
    return Row(
        clause=clause,
        verifier=mine[0].cell.verifier,
        alpha=max(one.cell.alpha for one in mine),
        false_fail=false_fail(mine),
        false_pass=tuple(false_pass(mine)),
        inconclusive=_bound([one.cell.outcome in OPEN for one in known], known),
        coverage=coverage(mine),
        nominal=nominal(mine),
        power=tuple(_power(mine)),
        unknown=len(mine) - len(known),
    )


def pooled(verifier: str, trials: Sequence[Trial]) -> Pooled:
    """All clauses of one verifier together."""
    mine = [one for one in trials if one.cell.verifier == verifier]
    wrong = [one for one in mine if one.specimen == "partial_20" and one.cell.truth.state == "violated"]
    return Pooled(
        verifier=verifier,
        clauses=tuple(dict.fromkeys(one.cell.clause for one in mine)),
        alpha=max(one.cell.alpha for one in mine),
        false_fail=false_fail(mine),
        false_pass_20=_bound([one.cell.outcome in PASSES for one in wrong], wrong),
        coverage=coverage(mine),
        nominal=nominal(mine),
    )


def false_fail(trials: Sequence[Trial]) -> Bound | None:
    """Share of `violated` where the truth is that the clause is met."""
    right = [one for one in trials if one.cell.truth.state == "satisfied"]
    return _bound([one.cell.outcome == "violated" for one in right], right)


def false_pass(trials: Sequence[Trial]) -> Iterable[Passed]:
    """For each kind of model that does not meet the clause: how often it passed, was left open, or was caught."""
    wrong = [one for one in trials if one.cell.truth.state == "violated"]
    for specimen in dict.fromkeys(_kind(one) for one in wrong):
        mine = [one for one in wrong if _kind(one) == specimen]
        passed = _bound([one.cell.outcome in PASSES for one in mine], mine)
        assert passed is not None
        yield Passed(
            specimen=specimen,
            passed=passed,
            inconclusive=sum(one.cell.outcome in OPEN for one in mine),
            violated=sum(one.cell.outcome == "violated" for one in mine),
        )


def coverage(trials: Sequence[Trial]) -> Bound | None:
    """Share of intervals from a sample that hold the exact rate of all items."""
    looks = [
        one for one in trials
        if one.cell.sampled and one.cell.truth.basis == "enumerated" and one.cell.truth.rate is not None
        and one.cell.low is not None and one.cell.high is not None
    ]  # fmt: skip
    return _bound([_holds(one.cell) for one in looks], looks)


def nominal(trials: Sequence[Trial]) -> float | None:
    """What such an interval promises: both bounds are taken at α."""
    return 1 - 2 * max(one.cell.alpha for one in trials) if any(one.cell.sampled for one in trials) else None


def _power(trials: Sequence[Trial]) -> Iterable[Step]:
    """Verdicts by the share of the forget people that the model was trained on."""
    graded = [one for one in trials if one.group in ("original", "retrained", "partial")]
    for retained in sorted({one.kept for one in graded}):
        mine = [one for one in graded if one.kept == retained]
        states: list[State] = [one.cell.truth.state for one in mine]
        yield Step(
            retained=retained,
            n=len(mine),
            violated=sum(one.cell.outcome == "violated" for one in mine),
            passed=sum(one.cell.outcome in PASSES for one in mine),
            inconclusive=sum(one.cell.outcome in OPEN for one in mine),
            truth=max(set(states), key=states.count),
        )


def _kind(trial: Trial) -> str:
    return "retrained" if trial.group == "retrained" else trial.specimen


def _holds(cell: Cell) -> bool:
    assert cell.truth.rate is not None and cell.low is not None and cell.high is not None
    return cell.low - TINY <= cell.truth.rate <= cell.high + TINY


def _bound(hits: Sequence[bool], trials: Sequence[Trial]) -> Bound | None:
    return bound(hits, [one.seed for one in trials])
