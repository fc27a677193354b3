"""What a verification concludes, as data."""

from __future__ import annotations

from typing import Literal

from ..plan.units import Exact, Frozen
from ..wording.said import Said

Outcome = Literal["violated", "supported", "not_falsified", "inconclusive", "not_tested", "not_testable", "rejected"]
WORST_FIRST: tuple[Outcome, ...] = (
    "violated",
    "rejected",
    "inconclusive",
    "not_testable",
    "not_tested",
    "not_falsified",
    "supported",
)


class GateResult(Frozen):
    """A control's outcome. A failed gate voids favourable verdicts, never an observed violation."""

    gate: Literal["positive", "negative", "planted", "repeat", "degeneracy", "blind_baseline", "control_task", "training_loss"]
    passed: bool
    found: str
    """What was seen, with numbers: `original reveals 148 of 150`."""
    units: tuple[str, ...]
    found_said: Said | None = None
    """`found` by name, for other languages; in results of before this was kept, None. So are the others `…_said`."""


class Interval(Frozen):
    """A registered quantity: point estimate and confidence bounds, as shares in [0, 1] (or a difference in [−1, 1])."""

    label: str
    """`audited`, `original`, `never trained`, …"""
    point: float
    low: float
    high: float
    hits: int | None = None
    n: int | None = None
    clusters: int | None = None


class Fact(Frozen):
    """A measurement as a premise: holds with probability at least 1 − alpha."""

    id: str
    obligation: str
    words: str
    """`the rate on subject_facts through product, asked directly, is between 0% and 3.1%`."""
    low: Exact
    high: Exact
    """Bounds of a rate; of the ε of a process, the largest that is excluded and the largest that is looked for."""
    alpha: Exact
    objects: tuple[str, ...]
    """Digests of the evidence objects it was computed from."""
    words_said: Said | None = None


class ClauseVerdict(Frozen):
    """Verdict of one clause on one artifact."""

    clause: str
    artifact: str
    outcome: Outcome
    reason: str
    """Why this outcome, in one sentence; for `inconclusive` and `not_…` what would decide it."""
    obligation: str | None = None
    access: str | None = None
    asked: str | None = None
    limit: str | None = None
    stands_on: tuple[str, ...] = ()
    """Ids of the facts in the core."""
    conditional_on: tuple[str, ...] = ()
    """Named presumptions: axioms that are models, declared facts, signers."""
    intervals: tuple[Interval, ...] = ()
    limit_at: float | None = None
    """The limit on the intervals' scale, for drawing."""
    effect: float | None = None
    realised_power: float | None = None
    gates: tuple[GateResult, ...] = ()
    reason_said: Said | None = None


class Verification(Frozen):
    """All verdicts of a run."""

    confidence: Exact
    """One minus the error of all registered facts."""
    facts: tuple[Fact, ...]
    verdicts: tuple[ClauseVerdict, ...]

    @property
    def overall(self) -> Outcome:
        """The worst verdict; never an average."""
        outcomes = {verdict.outcome for verdict in self.verdicts}
        return next((outcome for outcome in WORST_FIRST if outcome in outcomes), "not_tested")
