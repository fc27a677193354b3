"""Audited runs beside retrained references: how far apart as models, and what relabelling them says of that.

If all of them came from one process, any could have been called audited: the share of labellings with a distance at least
as large is an exact p. M independent runs of a process that is (ε, δ)-close to retraining reach p ≤ a with a probability of
at most e^(Mε)·a + Mδ (`plan.closeness`); so a small p excludes an ε. A large one says nothing, and the raw distance neither.
"""

from __future__ import annotations

import math
from functools import partial

from ..gpu import draws, pairwise
from ..plan.closeness import largest_refuted
from ..plan.model import Obligation
from ..plan.units import Role
from ..policy.clauses import Closeness, Remove
from ..statistics.ensembles import MIN_REFERENCES, Distance, compare_ensembles
from ..statistics.exact_sums import ManyPairs
from ..statistics.permutation import Permutation
from ..verifiers.table import stack
from ..verifiers.whole import margins
from ..wording.said import Said, said
from .measured import Measured, Seen, apart, excluding, state


def measure_ensemble(obligation: Obligation, clause: Remove, limit: Closeness, seen: Seen, *, seed: int) -> Measured:
    """The permutation p of the registered distance, and the ε that it excludes. Never a reason to support anything."""
    distance = statistic(obligation, clause)
    audited, references = (_rows(obligation, role, seen) for role in ("audited", "reference"))
    many = ManyPairs(pairwise.BREAK_EVEN, partial(pairwise.subset_pairs, draws.key("ensemble", seed, obligation.id)))
    found = compare_ensembles(audited, references, distance, seed=seed, many=many)
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
        words=said(
            "found.ensemble", told=told(distance, found, len(audited), len(references)), excluded=excluding(epsilon)
        ),
    )


def original_stands_out(obligation: Obligation, clause: Remove, seen: Seen) -> tuple[bool, Said]:
    """Whether the original is the furthest of all from the others, as a model that has the target should be."""
    registered = statistic(obligation, clause)
    distance: Distance = "energy" if registered == "klom" else registered  # a histogram of one model says nothing
    original, references = (_rows(obligation, role, seen) for role in ("original", "reference"))
    if not original or len(references) < MIN_REFERENCES:
        return False, said("gate_found.few_references")
    found = compare_ensembles(original[:1], references, distance, seed=0)
    text = said("gate_found.furthest", told=told(distance, found, 1, len(references)))
    return found.p_value <= 1 / (len(references) + 1) + 1e-9, text


def told(distance: Distance, found: Permutation, runs: int, references: int) -> Said:
    """The distance beside what it reads where there is no difference."""
    return said(
        f"distance.{distance}",
        runs=said("number.runs", number=runs),
        references=said("number.references", number=references),
        value=found.statistic,
        mean=found.null_mean,
        high=found.null_95,
        p=found.p_value,
        least=found.smallest_p,
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
