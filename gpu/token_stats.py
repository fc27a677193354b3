"""What the logits say about each given token: log-probability, moments of the log-probabilities, rank, largest logits.

`reference` is the definition, in float64. `token_stats` computes the same by a kernel on a CUDA device with CuPy, and
otherwise by torch, a few rows at a time, so that no more than some tens of megabytes exist beside the logits.

Kernel (`kernels/token_stats.cu`): reads each logit once, 2 bytes in bfloat16 and float16 or 4 in float32, and writes
20 + 8·top bytes a row. Floor for 10⁶ rows of 128,256 bfloat16 logits at 3.0 TB/s: 86 ms; torch's operators read and
write about 84 bytes a logit, floor 3.6 s. Whether arithmetic stays below the memory's time (at most some 19 instructions
a bfloat16 logit on an H100) is for `benchmarks/gpu` to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from .arrays import has_kernels
from .launch import Launch
from .launch import launch as launch_on_device

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BLOCK = 1 << 20  # logits that torch handles at once: few enough for a processor's cache
THREADS = 256
KERNELS = {torch.float32: "token_stats_f32", torch.bfloat16: "token_stats_bf16", torch.float16: "token_stats_f16"}


@dataclass(frozen=True)
class TokenStats:
    """Per row (token): arrays of shape (rows,), float64 or int64. Logarithms are natural.

    `log_prob` is ln p(target). `mean` and `variance` are those of ln p(v) for v drawn from p: −mean is the entropy.
    `greater` counts the tokens with a logit above the target's, `ties` the others with exactly the target's: the rank
    lies in [greater, greater + ties]. `top_ids`, `top_logits` (rows, top): the tokens with the largest logits, the lower
    id first among equals; −1 and −inf where there are fewer tokens with p > 0.

    A logit of −inf is a token that cannot come. Where the largest logit of a row is no finite number (NaN, +inf, or all
    −inf), p means nothing: all floats of that row are NaN, all integers −1.
    """

    log_prob: Floats
    mean: Floats
    variance: Floats
    greater: Ints
    ties: Ints
    top_ids: Ints
    top_logits: Floats

    @property
    def best(self) -> Ints:
        """The token with the largest logit, the lowest id among ties."""
        return self.top_ids[:, 0]

    @property
    def entropy(self) -> Floats:
        """−Σ p ln p, in nats."""
        return -self.mean

    def __getitem__(self, rows: slice) -> TokenStats:
        return TokenStats(*(getattr(self, field.name)[rows] for field in fields(self)))


def joined(parts: Sequence[TokenStats]) -> TokenStats:
    """The rows of all parts, in order; at least one part, all with as many largest logits."""
    columns = ([getattr(part, field.name) for part in parts] for field in fields(TokenStats))
    return TokenStats(*(np.concatenate(column) for column in columns))


def reference(logits: npt.NDArray[Any], targets: npt.NDArray[Any], *, top: int = 1) -> TokenStats:
    """The definition: `logits` of shape (rows, vocabulary), `targets` of shape (rows,)."""
    x = np.asarray(logits, dtype=np.float64)
    rows, targets = np.arange(len(x)), np.asarray(targets, dtype=np.int64)
    largest = x.max(axis=1, initial=-np.inf)
    defined = np.isfinite(largest)
    x = np.where(defined[:, None], x, 0.0)
    log_p = x - np.where(defined, largest, 0.0)[:, None]
    log_p = log_p - np.log(np.exp(log_p).sum(axis=1, keepdims=True))
    p = np.exp(log_p)
    finite = np.where(p > 0, log_p, 0.0)  # 0 · ln 0 = 0
    mean = (p * finite).sum(axis=1)
    wanted = x[rows, targets][:, None]
    order = np.argsort(-x, axis=1, kind="stable")[:, :top]
    values = np.take_along_axis(x, order, axis=1)
    short = ((0, 0), (0, top - order.shape[1]))
    return _blanked(
        defined,
        log_p[rows, targets],
        mean,
        (p * (finite - mean[:, None]) ** 2).sum(axis=1),
        (x > wanted).sum(axis=1).astype(np.int64),
        ((x == wanted).sum(axis=1) - 1).astype(np.int64),
        np.pad(np.where(np.isfinite(values), order, -1), short, constant_values=-1),
        np.pad(values, short, constant_values=-np.inf),
    )


def token_stats(
    logits: torch.Tensor, targets: torch.Tensor, *, top: int = 1, launch: Launch | None = None
) -> TokenStats:
    """`reference` on any device: `logits` (rows, vocabulary) in any float type, `targets` (rows,) int64 beside them.

    Works in float32 around a centre that follows the mean, so that the variance keeps its relative accuracy where the
    distribution is nearly uniform. Ranks compare logits as they are, so that rounding makes no ties, but for logits below
    1.2e-38 in size, which count as 0 in the kernel (CuPy compiles with `-ftz=true`). `launch` runs the
    kernel by another way than CuPy. Raises `ValueError` for a target outside the vocabulary.
    """
    check_targets(logits, targets)
    if launch is None and logits.is_cuda and has_kernels():
        launch = launch_on_device
    if launch is not None and logits.dtype in KERNELS:
        return _by_kernel(logits, targets, top, launch)
    return _by_torch(logits, targets, top)


def check_targets(logits: torch.Tensor, targets: torch.Tensor) -> None:
    """Raises `ValueError` where the shapes do not go together, or a target is no token of the vocabulary."""
    if logits.dim() != 2 or targets.shape != logits.shape[:1]:
        raise ValueError(f"logits of shape {tuple(logits.shape)} and targets of shape {tuple(targets.shape)}")
    outside = ((targets < 0) | (targets >= logits.shape[1])).nonzero()
    if len(outside):
        row = int(outside[0, 0])
        raise ValueError(f"row {row}: target {int(targets[row])} is outside the vocabulary of {logits.shape[1]} tokens")


def blocks(rows: int, width: int, size: int) -> list[slice]:
    """Slices of rows, as many at a time as `size` logits hold, at least one slice."""
    step = max(1, size // max(1, width))
    return [slice(start, start + step) for start in range(0, max(1, rows), step)]


def launched(
    logits: torch.Tensor, targets: torch.Tensor, top: int, launch: Launch
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """The kernel's outputs, still on the device: (log_prob, mean, variance), (greater, ties), top logits and their ids."""
    tile = logits if logits.stride(1) == 1 else logits.contiguous()
    rows, width = tile.shape
    floats = torch.empty(rows, 3, dtype=torch.float32, device=tile.device)
    counts = torch.empty(rows, 2, dtype=torch.int32, device=tile.device)
    top_logits = torch.empty(rows, top, dtype=torch.float32, device=tile.device)
    top_ids = torch.empty(rows, top, dtype=torch.int32, device=tile.device)
    numbers = np.int32(width), np.int64(tile.stride(0))
    launch(
        "token_stats",
        KERNELS[tile.dtype],
        grid=rows,
        block=THREADS,
        args=[tile, targets.contiguous(), *numbers, floats, counts, top_logits, top_ids],
        defines={"TOP": top},
    )
    return floats, counts, top_logits, top_ids


def _by_kernel(logits: torch.Tensor, targets: torch.Tensor, top: int, launch: Launch) -> TokenStats:
    floats, counts, values, ids = (part.cpu().numpy() for part in launched(logits, targets, top, launch))
    log_prob, mean, variance = floats.astype(np.float64).T
    greater, ties = counts.astype(np.int64).T
    return TokenStats(log_prob, mean, variance, greater, ties, ids.astype(np.int64), values.astype(np.float64))


def _by_torch(logits: torch.Tensor, targets: torch.Tensor, top: int) -> TokenStats:
    pieces = blocks(logits.shape[0], logits.shape[1], BLOCK)
    scratch = logits.new_empty((4, min(len(logits), pieces[0].stop), logits.shape[1]), dtype=torch.float32)
    parts = [_stats(logits[rows], targets[rows], top, scratch) for rows in pieces]
    defined, log_prob, mean, variance, greater, ties, ids, values = (
        torch.cat(column).cpu().numpy() for column in zip(*parts, strict=True)
    )
    floats = (column.astype(np.float64) for column in (log_prob, mean, variance))
    return _blanked(defined, *floats, greater, ties, ids, values.astype(np.float64))


def _stats(logits: torch.Tensor, targets: torch.Tensor, top: int, scratch: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Works inside `scratch`: a C library gives little of the memory back that many blocks ask for one by one."""
    if not len(logits):
        none, empty = scratch.new_empty(0), scratch.new_empty(0, top)
        return none.bool(), none, none, none, none.long(), none.long(), empty.long(), empty
    x, shifted, p, product = scratch[:, : len(logits)]
    x.copy_(logits)
    wanted = x.gather(1, targets[:, None])
    greater, ties = (torch.ge(x, wanted, out=product).sum(dim=1), torch.eq(x, wanted, out=product).sum(dim=1))
    largest = x.amax(dim=1, keepdim=True)
    torch.sub(x, largest, out=shifted)
    torch.exp(shifted, out=p)
    total = p.sum(dim=1, keepdim=True)
    p.div_(total)
    log_total = total.log()
    log_prob = shifted.gather(1, targets[:, None]) - log_total
    shifted.clamp_(min=-1e4)  # where p has long been 0: a logit of −inf must not make 0 · inf
    mean = torch.mul(p, shifted, out=product).sum(dim=1, keepdim=True)
    variance = shifted.sub_(mean).square_().mul_(p).sum(dim=1)
    counts = (greater - ties).long(), (ties - 1).long()
    return largest.isfinite()[:, 0], log_prob[:, 0], (mean - log_total)[:, 0], variance, *counts, *_top(x, top)


def _top(x: torch.Tensor, top: int) -> tuple[torch.Tensor, torch.Tensor]:
    if top == 1:
        ids = x.argmax(dim=1, keepdim=True)
        values = x.gather(1, ids)
    else:  # topk leaves open which of equal logits it takes
        values, ids = (part[:, :top] for part in torch.sort(x, dim=1, descending=True, stable=True))
    short = (0, top - ids.shape[1])
    ids = torch.nn.functional.pad(ids.masked_fill(values == -torch.inf, -1), short, value=-1)
    return ids, torch.nn.functional.pad(values, short, value=-torch.inf)


def _blanked(defined: npt.NDArray[np.bool_], *columns: Any) -> TokenStats:
    """The columns, with NaN and −1 in the rows without a meaning."""
    for column in columns:
        column[~defined] = np.nan if column.dtype.kind == "f" else -1
    return TokenStats(*columns)
