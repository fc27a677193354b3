"""The chance that a declared decoding (temperature, top-k, top-p) draws each token.

`reference_decoding` is the definition. Every token's chance comes from torch, by sorting; one target's chance from a
kernel on a CUDA device with CuPy.

The kernel (`kernels/decoding.cu`) is a launch of its own: where the kept tokens end is known only when the whole row has
been summed, and only extraction asks for it, of a secret's tokens. It never sorts: it counts and weighs what lies at or
above a threshold and halves the interval of thresholds, 16 times in bfloat16, 19 in float16 and 32 in float32, once for
top-k and once for top-p. Between 3 and 69 readings of a row (37 in bfloat16), of which the first comes from memory and the
others from L2 where the rows at work fit (132 rows of 128,256 bfloat16 logits are 34 MB). Floor for 10⁶ rows at 3.0 TB/s:
86 ms of memory; sorting float64 logits with their ids by radix moves some 16 bytes eight times in and out, 11 s.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from .arrays import has_kernels
from .launch import Argument, Launch
from .launch import launch as launch_on_device
from .token_stats import Floats, blocks, check_targets

BLOCK = 1 << 23  # logits that torch sorts at once; smaller pieces, C libraries do not give back
THREADS = 512
KERNELS = {torch.float32: "decoding_f32", torch.bfloat16: "decoding_bf16", torch.float16: "decoding_f16"}


def reference_decoding(
    logits: npt.NDArray[Any], *, temperature: float, top_k: int | None, top_p: float | None
) -> Floats:
    """The definition of a decoding: ln of the probability with which each token is drawn, shape (rows, vocabulary).

    Logits are divided by `temperature` (> 0), tokens ordered by falling logit (the lower id first among equals), the
    first `top_k` kept and made to sum to one, then the shortest beginning whose mass reaches `top_p` kept (at least
    one token; all, if `top_p` is 1) and made to sum to one. A token that is filtered out has −inf. A row whose largest
    logit is no finite number has NaN everywhere.
    Fan et al., arXiv 1805.04833, section 4.1 (top-k); Holtzman et al., arXiv 1904.09751, section 3.1 (top-p).
    """
    out = np.full(np.shape(logits), -np.inf)
    for row, values in enumerate(np.asarray(logits, dtype=np.float64) / temperature):
        if not np.isfinite(values.max(initial=-np.inf)):
            out[row] = np.nan
            continue
        order = np.argsort(-values, kind="stable")[: top_k or len(values)]
        p = np.exp(values[order] - values[order[0]])
        p /= p.sum()
        if top_p is not None and top_p < 1:
            kept = max(1, int((np.cumsum(p) - p < top_p).sum()))
            order, p = order[:kept], p[:kept] / p[:kept].sum()
        with np.errstate(divide="ignore"):
            out[row, order] = np.log(p)
    return out


def decoding_log_probs(
    logits: torch.Tensor, *, temperature: float, top_k: int | None, top_p: float | None
) -> torch.Tensor:
    """`reference_decoding` on any device: float64 (rows, vocabulary); one such array and its sort are held at once."""
    values, order = torch.sort(logits.double() / temperature, dim=-1, descending=True, stable=True)
    if top_k is not None:
        values[:, top_k:] = -torch.inf
    log_p = torch.log_softmax(values, dim=-1)
    if top_p is not None and top_p < 1:
        p = log_p.exp()
        dropped = torch.cumsum(p, dim=-1) - p >= top_p
        dropped[:, 0] = False
        log_p = torch.log_softmax(log_p.masked_fill(dropped, -torch.inf), dim=-1)
    return torch.empty_like(log_p).scatter_(-1, order, log_p)


def decoding_log_prob(
    logits: torch.Tensor,
    targets: torch.Tensor,
    *,
    temperature: float,
    top_k: int | None,
    top_p: float | None,
    launch: Launch | None = None,
) -> Floats:
    """ln of the probability that the decoding draws each row's target, shape (rows,); −inf where it is filtered out.

    The kernel weighs in float32 and float64: a token within 1e-6 of the edge of top-p may fall on its other side.
    `launch` runs the kernel by another way than CuPy. Raises `ValueError` for a target outside the vocabulary.
    """
    check_targets(logits, targets)
    if launch is None and logits.is_cuda and has_kernels():
        launch = launch_on_device
    if launch is not None and logits.dtype in KERNELS:
        return _by_kernel(logits, targets, launch, temperature=temperature, top_k=top_k, top_p=top_p)
    found = [
        decoding_log_probs(logits[rows], temperature=temperature, top_k=top_k, top_p=top_p)
        .gather(1, targets[rows, None])[:, 0]
        .cpu()
        for rows in blocks(logits.shape[0], logits.shape[1], BLOCK)
    ]
    joined: Floats = torch.cat(found).numpy()
    return joined


def _by_kernel(
    logits: torch.Tensor,
    targets: torch.Tensor,
    launch: Launch,
    *,
    temperature: float,
    top_k: int | None,
    top_p: float | None,
) -> Floats:
    tile = logits if logits.stride(1) == 1 else logits.contiguous()
    rows, width = tile.shape
    out = torch.empty(rows, dtype=torch.float64, device=tile.device)
    numbers = (np.int32(width), np.int64(tile.stride(0)), np.float64(temperature))
    kept = (np.int32(min(top_k or width, width)), np.float64(1.0 if top_p is None else top_p))
    args: list[Argument] = [tile, targets.contiguous(), *numbers, *kept, out]
    launch("decoding", KERNELS[tile.dtype], grid=rows, block=THREADS, args=args)
    found: Floats = out.cpu().numpy()
    return found
