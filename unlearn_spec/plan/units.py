"""Units and their keys. A unit says all that its table depends on, and nothing else, so that one pass serves many clauses."""

from __future__ import annotations

import re
from collections.abc import Iterable
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

from ..evidence.canonical import json_digest
from ..policy.vocabulary import Metric, Rounding, View

Role = Literal["audited", "original", "reference"]

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


class Planned(Frozen):
    """A unit with its content key, the SHA-256 of the unit's canonical JSON."""

    key: str
    unit: Unit


def unit_key(unit: Unit) -> str:
    """SHA-256 of the unit's canonical JSON, `sha256:…`."""
    return json_digest(unit.model_dump(mode="json"))


def planned(units: Iterable[Unit]) -> tuple[Planned, ...]:
    """Every unit once, in order of first appearance."""
    found = {unit_key(unit): unit for unit in units}
    return tuple(Planned(key=key, unit=unit) for key, unit in found.items())


def keys(units: Iterable[Unit]) -> tuple[str, ...]:
    """The units' keys, in order."""
    return tuple(unit_key(unit) for unit in units)


def answering(reading: Reading) -> Reading:
    """What answers and their columns depend on: decoding and normalisation, not the metric that reads them later."""
    sampled = reading.decoding == "sample"
    return Reading(
        metric="contains",
        normalisation=reading.normalisation,
        decoding=reading.decoding,
        temperature=reading.temperature if sampled else None,
        top_p=reading.top_p if sampled else None,
        top_k=reading.top_k if sampled else None,
        samples=reading.samples if sampled else None,
        max_new_tokens=reading.max_new_tokens,
    )


def scoring(reading: Reading) -> Reading:
    """What a scoring pass depends on: the decoding whose probabilities it gives, or how options compete."""
    if reading.metric == "multiple_choice":
        return Reading(metric="multiple_choice", options=reading.options, decoding="greedy")
    sampled = reading.decoding == "sample"
    return Reading(
        metric="extraction_probability",
        decoding=reading.decoding,
        temperature=reading.temperature if sampled else None,
        top_p=reading.top_p if sampled else None,
        top_k=reading.top_k if sampled else None,
    )


def asking(reading: Reading) -> Reading:
    """What the questions to an altered copy depend on: its probabilities, where the reading is one, else its answers."""
    return scoring(reading) if reading.metric == "extraction_probability" else answering(reading)


def is_answer(unit: Unit) -> bool:
    """Whether its numbers come from answers that a model wrote: asked again, it might write others."""
    return isinstance(unit, GenerateUnit) or (isinstance(unit, LoggedUnit) and unit.reading.metric == "rouge_l")


def again(unit: GenerateUnit) -> GenerateUnit:
    """The same unit, measured once more for the A/A gate."""
    return unit.model_copy(update={"repeat": 1})
