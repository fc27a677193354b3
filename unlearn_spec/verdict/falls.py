"""Retention against before: how far the share of known items fell, item by item."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from statistics import NormalDist

from ..gpu import draws
from ..logic.evidence import DropFact
from ..plan.model import Obligation
from ..policy.clauses import Retain, Within
from ..statistics.exact_sums import Many
from ..statistics.power import normal_power
from ..verifiers import retention
from ..wording.said import said
from .measured import (
    FALL,
    STEP,
    Measured,
    Seen,
    as_float,
    between,
    cell,
    in_clusters,
    only,
    reading_for,
    round_down,
    round_up,
    state,
    where,
)
from .model import Interval
from .rates import elsewhere, judge_of, shown


def measure_fall(
    obligation: Obligation, clause: Retain, limit: Within, seen: Seen, *, seed: int, totals: draws.Totals = draws.bootstrap_totals
) -> Measured:
    """The paired fall of the mean rate since before unlearning, and on which side of the margin it lies.

    Bounds from `statistics.tests.paired_difference_interval`, each at α: as in `rates`, only one of them can mislead
    about a margin registered beforehand. `seed` feeds the bootstrap; one of `BREAK_EVEN` draws or more is summed by `totals`,
    with draws that are this test's own. Raises `ValueError` if the two models were asked
    about different items.
    """
    from ..statistics.tests import paired_difference_interval  # NumPy and SciPy

    reading = reading_for(clause, obligation)
    audited, original = ([seen.tables[key] for key in seen.of(obligation, role)] for role in ("audited", "original"))
    both = retention.paired(original, audited, reading)
    now = only(seen.outcomes(obligation, "audited", judge_of(clause, obligation)), obligation, "audited")
    many = Many(draws.BREAK_EVEN, partial(totals, draws.key("fall", seed, obligation.id)))
    change = paired_difference_interval(both.before, both.after, both.clusters, obligation.alpha, seed=seed, many=many)
    low, high = round_down(-change.high), round_up(-change.low)
    if high <= limit.within:
        known = Fraction(-1), limit.within
    elif low >= limit.within + STEP:
        known = limit.within + STEP, Fraction(1)
    else:
        known = Fraction(-1), Fraction(1)
    fact = DropFact(
        id=f"{obligation.id}#fall",
        target=obligation.target,
        artifact=obligation.artifact,
        access=obligation.access,
        asked=obligation.asked,
        reading=cell(clause, obligation),
        low=known[0],
        high=known[1],
        alpha=obligation.alpha,
    )
    words = said("fact.fall", target=obligation.target, range=between(*known), where=where(obligation))
    fall = Interval(
        label=FALL,
        point=both.drop,
        low=float(max(low, Fraction(-1))),
        high=float(min(high, Fraction(1))),
        n=now.n,
        clusters=now.cluster_count,
    )
    return Measured(
        obligation=obligation.id,
        facts=(fact,),
        stated=state(obligation, (fact,), (words,), seen.objects),
        intervals=(fall, *shown(obligation, judge_of(clause, obligation), seen, obligation.alpha)),
        limit_at=float(limit.within),
        effect=as_float(obligation.effect),
        realised_power=_power(obligation, limit, low, high, known_before=sum(both.before) / now.n),
        words=said(
            "found.fall",
            n=now.n,
            clusters=in_clusters(now),
            before=sum(both.before),
            after=sum(both.after),
            lost=both.lost,
            gained=both.gained,
            log=elsewhere(obligation),
        ),
    )


def _power(
    obligation: Obligation, limit: Within, low: Fraction, high: Fraction, *, known_before: float
) -> float | None:
    """Chance to show a fall beyond the margin if it were the registered effect, with the spread obtained.

    No more can fall than was known before: if that is within the margin, nothing can be shown.
    """
    if obligation.effect is None:
        return None
    beyond = min(float(obligation.effect), known_before) - float(limit.within)
    if beyond <= 0 or high == low:
        return float(beyond > 0)
    alpha = float(obligation.alpha)
    error = float(high - low) / (2 * NormalDist().inv_cdf(1 - alpha))
    return normal_power(beyond, error, alpha)
