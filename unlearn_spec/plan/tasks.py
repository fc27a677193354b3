"""Clauses whose items are judged by a task of lm-evaluation-harness, run here: what that takes."""

from __future__ import annotations

from fractions import Fraction

from ..verifiers.harness_task import METRICS
from .bound import BoundTask
from .case import Case, LackingError, Sample
from .model import HarnessUnit, Reading, SubjectRef, Unit


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
            f"Options are to be compared as in {reading.judge}, and no such task is bound to `{target}`.",
            f"The task's file under `tasks: {target}`; a log that lm-evaluation-harness wrote of it, under `logs`; or `options: letters` "
            "or `texts`.",
        )
    name, _, metric = (reading.judge or "").rpartition(" ")
    ref = found.files.ref
    if name != ref.name or metric not in METRICS:
        raise LackingError(
            "not_testable",
            f"The clause reads {reading.judge}; the task bound to `{target}` is {ref.name}, read by {', '.join(METRICS)}.",
            f"`reveals_when: {{metric: multiple_choice, options: task, judge: {ref.name} acc}}`, or the task that is meant.",
        )
    if not ref.harness:
        raise LackingError(
            "not_testable",
            f"The task {ref.name} is run by lm-evaluation-harness, which is not installed here.",
            "`pip install 'unlearn-spec[lm-eval]'`.",
        )
    if case.clause.scope.access == "product" or case.evidence.suite is not None or case.evidence.population == "wider":
        raise LackingError(
            "not_testable",
            "A task asks a bare model its own questions; it says nothing of a product, of attacks or of items that it lacks.",
            "Evidence through `logprobs` or deeper, without a suite, with `population: these_items`.",
        )
    if any(one.endpoint is not None for several in case.arms(guarded=False).values() for one in several):
        raise LackingError(
            "not_testable", "The harness runs on a model in hand, and an endpoint is bound.", "A model folder or a GGUF file."
        )
    return found


def by_task(subject: SubjectRef, task: BoundTask, reading: Reading, sample: Sample) -> tuple[Unit, ...]:
    """The task run on one subject, as a unit."""
    metric = (reading.judge or "").rpartition(" ")[2]
    return (HarnessUnit(subject=subject, data=sample.ref, reading=reading, task=task.files.ref, metric=metric),)


def chance_of(task: BoundTask, sample: Sample) -> Fraction:
    """The share of items that guessing answers rightly."""
    return sum((Fraction(1, task.options[item.id]) for item in sample.items), Fraction(0)) / len(sample.items)
