"""What the legal rules share: the policy, what it cites, what its clauses speak of, and a finding with its note."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Final

from ...finding import Finding, Fix, Span
from ...logic.scope import MODELS
from ...policy.clauses import Clause, Delete, Govern, Rectify, Refuse, Remove, Suppress
from ...policy.load import Document
from ...policy.model import Basis, Policy
from ...policy.source import Path
from ...policy.vocabulary import access_rank
from ...record import Record
from ..lineage import Lineage, target_of
from ..wording import listed
from .instruments import MEASURES, article, plain, recognised

_MOST: Final = 8
"""Names and places that one note shows."""


class Case(Record, dict=True):
    document: Document

    @property
    def policy(self) -> Policy:
        return self.document.policy

    @cached_property
    def lineage(self) -> Lineage:
        return Lineage(self.policy)

    @property
    def purpose(self) -> str:
        return plain(self.policy.policy.purpose or "")

    # --- what is cited -----------------------------------------------------------------------------------------------

    def cites(self, instrument: str, number: str = "", *, purposes: Sequence[str] = ()) -> tuple[int, ...]:
        """Places in `basis` that cite the instrument, at that article if one is given.

        An entry without a provision counts for an article only if the policy's purpose is one of `purposes`.
        """
        return tuple(
            index
            for index, entry in enumerate(self.policy.policy.basis)
            if recognised(entry.instrument) == instrument and (not number or self._speaks_of(entry, number, purposes))
        )

    def _speaks_of(self, entry: Basis, number: str, purposes: Sequence[str]) -> bool:
        cited = article(entry.provision)[0]
        return cited == number or (not cited and self.purpose in purposes)

    @property
    def erasure(self) -> tuple[int, ...]:
        """Where the GDPR's right to erasure is cited."""
        return self.cites("gdpr", "17", purposes=("privacy_erasure", "access_revocation"))

    def basis(self, index: int) -> Path:
        return ("policy", "basis", index)

    def shown(self, index: int) -> str:
        """`gdpr 17(1)(b)`, as the policy writes it."""
        entry = self.policy.policy.basis[index]
        return f"{entry.instrument} {entry.provision}" if entry.provision else entry.instrument

    # --- what the clauses speak of -----------------------------------------------------------------------------------

    def path(self, clause: Clause) -> Path:
        return self.document.clause_path(clause.id)

    def of(self, *goals: type) -> tuple[Clause, ...]:
        """The clauses with these goals, in the order of the file."""
        return tuple(clause for clause in self.policy.clauses if isinstance(clause, goals))

    def targeted(self, *goals: type) -> tuple[tuple[Clause, str], ...]:
        """The clauses with these goals that name a target, each with it."""
        found = ((clause, target_of(clause)) for clause in self.of(*goals))
        return tuple((clause, target) for clause, target in found if target is not None)

    def scope(self, clause: Clause) -> tuple[str, ...]:
        return self.lineage.scope(clause)

    def on_models(self, *goals: type) -> tuple[Clause, ...]:
        """The clauses with these goals that change how something answers."""
        return tuple(
            clause
            for clause in self.of(*goals)
            if any(self.policy.artifacts[name].kind in MODELS for name in self.scope(clause))
        )

    def governed(self, measure: str) -> bool:
        """Whether some `govern` clause names such a measure."""
        pattern = MEASURES[measure]
        return any(pattern.search(text) for c in self.policy.clauses if isinstance(c, Govern) for text in c.measures)

    def related(self, name: str) -> frozenset[str]:
        return self.lineage.related(name)

    @cached_property
    def wanted_gone(self) -> tuple[str, ...]:
        """Targets of the clauses that delete, remove, hide, decline or correct, in the order of the file."""
        found = self.targeted(Remove, Suppress, Refuse, Rectify, Delete)
        return tuple(dict.fromkeys(target for _, target in found))

    def shaped_by(self, sets: Iterable[str]) -> tuple[str, ...]:
        return self.lineage.shaped_by(sets)

    def destroyed(self) -> frozenset[str]:
        return self.lineage.destroyed

    def holders(self, name: str) -> tuple[str, ...]:
        """Audiences that have the artifact's weights, or more."""
        seen = self.policy.artifacts[name].seen_by
        return tuple(who for who, access in seen.items() if access_rank(access) >= access_rank("weights"))

    def controller(self, name: str) -> str | None:
        return self.lineage.controller(name)

    def measure(self, name: str, words: str, artifacts: Sequence[str] = ()) -> str:
        """A `govern` clause to paste, on these artifacts or on all."""
        on = ", ".join(artifacts or self.policy.artifacts)
        return f"- {{id: {name}, goal: govern, scope: {{artifacts: [{on}]}}, measures: [{words}]}}"

    # --- findings ----------------------------------------------------------------------------------------------------

    def span(self, path: Path, label: str = "") -> Span:
        return self.document.source.value(path, label)

    def ids(self, clauses: Iterable[Clause]) -> tuple[Span, ...]:
        return tuple(self.span((*self.path(clause), "id")) for clause in clauses)

    def note(
        self,
        code: str,
        message: str,
        spans: Sequence[Span],
        *,
        fix: str,
        snippet: str = "",
        clauses: Iterable[str] = (),
    ) -> Finding:
        """A finding with its note: date and provision in the message, sources and what stays open under it."""
        from .notes import notes  # read and checked where there is something to say

        note = notes()[code]
        told = f"{message} (note of {note.recorded} on {note.cited}; counsel decides)"
        return Finding(
            code,
            "info",
            told,
            tuple(spans)[:_MOST],
            note.lines,
            (Fix(fix, snippet=snippet),),
            tuple(dict.fromkeys(clauses)),
        )


def few(names: Iterable[str]) -> str:
    """`a, b and c`; of a long list the first names and how many more.

    >>> few(["a", "b"]), few(f"s{n}" for n in range(2000))
    ('a and b', 's0, s1, s2 and 1,997 more')
    """
    items = tuple(names)
    return listed(items if len(items) <= _MOST else (*items[:3], f"{len(items) - 3:,} more"))
