"""Which of many attacks show something, when all are tried on the same items: step-down max-T.

The best of a grid of attacks looks good by selection. Comparing it with the best of the grid under random signs or
labels corrects for that and, unlike Bonferroni, loses little where attacks agree with each other. Westfall & Young 1993,
"Resampling-based multiple testing", algorithm 4.1 (free step-down); the family-wise error is at most `alpha` where the
joint law of the null attacks does not depend on the others (subset pivotality). Bad arguments raise `ValueError`.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .exact_sums import Many, SubsetTotals, on_grid
from .intervals import Floats, cluster_totals

Alternative = Literal["greater", "two_sided"]
_EXACT_CLUSTERS = 12
_DRAWS = 9999
_RELABELLINGS = 999  # of as many clusters as there are: they may be very many


@dataclass(frozen=True)
class MaxT:
    """Per attack, in the order given."""

    statistics: tuple[float, ...]
    adjusted: tuple[float, ...]
    """Adjusted p-values: the attack shows something at family-wise error `alpha` if its value is at most `alpha`."""


def max_t_paired(
    differences: ArrayLike,
    clusters: Sequence[Hashable],
    *,
    seed: int,
    alternative: Alternative = "greater",
    many: Many | None = None,
) -> MaxT:
    """Audited minus control on the same items, shape (items, attacks): which attacks gain more than the control?

    Null: the differences of a cluster are symmetric around 0, jointly over attacks. Signs of whole clusters are flipped,
    all patterns for up to 12 clusters, otherwise 9,999 random ones (Philox with `seed`) and the observed one. Statistic:
    sum over clusters divided by the root of the sum of squares, which flipping leaves as it is. `many` sums the numbers,
    rounded for exact sums, under random signs where that is for so many: a test of the rounded numbers, valid as before.
    """
    values = _table(differences)
    sums = np.column_stack([cluster_totals(column, clusters)[0] for column in values.T])
    scale = np.sqrt((sums**2).sum(axis=0))
    standard = np.divide(sums, scale, out=np.zeros_like(sums), where=scale > 0)
    if many is not None and _DRAWS * len(sums) >= many.least:
        rounded, _ = on_grid(standard, len(sums))
        flipped = many.totals(rounded, range(_DRAWS))
        return _step_down(np.vstack([rounded.sum(axis=0)[None, :], flipped]), alternative)
    if len(sums) <= _EXACT_CLUSTERS:
        patterns = (np.arange(2 ** len(sums))[:, None] >> np.arange(len(sums))) & 1
    else:
        generator = np.random.Generator(np.random.Philox(seed))
        drawn = generator.integers(0, 2, (_DRAWS, len(sums)))
        patterns = np.vstack([np.zeros((1, len(sums)), dtype=drawn.dtype), drawn])
    return _step_down((1.0 - 2.0 * patterns) @ standard, alternative)


def max_t_groups(values: ArrayLike, first: int, *, seed: int, alternative: Alternative = "greater") -> MaxT:
    """Independent units, shape (units, attacks), the first `first` of them audited: which attacks set them apart?

    Null: units are exchangeable. Labels are permuted 9,999 times (Philox with `seed`), the observed labelling included
    as one more. Statistic: difference of means over the pooled standard deviation of all units, which permuting leaves
    as it is.
    """
    table = _table(values)
    if not 0 < first < len(table):
        raise ValueError("need at least one unit of each group")
    centred = table - table.mean(axis=0)
    scale = centred.std(axis=0)
    standard = np.divide(centred, scale, out=np.zeros_like(centred), where=scale > 0)
    generator = np.random.Generator(np.random.Philox(seed))
    labels = np.repeat([1.0 / first, -1.0 / (len(table) - first)], [first, len(table) - first])
    drawn = generator.permuted(np.tile(labels, (_DRAWS, 1)), axis=1)
    weights = np.vstack([labels[None, :], drawn])
    return _step_down(weights @ standard, alternative)


def max_t_auc(values: ArrayLike, first: int, clusters: Sequence[Hashable], totals: SubsetTotals) -> MaxT:
    """Scores of shape (attacks, items), the first `first` items audited: which attacks tell them from the others, either way?

    Null: clusters, of which none has items of both, are exchangeable. 999 random sets of as many clusters as are audited stand
    in for them; `totals` sums over such sets. Statistic: AUC − ½, ties ½, from sums of midranks, which are exact.
    """
    scores = np.asarray(values, dtype=np.float64)
    if scores.ndim != 2 or 0 in scores.shape or scores.shape[1] != len(clusters) or np.isnan(scores).any():
        raise ValueError("need scores of shape (attacks, items), none of them NaN, and a cluster an item")
    sums, sizes = zip(*(cluster_totals(_midranks(row), clusters) for row in scores), strict=True)
    audited = len(set(clusters[:first]))
    if not 0 < audited < len(sizes[0]) or audited + len(set(clusters[first:])) > len(sizes[0]):
        raise ValueError("need items of both kinds, in clusters of one kind")
    columns = np.column_stack([*sums, sizes[0]])
    drawn = np.vstack([columns[:audited].sum(axis=0)[None, :], totals(audited, columns, range(_RELABELLINGS))])
    ranked, size = drawn[:, :-1], drawn[:, -1:]
    return _step_down((ranked - size * (size + 1) / 2) / (size * (len(clusters) - size)) - 0.5, "two_sided")


def _midranks(values: Floats) -> Floats:
    """1 for the smallest; equal values share the mean of their ranks."""
    ordered = np.sort(values)
    return np.asarray((np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right") + 1) / 2)


def _step_down(drawn: Floats, alternative: Alternative) -> MaxT:
    """Adjusted p-values from statistics of shape (labellings, attacks), the observed ones in the first row."""
    sized = np.abs(drawn) if alternative == "two_sided" else drawn
    observed = sized[0]
    order: NDArray[np.intp] = np.argsort(-observed, kind="stable")
    best = np.maximum.accumulate(sized[:, order[::-1]], axis=1)[:, ::-1]  # the largest of this and all weaker attacks
    raw = (best >= observed[order] - 1e-9).mean(axis=0)
    adjusted = np.empty(len(order))
    adjusted[order] = np.maximum.accumulate(raw)
    return MaxT(tuple(drawn[0].tolist()), tuple(adjusted.tolist()))


def _table(values: ArrayLike) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2 or 0 in array.shape or not np.isfinite(array).all():
        raise ValueError("need finite numbers of shape (units, attacks)")
    return array
