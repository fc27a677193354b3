"""The release gates of processes and endpoints: thresholds that were fixed beforehand, and whether the table meets them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import ConfigDict

from ..calibration.bench import shipped
from ..calibration.gates import Thresholds
from ..calibration.gates import gates as of_verdicts
from ..calibration.model import Bound, Gate, Pooled, Row
from ..calibration.rows import Trial
from ..plan.units import Frozen
from ..policy.read import read_file
from .model import Name

GATES = "calibration/many-gates.yaml"


class ManyThresholds(Frozen):
    """As shipped in `spec/calibration/many-gates.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    false_fail_at_most: float
    coverage_short_of_nominal: float
    false_pass_at_20_percent: float
    alike_at_least: float
    planted: Mapping[Name, Mapping[str, tuple[str, ...]]]

    def of(self, part: Name) -> Thresholds:
        """The thresholds of verdicts, as the first calibration has them."""
        return Thresholds(
            false_fail_at_most=self.false_fail_at_most,
            coverage_short_of_nominal=self.coverage_short_of_nominal,
            false_pass_at_20_percent=self.false_pass_at_20_percent,
            planted=self.planted.get(part, {}),
        )


def many_thresholds() -> ManyThresholds:
    """The release gates of this version."""
    return ManyThresholds.model_validate(read_file(shipped(GATES)).data)


def gates(
    limits: ManyThresholds, part: Name, verifiers: Sequence[Pooled], rows: Sequence[Row], trials: Sequence[Trial]
) -> tuple[Gate, ...]:
    """Every gate on verdicts of one part."""
    return of_verdicts(limits.of(part), verifiers, rows, trials)


def is_alike(limits: ManyThresholds, outcomes: Bound) -> bool:
    """Whether endpoints come to what folders come to as often as they must."""
    return outcomes.k >= limits.alike_at_least * outcomes.n
