"""What an obligation costs, roughly: for orientation, never for a decision."""

from __future__ import annotations

from collections.abc import Sequence

from ..catalogue import VERIFIERS, Effort, VerifierId, Work
from ..verifiers.items import Item
from .model import Cost

_FLOPS = {"cpu": 2e10, "cuda": 2e13}
"""Sustained operations a second of one CPU core and of one data-centre GPU, an order of magnitude."""
_STEP_SECONDS = {"cpu": 3e-4, "cuda": 2e-4}
"""Overhead of one token position in a batch of answers, or of a training step, whatever the model's size."""
_BATCH = 64


def work_of(
    items: Sequence[Item], *, probes: int = 1, samples: int = 1, new_tokens: int = 0, holdout: int = 0, steps: int = 0,
    runs: int = 1,
    looks: int = 1,
) -> Work:
    """The work of one verifier on one subject; token numbers are guessed from the texts."""
    tokens = [_tokens(item) for item in items]
    return Work(
        items=len(items),
        probes=probes,
        samples=samples,
        text_tokens=-(-sum(tokens) // max(1, len(tokens))),
        new_tokens=new_tokens,
        holdout_items=holdout,
        steps=steps,
        runs=runs,
        looks=looks,
    )


def cost_of(verifier: VerifierId, work: Work, arms: int, parameters: int, device: str) -> Cost:
    """Cost of this work on `arms` subjects with so many parameters each, by the verifier's declared effort."""
    one: Effort = VERIFIERS[verifier].effort(work)
    kind = "cuda" if device.startswith("cuda") else "cpu"
    forward, generated, steps = (arms * n for n in (one.forward_tokens, one.generated_tokens, one.training_steps))
    operations = 2.0 * parameters * (forward + generated)
    overhead = (generated / _BATCH + steps) * _STEP_SECONDS[kind] * 10
    return Cost(
        forward_tokens=forward,
        generated_tokens=generated,
        training_steps=steps,
        seconds=round(operations / _FLOPS[kind] + overhead, 1),
    )


def _tokens(item: Item) -> int:
    text = item.text or f"{item.question} {item.secret}"
    return max(len(text.split()), len(text) // 4, 1)
