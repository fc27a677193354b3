"""Average loss, probability, option-normalised probability, from token log-probabilities ℓ = ln p(token | before).

`losses` are mean losses −Σℓ / T per answer; arrays of shape (items,), or (items, options) for wrong answers. Natural
logarithms.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def mean_loss(log_probs: ArrayLike) -> float:
    """−Σℓ / T of the T ≥ 1 scored tokens. Raises `ValueError` for none: an empty answer has no mean."""
    values = np.asarray(log_probs, dtype=np.float64)
    if values.ndim != 1 or values.size == 0:
        raise ValueError("need the log-probabilities of at least one token")
    return -float(values.mean())


def probability(losses: ArrayLike) -> Floats:
    """e^−loss: the geometric mean of the tokens' probabilities, *not* the probability of the sequence.

    TOFU (Maini et al., arXiv 2401.06121, §2.2.1) and OpenUnlearning's `probability`, whose scored tokens include the
    one that ends the answer.
    """
    return np.asarray(np.exp(-np.asarray(losses, dtype=np.float64)))


def option_probability_open_unlearning(right: ArrayLike, wrong: ArrayLike) -> Floats:
    """c / (c + Σ w + 1e-10) with geometric-mean probabilities, as OpenUnlearning's `probability_w_options`."""
    c, w = right_and_wrong(right, wrong)
    return np.asarray(c / (c + w.sum(axis=1) + 1e-10))


def option_probability_tofu(right: ArrayLike, wrong: ArrayLike) -> Floats:
    """c / (c + Σ w), as TOFU's script: not a number where every option has probability 0."""
    c, w = right_and_wrong(right, wrong)
    with np.errstate(invalid="ignore"):
        return np.asarray(c / (c + w.sum(axis=1)))


def option_probability_corrected(right_losses: ArrayLike, wrong_losses: ArrayLike) -> Floats:
    """The same from losses, in log space: tiny probabilities neither vanish beside 1e-10 nor divide 0 by 0."""
    right, wrong = right_and_wrong(right_losses, wrong_losses)
    lowest = np.minimum(right, wrong.min(axis=1))
    c, w = np.exp(lowest - right), np.exp(lowest[:, None] - wrong)
    return np.asarray(c / (c + w.sum(axis=1)))


def right_and_wrong(right: ArrayLike, wrong: ArrayLike) -> tuple[Floats, Floats]:
    """Shapes (items,) and (items, options). Raises `ValueError` for others, and for no wrong option."""
    c, w = np.asarray(right, dtype=np.float64), np.asarray(wrong, dtype=np.float64)
    if c.ndim != 1 or w.ndim != 2 or len(c) != len(w) or w.shape[1] == 0:
        raise ValueError("need one number of shape (items,) and at least one wrong option, shape (items, options)")
    return c, w
