"""The release gates: thresholds that were fixed beforehand, and whether the table meets them. Pure but for reading them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pydantic import ConfigDict

from ..plan.units import Frozen
from ..policy.read import read_file
from .bench import shipped
from .model import Bound, Gate, Pooled, Row
from .rows import Trial

GATES = "calibration/gates.yaml"


class Thresholds(Frozen):
    """As shipped in `spec/calibration/gates.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    false_fail_at_most: float
    coverage_short_of_nominal: float
    false_pass_at_20_percent: float
    planted: Mapping[str, tuple[str, ...]]


def thresholds() -> Thresholds:
    """The release gates of this version, from `spec/calibration/gates.yaml`."""
    return Thresholds.model_validate(read_file(shipped(GATES)).data)


def gates(
    limits: Thresholds, verifiers: Sequence[Pooled], rows: Sequence[Row], trials: Sequence[Trial]
) -> tuple[Gate, ...]:
    """Every gate, in the order: each verifier's false-fail and coverage, each clause at 20% retained, planted defects."""
    return (
        *(_false_fail(limits, one) for one in verifiers),
        *(_coverage(limits, one) for one in verifiers if one.nominal is not None),
        *(gate for one in rows if (gate := _false_pass(limits, one)) is not None),
        *_planted(limits, trials),
    )


def _false_fail(limits: Thresholds, one: Pooled) -> Gate:
    found, most = one.false_fail, limits.false_fail_at_most * one.alpha
    if found is None:
        return Gate(gate="false_fail", about=one.verifier, state="not_measured", found="no model is known to meet its clauses")
    text = f"{_of(found)}, at most {found.high:.2%}; {most:.2%} is allowed (by world: at most {found.high_by_seed:.1%})"
    met = found.k / found.n <= one.alpha and found.high <= most
    return Gate(gate="false_fail", about=one.verifier, state="met" if met else "not_met", found=text)


def _coverage(limits: Thresholds, one: Pooled) -> Gate:
    assert one.nominal is not None
    found, least = one.coverage, one.nominal - limits.coverage_short_of_nominal
    if found is None:
        return Gate(gate="coverage", about=one.verifier, state="not_measured", found="no interval beside an exact rate")
    met = found.k / found.n >= least
    text = f"{_of(found)} intervals hold the exact rate, {found.k / found.n:.1%}; {least:.1%} is needed"
    return Gate(gate="coverage", about=one.verifier, state="met" if met else "not_met", found=text)


def _false_pass(limits: Thresholds, one: Row) -> Gate | None:
    found = next((case for case in one.false_pass if case.specimen == "partial_20"), None)
    if found is None:
        return None
    met = found.passed.k / found.passed.n <= limits.false_pass_at_20_percent
    text = f"{_of(found.passed)} passed, {found.inconclusive} were left open, {found.violated} caught"
    return Gate(gate="false_pass", about=one.clause, state="met" if met else "not_met", found=text)


def _planted(limits: Thresholds, trials: Sequence[Trial]) -> Iterable[Gate]:
    for specimen, meant in limits.planted.items():
        mine = [one for one in trials if one.specimen == specimen]
        looking = [one for one in mine if one.cell.verifier in meant or one.cell.clause in meant]
        if not looking:
            text = f"no clause with {' or '.join(meant)} is in the policy"
            yield Gate(gate="planted", about=specimen, state="not_measured", found=text)
            continue
        worlds = {one.seed for one in looking}
        caught = {one.seed for one in looking if one.cell.outcome == "violated"}
        by = ", ".join(dict.fromkeys(one.cell.clause for one in looking if one.cell.outcome == "violated"))
        text = f"found in {len(caught)} of {len(worlds)} worlds{f' by {by}' if by else ''}"
        yield Gate(gate="planted", about=specimen, state="met" if caught == worlds else "not_met", found=text)


def _of(found: Bound) -> str:
    return f"{found.k} of {found.n}"
