"""What a calibration finds, as data: one judged cell a clause and specimen, and the table made of them."""

from __future__ import annotations

from typing import Literal

from ..plan.units import Frozen
from ..verdict.model import Outcome

State = Literal["satisfied", "violated", "unknown"]
Basis = Literal["enumerated", "training", "construction", "attack", "none"]
"""How the truth is known: every item was asked; the training set is known; the model was made so that it holds the target;
an attack that no verdict stands on showed it; it is not known."""


class Truth(Frozen):
    """Whether a specimen meets a clause, known beside the verdict."""

    state: State
    basis: Basis
    rate: float | None = None
    """The exact share that the clause limits, where all items were asked; else what the basis gives."""


class Cell(Frozen):
    """One clause judged on one specimen."""

    clause: str
    verifier: str
    """Empty where the clause could not be tested."""
    outcome: Outcome
    alpha: float = 0.0
    n: int = 0
    point: float | None = None
    low: float | None = None
    high: float | None = None
    """The interval at α on either side."""
    sampled: bool = False
    """Fewer items were drawn than there are, or answers were drawn at random, so that the interval says something more."""
    power: float | None = None
    failed: tuple[str, ...] = ()
    """Gates that did not pass."""
    truth: Truth


class Kept(Frozen):
    """What was judged once and is kept in a file."""

    key: str
    """What it was judged by: policy, code, recipes."""


class Judged(Kept):
    """All clauses judged on one specimen of one seed."""

    seed: int
    specimen: str
    group: str
    kept: float
    """Trained from scratch: share of the forget people kept."""
    recovered: float | None = None
    """What the labelling attack brought back beyond a never-trained model, where the truth hangs on it."""
    told: float | None = None
    """Share of members that the labelling membership test told, where the truth hangs on it."""
    cells: tuple[Cell, ...]


class Bound(Frozen):
    """k of n, with one-sided Clopper–Pearson bounds at 95%."""

    k: int
    n: int
    seeds: int
    """Independent worlds that the n come from."""
    seeds_hit: int
    """Worlds with at least one of the k."""
    low: float
    high: float
    high_by_seed: float
    """Upper bound of the share of worlds with at least one: models of one world are not independent."""


class Passed(Frozen):
    """How often a specimen that does not meet the clause passed."""

    specimen: str
    passed: Bound
    inconclusive: int
    violated: int


class Step(Frozen):
    """Verdicts at one retained share."""

    retained: float
    n: int
    violated: int
    passed: int
    inconclusive: int
    truth: State


class Row(Frozen):
    """One clause."""

    clause: str
    verifier: str
    alpha: float
    false_fail: Bound | None
    """None where no specimen is known to meet the clause."""
    false_pass: tuple[Passed, ...]
    inconclusive: Bound | None
    """Among all specimens whose truth is known."""
    coverage: Bound | None
    """How often the interval held the exact rate; None where all items were asked."""
    nominal: float | None
    power: tuple[Step, ...]
    unknown: int
    """Verdicts left out because nobody knows the truth."""


class Pooled(Frozen):
    """All clauses of one verifier together."""

    verifier: str
    clauses: tuple[str, ...]
    alpha: float
    false_fail: Bound | None
    false_pass_20: Bound | None
    """How often a model that kept 20% of the forget people passed, where that does not meet the clause."""
    coverage: Bound | None
    nominal: float | None


class Gate(Frozen):
    """One release gate on one verifier, clause or planted defect."""

    gate: Literal["false_fail", "coverage", "false_pass", "planted"]
    about: str
    state: Literal["met", "not_met", "not_measured"]
    found: str


class Table(Frozen):
    """The calibration of the verifiers, as shipped."""

    version: str
    """Twelve digits of the digest of all judged cells."""
    tool: str
    policy: str
    """Digest of the policy's text."""
    seeds: tuple[int, ...]
    specimens: int
    verdicts: int
    verifiers: tuple[Pooled, ...]
    rows: tuple[Row, ...]
    gates: tuple[Gate, ...]
    machine: str
    libraries: dict[str, str]
