"""From a planned unit to its table: the one entry point of a run."""

from __future__ import annotations

from collections.abc import Callable

from ..plan.model import DataRef, GenerateUnit, RelearnUnit, ScoreUnit, SubjectRef, Unit
from .generation import generate
from .items import Item, ItemError
from .memory import is_out_of_memory
from .relearning import relearn
from .scoring import score
from .subjects import SubjectError
from .subjects.model import Model
from .subjects.system import Subject
from .table import Table
from .training import one_thread

Load = Callable[[SubjectRef], Subject]
Items = Callable[[DataRef], tuple[Item, ...]]
Suites = Callable[[str], tuple[str, ...]]


def no_suites(name: str) -> tuple[str, ...]:
    """For plans without suites. Raises `ItemError`."""
    raise ItemError(f"no suite {name} was given")


def run_unit(unit: Unit, *, load: Load, items: Items, suites: Suites = no_suites) -> Table:
    """The table of a unit, a function of the unit and of what the three lookups return.

    `load` gives a `Model` for a reference without `system`, a `System` for one with it; `items` the items of a data
    reference; `suites` the templates of a suite, each with `{prompt}` in it. Equal units give equal tables on the same
    machine and library versions. Runs on one CPU thread.

    Raises `SubjectError` or `ItemError`.
    """
    if "{prompt}" not in unit.subject.prompt:
        raise SubjectError(f"{unit.subject.artifact}: the prompt template lacks {{prompt}}")
    found = items(unit.data)
    if not found:
        raise ItemError(f"{unit.data.name} has no items")
    subject = load(unit.subject)
    other = items(unit.other) if isinstance(unit, RelearnUnit) and unit.other is not None else ()
    try:
        with one_thread():
            return _run(unit, subject, found, other, _suite(unit, suites))
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise SubjectError(f"{unit.subject.artifact}: the device has too little memory for this model") from error


def _run(
    unit: Unit, subject: Subject, items: tuple[Item, ...], other: tuple[Item, ...], suite: tuple[str, ...]
) -> Table:
    match unit:
        case ScoreUnit():
            return score(_bare(subject, "log-probabilities"), items, unit.reading, template=unit.subject.prompt)
        case GenerateUnit():
            return generate(subject, items, unit, suite=suite)
        case RelearnUnit():
            return relearn(_bare(subject, "fine-tuning"), items, other, unit)


def _bare(subject: Subject, what: str) -> Model:
    if not isinstance(subject, Model):
        raise SubjectError(f"{subject.model.name}: behind its guards it gives answers only, no {what}")
    return subject


def _suite(unit: Unit, suites: Suites) -> tuple[str, ...]:
    if not isinstance(unit, GenerateUnit) or unit.prompts != "suite":
        return ()
    if unit.suite is None:
        raise ItemError("the unit asks for a suite but names none")
    templates = suites(unit.suite)
    if not templates or not all("{prompt}" in template for template in templates):
        raise ItemError(f"suite {unit.suite}: every template needs {{prompt}}, and there must be at least one")
    return templates
