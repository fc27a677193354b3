"""What a report is about: the policy as read, its clauses and artifacts, and what read it."""

from __future__ import annotations

from typing import Literal

from ..plan.units import DataRef, Frozen
from ..policy.model import Basis, Parties
from ..policy.vocabulary import Access, ArtifactKind, EvidenceKind, GoalKind, InformationKind, Status
from ..verdict.model import Outcome
from ..wording.said import Said
from .digests import Digest
from .sentences import Bound, Kind


class PolicyHeader(Frozen):
    """Who asked for what, in the policy's own words."""

    id: str
    title: str | None
    version: int
    status: Status
    owner: str | None
    purpose: str | None
    basis: tuple[Basis, ...]
    parties: Parties | None = None
    """Who is to act, to verify and to benefit, as the policy names them."""


class Versions(Frozen):
    """What read the policy: language, program, and the axiom set that the verdicts are entailed under."""

    language: str
    tool: str
    axioms: str
    code: Digest | None = None
    """SHA-256 over the program's source files."""


class InformationSet(Frozen):
    """An information set by name, size and digest; its items are not in the report."""

    name: str
    kind: InformationKind
    size: tuple[int, int] | None
    unit: str | None
    manifest: str | None
    data: tuple[DataRef, ...]
    """Bound data measured for it, a hold-out or a wider draw included."""


class ClauseEntry(Frozen):
    """A clause as read: its sentence in the drafter's words, and what kind of conclusion it admits."""

    id: str
    goal: GoalKind
    kind: Kind
    strength: Literal["must", "should"]
    target: str | None
    sentence: str
    bound: Bound | None
    """How the limit bounds the measured quantity; `None` where there is no single one."""
    evidence: EvidenceKind | None
    written: str = ""
    """The clause as it stands in the policy file, line by line."""
    note: str | None = None
    """The drafter's, in the policy."""
    sentence_said: Said | None = None
    """`sentence` by name, for other languages."""


class Artifact(Frozen):
    """Something the policy names as holding, learning or serving information, and whether a result speaks of it."""

    name: str
    kind: ArtifactKind
    derived_from: str | None
    trained_on: tuple[str, ...]
    holds: tuple[str, ...]
    serves_from: tuple[str, ...]
    seen_by: tuple[tuple[str, Access], ...]
    """Audience and the access it has."""
    examined: tuple[Outcome, ...]
    """Outcomes of the results on it, worst first; nothing where no result speaks of it."""
