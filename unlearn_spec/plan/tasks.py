"""Clauses whose items are judged by a task of lm-evaluation-harness, run here: what that takes."""

from __future__ import annotations

from fractions import Fraction

from ..verifiers.harness_task import METRICS
from ..wording.said import said
from .bound import BoundTask
from .case import Case, LackingError, Sample
from .units import HarnessUnit, Reading, SubjectRef, Unit


def need_task(case: Case, reading: Reading, target: str) -> BoundTask | None:
    """The task that is run for a clause; None where nothing is run: options compete otherwise, or a log is bound.

    Raises `LackingError` where it cannot be run.
    """
    if reading.options != "task" or case.audited().log is not None:
        return None
    found = case.bindings.tasks.get(target)
    if found is None:
        raise LackingError(
            "not_testable",
            said("lack.task", task=reading.judge or "", target=target),
            said("need.task", target=target),
        )
    name, _, metric = (reading.judge or "").rpartition(" ")
    ref = found.files.ref
    if name != ref.name or metric not in METRICS:
        raise LackingError(
            "not_testable",
            said("lack.task_other", task=reading.judge or "", target=target, bound=ref.name, metrics=tuple(METRICS)),
            said("need.task_other", bound=ref.name),
        )
    if not ref.harness:
        raise LackingError(
            "not_testable",
            said("lack.task_harness", bound=ref.name),
            said("need.task_harness"),
        )
    if case.clause.scope.access == "product" or case.evidence.suite is not None or case.evidence.population == "wider":
        raise LackingError(
            "not_testable",
            said("lack.task_bare"),
            said("need.task_bare"),
        )
    if any(one.endpoint is not None for several in case.arms(guarded=False).values() for one in several):
        raise LackingError("not_testable", said("lack.task_endpoint"), said("need.task_endpoint"))
    return found


def by_task(subject: SubjectRef, task: BoundTask, reading: Reading, sample: Sample) -> tuple[Unit, ...]:
    """The task run on one subject, as a unit."""
    metric = (reading.judge or "").rpartition(" ")[2]
    return (HarnessUnit(subject=subject, data=sample.ref, reading=reading, task=task.files.ref, metric=metric),)


def chance_of(task: BoundTask, sample: Sample) -> Fraction:
    """The share of items that guessing answers rightly."""
    return sum((Fraction(1, task.options[item.id]) for item in sample.items), Fraction(0)) / len(sample.items)
