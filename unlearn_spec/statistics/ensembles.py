"""Whether models are distributed like retrained ones: distances between ensembles, calibrated by relabelling models.

A model is a row of numbers, one an item (log-probabilities, margins, scores): arrays of shape (models, items). Raw
distances mean little on their own: KLoM of two ensembles of 100 models from one distribution is 0.35 on average, not 0.
So every distance comes with a permutation test over *models*, the independent units, and what it reads where there is
no difference. At least five references are needed for a test; with fewer, numbers are descriptive. Bad arguments raise
`ValueError`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial.distance import pdist, squareform
from scipy.special import rel_entr

from .exact_sums import ManyPairs
from .intervals import Floats
from .permutation import Ints, Permutation, Split, label_permutation, pair_permutation, pair_work, rank_p

Distance = Literal["mmd", "energy", "klom"]
MIN_REFERENCES = 5
_BINS = 20
_CLIP = 100.0
_FLOOR = 1e-5


def compare_ensembles(
    audited: ArrayLike, references: ArrayLike, distance: Distance, *, seed: int, many: ManyPairs | None = None
) -> Permutation:
    """Permutation test of "audited and reference models come from one distribution", one-sided in the distance.

    `audited` of shape (models, items), `references` of shape (≥ 5, items). With one audited model this is a rank among
    K + 1 and p is at least 1/(K + 1); use `outlier_p` there, which is cheaper and says the same of its own statistic.
    `many` sums the pairs of many models, where the distance is one of pairs.
    """
    first, second = _models(audited), _models(references)
    if len(second) < MIN_REFERENCES:
        raise ValueError(f"a test needs at least {MIN_REFERENCES} references, got {len(second)}")
    if first.shape[1] != second.shape[1]:
        raise ValueError("all models must be scored on the same items")
    pooled = np.vstack([first, second])
    if many is not None and distance in PAIRED and pair_work(len(first), len(second)) >= many.least:
        return pair_permutation(PAIRED[distance](pooled), len(first), many.pairs)
    return label_permutation(SPLITS[distance](pooled), len(first), len(second), seed=seed)


def outlier_p(audited: ArrayLike, references: ArrayLike) -> float:
    """p-value of one audited model, shape (items,), among K ≥ 5 references: is its mean distance to the rest unusual?

    Every one of the K + 1 models is given its mean Euclidean distance to the K others; exact by exchangeability, and
    at least 1/(K + 1).
    """
    others = _models(references)
    one = np.asarray(audited, dtype=np.float64)
    if len(others) < MIN_REFERENCES:
        raise ValueError(f"a test needs at least {MIN_REFERENCES} references, got {len(others)}")
    if one.ndim != 1 or one.size != others.shape[1]:
        raise ValueError("all models must be scored on the same items")
    means = squareform(pdist(_models(np.vstack([one[None, :], others])))).sum(axis=1) / len(others)
    return rank_p(float(np.round(means[0], 12)), np.round(means[1:], 12).tolist())


def mmd_split(pooled: Floats) -> Split:
    """Unbiased MMD² with a Gaussian kernel, its width the median distance of all pooled models.

    Gretton et al. 2012, "A kernel two-sample test", lemma 6; median width, §8. Groups of one model leave out their
    empty within-group term.
    """
    kernel = gaussian(pooled)
    return lambda a, b: _within(kernel, a) + _within(kernel, b) - 2 * float(kernel[np.ix_(a, b)].mean())


def gaussian(pooled: Floats) -> Floats:
    """The kernel exp(−d² / 2w²) of all pairs of models, w the median distance."""
    distances = squareform(pdist(pooled))
    width = float(np.median(distances[np.triu_indices(len(pooled), 1)])) or 1.0
    found: Floats = np.exp(-(distances**2) / (2 * width**2))
    return found


def energy_split(pooled: Floats) -> Split:
    """Energy distance: 2 E|X − Y| − E|X − X'| − E|Y − Y'|, unbiased (Székely & Rizzo 2013, §2)."""
    distances = squareform(pdist(pooled))
    return lambda a, b: 2 * float(distances[np.ix_(a, b)].mean()) - _within(distances, a) - _within(distances, b)


def klom_split(pooled: Floats) -> Split:
    """Mean over items of `klom` of the first group from the second."""
    bins = _bins(np.clip(pooled, -_CLIP, _CLIP))  # the pooled range, and so the bins, are those of every split
    return lambda a, b: float(_divergence(bins[a], bins[b]).mean())


SPLITS: dict[Distance, Callable[[Floats], Split]] = {"mmd": mmd_split, "energy": energy_split, "klom": klom_split}
PAIRED: dict[Distance, Callable[[Floats], Floats]] = {
    "mmd": lambda pooled: gaussian(pooled) - np.eye(len(pooled)),
    "energy": lambda pooled: -squareform(pdist(pooled)),
}
"""Distances that follow from one number a pair of models, none of a model with itself: see `pair_permutation`."""


def klom(unlearned: ArrayLike, oracles: ArrayLike) -> Floats:
    """KL divergence of margins (KLoM) per item, in nats: arrays of shape (models, items) to shape (items,).

    Georgiev et al., arXiv 2410.23232; the histograms are those of the data-unlearning benchmark: margins clipped to
    ±100, 20 equal bins over the pooled range of an item, oracle shares floored at 1e-5 and made to sum to one. Bins are
    half-open there, so the largest value falls out; here too. Not an estimate of anything on its own: see
    `compare_ensembles`.
    """
    first, second = _models(unlearned), _models(oracles)
    if first.shape[1] != second.shape[1]:
        raise ValueError("all models must be scored on the same items")
    bins = _bins(np.clip(np.vstack([first, second]), -_CLIP, _CLIP))
    return _divergence(bins[: len(first)], bins[len(first) :])


def _bins(pooled: Floats) -> Floats:
    """Indicator of each model's bin, shape (models, items, bins); all 0 for the largest value of an item."""
    low, high = pooled.min(axis=0), pooled.max(axis=0)
    edges = np.linspace(low, high, _BINS + 1)
    place = (pooled[:, :, None] >= edges.T[None, :, :]).sum(axis=2) - 1
    found: Floats = (place[:, :, None] == np.arange(_BINS)).astype(np.float64)
    return found


def _divergence(first: Floats, second: Floats) -> Floats:
    """KL(first ‖ second) per item of histograms of shape (models, items, bins); 0 where the first one is empty."""
    p, q = first.mean(axis=0), np.maximum(second.mean(axis=0), _FLOOR)
    empty = p.sum(axis=1) == 0
    p[empty] = q[empty]
    p /= p.sum(axis=1, keepdims=True)
    q /= q.sum(axis=1, keepdims=True)
    found: Floats = rel_entr(p, q).sum(axis=1)
    return found


def _within(matrix: Floats, group: Ints) -> float:
    """Mean over ordered pairs of different members; 0 for a single one."""
    if group.size < 2:
        return 0.0
    block = matrix[np.ix_(group, group)]
    return float((block.sum() - np.trace(block)) / (group.size * (group.size - 1)))


def _models(values: ArrayLike) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2 or 0 in array.shape or not np.isfinite(array).all():
        raise ValueError("need finite numbers of shape (models, items)")
    return array
