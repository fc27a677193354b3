"""What bindings come to once every file was found, read and held against its digest. Plain data, picklable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ..evidence.canonical import Json
from ..verifiers.harness_task import TaskFiles
from ..verifiers.items import Item
from ..verifiers.logged import LogFormat
from ..verifiers.subjects.source import Endpoint, Source, Weights
from ..verifiers.suites import Suite
from .data import DataSpec, drawn, parted
from .record_file import RecordFile
from .statement_file import StatementFile
from .units import DataRef, Role, SubjectRef

Precision = Literal["float32", "bfloat16", "float16"]


@dataclass(frozen=True)
class BoundSubject:
    """A model folder, a GGUF file or an endpoint, and the guarded system it serves, if any."""

    folder: Path
    """Or the file; of no meaning for an endpoint."""
    digest: str
    """Of the folder's files, `sha256:…`; see `SubjectRef.model`."""
    parameters: int
    """0 for an endpoint: nobody knows."""
    prompt: str
    guards: Path | None = None
    """The guarded system's declaration."""
    guards_digest: str | None = None
    adapter: Path | None = None
    """The LoRA adapter that is merged into the model."""
    shape: tuple[object, ...] = ()
    """Architecture, width, depth, as far as files say."""
    endpoint: Endpoint | None = None
    log: LogFormat | None = None
    """`folder` is no model but a log of somebody else's evaluation, in this form."""
    sets: tuple[tuple[str, str], ...] = ()
    """(information set, the log's name for its metric)."""

    @property
    def source(self) -> Source:
        """What loading it takes."""
        return self.endpoint or Weights(self.folder.resolve(), self.adapter.resolve() if self.adapter else None)

    def ref(self, role: Role, artifact: str, precision: Precision, *, index: int = 0, guarded: bool = False) -> SubjectRef:
        """This subject by content; `guarded`: behind its filters, if it has some."""
        return SubjectRef(
            role=role,
            artifact=artifact,
            index=index,
            model=self.digest,
            system=self.guards_digest if guarded else None,
            prompt=self.prompt,
            precision=precision if self.endpoint is None else "unknown",
            endpoint=self.endpoint.ref if self.endpoint is not None else None,
            log=self.log,
        )


@dataclass(frozen=True)
class BoundData:
    """The items of a set."""

    name: str
    """As in `DataRef.name`."""
    spec: DataSpec
    file_digest: str
    digest: str
    items: tuple[Item, ...] = field(repr=False)
    randomised: bool = False
    """For a hold-out: drawn by the same lottery as the members."""
    rows: int = 0
    """Rows or documents in the file, before windows were cut."""
    repeated: int = 0
    """Items whose content an earlier item of the set has."""

    def ref(self, take: int | None = None, seed: int = 0) -> DataRef:
        """These items by content; all of them, or `take` drawn by `seed`."""
        if take is None or take >= len(self.items):
            return DataRef(name=self.name, digest=self.digest)
        return DataRef(name=self.name, digest=self.digest, take=take, seed=seed)


@dataclass(frozen=True)
class BoundCanaries:
    """Items that were put into training, and unlearned with their set, or left out: by lot, before training."""

    included: BoundData
    excluded: BoundData


@dataclass(frozen=True)
class BoundTask:
    """A task of lm-evaluation-harness over a set's items."""

    files: TaskFiles
    options: Mapping[str, int] = field(default_factory=dict)
    """How many options each item has, by id."""


@dataclass(frozen=True)
class BoundSuite:
    """A finite list of attacks."""

    name: str
    """As the policy names it, digest included."""
    digest: str
    suite: Suite = field(repr=False)


@dataclass(frozen=True)
class Bindings:
    """Everything that was bound. `digest` covers the content of all of it; no path enters."""

    file: str
    digest: str
    seed: int
    device: str
    precision: Precision
    artifacts: Mapping[str, BoundSubject]
    original: Mapping[str, BoundSubject]
    references: Mapping[str, tuple[BoundSubject, ...]]
    data: Mapping[str, BoundData]
    holdouts: Mapping[str, BoundData]
    wider: Mapping[str, BoundData]
    suites: Mapping[str, BoundSuite]
    keys: Mapping[str, bytes]
    """Signer to Ed25519 public key, PEM."""
    records: tuple[RecordFile, ...]
    statements: tuple[StatementFile, ...] = ()
    runs: Mapping[str, tuple[BoundSubject, ...]] = field(default_factory=dict)
    """Further independent runs of the process that made an artifact, the audited one left out."""
    canaries: Mapping[str, BoundCanaries] = field(default_factory=dict)
    corpora: Mapping[str, BoundData] = field(default_factory=dict)
    """Text that is none of the policy's sets: `benign`."""
    tasks: Mapping[str, BoundTask] = field(default_factory=dict)
    """By the set whose items they ask about."""
    content: Mapping[str, Json] = field(default_factory=dict, repr=False)
    """What `digest` is the digest of, as canonical JSON: names, digests, prompt templates; no path."""

    def subject(self, ref: SubjectRef) -> BoundSubject:
        """The bound subject of this content. `KeyError` if there is none."""
        for found in self.subjects():
            if found.digest == ref.model and ref.system in (None, found.guards_digest):
                return found
        raise KeyError(f"no bound model has the digest {ref.model} (system {ref.system})")

    def items(self, ref: DataRef) -> tuple[Item, ...]:
        """The items a data reference stands for, its draw included. `KeyError` if nothing bound has that content."""
        for found in self.sets():
            if (found.name, found.digest) == (ref.name, ref.digest):
                return parted(drawn(found.items, ref.take, ref.seed), ref.part, ref.parts, ref.seed)
        raise KeyError(f"no bound data {ref.name} has the digest {ref.digest}")

    def sets(self) -> Iterator[BoundData]:
        """Everything bound that has items."""
        yield from (*self.data.values(), *self.holdouts.values(), *self.wider.values(), *self.corpora.values())
        for found in self.canaries.values():
            yield from (found.included, found.excluded)

    def suite(self, name: str) -> Suite:
        """The suite of this name, digest included. `KeyError` if it is not bound."""
        return self.suites[name].suite

    def subjects(self) -> Iterator[BoundSubject]:
        """Everything bound that can be asked."""
        yield from self.artifacts.values()
        yield from self.original.values()
        for several in (*self.references.values(), *self.runs.values()):
            yield from several
