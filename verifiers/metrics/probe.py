"""A linear probe: which label do these features point to? Closed form, NumPy only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

Matrix: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

RIDGE = 0.01
"""Weight of the penalty, for features of unit variance and per training item."""


@dataclass(frozen=True)
class Probe:
    """A trained probe: score of label j = ((x − mean) / spread) · weights[:, j] + bias[j]."""

    labels: tuple[int, ...]
    mean: Matrix
    spread: Matrix
    weights: Matrix
    bias: Matrix

    def name(self, features: Matrix) -> tuple[int, ...]:
        """The label with the highest score for each row of (items, width); the smallest of equal ones."""
        scores = (features - self.mean) / self.spread @ self.weights + self.bias
        return tuple(self.labels[place] for place in np.argmax(scores, axis=1))


def train(features: Matrix, labels: Sequence[int], *, ridge: float = RIDGE) -> Probe:
    """Ridge regression from features (items, width) to one-hot labels, W = (XᵀX + λnI)⁻¹XᵀY, float64.

    X has columns of mean 0 and variance 1 (a constant column counts for nothing); the means of Y's columns are taken off
    and are the bias. Hoerl & Kennard, Technometrics 12 (1970) 55; in the dual form where there are fewer items than
    features. Raises `ValueError` for fewer than two different labels, and for more or fewer labels than items.
    """
    known = sorted(set(labels))
    if len(known) < 2 or len(labels) != len(features):
        raise ValueError(f"{len(features)} items and {len(known)} different labels teach a probe nothing")
    mean, spread = features.mean(axis=0), features.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    inputs = (features - mean) / spread
    wanted = (np.asarray(labels)[:, None] == np.asarray(known)[None, :]).astype(np.float64)
    bias = wanted.mean(axis=0)
    wanted -= bias
    items, width = inputs.shape
    if items < width:
        weights = inputs.T @ np.linalg.solve(inputs @ inputs.T + ridge * items * np.eye(items), wanted)
    else:
        weights = np.linalg.solve(inputs.T @ inputs + ridge * items * np.eye(width), inputs.T @ wanted)
    return Probe(tuple(known), mean, spread, weights, bias)


def permuted(labels: Sequence[int], seed: int) -> tuple[int, ...]:
    """The labels in a random order that depends on `seed` alone: the control task, in which features tell nothing.

    Hewitt & Liang, Designing and interpreting probes with control tasks, arXiv 1909.03368, section 2, with labels that
    are dealt out again among the items in the place of random ones, so that they stay as frequent as they are.
    """
    order = np.random.Generator(np.random.Philox(key=seed)).permutation(len(labels))
    return tuple(labels[place] for place in order)
