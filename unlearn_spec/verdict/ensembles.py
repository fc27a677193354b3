"""Audited runs beside retrained references: how far apart as models, and what relabelling them says of that.

If all of them came from one process, any could have been called audited: the share of labellings with a distance at least
as large is an exact p. M independent runs of a process that is (ε, δ)-close to retraining reach p ≤ a with a probability of
at most e^(Mε)·a + Mδ (`plan.closeness`); so a small p excludes an ε. A large one says nothing, and the raw distance neither.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..plan.closeness import largest_refuted
from ..plan.model import Obligation, Role
from ..policy.model import Closeness, Remove
from ..rules.wording import count
from ..statistics.ensembles import MIN_REFERENCES, Distance, compare_ensembles
from ..statistics.permutation import Permutation
from ..verifiers.table import stack
from ..verifiers.whole import margins
from .measured import Measured, Seen, apart, excluding, state

Rows = Sequence[Sequence[float]]


def measure_ensemble(obligation: Obligation, clause: Remove, limit: Closeness, seen: Seen, *, seed: int) -> Measured:
    """The permutation p of the registered distance, and the ε that it excludes. Never a reason to support anything."""
    distance = statistic(obligation, clause)
    audited, references = (_rows(obligation, role, seen) for role in ("audited", "reference"))
    found = compare_ensembles(audited, references, distance, seed=seed)
    epsilon = largest_refuted(found.p_value, len(audited), limit, obligation.alpha)
    fact, words = apart(obligation, "ensemble", limit, epsilon)
    return Measured(
        obligation=obligation.id,
        facts=(fact,),
        stated=state(obligation, (fact,), (words,), seen.objects),
        intervals=(),
        limit_at=None,
        effect=None,
        realised_power=None,
        words=f"{told(distance, found, len(audited), len(references))} So {excluding(epsilon)}.",
    )


def original_stands_out(obligation: Obligation, clause: Remove, seen: Seen, *, seed: int = 0) -> tuple[bool, str]:
    """Whether the original is the furthest of all from the others, as a model that has the target should be."""
    registered = statistic(obligation, clause)
    distance: Distance = "energy" if registered == "klom" else registered  # a histogram of one model says nothing
    original, references = (_rows(obligation, role, seen) for role in ("original", "reference"))
    if not original or len(references) < MIN_REFERENCES:
        return False, "the original was not scored beside enough references"
    found = compare_ensembles(original[:1], references, distance, seed=seed)
    text = f"the original's {told(distance, found, 1, len(references))}"
    return found.p_value <= 1 / (len(references) + 1) + 1e-9, f"{text[:-1]}; it must be the furthest of all"


def told(distance: Distance, found: Permutation, runs: int, references: int) -> str:
    """The distance beside what it reads where there is no difference."""
    name = {"mmd": "MMD²", "energy": "energy distance", "klom": "KLoM"}[distance]
    return (
        f"{name} of {count(runs, 'run')} and {count(references, 'reference')} is {found.statistic:.3g}; the same models "
        f"relabelled give {found.null_mean:.3g} on average and {found.null_95:.3g} at the 95th percentile: "
        f"p {found.p_value:.2g}, at the least {found.smallest_p:.2g}."
    )


def statistic(obligation: Obligation, clause: Remove) -> Distance:
    """The registered distance."""
    comparison = clause.evidence.ensemble if clause.evidence is not None else None
    if comparison is None:
        raise ValueError(f"{obligation.id}: the clause registers no comparison of whole models")
    return comparison.statistic


def _rows(obligation: Obligation, role: Role, seen: Seen) -> list[list[float]]:
    """One row a model, one number an item, in the order of the items' names. `ValueError` if items differ."""
    models = [
        margins(stack([seen.tables[key] for key in keys]))
        for keys in seen.by_subject(seen.of(obligation, role)).values()
    ]
    if any(model.keys() != models[0].keys() or not all(map(math.isfinite, model.values())) for model in models):
        raise ValueError(f"{obligation.id}: all models must be scored on the same items")
    return [[model[item] for item in sorted(model)] for model in models]
