"""Exact memorization and extraction strength, from which tokens the model would have got right.

`matches`: per token of the secret, whether it is the most probable one given the true tokens before; shape (tokens,).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def exact_memorization(matches: ArrayLike) -> float:
    """Share of tokens that match, in [0, 1] (Tirumala et al., arXiv 2205.10770, §3), over *all* of them."""
    return float(_matches(matches).mean())


def exact_memorization_open_unlearning(matches: ArrayLike) -> float:
    """The same without the last token, which is meant to be the end-of-text token and in plain text is a word.

    In single precision, as logged. Raises `ValueError` where no token is left.
    """
    kept = _matches(_matches(matches)[:-1])
    return float(np.float32(kept.sum()) / np.float32(kept.size))


def extraction_strength(matches: ArrayLike) -> float:
    """1 − k / T, k the smallest prefix after which everything matches; 0 when not even the last token does.

    Carlini et al., arXiv 2012.07805; Wang et al., arXiv 2406.09179, §4, in its teacher-forced form: for an exact suffix
    it is what greedy decoding from each prefix gives.
    """
    values = _matches(matches)
    return _trailing(values) / values.size


def extraction_strength_open_unlearning(matches: ArrayLike) -> float:
    """Without the last token, and never below 1 / T: where nothing matches, k stays at T − 1.

    So a one-token answer always scores 1. 0 where no token is left.
    """
    kept = np.asarray(matches, dtype=bool)[:-1]
    if kept.size == 0:
        return 0.0
    return 1 - (kept.size - max(1, _trailing(kept))) / kept.size


def _trailing(matches: NDArray[np.bool_]) -> int:
    """How many tokens match at the end."""
    return int(np.argmin(matches[::-1])) if not matches.all() else matches.size


def _matches(matches: ArrayLike) -> NDArray[np.bool_]:
    values = np.asarray(matches, dtype=bool)
    if values.ndim != 1 or values.size == 0:
        raise ValueError("need at least one token")
    return values
