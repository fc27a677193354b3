"""From a planned unit to its table: the one entry point of a run."""

from __future__ import annotations

from collections.abc import Callable

from ..plan.units import (
    DataRef,
    GenerateUnit,
    HarnessUnit,
    InspectUnit,
    LoggedUnit,
    QuantizeUnit,
    Reading,
    RelearnUnit,
    ScoreUnit,
    SubjectRef,
    TaskRef,
    Unit,
)
from . import remote_scoring
from .choosing import choose
from .generation import generate
from .harness import Loaded, Tasks, evaluate
from .items import Item, ItemError
from .latent import inspect
from .logged import Log, LogError, logged
from .memory import is_out_of_memory
from .quantization import quantize
from .relearning import relearn
from .scoring import score
from .subjects import SubjectError
from .subjects.model import Model
from .subjects.remote import Remote
from .subjects.system import Subject
from .suites import Suite
from .table import Table
from .training import one_thread

Load = Callable[[SubjectRef], Subject | Log]
Items = Callable[[DataRef], tuple[Item, ...]]
Suites = Callable[[str], Suite]


def no_suites(name: str) -> Suite:
    """For plans without suites. Raises `ItemError`."""
    raise ItemError(f"no suite {name} was given")


def no_tasks(ref: TaskRef) -> Loaded:
    """For plans without tasks of lm-evaluation-harness. Raises `ItemError`."""
    raise ItemError(f"no task {ref.name} was given")


def run_unit(unit: Unit, *, load: Load, items: Items, suites: Suites = no_suites, tasks: Tasks = no_tasks) -> Table:
    """The table of a unit, a function of the unit and of what the lookups return.

    `load` gives a `Model` for a reference without `system`, a `System` for one with it, a `Remote` for an endpoint;
    `items` the items of a data reference; `suites` the suite of a name; `tasks` a task of
    lm-evaluation-harness. Equal units give equal tables on the same
    machine and library versions, endpoints aside. Runs on one CPU thread.

    Raises `SubjectError` or `ItemError`.
    """
    if "{prompt}" not in unit.subject.prompt:
        raise SubjectError(f"{unit.subject.artifact}: the prompt template lacks {{prompt}}")
    found = items(unit.data)
    if not found:
        raise ItemError(f"{unit.data.name} has no items")
    if isinstance(unit, LoggedUnit):
        return _from_log(unit, load(unit.subject), items)
    other = items(unit.other) if isinstance(unit, RelearnUnit) and unit.other is not None else ()
    others = items(unit.others) if isinstance(unit, GenerateUnit) and unit.others is not None else ()
    try:
        subject = load(unit.subject)
        if isinstance(subject, Log):
            raise SubjectError(f"{unit.subject.artifact}: a model is wanted, and a log is there")
        with one_thread():
            if isinstance(unit, InspectUnit):
                return _inspected(unit, subject, found, load, items)
            if isinstance(unit, HarnessUnit):
                bare, whole = _bare(subject, "log-probabilities"), items(_whole(unit.data))
                return evaluate(bare, tasks(unit.task), whole, found, unit.metric, unit.task)
            return _run(unit, subject, found, (*other, *others), _suite(unit, suites))
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise SubjectError(f"{unit.subject.artifact}: the device has too little memory for this model") from error


def _from_log(unit: LoggedUnit, log: Subject | Log, items: Items) -> Table:
    if not isinstance(log, Log):
        raise SubjectError(f"{unit.subject.artifact}: a log is wanted, and a model is there")
    try:
        return logged(log, unit.column, items(_whole(unit.data)), items(unit.data))
    except LogError as error:
        raise SubjectError(f"{unit.subject.artifact}: {error}") from None


def _whole(data: DataRef) -> DataRef:
    """All items of the set from which these were drawn."""
    return data.model_copy(update={"take": None, "seed": 0})


def _run(
    unit: ScoreUnit | GenerateUnit | RelearnUnit | QuantizeUnit,
    subject: Subject,
    items: tuple[Item, ...],
    others: tuple[Item, ...],
    suite: Suite | None,
) -> Table:
    match unit:
        case ScoreUnit(reading=Reading(metric="multiple_choice")):
            asked = subject if isinstance(subject, Remote) else _bare(subject, "log-probabilities")
            return choose(asked, items, unit.reading, template=unit.subject.prompt)
        case ScoreUnit() if isinstance(subject, Remote):
            return remote_scoring.score(subject, items, unit.reading, template=unit.subject.prompt)
        case ScoreUnit():
            return score(_bare(subject, "log-probabilities"), items, unit.reading, template=unit.subject.prompt)
        case GenerateUnit():
            return generate(subject, items, unit, suite=suite, others=others)
        case RelearnUnit():
            return relearn(_bare(subject, "fine-tuning"), items, others, unit)
        case QuantizeUnit():
            return quantize(_bare(subject, "rounding"), items, unit)


def _inspected(unit: InspectUnit, subject: Subject, found: tuple[Item, ...], load: Load, items: Items) -> Table:
    head = None if unit.head is None else _bare(load(unit.head), "head of its own")
    taught = () if unit.taught is None else items(unit.taught)
    return inspect(_bare(subject, "hidden states"), found, unit, head=head, taught=taught)


def _bare(subject: Subject | Log, what: str) -> Model:
    if isinstance(subject, Log):
        raise SubjectError(f"a log of somebody else's evaluation offers no {what}")
    if isinstance(subject, Remote):
        raise SubjectError(f"{subject.name}: an endpoint offers no {what}")
    if not isinstance(subject, Model):
        raise SubjectError(f"{subject.model.name}: behind its guards it gives answers only, no {what}")
    return subject


def _suite(unit: Unit, suites: Suites) -> Suite | None:
    if not isinstance(unit, GenerateUnit) or unit.prompts != "suite":
        return None
    if unit.suite is None:
        raise ItemError("the unit asks for a suite but names none")
    return suites(unit.suite)
