"""What bindings come to once every file was found, read and held against its digest. Plain data, picklable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ..evidence.canonical import Json
from ..verifiers.items import Item
from .data import DataSpec, drawn
from .model import DataRef, Role, SubjectRef
from .record_file import RecordFile
from .statement_file import StatementFile

Precision = Literal["float32", "bfloat16", "float16"]


@dataclass(frozen=True)
class BoundSubject:
    """A model folder, and the guarded system it serves, if any."""

    folder: Path
    digest: str
    """Of the folder's files, `sha256:…`."""
    parameters: int
    prompt: str
    guards: Path | None = None
    """The guarded system's declaration."""
    guards_digest: str | None = None

    def ref(self, role: Role, artifact: str, precision: Precision, *, index: int = 0, guarded: bool = False) -> SubjectRef:
        """This subject by content; `guarded`: behind its filters, if it has some."""
        return SubjectRef(
            role=role,
            artifact=artifact,
            index=index,
            model=self.digest,
            system=self.guards_digest if guarded else None,
            prompt=self.prompt,
            precision=precision,
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

    def ref(self, take: int | None = None, seed: int = 0) -> DataRef:
        """These items by content; all of them, or `take` drawn by `seed`."""
        if take is None or take >= len(self.items):
            return DataRef(name=self.name, digest=self.digest)
        return DataRef(name=self.name, digest=self.digest, take=take, seed=seed)


@dataclass(frozen=True)
class BoundSuite:
    """A finite list of templates around a prompt."""

    name: str
    """As the policy names it, digest included."""
    digest: str
    templates: tuple[str, ...] = field(repr=False)


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
    corpora: Mapping[str, BoundData] = field(default_factory=dict)
    """Text that is none of the policy's sets: `benign`."""
    content: Mapping[str, Json] = field(default_factory=dict, repr=False)
    """What `digest` is the digest of, as canonical JSON: names, digests, prompt templates; no path."""

    def subject(self, ref: SubjectRef) -> BoundSubject:
        """The bound subject of this content. `KeyError` if there is none."""
        for found in self._subjects():
            if found.digest == ref.model and ref.system in (None, found.guards_digest):
                return found
        raise KeyError(f"no bound model has the digest {ref.model} (system {ref.system})")

    def items(self, ref: DataRef) -> tuple[Item, ...]:
        """The items a data reference stands for, its draw included. `KeyError` if nothing bound has that content."""
        for found in self.sets():
            if (found.name, found.digest) == (ref.name, ref.digest):
                return drawn(found.items, ref.take, ref.seed)
        raise KeyError(f"no bound data {ref.name} has the digest {ref.digest}")

    def sets(self) -> tuple[BoundData, ...]:
        """All data that was bound."""
        return (*self.data.values(), *self.holdouts.values(), *self.wider.values(), *self.corpora.values())

    def suite(self, name: str) -> tuple[str, ...]:
        """The templates of a suite. `KeyError` if it is not bound."""
        return self.suites[name].templates

    def _subjects(self) -> Iterator[BoundSubject]:
        yield from self.artifacts.values()
        yield from self.original.values()
        for several in self.references.values():
            yield from several
