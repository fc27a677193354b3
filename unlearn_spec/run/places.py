"""Where a run's subjects, items and suites lie, by content: what a worker needs to measure a unit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from ..evidence.store import Store
from ..plan.bound import Bindings
from ..plan.data import DataError, DataSpec, drawn, load_data
from ..plan.model import DataRef, Plan, RelearnUnit, SubjectRef, Unit
from ..verifiers.items import Item
from ..verifiers.table import Table
from .executor import Job, RunError

if TYPE_CHECKING:
    from ..verifiers.subjects.model import Model
    from ..verifiers.subjects.system import Subject


@dataclass(frozen=True)
class Places:
    """Digests to places. Small, picklable and hashable: workers cache what they load by it."""

    device: str
    models: tuple[tuple[str, Path], ...]
    guards: tuple[tuple[str, Path], ...]
    data: tuple[tuple[str, str, DataSpec], ...]
    """(name, digest of the items, file)."""
    suites: tuple[tuple[str, tuple[str, ...]], ...]

    def items(self, ref: DataRef) -> tuple[Item, ...]:
        """The items of a data reference, its draw included. Raises `RunError` if the file has changed."""
        for name, digest, spec in self.data:
            if (name, digest) == (ref.name, ref.digest):
                return drawn(_items(spec, digest), ref.take, ref.seed)
        raise RunError(f"no data file is bound for {ref.name}")

    def load(self, ref: SubjectRef) -> Subject:
        """The model, or the guarded system around it, ready to be asked. Raises `SubjectError`."""
        from ..verifiers.subjects.system import System, load_guards

        model = _model(dict(self.models)[ref.model], self.device, ref.precision)
        return model if ref.system is None else System(model, load_guards(dict(self.guards)[ref.system]))

    def suite(self, name: str) -> tuple[str, ...]:
        """The templates of a suite."""
        return dict(self.suites)[name]


def places(bindings: Bindings, plan: Plan, device: str) -> Places:
    """The places of everything a plan measures."""
    subjects = {planned.unit.subject for planned in plan.units}
    bound = {ref: bindings.subject(ref) for ref in subjects}
    guards = {ref.system: found.guards for ref, found in bound.items() if ref.system is not None and found.guards}
    read = {ref.name for planned in plan.units for ref in _data(planned.unit)}
    return Places(
        device=device,
        models=tuple(sorted({ref.model: found.folder.resolve() for ref, found in bound.items()}.items())),
        guards=tuple(sorted((digest, path.resolve()) for digest, path in guards.items())),
        data=tuple(sorted(((one.name, one.digest, one.spec) for one in bindings.sets() if one.name in read), key=lambda row: row[:2])),
        suites=tuple(sorted((name, suite.templates) for name, suite in bindings.suites.items())),
    )


@dataclass(frozen=True)
class Measurable(Job):
    """A planned unit as a job; units of one model form a group."""

    unit: Unit


def job(key: str, unit: Unit) -> Measurable:
    subject = unit.subject
    return Measurable(key=key, group=f"{subject.artifact}, {subject.role} {subject.model[7:19]}", unit=unit)


@dataclass(frozen=True)
class Measure:
    """What a worker does: measures one unit and keeps its table in the run's store."""

    places: Places
    store: Path

    def __call__(self, job: Measurable) -> str:
        """The digest of the stored table. Raises `SubjectError`, `ItemError`, `RunError` or `EvidenceError`."""
        from ..verifiers.units import run_unit

        table = run_unit(job.unit, load=self.places.load, items=self.places.items, suites=self.places.suite)
        return Store(self.store).put_table(dict(table.columns))


def stored_table(store: Store, unit: Unit, digest: str) -> Table:
    """The table of a unit, read back and re-hashed. Raises `EvidenceError`."""
    columns = store.get_table(digest)
    return Table(unit.kind, tuple((name, tuple(cells)) for name, cells in columns.items()))  # type: ignore[arg-type]


def _data(unit: Unit) -> tuple[DataRef, ...]:
    other = unit.other if isinstance(unit, RelearnUnit) else None
    return (unit.data,) if other is None else (unit.data, other)


@lru_cache(maxsize=1)
def _model(folder: Path, device: str, precision: str) -> Model:
    from ..verifiers.subjects.model import load_model

    return load_model(folder, device_name=device, precision=precision)  # type: ignore[arg-type]


@lru_cache(maxsize=8)
def _items(spec: DataSpec, digest: str) -> tuple[Item, ...]:
    try:
        found = load_data(spec)
    except DataError as error:
        raise RunError(str(error)) from None
    if found.digest != digest:
        raise RunError(f"{spec.file} was changed after the run began; restore it or use a fresh run folder")
    return found.items
