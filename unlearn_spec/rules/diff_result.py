"""What differs between two policies, as data that every format shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ..finding import Finding
from ..logic.compare import Answer
from ..logic.witness import Shown
from ..policy.load import Document
from ..policy.source import Source
from ..record import Record
from .declared import Declared, Demanded, InForce

Kind = Literal["kept", "renamed", "added", "removed"]


class ClauseDiff(Record):
    """What became of one clause."""

    clause: str
    """Its name in the later version; in the earlier one, if it has gone."""
    kind: Kind
    was: str | None
    """Its earlier name."""
    answer: Answer | None
    """None if it was not compared."""
    note: str = ""
    lost: Shown | None = None
    """A world that passes the later version and fails the clause as it was."""
    gained: Shown | None = None
    """A world that passes the earlier version and fails the clause as it is."""


@dataclass(frozen=True)  # no `Record`: not all of it is compared
class DiffResult:
    """What differs between two policies."""

    before: str
    after: str
    """The files."""
    names: tuple[str, str]
    """What messages call the two versions."""
    answer: Answer | None
    """None if they were not compared as wholes."""
    summary: str
    """A short paragraph for a reviewer."""
    clauses: tuple[ClauseDiff, ...]
    evidence: tuple[Demanded, ...]
    declared: tuple[Declared, ...]
    accepted: tuple[InForce, ...]
    findings: tuple[Finding, ...]
    documents: tuple[Document, Document] | None = field(default=None, repr=False, compare=False)
    mistaken: tuple[Source, ...] = field(default=(), repr=False, compare=False)
    """The files with mistakes, as they are."""

    @property
    def exit_code(self) -> int:
        """0; 1 with `no_weaker` if something is weaker or incomparable; 2 unusable files; 3 undetermined."""
        if self.documents is None:
            return 2
        if any(finding.severity == "error" for finding in self.findings):
            return 1
        return 3 if any(finding.severity == "undetermined" for finding in self.findings) else 0

    @property
    def sources(self) -> tuple[Source, ...]:
        return self.mistaken if self.documents is None else tuple(document.source for document in self.documents)
