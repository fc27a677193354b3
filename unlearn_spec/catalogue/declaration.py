"""What a verifier declares about itself, so that a plan can be made without loading it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from ..policy.vocabulary import Access, EvidenceKind, GoalKind, Metric, Score
from ..record import Record

VerifierId = Literal[
    "leak",
    "extraction",
    "choice",
    "membership",
    "retention",
    "refusal",
    "relearning",
    "record",
    "quantization",
    "latent",
    "ensemble",
    "canaries",
]
Need = Literal["items", "holdout", "references", "original", "neighbours", "record", "canaries"]
"""`items`: the target's items. `holdout`: never-trained items drawn by the same lottery. `references`: models trained
without the target. `original`: the model before unlearning. `neighbours`: items that must stay answered.
`canaries`: items put into training or left out by lot."""
Gate = Literal["positive", "negative", "planted", "repeat", "degeneracy", "blind_baseline", "control_task", "training_loss"]
Attack = Score
Unit = Literal["score", "generate", "relearn", "quantize", "inspect"]


class Work(Record):
    """How much one verifier is asked to do on one subject. All counts; token numbers are means per text or answer."""

    items: int
    probes: int = 1
    """Prompts per item."""
    samples: int = 1
    """Answers per prompt."""
    text_tokens: int = 0
    """Tokens of a text, or of a prompt with its answer."""
    new_tokens: int = 0
    """Tokens generated per answer, at most."""
    holdout_items: int = 0
    steps: int = 0
    """Training steps per run of an attack."""
    runs: int = 1
    """Runs of an attack on one half: learning rates × repeats."""
    looks: int = 1
    """How often the same is asked: along a run of an attack, or of the model rounded or read in another way."""
    batch_texts: int = 8
    """Texts per training step."""


class Effort(Record):
    """Tokens read in forward passes, tokens generated, optimiser steps."""

    forward_tokens: int = 0
    generated_tokens: int = 0
    training_steps: int = 0


class Declaration(Record):
    """One verifier: what it bears on, what it needs, what its number means."""

    id: VerifierId
    title: str
    goals: tuple[GoalKind, ...]
    measures: tuple[Literal["influence", "membership"], ...]
    """For `remove`: which of its measures; empty for other goals."""
    metrics: tuple[Metric, ...]
    """Readings (`reveals_when.metric`) it can judge; empty if it uses none."""
    evidence: tuple[EvidenceKind, ...]
    min_access: Access
    """The weakest access of the evidence at which it runs."""
    needs: tuple[Need, ...]
    """Without one of these the clause is not testable."""
    gates: tuple[Gate, ...]
    """Controls that must pass before a favourable verdict."""
    units: tuple[Unit, ...]
    number: str
    """What is measured, in words."""
    direction: Literal["lower_is_better", "higher_is_better", "two_sided", "none"]
    """From the view of the clause: where the number should lie."""
    source: str
    """Where the formula comes from."""
    blind_to: str
    """What a favourable number does not show."""
    effort: Callable[[Work], Effort]
