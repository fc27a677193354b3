"""A whole model as one row of numbers, to be compared with other models item by item. No model library."""

from __future__ import annotations

import math

from .table import Table

_LEAST = 1e-12
"""Nearest to 0 and to 1 that a probability is taken to be."""


def margins(table: Table) -> dict[str, float]:
    """Log-odds per item of a `score` table: ln p − ln(1 − p), with p the geometric mean probability of its tokens.

    The margin of a classifier is ln p − ln(1 − p) of the right class (Georgiev et al., arXiv 2410.23232, on KLoM); a text
    has no classes, and the mean token's odds stand for it. Between ±27.6.
    """
    return {item: _odds(mean) for item, mean in zip(table.column("item"), table.column("mean_logp"), strict=True)}


def _odds(mean_logp: float) -> float:
    p = min(1 - _LEAST, max(_LEAST, math.exp(min(0.0, mean_logp))))
    return math.log(p) - math.log1p(-p)
