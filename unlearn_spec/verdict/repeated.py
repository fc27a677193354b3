"""Several train-and-unlearn runs beside several retrainings: how often a run shows the target, and a retraining does.

That a run shows at least the registered share of the items is an event of the run, a function of its model: closeness of
the process to retraining bounds it whatever the items are (`plan.closeness`). So its probability is filed as a rate of the
process, under a reading of its own, and the theory compares it with the references' (AX6).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TypeAlias

from msgspec.structs import replace

from ..plan.closeness import allowed_share, fewest_runs, run_bounds
from ..plan.model import Obligation
from ..plan.repeated import planned
from ..plan.units import Role
from ..policy.clauses import Closeness, Remove
from ..statistics.binomial import clopper_pearson_lower, clopper_pearson_upper
from ..verifiers.outcomes import Outcomes, gather
from ..wording.said import Filling, Said, said
from .measured import LABEL, Measured, Seen, as_float, between, cell, of_each, reading_for, revealed, state, where
from .model import Interval
from .relearned import Grid, grid_of, most_shown, sensitivity_of, showing

Runs: TypeAlias = Sequence[tuple[Outcomes, ...]]
"""The outcomes of each run: one set, or after relearning one for each held-out half under each attack."""


def measure_runs(obligation: Obligation, clause: Remove, limit: Closeness, seen: Seen) -> Measured:
    """How many runs show the target, and how many references. Two facts share α; neither ever supports removal."""
    level = obligation.refute_at
    if level is None:
        raise ValueError(f"{obligation.id}: several runs are counted from a registered rate on")
    grid = grid_of(obligation, reading_for(clause, obligation), seen) if obligation.verifier == "relearning" else None
    audited, beside = (_by_run(obligation, clause, role, seen, grid) for role in ("audited", "reference"))
    hits, others = (sum(shows(one, level) for one in models) for models in (audited, beside))
    runs, references = (len(seen.by_subject(seen.of(obligation, role))) for role in ("audited", "reference"))
    failed = grid is not None and bool(grid.failed)
    counted = (0, references) if failed else (hits, others)  # which attacks are left was not registered: they refute nothing
    low, high = run_bounds(counted[0], runs, counted[1], references, obligation.alpha)
    fact = replace(
        revealed(obligation, clause, low, obligation.alpha / 2),
        id=f"{obligation.id}#runs",
        reading=f"in at least {level} of the items, {cell(clause, obligation)}",
        one_run=False,
    )
    reference = replace(fact, id=f"{obligation.id}#reference", low=Fraction(0), high=high, whose="reference")
    there: dict[str, Filling | Fraction] = {"target": obligation.target, "level": level, "where": where(obligation)}
    words = (
        said("fact.runs", range=between(low, Fraction(1)), **there),
        said("fact.retrainings", range=between(Fraction(0), high), **there),
    )
    needed = fewest_runs(runs, references, limit, obligation.alpha, counted[1])
    sensitivity = _sensitivity(obligation, clause, seen, grid)
    power = None
    if obligation.effect is not None:
        power = 0.0 if needed is None else planned(showing(obligation, sensitivity), level, runs, needed)
    rows: tuple[tuple[Role, int, Runs], ...] = (("audited", hits, audited), ("reference", others, beside))
    return Measured(
        obligation=obligation.id,
        facts=(fact, reference),
        stated=state(obligation, (fact, reference), words, seen.objects),
        intervals=tuple(
            _shown(role, number, len(models), obligation.alpha / 2)
            for role, number, models in rows
            if models  # after attacks of which none was completed on every model there are none
        ),
        limit_at=float(allowed_share(limit, high)),
        effect=as_float(obligation.effect),
        realised_power=power,
        words=_told(level, audited, beside, grid),
        sensitivity=sensitivity,
    )


def shows(run: Sequence[Outcomes], level: Fraction) -> bool:
    """Whether a run shows the target: after relearning, whether it does on the worst half under the worst attack."""
    return max(Fraction(one.k, one.n) for one in run) >= level


def _by_run(
    obligation: Obligation, clause: Remove, role: Role, seen: Seen, grid: Grid | None
) -> list[tuple[Outcomes, ...]]:
    """The outcomes of each run; after relearning, of the held-out items of both halves under each attack that counts."""
    if grid is not None:
        return list(zip(*grid.halves(role), strict=True))
    reading = reading_for(clause, obligation)
    return [(found,) for found in seen.outcomes(obligation, role, lambda tables: gather(tables, reading, every=False))]


def _sensitivity(obligation: Obligation, clause: Remove, seen: Seen, grid: Grid | None) -> Fraction:
    """The share that the test shows of the original, which holds all of the target."""
    if grid is not None:
        return sensitivity_of(most_shown(obligation, grid)[0])
    return sensitivity_of([outcomes for (outcomes,) in _by_run(obligation, clause, "original", seen, None)])


def _told(level: Fraction, audited: Runs, beside: Runs, grid: Grid | None) -> Said:
    """In how many runs so much was seen, and in how many retrainings."""
    if grid is not None and not grid.standing:
        return grid.words()
    return said(
        "found.runs",
        hits=sum(shows(run, level) for run in audited),
        runs=said("number.unlearned_runs", number=len(audited)),
        level=level,
        seen=tuple(of_each(run) for run in audited),
        others=sum(shows(run, level) for run in beside),
        retrainings=said("number.retrainings", number=len(beside)),
    )


def _shown(role: Role, hits: int, runs: int, alpha: Fraction) -> Interval:
    return Interval(
        label=LABEL[role],
        point=hits / runs,
        low=clopper_pearson_lower(hits, runs, alpha),
        high=clopper_pearson_upper(hits, runs, alpha),
        hits=hits,
        n=runs,
        clusters=runs,
    )
