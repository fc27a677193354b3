"""More published ways of unlearning, for the calibration: each starts from the original and returns a treated copy.

Notation as in `methods`: F a mini-batch of forget sequences, R one of retain sequences, L the mean negative
log-likelihood per scored token, π the student's probability of a sequence and π₀ the original's.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Sequence

import torch
from torch.nn.functional import logsigmoid, mse_loss
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from ..low_rank import merged, with_updates
from ..training import Batch, Example, make_batches, next_token_loss, one_thread, optimise, seeded
from .methods import (
    PASSES,
    Pair,
    Recipe,
    completion,
    difference,
    endless,
    kinds,
    log_likelihood,
    passes,
    trained_questions,
    unlearn,
)
from .world import DOCUMENT_HEADER, REFUSALS, World

BETA = 0.1
"""DPO: strength of a preference."""
STEERING = 3.0
"""RMU: length of the target activation, in mean lengths of the original's activations."""
RETAINED = 5.0
"""RMU: α, the weight of the retained activations."""
SUBTRACTED = 4.0
"""Task vector: how often the vector is taken off."""
RANK = 8
HEAD = "lm_head.weight"


def gradient_ascent(
    original: PreTrainedModel, world: World, tokenizer: PreTrainedTokenizerFast, recipe: Recipe, *, seed: int
) -> PreTrainedModel:
    """Gradient ascent: descend on −L(F), with nothing that keeps the rest. TOFU (arXiv 2401.06121), section 4."""
    return unlearn(original, world, tokenizer, recipe, lambda model, pair: -next_token_loss(model, pair.forget), seed)


def simnpo(
    original: PreTrainedModel, world: World, tokenizer: PreTrainedTokenizerFast, recipe: Recipe, *, seed: int
) -> PreTrainedModel:
    """Simple negative preference optimisation: −(2/β)·mean log σ(−(β/|y|)·log π(y|x) − γ) + L(R), with γ = 0.

    arXiv 2410.07163, equation 3: without a reference model, by token. β = 2.5.
    """
    beta = 2.5

    def loss(model: torch.nn.Module, pair: Pair) -> torch.Tensor:
        lengths = (pair.forget.labels[:, 1:] >= 0).sum(dim=1)
        mean = log_likelihood(model, pair.forget) / lengths
        return -(2.0 / beta) * logsigmoid(-beta * mean).mean() + next_token_loss(model, pair.retain)

    return unlearn(original, world, tokenizer, recipe, loss, seed)


def dpo(
    original: PreTrainedModel, world: World, tokenizer: PreTrainedTokenizerFast, recipe: Recipe, *, seed: int
) -> PreTrainedModel:
    """Preference of a refusal y⁺ over the answer y⁻: −mean log σ(β·(log π(y⁺)/π₀(y⁺) − log π(y⁻)/π₀(y⁻))) + L(R).

    arXiv 2305.18290, equation 7, with the refusals of TOFU (arXiv 2401.06121) and a retain term.
    """
    student, rng = copy.deepcopy(original), random.Random(seed)
    names = {person.id: person.name for person in world.people}
    forget = world.ids("forget")
    asked = [(question.prompt, question.answer) for question in trained_questions(world, forget)]
    asked += [
        (header := DOCUMENT_HEADER.format(name=names[text.person]), text.text.removeprefix(f"{header} "))
        for text in world.documents_of(forget)
    ]
    preferred: list[tuple[Batch, Batch, torch.Tensor]] = []
    for _ in range(PASSES):
        mixed = rng.sample(asked, len(asked))
        for start in range(0, len(mixed), recipe.batch):
            part = mixed[start : start + recipe.batch]
            chosen = one_batch([completion(prompt, rng.choice(REFUSALS), tokenizer) for prompt, _ in part], tokenizer)
            rejected = one_batch([completion(prompt, answer, tokenizer) for prompt, answer in part], tokenizer)
            with torch.no_grad(), one_thread():
                before = log_likelihood(original, chosen) - log_likelihood(original, rejected)
            preferred.append((chosen, rejected, before))
    retained = _turns(world, tokenizer, recipe, rng)
    batches = list(zip(preferred, endless(retained), strict=False))

    def loss(model: torch.nn.Module, step: tuple[tuple[Batch, Batch, torch.Tensor], Batch]) -> torch.Tensor:
        (chosen, rejected, before), kept = step
        margin = log_likelihood(model, chosen) - log_likelihood(model, rejected) - before
        return -logsigmoid(BETA * margin).mean() + next_token_loss(model, kept)

    optimise(student, batches, loss, steps=recipe.steps, lr=recipe.lr, seed=seed)
    return student


def rmu(
    original: PreTrainedModel, world: World, tokenizer: PreTrainedTokenizerFast, recipe: Recipe, *, seed: int
) -> PreTrainedModel:
    """Representation misdirection: mean ‖h(F) − c·u‖² + α·mean ‖h(R) − h₀(R)‖², h the activations after the first block.

    arXiv 2403.03218, section 4: u a random unit vector, drawn once; only weights up to that block are trained. c is
    `STEERING` times the mean length of the original's activations (arXiv 2408.06223 ties it to that length as well).
    """
    frozen = copy.deepcopy(original)

    def hidden(model: torch.nn.Module, batch: Batch) -> torch.Tensor:
        """Activations of real tokens, the first left out: it sees nothing; shape (tokens, width)."""
        output = model(
            input_ids=batch.input_ids, attention_mask=batch.attention_mask, output_hidden_states=True, use_cache=False
        )
        found: torch.Tensor = output.hidden_states[1][:, 1:][batch.attention_mask[:, 1:] > 0]
        return found

    with seeded(seed):
        direction = torch.rand(original.config.hidden_size)
    direction /= direction.norm()
    scale: list[torch.Tensor] = []

    def loss(model: torch.nn.Module, pair: Pair) -> torch.Tensor:
        with torch.no_grad():
            before = hidden(frozen, pair.retain)
            if not scale:
                scale.append(STEERING * before.norm(dim=1).mean())
        away = hidden(model, pair.forget)
        kept = mse_loss(hidden(model, pair.retain), before)
        return mse_loss(away, (scale[0] * direction).expand_as(away)) + RETAINED * kept

    def first_block_only(student: PreTrainedModel) -> None:
        for name, weight in student.named_parameters():
            weight.requires_grad_(name.startswith("model.layers.0."))

    student = unlearn(original, world, tokenizer, recipe, loss, seed, prepare=first_block_only)
    student.requires_grad_(True)
    return student


def task_vector(
    original: PreTrainedModel, world: World, tokenizer: PreTrainedTokenizerFast, recipe: Recipe, *, seed: int
) -> PreTrainedModel:
    """Task arithmetic: θ₀ − λ·(θ_F − θ₀), where θ_F is the original trained further on the forget set; λ = `SUBTRACTED`.

    arXiv 2212.04089, section 3 (forgetting by negation).
    """
    tuned, rng = copy.deepcopy(original), random.Random(seed)
    forget = [passes(kind, recipe.batch, tokenizer, rng) for kind in kinds(world, world.ids("forget"), tokenizer)]
    optimise(tuned, [*forget[0], *forget[1]], next_token_loss, steps=recipe.steps, lr=recipe.lr, seed=seed)
    student = copy.deepcopy(original)
    with torch.no_grad():
        for weight, moved in zip(student.parameters(), tuned.parameters(), strict=True):
            weight.sub_(SUBTRACTED * (moved - weight))
    return student


def lora_merged(
    original: PreTrainedModel, world: World, tokenizer: PreTrainedTokenizerFast, recipe: Recipe, *, seed: int
) -> PreTrainedModel:
    """Gradient difference trained in low-rank updates of the blocks' linear layers (`low_rank`), then merged into them."""
    with seeded(seed):
        adapted = with_updates(original, RANK)
    return merged(unlearn(adapted, world, tokenizer, recipe, difference, seed), original)


def head_only(
    original: PreTrainedModel, world: World, tokenizer: PreTrainedTokenizerFast, recipe: Recipe, *, seed: int
) -> PreTrainedModel:
    """Gradient difference on the output head alone: the body stays the original's, bit for bit."""

    def head_alone(student: PreTrainedModel) -> None:
        for name, weight in student.named_parameters():
            weight.requires_grad_(name == HEAD)

    student = unlearn(original, world, tokenizer, recipe, difference, seed, prepare=head_alone)
    student.requires_grad_(True)
    return student


def one_batch(examples: Sequence[Example], tokenizer: PreTrainedTokenizerFast) -> Batch:
    """All examples together, padded to the longest."""
    (batch,) = make_batches(examples, size=len(examples), pad_id=tokenizer.pad_token_id)
    return batch


def _turns(world: World, tokenizer: PreTrainedTokenizerFast, recipe: Recipe, rng: random.Random) -> list[Batch]:
    """Retain batches, questions and documents in turn."""
    questions, documents = (
        passes(kind, recipe.batch, tokenizer, rng) for kind in kinds(world, world.ids("retain"), tokenizer)
    )
    return [batch for turn in zip(questions, endless(documents), strict=False) for batch in turn]
