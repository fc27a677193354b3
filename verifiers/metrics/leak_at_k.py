"""The expected worst of k answers, from more than k that were drawn."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike


def leak_at_k(scores: ArrayLike, k: int) -> float:
    """Unbiased estimate of E[max of k scores] from N ≥ k independent ones: Σ s₍ᵢ₎ C(i−1, k−1) / C(N, k).

    Scores ascending (leak@k, arXiv 2511.04934; the estimator of pass@k, Chen et al., arXiv 2107.03374, §2.1). No
    resampling: this is the average over all subsets of size k.
    """
    ordered = np.sort(np.asarray(scores, dtype=np.float64))
    if ordered.ndim != 1 or not 1 <= k <= ordered.size or np.isnan(ordered).any():
        raise ValueError("need at least k scores in one dimension, none of them NaN")
    subsets = math.comb(ordered.size, k)
    return float(sum(s * (math.comb(i, k - 1) / subsets) for i, s in enumerate(ordered.tolist())))
