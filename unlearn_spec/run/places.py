"""Where a run's subjects, items and suites lie, by content: what a worker needs to measure a unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..evidence.canonical import bytes_digest
from ..evidence.store import Store
from ..plan.bind_tasks import documents
from ..plan.bound import Bindings
from ..plan.data import DataError, DataSpec, drawn, load_data, parted
from ..plan.model import Plan
from ..plan.units import DataRef, GenerateUnit, HarnessUnit, InspectUnit, RelearnUnit, SubjectRef, TaskRef, Unit
from ..verifiers.harness_task import TaskFiles
from ..verifiers.items import Item
from ..verifiers.logged import Log
from ..verifiers.subjects.source import Endpoint, Source, Weights
from ..verifiers.suites import Suite
from ..verifiers.table import Table
from .executor import Job, RunError

if TYPE_CHECKING:
    from ..verifiers.harness import Loaded
    from ..verifiers.subjects.model import Model
    from ..verifiers.subjects.system import Subject


@dataclass(frozen=True)
class Places:
    """Digests to places. Small, picklable and hashable: workers cache what they load by it."""

    device: str
    models: tuple[tuple[str, Source], ...]
    guards: tuple[tuple[str, Path], ...]
    data: tuple[tuple[str, str, DataSpec], ...]
    """(name, digest of the items, file)."""
    suites: tuple[tuple[str, Suite], ...]
    tasks: tuple[TaskFiles, ...] = ()

    def items(self, ref: DataRef) -> tuple[Item, ...]:
        """The items of a data reference, its draw included. Raises `RunError` if the file has changed."""
        for name, digest, spec in self.data:
            if (name, digest) == (ref.name, ref.digest):
                return parted(drawn(_items(spec, digest), ref.take, ref.seed), ref.part, ref.parts, ref.seed)
        raise RunError(f"no data file is bound for {ref.name}")

    def load(self, ref: SubjectRef) -> Subject | Log:
        """The model, the guarded system around it, the endpoint, or the log that stands for it. Raises `SubjectError`."""
        if ref.log is not None:
            return Log(ref.log, self.log(ref.model))
        from ..verifiers.subjects.remote import connect
        from ..verifiers.subjects.system import System, load_guards

        source = dict(self.models)[ref.model]
        if isinstance(source, Endpoint):
            return connect(source)
        model = _model(source, self.device, ref.precision)
        return model if ref.system is None else System(model, load_guards(dict(self.guards)[ref.system]))

    def log(self, digest: str) -> bytes:
        """The bytes of a log. Raises `RunError` if the file has changed."""
        source = dict(self.models)[digest]
        if not isinstance(source, Weights):
            raise RunError("an endpoint has no log")
        return _bytes(source.path, digest)

    def suite(self, name: str) -> Suite:
        """The suite of this name, digest included."""
        return dict(self.suites)[name]

    def task(self, ref: TaskRef) -> Loaded:
        """A task of lm-evaluation-harness with its documents. Raises `RunError` if a file of it has changed."""
        from ..verifiers.harness import Loaded

        found = next((one for one in self.tasks if one.ref == ref), None)
        if found is None:
            raise RunError(f"no task {ref.name} is bound")
        shown = () if found.examples is None else _documents(found.examples, found.examples_digest)
        return Loaded(found.task, _documents(found.documents, found.documents_digest), shown)


def places(bindings: Bindings, plan: Plan, device: str) -> Places:
    """The places of everything a plan measures."""
    subjects = {ref for planned in plan.units for ref in _subjects(planned.unit)}
    bound = {ref: bindings.subject(ref) for ref in subjects}
    guards = {ref.system: found.guards for ref, found in bound.items() if ref.system is not None and found.guards}
    read = {ref.name for planned in plan.units for ref in _data(planned.unit)}
    run = {planned.unit.task for planned in plan.units if isinstance(planned.unit, HarnessUnit)}
    return Places(
        device=device,
        models=tuple(sorted({ref.model: found.source for ref, found in bound.items()}.items(), key=lambda row: row[0])),
        guards=tuple(sorted((digest, path.resolve()) for digest, path in guards.items())),
        data=tuple(sorted(((one.name, one.digest, one.spec) for one in bindings.sets() if one.name in read), key=lambda row: row[:2])),
        suites=tuple((name, bindings.suite(name)) for name in sorted(bindings.suites)),
        tasks=tuple(found.files for _, found in sorted(bindings.tasks.items()) if found.files.ref in run),
    )


@dataclass(frozen=True)
class Measurable(Job):
    """A planned unit as a job; units of one model form a group."""

    unit: Unit


def job(key: str, unit: Unit) -> Measurable:
    """A unit as a worker gets it, grouped by the model, or the server, that it asks."""
    subject = unit.subject
    if subject.endpoint is not None:  # one worker a server, so that it is asked no faster than declared
        return Measurable(key=key, group=f"endpoint {urlsplit(subject.endpoint.url).netloc}", unit=unit, together=True)
    return Measurable(key=key, group=f"{subject.artifact}, {subject.role} {subject.model[7:19]}", unit=unit)


@dataclass(frozen=True)
class Measure:
    """What a worker does: measures one unit and keeps its table in the run's store."""

    places: Places
    store: Path

    def __call__(self, job: Measurable) -> str:
        """The digest of the stored table. Raises `SubjectError`, `ItemError`, `RunError` or `EvidenceError`."""
        from ..verifiers.units import run_unit

        table = run_unit(job.unit, load=self.places.load, items=self.places.items, suites=self.places.suite, tasks=self.places.task)
        return Store(self.store).put_table(dict(table.columns))


def stored_table(store: Store, unit: Unit, digest: str) -> Table:
    """The table of a unit, read back and re-hashed. Raises `EvidenceError`."""
    columns = store.get_table(digest)
    return Table(unit.kind, tuple((name, tuple(cells)) for name, cells in columns.items()))  # type: ignore[arg-type]


def _subjects(unit: Unit) -> tuple[SubjectRef, ...]:
    return (unit.subject, unit.head) if isinstance(unit, InspectUnit) and unit.head is not None else (unit.subject,)


def _data(unit: Unit) -> tuple[DataRef, ...]:
    match unit:
        case InspectUnit(taught=beside) | RelearnUnit(other=beside) | GenerateUnit(others=beside) if beside is not None:
            return unit.data, beside
    return (unit.data,)


def _documents(file: Path, digest: str) -> tuple[Mapping[str, Any], ...]:
    try:
        found, there = documents(file)
    except DataError as error:
        raise RunError(str(error)) from None
    if there != digest:
        raise RunError(f"{file} was changed after the run began; restore it or use a fresh run folder")
    return found


def _bytes(file: Path, digest: str) -> bytes:
    raw = file.read_bytes()
    if bytes_digest(raw) != digest:
        raise RunError(f"{file} was changed after the run began; restore it or use a fresh run folder")
    return raw


@lru_cache(maxsize=1)
def _model(source: Weights, device: str, precision: str) -> Model:
    from ..verifiers.subjects.model import load_model

    return load_model(source.path, adapter=source.adapter, device_name=device, precision=precision)  # type: ignore[arg-type]


@lru_cache(maxsize=8)
def _items(spec: DataSpec, digest: str) -> tuple[Item, ...]:
    try:
        found = load_data(spec)
    except DataError as error:
        raise RunError(str(error)) from None
    if found.digest != digest:
        raise RunError(f"{spec.file} was changed after the run began; restore it or use a fresh run folder")
    return found.items
