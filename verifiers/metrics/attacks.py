"""Membership scores of one text, in the conventions of the tools that made them known. Higher or lower: see each.

`log_probs` are ℓ = ln p(token | before) of the scored tokens, shape (tokens,). `loss_…` and `…_open_unlearning` scores
are lower for a likelier member, as there; ours, in `membership`, are oriented the other way. OpenUnlearning leaves the
last token out of the Min-K family and scores it for LOSS and zlib, so its attacks read different tokens: pass `[:-1]`.
"""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .likelihood import mean_loss

Floats = NDArray[np.float64]

MIN_VARIANCE = 1e-6


def loss(log_probs: ArrayLike) -> float:
    """Mean loss; lower for a likelier member (Yeom et al., arXiv 1709.01604)."""
    return mean_loss(log_probs)


def zlib_ratio(log_probs: ArrayLike, text: str) -> float:
    """Mean loss over the bytes of the compressed text; lower for a likelier member (Carlini et al., arXiv 2012.07805, §5).

    OpenUnlearning compresses the scored text, MUSE and MIMIR the whole one: the caller says which. Level 6.
    """
    return mean_loss(log_probs) / len(zlib.compress(text.encode("utf-8", "surrogatepass")))


def lower_case_ratio(log_probs: ArrayLike, lowered: ArrayLike) -> float:
    """Mean loss over that of the lower-cased text; lower for a likelier member (ibid.; MUSE)."""
    return mean_loss(log_probs) / mean_loss(lowered)


def reference_difference(target: ArrayLike, reference: ArrayLike) -> float:
    """Mean loss under the target minus under a reference model; lower for a likelier member (ibid.; OpenUnlearning)."""
    return mean_loss(target) - mean_loss(reference)


def min_k(log_probs: ArrayLike, share: float) -> float:
    """Mean of the max(1, ⌊share · T⌋) lowest ℓ; *higher* for a likelier member (Shi et al., arXiv 2310.16789, §3)."""
    values = _tokens(log_probs)
    if values.size == 0:
        raise ValueError("need the log-probabilities of at least one token")
    return float(np.sort(values)[: max(1, _count(share, values.size))].mean())


def min_k_open_unlearning(log_probs: ArrayLike, share: float = 0.4) -> float:
    """−`min_k`, lower for a likelier member; 0, the score of a sure member, for no tokens."""
    values = _tokens(log_probs)
    return -min_k(values, share) if values.size else 0.0


def min_k_muse(log_probs: ArrayLike, share: float = 0.4) -> float:
    """Minus the mean of the ⌊share · T⌋ lowest ℓ: NaN for a text so short that this is none."""
    values = np.sort(_tokens(log_probs))[: _count(share, np.size(log_probs))]
    return -float(values.mean()) if values.size else float("nan")


def min_k_mimir(log_probs: ArrayLike, share: float = 0.2, window: int = 1) -> float:
    """Minus the mean of the ⌊share · n⌋ lowest means over `window` neighbouring tokens (n windows); NaN for none."""
    values = _tokens(log_probs)
    if window < 1:
        raise ValueError(f"a window has at least one token, not {window}")
    if values.size < window:
        return float("nan")
    means = np.convolve(values, np.full(window, 1 / window), mode="valid")
    return min_k_muse(means, share)


def standardised(log_probs: ArrayLike, mean: ArrayLike, variance: ArrayLike) -> Floats:
    """(ℓ − μ) / σ per token, σ² at least 1e-6 so that a sure model divides by nothing (OpenUnlearning; ours).

    μ and σ² are mean and variance of ln p(v) for v drawn from the model's distribution at that place (Zhang et al.,
    arXiv 2404.02936, eq. 3).
    """
    floor = np.maximum(_tokens(variance), MIN_VARIANCE)
    return np.asarray((_tokens(log_probs) - _tokens(mean)) / np.sqrt(floor))


def min_k_plus_plus(log_probs: ArrayLike, mean: ArrayLike, variance: ArrayLike, share: float) -> float:
    """`min_k` of `standardised`; *higher* for a likelier member (arXiv 2404.02936, eq. 4)."""
    return min_k(standardised(log_probs, mean, variance), share)


def min_k_plus_plus_open_unlearning(
    log_probs: ArrayLike, mean: ArrayLike, variance: ArrayLike, share: float = 0.4
) -> float:
    """−`min_k_plus_plus`, lower for a likelier member; 0 for no tokens."""
    return min_k_open_unlearning(standardised(log_probs, mean, variance), share)


def min_k_plus_plus_unclamped(log_probs: ArrayLike, mean: ArrayLike, variance: ArrayLike, share: float) -> float:
    """As the authors' script (and RWKU's field `mink20`): no floor under σ, so it may be infinite or NaN. Higher: member."""
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (_tokens(log_probs) - _tokens(mean)) / np.sqrt(_tokens(variance))
        return -min_k_muse(z, share)


def _count(share: float, tokens: int) -> int:
    if not 0 < share <= 1:
        raise ValueError(f"a share of tokens lies in (0, 1], not at {share}")
    return int(share * tokens)


def _tokens(values: ArrayLike) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError("need one number per token, in one dimension")
    return array
