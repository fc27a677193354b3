"""Truth ratio: does the model prefer the true answer to false ones? Three published definitions, and ours.

`right` are mean losses of the (paraphrased) correct answer, shape (items,); `wrong` those of perturbed answers, shape
(items, options). They differ in direction and in the mean over perturbed answers, so numbers under this name compare
only within one definition.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .likelihood import Floats, right_and_wrong

_EPSILON = 1e-10


def truth_ratio_open_unlearning(right: ArrayLike, wrong: ArrayLike) -> Floats:
    """geomean(w) / (c + 1e-10): OpenUnlearning's default, over 1 where false answers are preferred."""
    c, w = right_and_wrong(right, wrong)
    return np.asarray(np.exp(-w.mean(axis=1)) / (np.exp(-c) + _EPSILON))


def truth_ratio_tofu_aggregate(right: ArrayLike, wrong: ArrayLike) -> Floats:
    """c / geomean(w) = e^(mean loss of w − loss of c): TOFU's aggregation script, the inverse direction."""
    c, w = right_and_wrong(right, wrong)
    return np.asarray(np.exp(w.mean(axis=1) - c))


def truth_ratio_tofu_paper(right: ArrayLike, wrong: ArrayLike) -> Floats:
    """Arithmetic mean of w over c: TOFU's helper module and paper (arXiv 2401.06121, eq. 1)."""
    c, w = right_and_wrong(right, wrong)
    return np.asarray(np.exp(-w).mean(axis=1) / np.exp(-c))


def truth_ratio_corrected(right: ArrayLike, wrong: ArrayLike) -> Floats:
    """c / (c + geomean(w)) in [0, 1], in log space: ½ is indifference, and no 1e-10 decides when both are tiny.

    The form of OpenUnlearning's `prob_mean`, without its epsilon.
    """
    c, w = right_and_wrong(right, wrong)
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(c - w.mean(axis=1))))


def forget_score(ratios: ArrayLike) -> float:
    """Mean of min(r, 1 / (r + 1e-10)): near 1 where true and false answers are equally likely (OpenUnlearning)."""
    r = np.asarray(ratios, dtype=np.float64)
    return float(np.minimum(r, 1 / (r + _EPSILON)).mean())


def knowledge_score(ratios: ArrayLike) -> float:
    """Mean of max(0, 1 − r) of ratios w / c: higher where the true answer is preferred (OpenUnlearning, TOFU)."""
    return float(np.maximum(0, 1 - np.asarray(ratios, dtype=np.float64)).mean())
