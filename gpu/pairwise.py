"""Permutations in matrix form: sums and pairs within random subsets, and sums under random signs.

A permutation changes who belongs to the first sample, or a sign, and nothing else, so that all permutations are rows of one
matrix and their statistics a product of matrices. Picking rows and columns of an N × N matrix anew for each permutation reads
it as often as there are permutations; the product reads it once for a whole batch.

From these sums follow the largest of many AUCs (sums of midranks), the energy distance and the maximum mean discrepancy
(pairs of distances or kernels), and paired differences (signs). There is no kernel of our own for the products, because they
are what a BLAS does best. Sums are exact, whatever the order, where whole numbers of one unit stay below 2⁵³ of it.

To let whole clusters change sides, give the sums over clusters.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from .draws import Floats, Key, batches, signs, subset_parts, subsets

BREAK_EVEN = 10**9
"""Products in all, N² a permutation, from which the matrix form of `subset_pairs` pays: some 300 units and 9,999
permutations, where picking takes seconds (`benchmarks/gpu/cases/pairwise.py`)."""

SubsetTotals: TypeAlias = Callable[[Key, int, Floats, range], Floats]
"""`subset_totals`, here or on a card."""

_BATCH = 512  # permutations in one product
_HELD = 1 << 20  # signs held at once


def subset_totals(key: Key, size: int, values: Floats, replicates: range) -> Floats:
    """Column sums over random subsets of `size` rows: `values` (n, columns) → (replicates, columns).

    Raises `ValueError` unless 0 ≤ size ≤ n.
    """
    found = np.zeros((len(replicates), values.shape[1]))
    for rows, columns, chosen in subset_parts(key, size, len(values), replicates):
        found[columns] += chosen.T.astype(np.float64) @ values[rows]
    return found


def subset_pairs(key: Key, size: int, matrix: Floats, replicates: range) -> Floats:
    """Σ of a symmetric `matrix` (n, n) over pairs of which both, and over pairs of which the first, lie in a random subset of
    `size`: shape (replicates, 2). Raises `ValueError` unless 0 ≤ size ≤ n."""
    found = np.empty((len(replicates), 2))
    for batch in batches(replicates, _BATCH):
        inside = subsets(key, size, len(matrix), batch).astype(np.float64)
        beside = matrix @ inside
        start = batch.start - replicates.start
        found[start : start + len(batch)] = np.column_stack([(inside * beside).sum(axis=0), beside.sum(axis=0)])
    return found


def signed_totals(key: Key, values: Floats, replicates: range) -> Floats:
    """Column sums under random signs of the rows: `values` (n, columns) → (replicates, columns)."""
    found = np.empty((len(replicates), values.shape[1]))
    for batch in batches(replicates, max(1, _HELD // max(1, len(values)))):
        start = batch.start - replicates.start
        found[start : start + len(batch)] = signs(key, len(values), batch) @ values
    return found
