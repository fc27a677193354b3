"""Small, deterministic training: what the relearning attack and the zoo both stand on.

One thread, float arithmetic in the model's own precision, no mixed precision and no data loader, so that on a CPU the
same model, batches and seed give the same weights bit for bit.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

import torch

IGNORED = -100  # label of positions that carry no loss, as in transformers

Model = TypeVar("Model", bound=torch.nn.Module)
Kind = TypeVar("Kind")
"""Of a batch."""


class TrainingError(ArithmeticError):
    """The loss stopped being a finite number; the weights of that moment are worthless."""

    def __init__(self, loss: float, step: int, steps: int) -> None:
        self.step = step
        """The step whose loss it was; at 1 the weights are still those that training began with."""
        super().__init__(f"the loss is {loss} after {step} of {steps} steps")


@dataclass(frozen=True)
class Batch:
    """Padded token sequences for a causal model; three int64 tensors of shape (sequences, tokens).

    `attention_mask` is 1 on real tokens. `labels` repeats `input_ids` on the scored positions and is -100 elsewhere;
    the model shifts them itself (label t is predicted from the tokens before t).
    """

    input_ids: torch.Tensor
    attention_mask: torch.Tensor
    labels: torch.Tensor


@dataclass(frozen=True)
class Example:
    """Token ids and the index of the first token that is scored (1 or more: the first token has no predictor)."""

    ids: tuple[int, ...]
    scored_from: int = 1


def make_batches(sequences: Sequence[Example], *, size: int, pad_id: int) -> tuple[Batch, ...]:
    """Groups sequences, in the order given, into right-padded batches of `size` sequences (the last may be smaller)."""
    if size < 1:
        raise ValueError(f"batch size must be at least 1, got {size}")
    return tuple(_pad(sequences[start : start + size], pad_id) for start in range(0, len(sequences), size))


def finetune(
    model: Model, batches: Sequence[Batch], *, steps: int, lr: float, seed: int, weight_decay: float = 0.0
) -> Model:
    """Trains a copy of `model` on next-token loss for exactly `steps` AdamW steps and returns it, in evaluation mode.

    The given model is left as it was. One step takes one batch; the batches are visited in a fresh seeded order each
    pass. The learning rate warms up linearly over the first tenth of the steps to `lr`, then falls to zero along a
    cosine. Gradients are clipped to norm 1. Zero steps give a plain copy.

    Raises `ValueError` for no batches or negative steps, `TrainingError` when the loss is not finite.
    AdamW: Loshchilov & Hutter, arXiv 1711.05101, algorithm 2; schedule: arXiv 1608.03983, equation 5, one cycle.
    """
    student = copy.deepcopy(model)
    optimise(student, batches, next_token_loss, steps=steps, lr=lr, seed=seed, weight_decay=weight_decay)
    return student


def optimise(
    model: torch.nn.Module,
    batches: Sequence[Any],
    loss: Callable[[torch.nn.Module, Any], torch.Tensor],
    *,
    steps: int,
    lr: float,
    seed: int,
    weight_decay: float = 0.0,
    dropout: bool = True,
    watch: Callable[[int, float], None] | None = None,
) -> None:
    """Minimises `loss(model, batch)` in place by the recipe of `finetune`, whatever a batch is.

    Without `dropout` nothing is left out at random on the way, whatever the model's configuration says.
    `watch(step, loss)` is called after each step, step counting from 1. The caller's random state and thread count
    are restored afterwards.
    """
    if steps < 0:
        raise ValueError(f"steps must not be negative, got {steps}")
    if not batches:
        raise ValueError("there is nothing to train on: no batches")
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    with seeded(seed), one_thread():
        model.train(dropout)
        optimiser = torch.optim.AdamW(weights, lr=lr, betas=(0.9, 0.98), weight_decay=weight_decay, fused=True)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: warmup_cosine(step, steps))
        for step, batch in zip(range(1, steps + 1), _endless(batches, seed), strict=False):
            optimiser.zero_grad(set_to_none=True)
            value = loss(model, batch)
            value.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
            optimiser.step()
            schedule.step()
            number = float(value.detach())
            if not math.isfinite(number):
                raise TrainingError(number, step, steps)
            if watch is not None:
                watch(step, number)
        model.eval()


def next_token_loss(model: torch.nn.Module, batch: Batch) -> torch.Tensor:
    """Mean negative log-likelihood per scored token, in nats; a scalar tensor with gradient."""
    device = next(model.parameters()).device
    output = model(
        input_ids=batch.input_ids.to(device),
        attention_mask=batch.attention_mask.to(device),
        labels=batch.labels.to(device),
        use_cache=False,
    )
    value: torch.Tensor = output.loss
    return value


def mean_loss(model: torch.nn.Module, batches: Sequence[Batch]) -> float:
    """Mean negative log-likelihood per scored token over all batches, in nats, in the mode that the model is in. Draws nothing."""
    total, scored = 0.0, 0
    with torch.no_grad():
        for batch in batches:
            tokens = int((batch.labels[:, 1:] != IGNORED).sum())
            total += tokens * float(next_token_loss(model, batch))
            scored += tokens
    return total / scored


def visited(batches: Sequence[Kind], *, steps: int, seed: int) -> tuple[Kind, ...]:
    """The batches that so many steps of `optimise` take, each once."""
    return tuple(islice(_endless(batches, seed), min(steps, len(batches))))


def warmup_cosine(step: int, steps: int) -> float:
    """Factor in (0, 1] on the learning rate at `step` (from 0): linear over the first tenth, then half a cosine."""
    warmup = max(1, steps // 10)
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1.0 + math.cos(math.pi * (step - warmup + 1) / (steps - warmup + 1)))


@contextmanager
def one_thread() -> Iterator[None]:
    """One torch thread inside: faster for tiny models, and sums are always taken in the same order."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Torch's random state starts from `seed` inside and is put back afterwards."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


def _endless(batches: Sequence[Kind], seed: int) -> Iterator[Kind]:
    generator = torch.Generator().manual_seed(seed)
    while True:
        for index in torch.randperm(len(batches), generator=generator).tolist():
            yield batches[index]


def _pad(sequences: Sequence[Example], pad_id: int) -> Batch:
    length = max(len(sequence.ids) for sequence in sequences)
    shape = (len(sequences), length)
    ids = torch.full(shape, pad_id, dtype=torch.long)
    mask = torch.zeros(shape, dtype=torch.long)
    labels = torch.full(shape, IGNORED, dtype=torch.long)
    for row, sequence in enumerate(sequences):
        tokens = torch.tensor(sequence.ids, dtype=torch.long)
        ids[row, : len(tokens)] = tokens
        mask[row, : len(tokens)] = 1
        labels[row, sequence.scored_from : len(tokens)] = tokens[sequence.scored_from :]
    return Batch(ids, mask, labels)
