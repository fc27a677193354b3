"""A bindings file as it is written: its blocks and keys, before any file is looked at."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StrictInt

from ..policy.frozen import Frozen
from ..policy.quantities import Count, Digest, Name, Switch
from ..verifiers.logged import LogFormat
from .bound import Precision
from .data import Format
from .endpoint import EndpointEntry


class PolicyRef(Frozen):
    """Which policy the bindings are for."""

    id: Name
    version: Count


class SubjectEntry(Frozen):
    """A model: `model`, perhaps with `adapter` and `system`, or `endpoint`."""

    model: str | None = None
    adapter: str | None = None
    endpoint: EndpointEntry | None = None
    digest: Digest | None = None
    system: str | None = None
    prompt: str | None = None


class RowsEntry(Frozen):
    """Clusters by so many rows each."""

    rows: Annotated[StrictInt, Field(ge=2)]


class WindowEntry(Frozen):
    """Windows over long documents: one size, in words or in characters."""

    words: Annotated[StrictInt, Field(ge=2)] | None = None
    characters: Annotated[StrictInt, Field(ge=2)] | None = None
    stride: Annotated[StrictInt, Field(ge=1)] | None = None
    prefix: Annotated[StrictInt, Field(ge=1)] | None = None


class DataEntry(Frozen):
    """A file or folder of items."""

    file: str
    format: Format | None = None
    fields: dict[str, str] = Field(default_factory=dict)
    cluster: RowsEntry | None = None
    window: WindowEntry | None = None
    digest: Digest | None = None


class HoldoutEntry(DataEntry):
    """Items that were never trained on."""

    randomised: Switch = False


class CanariesEntry(DataEntry):
    """Canaries; the column `included` says which were put in."""

    included: str


class SuiteEntry(Frozen):
    """A file of attacks."""

    file: str


class TaskEntry(Frozen):
    """A task of lm-evaluation-harness: its file, or the folder that holds it."""

    task: str
    digest: Digest | None = None


class LogsEntry(Frozen):
    """Logs of somebody else's evaluations, in the place of models."""

    format: LogFormat
    audited: str
    original: str | None = None
    references: tuple[str, ...] = ()
    sets: dict[str, str]


class Written(Frozen):
    """The whole file."""

    unlearn_spec_bindings: str
    policy: PolicyRef
    seed: Annotated[StrictInt, Field(ge=0, lt=2**53)]
    device: str = "auto"
    precision: Precision = "float32"
    artifacts: dict[str, SubjectEntry] = Field(default_factory=dict)
    original: dict[str, SubjectEntry] = Field(default_factory=dict)
    references: dict[str, tuple[SubjectEntry, ...]] = Field(default_factory=dict)
    runs: dict[str, tuple[SubjectEntry, ...]] = Field(default_factory=dict)
    data: dict[str, DataEntry] = Field(default_factory=dict)
    holdouts: dict[str, HoldoutEntry] = Field(default_factory=dict)
    wider: dict[str, DataEntry] = Field(default_factory=dict)
    canaries: dict[str, CanariesEntry] = Field(default_factory=dict)
    corpora: dict[str, DataEntry] = Field(default_factory=dict)
    suites: dict[str, SuiteEntry] = Field(default_factory=dict)
    keys: dict[str, str] = Field(default_factory=dict)
    records: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    logs: dict[str, LogsEntry] = Field(default_factory=dict)
    tasks: dict[str, TaskEntry] = Field(default_factory=dict)
