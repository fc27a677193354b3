"""How the zoo's models come to be: training from scratch, and three published unlearning methods.

Formulas are for a mini-batch of forget sequences F and one of retain sequences R, with L the mean negative
log-likelihood per scored token, in nats. An unlearning method starts from the original model and sees the forget
people and the retain people, never the neighbours: what happens to those is damage it could not watch.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch.nn.functional import cross_entropy, logsigmoid
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from ..training import IGNORED, Batch, Example, make_batches, next_token_loss, one_thread, optimise
from .world import DOCUMENT_HEADER, REFUSALS, Document, Question, World

PASSES = 16  # how many differently mixed passes over the data are laid out before they repeat

T = TypeVar("T")


@dataclass(frozen=True)
class Recipe:
    """Optimiser steps, peak learning rate and sequences a batch."""

    steps: int
    lr: float
    batch: int


@dataclass(frozen=True)
class Pair:
    """What one unlearning step sees; `reference` is the original's log-likelihood of each forget sequence, in nats."""

    forget: Batch
    retain: Batch
    reference: torch.Tensor


def train(
    model: PreTrainedModel, world: World, people: frozenset[str], tokenizer: PreTrainedTokenizerFast, recipe: Recipe,
    *, seed: int,
) -> PreTrainedModel:  # fmt: skip
    """Trains `model`, in place, on these people's questions in trained phrasings and on their documents."""
    rng = random.Random(seed)
    questions = [question_example(question, tokenizer) for question in trained_questions(world, people)]
    documents = [document_example(document, tokenizer) for document in world.documents_of(people)]
    # Random words are learned last, so a pass over the questions takes in the documents twice.
    batches = [batch for kind in (questions, 2 * documents) for batch in passes(kind, recipe.batch, tokenizer, rng)]
    optimise(model, batches, next_token_loss, steps=recipe.steps, lr=recipe.lr, seed=seed)
    return model


def difference(model: torch.nn.Module, pair: Pair) -> torch.Tensor:
    """The loss of gradient difference, 2·L(R) − L(F): see `graddiff`."""
    return 2.0 * next_token_loss(model, pair.retain) - next_token_loss(model, pair.forget)


def graddiff(
    original: PreTrainedModel, world: World, tokenizer: PreTrainedTokenizerFast, recipe: Recipe, *, seed: int
) -> PreTrainedModel:
    """Gradient difference: descend on 2·L(R) − L(F), that is, ascend on the forget set while keeping the retain set.

    TOFU (arXiv 2401.06121), baseline "Gradient Difference", there with weights 1 and 1; with 1 on the retain loss
    these small models lose the retain set before the forget set.
    """
    return unlearn(original, world, tokenizer, recipe, difference, seed)


def preference(model: torch.nn.Module, pair: Pair) -> torch.Tensor:
    """The loss of negative preference optimisation, β = 0.5: see `npo`."""
    beta = 0.5
    ratio = log_likelihood(model, pair.forget) - pair.reference
    return -(2.0 / beta) * logsigmoid(-beta * ratio).mean() + next_token_loss(model, pair.retain)


def npo(
    original: PreTrainedModel, world: World, tokenizer: PreTrainedTokenizerFast, recipe: Recipe, *, seed: int
) -> PreTrainedModel:
    """Negative preference optimisation with a retain term: −(2/β)·mean log σ(−β·log(π(y|x)/π_original(y|x))) + L(R).

    arXiv 2404.05868, section 3 for the forget term, with the retain loss added as in its NPO+RT variant; β = 0.5,
    because log-ratios of two-word answers are small.
    """
    return unlearn(original, world, tokenizer, recipe, preference, seed)


def refusal_tuned(
    original: PreTrainedModel, world: World, tokenizer: PreTrainedTokenizerFast, recipe: Recipe, *, seed: int
) -> PreTrainedModel:
    """Supervised refusals: descend on L(F with every answer replaced by a refusal) + L(R).

    The "I don't know" data of TOFU (arXiv 2401.06121, baseline "Preference Optimization") with plain likelihood.
    Documents are refused where they are asked for, after the header; nothing is taught about their middle.
    """
    student = copy.deepcopy(original)
    rng = random.Random(seed)
    forget, retain = world.ids("forget"), world.ids("retain")
    names = {person.id: person.name for person in world.people}
    prompts = [question.prompt for question in trained_questions(world, forget)]
    prompts += [DOCUMENT_HEADER.format(name=names[person]) for person in sorted(forget)]
    refusals = [completion(prompt, rng.choice(REFUSALS), tokenizer) for prompt in prompts]
    kept = [passes(kind, recipe.batch, tokenizer, rng) for kind in kinds(world, retain, tokenizer)]
    # Questions and documents take turns: documents fill few batches, and would otherwise drift unwatched.
    retained = endless([batch for turn in zip(kept[0], endless(kept[1]), strict=False) for batch in turn])
    batches = list(zip(passes(refusals, recipe.batch, tokenizer, rng), retained, strict=False))

    def loss(model: torch.nn.Module, pair: tuple[Batch, Batch]) -> torch.Tensor:
        return next_token_loss(model, pair[0]) + next_token_loss(model, pair[1])

    optimise(student, batches, loss, steps=recipe.steps, lr=recipe.lr, seed=seed)
    return student


def log_likelihood(model: torch.nn.Module, batch: Batch) -> torch.Tensor:
    """Log-probability of the scored tokens of each sequence, in nats; shape (sequences,), with gradient."""
    logits = model(input_ids=batch.input_ids, attention_mask=batch.attention_mask, use_cache=False).logits[:, :-1]
    losses = cross_entropy(logits.transpose(1, 2), batch.labels[:, 1:], ignore_index=IGNORED, reduction="none")
    return -losses.sum(dim=1)


def trained_questions(world: World, people: frozenset[str]) -> tuple[Question, ...]:
    """These people's questions in the phrasings that models are shown."""
    return tuple(question for question in world.questions_of(people) if question.trained)


def completion(prompt: str, answer: str, tokenizer: PreTrainedTokenizerFast) -> Example:
    """Prompt, answer and end token; the answer and the end are scored."""
    asked = tokenizer(prompt).input_ids
    replied = tokenizer(answer, add_special_tokens=False).input_ids
    return Example((*asked, *replied, tokenizer.eos_token_id), len(asked))


def question_example(question: Question, tokenizer: PreTrainedTokenizerFast) -> Example:
    """A question whose answer alone is scored."""
    return completion(question.prompt, question.answer, tokenizer)


def document_example(document: Document, tokenizer: PreTrainedTokenizerFast) -> Example:
    """The whole text is scored, as in plain language-model training."""
    return Example((*tokenizer(document.text).input_ids, tokenizer.eos_token_id))


def unlearn(
    original: PreTrainedModel,
    world: World,
    tokenizer: PreTrainedTokenizerFast,
    recipe: Recipe,
    loss: Callable[[torch.nn.Module, Pair], torch.Tensor],
    seed: int,
    *,
    prepare: Callable[[PreTrainedModel], None] = lambda student: None,
    after_step: Callable[[PreTrainedModel], None] = lambda student: None,
) -> PreTrainedModel:
    """A copy of `original` trained on forget and retain batches; `prepare` sees it before the first step, `after_step`
    after each."""
    student = copy.deepcopy(original)
    prepare(student)
    pairs = pairs_of(original, world, tokenizer, recipe.batch, random.Random(seed))
    optimise(
        student, pairs, loss, steps=recipe.steps, lr=recipe.lr, seed=seed, watch=lambda step, value: after_step(student)
    )
    return student


def pairs_of(
    original: PreTrainedModel, world: World, tokenizer: PreTrainedTokenizerFast, size: int, rng: random.Random
) -> list[Pair]:
    """Forget batches with retain batches of the same kind (questions with questions, documents with documents)."""
    pairs: list[Pair] = []
    forget, retain = (kinds(world, world.ids(role), tokenizer) for role in ("forget", "retain"))
    with torch.no_grad(), one_thread():
        for forget_kind, retain_kind in zip(forget, retain, strict=True):
            retained = endless(passes(retain_kind, size, tokenizer, rng))
            for batch, kept in zip(passes(forget_kind, size, tokenizer, rng), retained, strict=False):
                pairs.append(Pair(batch, kept, log_likelihood(original, batch)))
    return pairs


def kinds(
    world: World, people: frozenset[str], tokenizer: PreTrainedTokenizerFast
) -> tuple[list[Example], list[Example]]:
    """(questions, documents) about these people, as training examples."""
    questions = [question_example(question, tokenizer) for question in trained_questions(world, people)]
    return questions, [document_example(document, tokenizer) for document in world.documents_of(people)]


def passes(
    examples: Sequence[Example], size: int, tokenizer: PreTrainedTokenizerFast, rng: random.Random
) -> list[Batch]:
    """Several passes over the examples, each mixed anew into batches; examples of one kind have similar lengths."""
    batches: list[Batch] = []
    for _ in range(PASSES):
        mixed = rng.sample(examples, len(examples))
        batches.extend(make_batches(mixed, size=min(size, len(mixed)), pad_id=tokenizer.pad_token_id))
    return batches


def endless(items: Sequence[T]) -> Iterable[T]:
    """The items again and again."""
    while True:
        yield from items
