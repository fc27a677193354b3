"""Permutation tests of two samples in matrix form: energy distance, maximum mean discrepancy, and the largest of many AUCs.

A permutation changes who belongs to the first sample and nothing else, so that all permutations are columns of one
matrix of weights and their statistics a product of matrices. Picking rows and columns of an N × N matrix anew for each
permutation reads it as often as there are permutations; the product reads it once for a whole batch.

One code for NumPy arrays and torch's tensors: NumPy on the CPU, torch on a card, where one pool then has all the memory.
There is no kernel of our own, because a matrix product is what cuBLAS and the processor's BLAS do best. Work: 2 N²
operations a permutation; bytes: 8 N² a batch of `BATCH`.

`statistics` asks the same of a few models, whose every labelling can be tried, or of attacks by step-down; this is for
thousands of items, on a card where there is one. Neither floor-one room imports the other.

Whole clusters change sides (the items of a person belong together), each subset of as many of them as the first sample
has being equally likely. That is exact if clusters are exchangeable under "both samples come from one distribution".
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from .arrays import has_kernels
from .resample import CPU, Key, subsets, subsets_on, worth_a_device

Floats = npt.NDArray[np.float64]

PERMUTATIONS = 9_999
BATCH = 512  # permutations in one product
BREAK_EVEN = 10**11
"""Operations in products from which `energy_test` uses a card: in the order of a second on one core (155 GFLOP/s were
measured with float32 on a Sapphire Rapids core), which is what starting CUDA takes. Not timed on a card."""
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Permuted:
    """A permutation test. The p-value counts the observed arrangement too (Phipson & Smyth 2010), so it is never 0."""

    statistic: float
    p_value: float
    permutations: int


@dataclass(frozen=True)
class MaxPermuted:
    """A max-T test of several scores, in their order."""

    aucs: tuple[float, ...]
    p_values: tuple[float, ...]
    """For each score, the chance under no difference that *some* score's AUC lies as far from ½."""
    permutations: int


def distances(points: Any) -> Any:
    """Euclidean distances between the rows of `points` (n, dimensions): shape (n, n), from differences, exact 0 for
    equal points."""
    values = _floats(points)
    total = _floats(values[:, :0] @ values.T[:0])  # zeros
    for column in values.T:
        total += (column[:, None] - column[None, :]) ** 2
    return total**0.5


def gaussian(distance: Any, bandwidth: float | None = None) -> Any:
    """The kernel exp(−d² / 2h²), with the median distance between different points for h unless it is given.

    Raises `ValueError` for a bandwidth that is not positive, and where the median is 0.
    """
    if bandwidth is None:
        apart = _host(distance)
        bandwidth = float(np.median(apart[np.triu_indices(len(apart), 1)]))
    if not bandwidth > 0:
        raise ValueError(f"a kernel's bandwidth is positive, not {bandwidth}")
    exp = torch.exp if isinstance(distance, torch.Tensor) else np.exp
    return exp(-((distance / bandwidth) ** 2) / 2)


def energy_statistic(distance: Any, first: Any) -> Any:
    """2 E|X − Y| − E|X − X′| − E|Y − Y′| over all pairs, for each column of `first` (n, arrangements): not negative.

    `first[i, b]`: whether item i belongs to the first sample in arrangement b. Székely & Rizzo, Energy statistics, JSPI
    143 (2013), section 5 without the factor nm / (n + m).
    """
    return -mmd_statistic(distance, first)


def mmd_statistic(kernel: Any, first: Any) -> Any:
    """‖mean embedding of X − that of Y‖² for each column of `first`, as for `energy_statistic`.

    Gretton et al., A kernel two-sample test, JMLR 13 (2012), equation 5 (the biased statistic): w′Kw with w = 1/|X| on
    X and −1/|Y| on Y.
    """
    inside = _floats(first)
    weights = inside / inside.sum(0) - (1 - inside) / (1 - inside).sum(0)
    return (weights * (kernel @ weights)).sum(0)


def aucs(scores: Any, first: Any) -> Any:
    """P[score in the first sample > score in the second] + ½ P[equal]: `scores` (k, n), `first` (n, b) → (k, b).

    From sums of midranks (Mann & Whitney 1947), which are multiples of ½ and therefore exact.
    """
    ranks: Any = np.stack([midranks(_host(row)) for row in scores])
    if isinstance(first, torch.Tensor):
        ranks = torch.from_numpy(ranks).to(first.device)
    inside = _floats(first)
    m = inside.sum(0)
    return (ranks @ inside - m * (m + 1) / 2) / (m * (first.shape[0] - m))


def energy_test(
    points: Floats,
    first: Sequence[bool],
    clusters: Sequence[Hashable],
    key: Key,
    *,
    permutations: int = PERMUTATIONS,
    place: torch.device = CPU,
) -> Permuted:
    """Do two samples of points come from one distribution? Large for any difference (energy distance).

    `points` (n, dimensions), finite, on comparable scales; `first[i]`: whether point i is of the first sample. Raises
    `ValueError` for bad shapes, one empty sample, or a cluster with points of both.
    """
    design = _design(first, clusters)
    values = np.asarray(points, dtype=np.float64)
    if values.ndim != 2 or len(values) != len(first) or not np.isfinite(values).all():
        raise ValueError("need finite points, one row an item")
    worth = 2 * len(values) ** 2 * permutations >= BREAK_EVEN and has_kernels()
    device = place if place.type == "cuda" and worth else CPU
    matrix = distances(_there(values, device))
    observed = float(energy_statistic(matrix, _there(design.first[:, None], device))[0])
    threshold = observed - _ROUNDING * float(matrix.max())  # equal arrangements count as equal despite rounding
    reached = 1
    for arrangements in _arrangements(design, key, permutations, device):
        reached += int((energy_statistic(matrix, arrangements) >= threshold).sum())
    return Permuted(observed, reached / (permutations + 1), permutations)


def auc_max_test(
    scores: Floats,
    first: Sequence[bool],
    clusters: Sequence[Hashable],
    key: Key,
    *,
    permutations: int = PERMUTATIONS,
    place: torch.device = CPU,
) -> MaxPermuted:
    """Does some score tell the samples apart, in either direction? Single-step max-T on |AUC − ½| (Westfall & Young 1993).

    `scores` (k, n), not NaN. The p-values already allow for having looked at all k scores and both directions, and
    sharper than a split of α, because they know how the scores depend on each other. Raises `ValueError` as
    `energy_test` does.
    """
    design = _design(first, clusters)
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 2 or not len(values) or values.shape[1] != len(first) or np.isnan(values).any():
        raise ValueError("need scores that are numbers, one row a score, one column an item")
    device = place if worth_a_device(place, permutations * design.count) else CPU
    observed = _host(aucs(values, _there(design.first[:, None], device)))[:, 0]
    least = np.abs(observed - 0.5)[:, None] - _ROUNDING
    reached = np.ones(len(values))
    for arrangements in _arrangements(design, key, permutations, device):
        largest = _host(abs(aucs(values, arrangements) - 0.5)).max(axis=0)
        reached += (largest[None, :] >= least).sum(axis=1)
    return MaxPermuted(tuple(observed.tolist()), tuple((reached / (permutations + 1)).tolist()), permutations)


@dataclass(frozen=True, eq=False)
class _Design:
    first: npt.NDArray[np.bool_]
    cluster: npt.NDArray[np.int64]
    """Number of each item's cluster."""
    chosen: int
    """Clusters of the first sample."""
    count: int


def _design(first: Sequence[bool], clusters: Sequence[Hashable]) -> _Design:
    sides: dict[Hashable, bool] = {}
    for side, cluster in zip(first, clusters, strict=True):
        if sides.setdefault(cluster, bool(side)) != bool(side):
            raise ValueError("a cluster lies in both samples: its items cannot change sides together")
    chosen = sum(sides.values())
    if not 0 < chosen < len(sides):
        raise ValueError("need two samples, neither of them empty")
    number = {cluster: place for place, cluster in enumerate(sides)}
    places = np.asarray([number[cluster] for cluster in clusters], dtype=np.int64)
    return _Design(np.asarray(first, dtype=np.bool_), places, chosen, len(sides))


def _arrangements(design: _Design, key: Key, permutations: int, place: torch.device) -> Iterator[Any]:
    """Who is in the first sample, (items, at most `BATCH`) at a time."""
    for start in range(0, permutations, BATCH):
        replicates = range(start, min(start + BATCH, permutations))
        if place.type == "cuda":
            chosen = subsets_on(place, key, design.chosen, design.count, replicates)
            yield chosen[torch.from_numpy(design.cluster).to(place)]
        else:
            yield subsets(key, design.chosen, design.count, replicates)[design.cluster]


def midranks(values: Floats) -> Floats:
    """1 for the smallest; equal values share the mean of their ranks."""
    ordered = np.sort(values)
    return np.asarray((np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right") + 1) / 2)


def _there(array: npt.NDArray[Any], place: torch.device) -> Any:
    """As it is on the CPU; as a tensor on a card."""
    return torch.from_numpy(array).to(place) if place.type == "cuda" else array


def _floats(array: Any) -> Any:
    return array.double() if isinstance(array, torch.Tensor) else np.asarray(array, dtype=np.float64)


def _host(array: Any) -> Any:
    return array.cpu().numpy() if isinstance(array, torch.Tensor) else array
