"""The plan as data: what will be measured for which clause, at which error, with which controls — fixed before measuring."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    PlainSerializer,
    PlainValidator,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from ..policy.vocabulary import Access, Metric

Role = Literal["audited", "original", "reference"]
VerifierId = Literal[
    "leak",  # share of items revealed by generation: Clopper–Pearson
    "extraction",  # share of items whose (n,p) extraction probability reaches the limit
    "membership",  # TPR at FPR against a randomised hold-out
    "retention",  # knowledge kept: absolute, or paired non-inferiority against the original
    "refusal",  # share of marked refusals; on neighbours, over-refusal
    "relearning",  # what fine-tuning on a random half brings back on the other half, against a never-trained control
    "record",  # signed process evidence
]


_RATIONAL = re.compile(r"-?[0-9]{1,999}(/[0-9]{1,999}|\.[0-9]{1,999})?\Z")


def _fraction(value: object) -> Fraction:
    """Raises `ValueError`; also for a text with an exponent, a few letters of which stand for more digits than memory has."""
    if isinstance(value, Fraction):
        return value
    if isinstance(value, str) and not _RATIONAL.match(value):
        raise ValueError(f"{value[:80]!r} is no exact number")
    try:
        return Fraction(str(value))
    except ZeroDivisionError:
        raise ValueError(f"{value!r} divides by zero") from None


Exact = Annotated[Fraction, PlainValidator(_fraction), PlainSerializer(str, return_type=str)]
"""An exact rational; in JSON the text `"3/400"`."""


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Reading(Frozen):
    """When an answer counts as revealing an item, and how answers are drawn: decides which rate is meant."""

    metric: Metric
    at_least: Exact | None = None
    normalisation: str | None = None
    judge: str | None = None
    decoding: Literal["greedy", "sample"]
    temperature: Exact | None = None
    top_p: Exact | None = None
    top_k: int | None = None
    samples: int | None = None
    max_new_tokens: int = 64


class SubjectRef(Frozen):
    """One model, or one guarded system, by content. Two subjects with equal digests are the same subject."""

    role: Role
    artifact: str
    index: int = 0
    """Number of the reference; 0 otherwise."""
    model: str
    """Digest of the model folder, `sha256:…`."""
    system: str | None = None
    """Digest of the guarded system's declaration, if answers pass through one."""
    prompt: str = "{prompt}"
    """Template around an item's prompt."""
    precision: Literal["float32", "bfloat16", "float16"] = "float32"


class DataRef(Frozen):
    name: str
    """Information set, `holdout:<set>`, `wider:<set>` (items drawn from the population around it), or `corpus:<name>`."""
    digest: str
    """Of the items as they were read: equal digests mean equal items, whatever file they came from."""
    take: int | None = None
    """This many items, drawn by `seed`; all of them if not given."""
    seed: int = 0


class ScoreUnit(Frozen):
    """One forward pass per text: everything that log-probabilities tell. Table `score`."""

    kind: Literal["score"] = "score"
    subject: SubjectRef
    data: DataRef
    reading: Reading


class GenerateUnit(Frozen):
    """One answer per prompt (or `samples` of them). Table `generate`."""

    kind: Literal["generate"] = "generate"
    subject: SubjectRef
    data: DataRef
    reading: Reading
    prompts: Literal["prompt", "paraphrases", "suite"] = "prompt"
    suite: str | None = None
    repeat: int = 0
    """1 for the same-model repeat of the A/A gate."""
    seed: int = 0


class RelearnUnit(Frozen):
    """Fine-tune a copy on one half of the clusters, or on other text, and look at both halves: after `steps` steps, and
    on the way there after each of `looks`. Table `relearn`."""

    kind: Literal["relearn"] = "relearn"
    subject: SubjectRef
    data: DataRef
    reading: Reading
    half: Literal[0, 1]
    """Which random half of the clusters the attack trains on."""
    steps: int
    learning_rate: Exact
    on: Literal["random_half", "retain_only", "benign"] = "random_half"
    retain: DataRef | None = None
    seed: int = 0
    """Decides the split and the order of training: another repeat of the attack has another."""
    looks: tuple[int, ...] = ()
    """Fewer steps than `steps`, in ascending order."""
    rank: int | None = None
    """Of low-rank updates of the layers; None where all weights are trained."""
    benign: DataRef | None = None

    @property
    def other(self) -> DataRef | None:
        """What it trains on in place of the target, if not on half of that."""
        return self.retain or self.benign

    @property
    def every_look(self) -> tuple[int, ...]:
        return (*self.looks, self.steps)

    @model_serializer(mode="wrap")
    def _written(self, fields: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without what a plain attack does not have, so that its key says no more than it needs to."""
        return {name: value for name, value in fields(self).items() if value or name not in _GRID_FIELDS}


_GRID_FIELDS = ("looks", "rank", "benign")

Unit = ScoreUnit | GenerateUnit | RelearnUnit


class Control(Frozen):
    """A gate registered with an obligation, and what it reads.

    With neither units nor data nothing was bound to run the gate on: it counts as failed.
    """

    gate: Literal["positive", "negative", "planted", "repeat", "degeneracy", "blind_baseline"]
    units: tuple[str, ...]
    against: tuple[str, ...] = ()
    """Units they are compared with: for `repeat` the first measurement, for `degeneracy` the original's answers."""
    data: tuple[DataRef, ...] = ()
    """For `blind_baseline`, which needs no model: members, then hold-out."""


class Cost(Frozen):
    forward_tokens: int = 0
    generated_tokens: int = 0
    training_steps: int = 0
    seconds: float = 0.0
    """Rough wall time on the bound device; for orientation only."""


class Obligation(Frozen):
    """One thing to measure for one clause on one artifact. `id` is `clause@artifact`, `/n` added if there are several."""

    id: str
    clause: str
    artifact: str
    verifier: VerifierId
    target: str
    access: Access
    """Access of the evidence, not necessarily of the clause."""
    asked: str
    """A probe class, or `suite:<digest>`: a suite is a cell of its own."""
    reading: Reading | None
    n: int
    """Independent draws the registered statistic counts (items, or items × samples)."""
    clusters: int
    alpha: Exact
    """Share of the run's error given to this obligation's registered facts together."""
    decide: Literal["certify", "not_refuted"]
    limit: str
    """The clause's limit in words, e.g. `at most 5%`."""
    effect: Exact | None
    """Registered `power_at`. For `suppress` and `remove` a rate; for `refuse` and `retain` a fall below the limit or,
    for `within … of before`, below today."""
    power: float | None
    """Planned power at `effect`: to certify, if that is declared and the effect lies within the limit, else to refute.
    Items of a cluster are taken to hit together. `None` without an effect, and for records."""
    power_to: Literal["certify", "refute"] | None = None
    """Which of the two that power is about."""
    enough: int | None = None
    """The fewest items, each of its own cluster, that would have 80% power; `None` where no number has."""
    audited: tuple[str, ...]
    """Keys of the units measured on the audited subject."""
    controls: tuple[Control, ...]
    cost: Cost
    original: tuple[str, ...] = ()
    """Keys of the same units on the model before unlearning, if it is bound."""
    references: tuple[str, ...] = ()
    """Keys of the same units on models trained without the target, reference by reference, if any are bound."""
    population: Literal["these_items", "wider"] = "these_items"
    """What the items stand for: the listed set itself, or the population they were drawn from."""
    refute_at: Exact | None = None
    """Registered rate in one run from which a clause about the process counts as refuted."""
    record: str | None = None
    """For `record`: id of the process record in the bindings."""
    before: tuple[str, ...] = ()
    """For `relearning`: keys of the units that look at the original without an attack: described, never deciding."""


class Missing(Frozen):
    """A clause on an artifact that cannot be tested as things stand, and what would change that."""

    clause: str
    artifact: str
    outcome: Literal["not_tested", "not_testable", "rejected"]
    reason: str
    needs: str
    """The exact n, access or document that would decide it."""


class Gap(Frozen):
    """The same questions through the guarded system and on the bare weights: reported, never deciding."""

    clause: str
    artifact: str
    guarded: tuple[str, ...]
    """Unit keys."""
    bare: tuple[str, ...]


class Planned(Frozen):
    """A unit with its content key, the SHA-256 of the unit's canonical JSON."""

    key: str
    unit: Unit


class Plan(Frozen):
    policy: str
    """Digest of the policy file's text."""
    bindings: str
    """Digest of everything that was bound, by content: no path enters it."""
    confidence: Exact
    """1 − the error registered for the whole run."""
    seed: int
    units: tuple[Planned, ...]
    obligations: tuple[Obligation, ...]
    missing: tuple[Missing, ...]
    gaps: tuple[Gap, ...] = ()
