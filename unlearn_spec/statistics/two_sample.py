"""The Kolmogorov–Smirnov two-sample test: for parity and display, never as evidence of equality.

A large p says that a difference was not seen, which at 40 items is the normal case: on published TOFU scores a model
that kept half of the forget set passes most of the time. Equivalence needs a margin (`equivalence`), ensembles need
several references (`ensembles`).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

from numpy.typing import ArrayLike
from scipy.stats import ks_2samp

from .intervals import checked_values


@dataclass(frozen=True)
class KolmogorovSmirnov:
    statistic: float
    """Largest distance of the two empirical distribution functions, in [0, 1]."""
    p_value: float


def kolmogorov_smirnov(first: ArrayLike, second: ArrayLike) -> KolmogorovSmirnov:
    """Two-sided two-sample test, exact for up to 10,000 values a sample, asymptotic beyond and where that fails, as SciPy does.

    Hodges 1958 for the exact distribution. Values must be independent: with clusters the p-value is too small.
    """
    x, y = checked_values(first), checked_values(second)
    if x.size == 0 or y.size == 0:
        raise ValueError("need at least one value of each sample")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # SciPy says when it goes over to the asymptotic distribution
        found = ks_2samp(x, y)
    return KolmogorovSmirnov(float(found.statistic), float(found.pvalue))
