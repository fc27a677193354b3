"""What the logits say about each given token: log-probability, moments of the log-probabilities, rank; and the chance
that a declared decoding draws it.

The NumPy functions are the definitions, in float64. The torch functions compute the same, a block of rows at a time,
so that no more than a few tens of megabytes of intermediates exist beside the logits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BLOCK = 1 << 22  # logits handled at once


@dataclass(frozen=True)
class TokenStats:
    """Per row (token): arrays of shape (rows,), float64 or int64. Logarithms are natural.

    `log_prob` is ln p(target). `mean` and `variance` are those of ln p(v) for v drawn from p: −mean is the entropy.
    `greater` counts the tokens with a logit above the target's, `ties` the others with exactly the target's: the rank
    lies in [greater, greater + ties]. `best` is the token with the largest logit, the lowest id among ties.
    """

    log_prob: Floats
    mean: Floats
    variance: Floats
    greater: Ints
    ties: Ints
    best: Ints


def reference(logits: npt.NDArray[Any], targets: npt.NDArray[Any]) -> TokenStats:
    """The definition: `logits` of shape (rows, vocabulary), `targets` of shape (rows,)."""
    x = np.asarray(logits, dtype=np.float64)
    rows = np.arange(len(x))
    log_p = x - x.max(axis=1, keepdims=True)
    log_p = log_p - np.log(np.exp(log_p).sum(axis=1, keepdims=True))
    p = np.exp(log_p)
    finite = np.where(p > 0, log_p, 0.0)  # 0 · ln 0 = 0
    mean = (p * finite).sum(axis=1)
    wanted = x[rows, targets][:, None]
    return TokenStats(
        log_prob=log_p[rows, targets],
        mean=mean,
        variance=(p * (finite - mean[:, None]) ** 2).sum(axis=1),
        greater=(x > wanted).sum(axis=1).astype(np.int64),
        ties=((x == wanted).sum(axis=1) - 1).astype(np.int64),
        best=x.argmax(axis=1).astype(np.int64),
    )


def reference_decoding(
    logits: npt.NDArray[Any], *, temperature: float, top_k: int | None, top_p: float | None
) -> Floats:
    """The definition of a decoding: ln of the probability with which each token is drawn, shape (rows, vocabulary).

    Logits are divided by `temperature` (> 0), tokens ordered by falling logit (the lower id first among equals), the
    first `top_k` kept and made to sum to one, then the shortest beginning whose mass reaches `top_p` kept (at least
    one token) and made to sum to one. A token that is filtered out has −inf.
    Fan et al., arXiv 1805.04833, section 4.1 (top-k); Holtzman et al., arXiv 1904.09751, section 3.1 (top-p).
    """
    out = np.full(np.shape(logits), -np.inf)
    for row, values in enumerate(np.asarray(logits, dtype=np.float64) / temperature):
        order = np.argsort(-values, kind="stable")[: top_k or len(values)]
        p = np.exp(values[order] - values[order[0]])
        p /= p.sum()
        if top_p is not None:
            kept = max(1, int((np.cumsum(p) - p < top_p).sum()))
            order, p = order[:kept], p[:kept] / p[:kept].sum()
        out[row, order] = np.log(p)
    return out


def token_stats(logits: torch.Tensor, targets: torch.Tensor) -> TokenStats:
    """`reference` on any device: `logits` (rows, vocabulary) in any float type, `targets` (rows,) int64.

    Works in float32, centred on the mean, so that the variance keeps its relative accuracy where the distribution is
    nearly uniform. Ranks compare logits as they are, so that rounding makes no ties.
    """
    blocks = [
        _stats(logits[rows].float(), targets[rows]) for rows in _blocks(logits.shape[0], logits.shape[1])
    ] or [_stats(logits.float(), targets)]
    log_prob, mean, variance, greater, ties, best = (
        torch.cat(parts).cpu().numpy() for parts in zip(*blocks, strict=True)
    )
    return TokenStats(
        log_prob.astype(np.float64), mean.astype(np.float64), variance.astype(np.float64), greater, ties, best
    )


def decoding_log_probs(
    logits: torch.Tensor, *, temperature: float, top_k: int | None, top_p: float | None
) -> torch.Tensor:
    """`reference_decoding` on any device: float64 (rows, vocabulary); one such array and its sort are held at once."""
    values, order = torch.sort(logits.double() / temperature, dim=-1, descending=True, stable=True)
    if top_k is not None:
        values[:, top_k:] = -torch.inf
    log_p = torch.log_softmax(values, dim=-1)
    if top_p is not None:
        p = log_p.exp()
        dropped = torch.cumsum(p, dim=-1) - p >= top_p
        dropped[:, 0] = False
        log_p = torch.log_softmax(log_p.masked_fill(dropped, -torch.inf), dim=-1)
    return torch.empty_like(log_p).scatter_(-1, order, log_p)


def decoding_log_prob(
    logits: torch.Tensor, targets: torch.Tensor, *, temperature: float, top_k: int | None, top_p: float | None
) -> Floats:
    """ln of the probability that the decoding draws each row's target, shape (rows,); −inf where it is filtered out."""
    found = [
        decoding_log_probs(logits[rows], temperature=temperature, top_k=top_k, top_p=top_p)
        .gather(1, targets[rows, None])[:, 0]
        .cpu()
        for rows in _blocks(logits.shape[0], logits.shape[1])
    ]
    joined: Floats = torch.cat(found).numpy() if found else np.empty(0)
    return joined


def _stats(x: torch.Tensor, targets: torch.Tensor) -> tuple[torch.Tensor, ...]:
    wanted = x.gather(1, targets[:, None])
    shifted = x - x.amax(dim=1, keepdim=True)
    weight = shifted.exp()
    total = weight.sum(dim=1, keepdim=True)
    p = weight / total
    finite = shifted.clamp(min=-1e4)  # where p has long been 0: a logit of −inf must not make 0 · inf
    mean = (p * finite).sum(dim=1, keepdim=True)
    variance = (p * (finite - mean).square()).sum(dim=1)
    log_total = total.log()
    return (
        (shifted.gather(1, targets[:, None]) - log_total)[:, 0],
        (mean - log_total)[:, 0],
        variance,
        (x > wanted).sum(dim=1),
        (x == wanted).sum(dim=1) - 1,
        x.argmax(dim=1),
    )


def _blocks(rows: int, width: int) -> list[slice]:
    step = max(1, BLOCK // max(1, width))
    return [slice(start, start + step) for start in range(0, rows, step)]
