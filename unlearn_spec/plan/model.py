"""The plan as data: what will be measured for which clause, at which error, with which controls — fixed before measuring."""

from __future__ import annotations

from typing import Literal

from ..policy.vocabulary import Access
from ..wording.said import Said
from .units import DataRef, Exact, Frozen, Planned, Reading, TaskRef

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


class Control(Frozen):
    """A gate registered with an obligation, and what it reads.

    With neither units nor data nothing was bound to run the gate on: it counts as failed.
    """

    gate: Literal["positive", "negative", "planted", "repeat", "degeneracy", "blind_baseline", "control_task", "training_loss"]
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
