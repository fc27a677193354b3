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

from ..policy.vocabulary import Access, Metric, Rounding, View
from ..wording.said import Said

Role = Literal["audited", "original", "reference"]
VerifierId = Literal[
    "leak",  # share of items revealed by generation: Clopper–Pearson
    "extraction",  # share of items whose (n,p) extraction probability reaches the limit
    "choice",  # share of items whose right option is the most likely one
    "membership",  # TPR at FPR against a randomised hold-out
    "retention",  # knowledge kept: absolute, or paired non-inferiority against the original
    "refusal",  # share of marked refusals; on neighbours, over-refusal
    "relearning",  # what fine-tuning on a random half brings back on the other half, against a never-trained control
    "record",  # signed process evidence
    "quantization",  # what rounding the weights brings back, against never-trained models rounded alike
    "latent",  # what the original's head, the middle layers or a linear probe read from the body
    "ensemble",  # audited runs against retrained references as whole models, labels permuted
    "canaries",  # which canaries were put in, guessed from one run
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
    options: Literal["letters", "texts", "task"] | None = None
    """For multiple choice: which convention compares the options."""
    decoding: Literal["greedy", "sample"]
    temperature: Exact | None = None
    top_p: Exact | None = None
    top_k: int | None = None
    samples: int | None = None
    max_new_tokens: int = 64


class EndpointRef(Frozen):
    """What answers over HTTP, as far as it can be named from outside: nobody can see which weights do."""

    url: str
    model: str
    """As requests name it."""
    chat: bool
    """Whether prompts go in as messages, around which the server puts a template of its own."""
    logprobs: Literal["none", "top", "echo"]
    """`top`: of the most probable tokens of an answer. `echo`: of chosen text as well."""
    day: str
    """ISO date of the run's first start: evidence is about what answered from then on."""
    fingerprint: str | None = None
    """The only `system_fingerprint` that may answer, if the bindings name one."""


class SubjectRef(Frozen):
    """One model, or one guarded system, by content. Two subjects with equal digests are the same subject."""

    role: Role
    artifact: str
    index: int = 0
    """Number of the reference; 0 otherwise."""
    model: str
    """Digest of the model folder, `sha256:…`: of its files, of a GGUF file, of folder and adapter, or of `endpoint`."""
    system: str | None = None
    """Digest of the guarded system's declaration, if answers pass through one."""
    prompt: str = "{prompt}"
    """Template around an item's prompt."""
    precision: Literal["float32", "bfloat16", "float16", "unknown"] = "float32"
    """Of the weights as they were loaded; nobody knows an endpoint's."""
    endpoint: EndpointRef | None = None
    """Set where the model answers over HTTP."""
    log: Literal["openunlearning", "lm_eval"] | None = None
    """Not a model but a log of somebody else's evaluation of one, in this form; `model` is then the log's digest."""


class DataRef(Frozen):
    name: str
    """Information set, `holdout:<set>`, `wider:<set>` (items drawn from the population around it), or `corpus:<name>`."""
    digest: str
    """Of the items as they were read: equal digests mean equal items, whatever file they came from."""
    take: int | None = None
    """This many items, drawn by `seed`; all of them if not given."""
    seed: int = 0
    part: int = 0
    """Of these only those of one part, from 1, of `parts`, into which `seed` divides the clusters; all of them for 0."""
    parts: int = 1


class TaskRef(Frozen):
    """A task of lm-evaluation-harness by content, and how it is run here."""

    name: str
    version: str
    """As the task's `metadata` has it; empty if it has none."""
    digest: str
    """Of the task's file and of the data that it names, `sha256:…`."""
    shots: int
    """Examples before each question."""
    seed: int
    """Draws the examples."""
    harness: str
    """Version of lm-evaluation-harness."""


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
    others: DataRef | None = None
    """For a suite that shows or asks other items: the set from which the seed takes them."""
    typed: bool = False
    """For a suite through a product: whoever asks types all of a probe, its examples and beginnings included."""


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

class QuantizeUnit(Frozen):
    """Round the weights of a copy, then ask as usual. Table `quantize`."""

    kind: Literal["quantize"] = "quantize"
    subject: SubjectRef
    data: DataRef
    reading: Reading
    format: Rounding
    seed: int = 0


class InspectUnit(Frozen):
    """Look inside the model. Table `inspect`."""

    kind: Literal["inspect"] = "inspect"
    subject: SubjectRef
    data: DataRef
    reading: Reading
    view: View
    layers: tuple[int, ...] = ()
    """Blocks whose output is looked at, counted from 1; none for `head_swap`."""
    head: SubjectRef | None = None
    """For `head_swap`: the model whose final norm and head are put on the body."""
    taught: DataRef | None = None
    """For `linear_probe`: the items that the probe is trained on."""
    seed: int = 0


class LoggedUnit(Frozen):
    """What a log of somebody else's evaluation says of the items. Table `logged`."""

    kind: Literal["logged"] = "logged"
    subject: SubjectRef
    data: DataRef
    reading: Reading
    column: str
    """The log's name for the metric."""


class HarnessUnit(Frozen):
    """A task of lm-evaluation-harness, run here: which items it counts as right. Table `lm_eval`."""

    kind: Literal["lm_eval"] = "lm_eval"
    subject: SubjectRef
    data: DataRef
    reading: Reading
    task: TaskRef
    metric: str


Unit = ScoreUnit | GenerateUnit | RelearnUnit | QuantizeUnit | InspectUnit | LoggedUnit | HarnessUnit


class Control(Frozen):
    """A gate registered with an obligation, and what it reads.

    With neither units nor data nothing was bound to run the gate on: it counts as failed.
    """

    gate: Literal["positive", "negative", "planted", "repeat", "degeneracy", "blind_baseline", "control_task"]
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
    logs: tuple[str, ...] = ()
    """Digests of the logs of somebody else's evaluations that it rests on; nothing was measured then."""
    chance: Exact | None = None
    """For multiple choice: the share of items that guessing answers rightly, the mean of 1 / options."""
    task: TaskRef | None = None
    """The task of lm-evaluation-harness that is run."""
    looks: int = 0
    """Looks at which the test may end, each after one more part of the items; 0 where it is looked at as a whole."""
    largest: int = 1
    """Items of the largest cluster."""
    runs: int = 1
    """Independent train-and-unlearn runs that are tested, the audited one among them."""
    needed: int | None = None
    """Of several runs, how many must reach `refute_at` to refute; of guesses about canaries, how many must be right."""
    refuting: str = ""
    """What would refute a clause about the process, in words with numbers, where that is no rate of one run."""
    before: tuple[str, ...] = ()
    """For `relearning`: keys of the units that look at the original without an attack: described, never deciding."""
    refuting_said: Said | None = None
    """`refuting` by name, for other languages."""


class Missing(Frozen):
    """A clause on an artifact that cannot be tested as things stand, and what would change that."""

    clause: str
    artifact: str
    outcome: Literal["not_tested", "not_testable", "rejected"]
    reason: str
    needs: str
    """The exact n, access or document that would decide it."""
    reason_said: Said | None = None
    """`reason` by name, for other languages."""
    needs_said: Said | None = None


class Gap(Frozen):
    """The same questions through the guarded system and on the bare weights: reported, never deciding."""

    clause: str
    artifact: str
    guarded: tuple[str, ...]
    """Unit keys."""
    bare: tuple[str, ...]


class Note(Frozen):
    """Something about the data or a limit that a reader of the verdicts has to know; it decides nothing."""

    kind: Literal["repeated", "both_sides", "below_chance", "chance_suffices", "cannot_refute", "one_rate", "untouched"]
    """Items that a set holds twice; items that are to go and to stay; a limit that no guessing model can keep; one that
    every guessing model keeps; a test that could not refute its clause; one that fine-tunes at a single learning rate; an
    original that is the audited model itself."""
    about: tuple[str, ...]
    """The set; the set to go and the set to stay; the clause and its artifact; the artifact."""
    items: int = 0
    share: Exact | None = None
    """For limits: the chance of guessing right."""
    told: Said | None = None
    """The whole note as a sentence by name, for the last three kinds."""


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
    notes: tuple[Note, ...] = ()
