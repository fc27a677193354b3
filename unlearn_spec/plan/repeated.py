"""Several train-and-unlearn runs set beside several retrainings: what they can show before anything is measured.

A run *shows* the target if a share of at least `refute_at` of the items is revealed in it, as counted. That is an event of
the run, a function of its model, so closeness bounds how often it may happen (`closeness`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from ..policy.clauses import Closeness
from ..statistics.binomial import tail
from ..wording.said import Said, said
from .case import Case, LackingError, needs_retraining
from .closeness import allowed_share, fewest_runs, run_bounds, runs_enough
from .model import Obligation

Fields = dict[str, int | str | float | Said | None]


def counted_runs(case: Case, limit: Closeness) -> Callable[[Obligation], Fields]:
    """The fields that counting runs gives an obligation. Raises `LackingError` where so many could show nothing."""
    needs_retraining(limit)
    case.need_runs()
    case.need_references()
    runs, references, alpha = case.runs, len(case.bindings.references[case.artifact]), case.error()
    needed = fewest_runs(runs, references, limit, alpha)
    if needed is None:
        low, high = run_bounds(runs, runs, 0, references, alpha)
        both, alone = runs_enough(limit, alpha), runs_enough(limit, alpha, references)
        beside = "" if alone is None else said("part.or_runs_beside", number=alone)
        raise LackingError(
            "not_testable",
            said(
                "lack.counted_runs",
                runs=runs,
                references=references,
                low=low,
                high=high,
                allowed=allowed_share(limit, high),
            ),
            said("need.smaller_limit") if both is None else said("need.counted_runs", number=both, beside=beside),
        )
    share = case.refute_at or Fraction(0)
    refuting = said("refuting.runs", needed=needed, runs=runs, share=share, references=references)
    return lambda obligation: {
        "runs": runs,
        "needed": needed,
        "refuting": str(refuting),
        "refuting_said": refuting,
        "power": None if obligation.effect is None else planned(obligation, case.refute_at, runs, needed),
        "enough": None,
    }


def planned(obligation: Obligation, level: Fraction | None, runs: int, needed: int) -> float:
    """Chance that enough runs show the target if each reveals an item with the registered effect's probability."""
    units, effect = obligation.clusters, obligation.effect or Fraction(0)
    least = math.ceil((level or Fraction(0)) * units)
    return tail(needed, runs, tail(min(units, least), units, effect))


def runs_power(one: float, runs: int, needed: int) -> float:
    """The least chance that `needed` of the runs are found if each alone is with probability `one`, however dependent.

    Too many misses, runs − needed + 1 of them, are at most as likely as their expected number allows (Markov).
    """
    return max(0.0, 1 - runs * (1 - one) / (runs - needed + 1))
