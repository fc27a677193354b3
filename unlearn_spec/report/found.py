"""What was tested, what came out, what was described beside it, and what nothing speaks about."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ..plan.model import VerifierId
from ..plan.units import Exact, Frozen, Reading, TaskRef
from ..policy.vocabulary import Access, Decide, Population, Rounding, View
from ..verdict.model import ClauseVerdict, Interval
from ..wording.said import Said
from .digests import KeyedDigest


class Result(Frozen):
    """The verdict of one clause on one artifact, and the sentence that may be said about it."""

    verdict: ClauseVerdict
    conclusion: str


class RegisteredTest(Frozen):
    """What the plan fixed before measuring, for one clause on one artifact."""

    id: str
    clause: str
    artifact: str
    verifier: VerifierId
    target: str
    access: Access
    asked: str
    """A probe class, or `suite:<digest>`."""
    reading: Reading | None
    population: Population
    n: int
    clusters: int
    alpha: Exact
    """Share of the run's error."""
    decide: Decide
    limit: str
    effect: Exact | None
    power: float | None
    """Planned power at `effect`, in [0, 1]."""
    controls: tuple[
        Literal["positive", "negative", "planted", "repeat", "degeneracy", "blind_baseline", "control_task", "training_loss"], ...
    ]
    record: str | None
    power_to: Literal["certify", "refute"] | None = None
    """Which of the two `power` is about."""
    enough: int | None = None
    """The fewest independent items that would have 80% power; `None` where no number has."""
    looks: tuple[Rounding | View, ...] = ()
    """Roundings of the weights, or views from inside, under which the items were looked at."""
    layers: tuple[int, ...] = ()
    """Blocks that were viewed, counted from 1."""
    chance: Exact | None = None
    """For multiple choice: the share that guessing answers rightly."""
    task: TaskRef | None = None
    """The task of lm-evaluation-harness that was run."""
    runs: int = 1
    """Independent train-and-unlearn runs that are tested."""
    refuting: str = ""
    """What would refute a clause about the process, where that is no rate of one run."""
    refuting_said: Said | None = None


class Guardrail(Frozen):
    """The same questions through the guarded system and on the bare weights: reported, never deciding."""

    clause: str
    artifact: str
    intervals: tuple[Interval, ...]
    """Labelled `through the system` and `bare weights`; shares of items in [0, 1]."""
    held_back: Annotated[int, Field(ge=0)] | None = None
    """Items that the bare weights reveal and the guarded system does not."""


class AttackFamily(Frozen):
    """What one family of a suite's attacks revealed: described, never deciding."""

    clause: str
    artifact: str
    family: str
    gives: bool
    """Whether its probes gave part of the answer; the words given count for nothing."""
    intervals: tuple[Interval, ...]
    """Labelled `audited`, `original`, `never trained`; bounds share the test's error between the families."""


class Answers(Frozen):
    """How the share of items revealed grows with the number of answers to each question: described, never deciding."""

    clause: str
    artifact: str
    intervals: tuple[Interval, ...]
    """Labelled by the number of answers, `1`, `2`, …; expected shares of items in [0, 1]."""


class ToldApart(Frozen):
    """How one attack's scores tell members from the hold-out on one model: described, never deciding."""

    clause: str
    artifact: str
    model: Literal["audited", "original", "never trained"]
    attack: str
    auc: Annotated[float, Field(ge=0, le=1)]
    """P[a member scores higher than a hold-out item] + ½ P[alike]; ½ where they are scored alike."""
    p_value: Annotated[float, Field(gt=0, le=1)]
    """Max-T adjusted, over all attacks of the test and both directions, of "members and hold-out are scored alike"."""


class Relearning(Frozen):
    """What one fine-tuning attack of a clause's grid brought back, on both halves of the items.

    Intervals are labelled `audited`, `never trained`, …; shares of items in [0, 1]. No result stands on `recovered` and
    `beyond_control`.
    """

    clause: str
    artifact: str
    steps: int
    learning_rate: Exact
    on: Literal["random_half", "retain_only", "benign"]
    attacked: tuple[Interval, ...]
    """On the half that the attack trained on."""
    held_out: tuple[Interval, ...]
    """On the half that the attack did not see."""
    rank: int | None = None
    """Of the low-rank updates; `None` where all weights were trained."""
    seed: int | None = None
    """Of its split and order of training."""
    recovered: float | None = None
    """(audited − never trained) / (original without an attack − never trained), on the items not seen: 0 as if never
    learned, 1 as if never unlearned; not cut off there."""
    beyond_control: float | None = None
    """Max-T adjusted p-value, over all attacks of the clause, of "no more than the never-trained models"."""
    diverged_on: tuple[Literal["audited", "original", "never trained"], ...] = ()
    """Models on which training diverged before this look: the attack does not count."""


class Redacted(Frozen):
    """An item that an answer revealed, by keyed digest (HMAC-SHA-256 of its text) and length in characters."""

    obligation: str
    item: KeyedDigest
    length: Annotated[int, Field(ge=0)]


class NotCovered(Frozen):
    """Something that no clause or no test of this run speaks about."""

    kind: Literal[
        "clause",
        "artifact",
        "access",
        "probe",
        "target",
        "accepted",
        "independent",
        "language",
        "precision",
        "decoding",
        "variant",
        "use",
    ]
    what: str
    why: str
    what_said: Said | None = None
    """`what` by name, for other languages."""
    why_said: Said | None = None
    """`why` by name; `None` where it is the run's own wording."""
