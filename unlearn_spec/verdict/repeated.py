"""Several train-and-unlearn runs beside several retrainings: how often a run shows the target, and a retraining does.

That a run shows at least the registered share of the items is an event of the run, a function of its model: closeness of
the process to retraining bounds it whatever the items are (`plan.closeness`). So its probability is filed as a rate of the
process, under a reading of its own, and the theory compares it with the references' (AX6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from ..plan.closeness import allowed_share, fewest_runs, run_bounds
from ..plan.model import Obligation, Role
from ..plan.repeated import planned
from ..policy.model import Closeness, Remove
from ..statistics.binomial import clopper_pearson_lower, clopper_pearson_upper
from ..verifiers.outcomes import Outcomes, gather
from ..wording.said import Filling, said
from .measured import LABEL, Measured, Seen, as_float, between, cell, of_each, reading_for, revealed, state, where
from .model import Interval
from .relearned import grid_of


def measure_runs(obligation: Obligation, clause: Remove, limit: Closeness, seen: Seen) -> Measured:
    """How many runs show the target, and how many references. Two facts share α; neither ever supports removal."""
    level = obligation.refute_at
    if level is None:
        raise ValueError(f"{obligation.id}: several runs are counted from a registered rate on")
    audited, beside = (_by_run(obligation, clause, role, seen) for role in ("audited", "reference"))
    hits, others = (sum(shows(run, level) for run in runs) for runs in (audited, beside))
    if obligation.verifier == "relearning" and grid_of(obligation, reading_for(clause, obligation), seen).failed:
        hits, others = 0, len(beside)  # which attacks are left was not registered: what they show refutes nothing
    low, high = run_bounds(hits, len(audited), others, len(beside), obligation.alpha)
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
    needed = fewest_runs(len(audited), len(beside), limit, obligation.alpha, others)
    power = None
    if obligation.effect is not None:
        power = 0.0 if needed is None else planned(obligation, level, len(audited), needed)
    seen_in = tuple(of_each(run) for run in audited)
    return Measured(
        obligation=obligation.id,
        facts=(fact, reference),
        stated=state(obligation, (fact, reference), words, seen.objects),
        intervals=(
            _shown("audited", hits, len(audited), obligation.alpha / 2),
            _shown("reference", others, len(beside), obligation.alpha / 2),
        ),
        limit_at=float(allowed_share(limit, high)),
        effect=as_float(obligation.effect),
        realised_power=power,
        words=said(
            "found.runs",
            hits=hits,
            runs=said("number.unlearned_runs", number=len(audited)),
            level=level,
            seen=seen_in,
            others=others,
            retrainings=said("number.retrainings", number=len(beside)),
        ),
    )


def shows(run: Sequence[Outcomes], level: Fraction) -> bool:
    """Whether a run shows the target: after relearning, whether it does on the worst half under the worst attack."""
    return max(Fraction(one.k, one.n) for one in run) >= level


def _by_run(obligation: Obligation, clause: Remove, role: Role, seen: Seen) -> list[tuple[Outcomes, ...]]:
    """The outcomes of each run; after relearning, of the held-out items of both halves under each attack."""
    reading = reading_for(clause, obligation)
    if obligation.verifier == "relearning":
        return list(zip(*grid_of(obligation, reading, seen).halves(role), strict=True))
    return [(found,) for found in seen.outcomes(obligation, role, lambda tables: gather(tables, reading, every=False))]


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
