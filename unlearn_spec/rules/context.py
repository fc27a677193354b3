"""What the rules about meaning share: the encoded policy, its situations, and which clauses are already in conflict."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from ..finding import Span
from ..logic.explanation import Core
from ..logic.situations import Case
from ..logic.theory import Theory
from ..policy.clauses import Clause
from ..policy.load import Document
from ..policy.model import Policy
from ..policy.source import Path
from ..record import Record
from .wording import listed


class Context(Record, dict=True):
    """The encoded policy with its cases, and what the questions before have found."""

    document: Document
    theory: Theory
    cases: tuple[Case, ...]
    without: frozenset[str] = frozenset()
    cores: tuple[Core, ...] = ()
    """Conflicts that are told."""
    involved: frozenset[str] = frozenset()
    """Clauses of conflicts found so far, told or not; they are set aside in later questions."""

    worlds: bool = False
    """Whether findings are to carry the worlds that show them."""

    average: bool = False
    """Whether every rate is read as an expectation: what conflicts so is a warning, for one model may differ."""

    @property
    def policy(self) -> Policy:
        return self.document.policy

    @property
    def aside(self) -> frozenset[str]:
        return self.involved.union(*(core.clauses for core in self.cores))

    def clause(self, name: str) -> Clause:
        return self._by_id[name]

    def path(self, name: str) -> Path:
        """Where a clause is written."""
        return self.document.clause_path(name)

    def about(self, target: str) -> tuple[Clause, ...]:
        """The clauses on a set, in source order."""
        return tuple(self._about.get(target, ()))

    @cached_property
    def _about(self) -> dict[str, list[Clause]]:
        found: dict[str, list[Clause]] = {}
        for clause in self.policy.clauses:
            found.setdefault(getattr(clause, "target", ""), []).append(clause)
        return found

    @cached_property
    def _by_id(self) -> dict[str, Clause]:
        return {clause.id: clause for clause in self.policy.clauses}

    def limit_path(self, name: str) -> Path:
        """Where a clause says how much or by when."""
        clause, path = self.clause(name), self.path(name)
        return next(((*path, f) for f in ("limit", "by", "until") if getattr(clause, f, None) is not None), (*path, "id"))

    def span(self, path: Path, label: str = "") -> Span:
        return self.document.source.value(path, label)

    def id_span(self, name: str, label: str = "") -> Span:
        return self.span((*self.path(name), "id"), label)

    def spans(self, names: Sequence[str]) -> tuple[Span, ...]:
        return tuple(self.id_span(name) for name in names)


def when(situation: Sequence[str]) -> str:
    """` when audit_open and not published`, or nothing."""
    return f" when {listed(situation)}" if situation else ""
