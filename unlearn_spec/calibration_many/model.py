"""What the calibration of processes and endpoints finds, as data."""

from __future__ import annotations

from typing import Literal

from ..calibration.model import Bound, Gate, Judged, Kept, Pooled, Row
from ..plan.units import Frozen

Name = Literal["processes", "text", "logprobs"]
"""Several runs of a process; a model that answers over HTTP in text; one that gives log-probabilities too."""


class Served(Kept):
    """A model judged in its folder, and twice behind an endpoint."""

    folder: Judged
    text: Judged
    logprobs: Judged

    @property
    def seed(self) -> int:
        return self.folder.seed


class Alike(Frozen):
    """How often an endpoint came to what the folder with the same weights came to, over all tested clauses."""

    state: Literal["met", "not_met"]
    """Whether that is as often as the release gates want."""
    outcomes: Bound
    numbers: Bound
    """The point and the interval."""
    differing: tuple[str, ...]
    """Verdicts that differ: seed, model, clause, outcome in the folder, outcome behind the endpoint."""


class Level(Frozen):
    """How often a permutation p of processes that are retraining was at most so large; an exact one is as often as that."""

    clause: str
    at_most: float
    found: Bound


class Part(Frozen):
    """One of the things that are judged."""

    name: Name
    judged: int
    """Processes or models in each world."""
    verdicts: int
    verifiers: tuple[Pooled, ...]
    rows: tuple[Row, ...]
    gates: tuple[Gate, ...]
    alike: Alike | None = None
    levels: tuple[Level, ...] = ()


class Reach(Frozen):
    """What so many models can show at most, at the calibration's error and limit."""

    statistic: str
    runs: int
    references: int
    least_p: float
    """The smallest permutation p."""
    refuted_below: float
    """The p below which the calibration's limit is refuted."""


class ManyTable(Frozen):
    """The calibration of processes and endpoints, as shipped."""

    version: str
    """Twelve digits of the digest of all judged cells."""
    tool: str
    policies: dict[str, str]
    """Digest of each policy's text."""
    seeds: tuple[int, ...]
    parts: tuple[Part, ...]
    reach: tuple[Reach, ...]
    machine: str
    libraries: dict[str, str]

    def part(self, name: Name) -> Part:
        return next(one for one in self.parts if one.name == name)
