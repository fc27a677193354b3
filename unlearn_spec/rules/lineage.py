"""Which sets are about the same items, which artifacts they reached, and which clauses speak of them.

Answers are looked up, so that asking for every clause stays linear in the policy.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from ..logic.graph import edges, reached
from ..logic.lineage import enclosing, within
from ..logic.scope import MODELS, scoped_artifacts
from ..policy.clauses import Clause, Condition, DeIndex, Destroy
from ..policy.model import Policy
from ..record import Record


class Lineage(Record, dict=True):
    """One policy's declarations, as questions about descent."""

    policy: Policy

    # --- sets --------------------------------------------------------------------------------------------------------

    def related(self, name: str) -> frozenset[str]:
        """The set, what it was built from, and what was built from it."""
        return frozenset(reached((name,), self._built))

    def enclosing(self, name: str) -> frozenset[str]:
        """The set, and every set that is declared to contain it."""
        return frozenset(enclosing(self.policy, name))

    def enclosed(self, name: str) -> frozenset[str]:
        """The set, and every set that is declared to lie in it."""
        return frozenset(within(self.policy, name))

    @cached_property
    def _built(self) -> Mapping[str, tuple[str, ...]]:
        pairs = [(name, info.built_from) for name, info in self.policy.information.items() if info.built_from is not None]
        return edges((*pairs, *((source, name) for name, source in pairs)))

    # --- artifacts ---------------------------------------------------------------------------------------------------

    def shaped_by(self, sets: Iterable[str]) -> tuple[str, ...]:
        """Artifacts that answer and were trained on one of these sets, or derive from one that was; in declaration order."""
        return self._in_order(name for each in sets for name in self._shaped.get(each, ()))

    def trained(self, name: str, sets: frozenset[str]) -> str:
        """The artifact that was trained on one of the sets: the given one, or the nearest ancestor of it."""
        parent = self.policy.artifacts[name].derived_from
        if parent is None or sets & set(self.policy.artifacts[name].trained_on):
            return name
        return self.trained(parent, sets)

    def holding(self, sets: Iterable[str]) -> tuple[str, ...]:
        """Artifacts that hold one of these sets, in declaration order."""
        return self._in_order(name for each in sets for name in self._holding.get(each, ()))

    def served_from(self, name: str) -> tuple[str, ...]:
        """Every index, cache and store that the artifact answers from, directly or through another, nearest first."""
        found: dict[str, None] = {}
        pending = list(self.policy.artifacts[name].serves_from)
        while pending:
            source = pending.pop(0)
            if source not in found:
                found[source] = None
                pending += self.policy.artifacts[source].serves_from
        return tuple(source for source in found if source != name)

    def controller(self, name: str) -> str | None:
        """The first party that is declared to control the artifact."""
        return next((party for party, held in (self.policy.controls or {}).items() if name in held), None)

    def in_other_hands(self, name: str) -> bool:
        """Whether a party other than the obligor is declared to control the artifact."""
        party = self.controller(name)
        return party is not None and self.policy.parties is not None and party != self.policy.parties.obligor

    def _in_order(self, names: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(set(names), key=self._place.__getitem__))

    @cached_property
    def _place(self) -> Mapping[str, int]:
        return {name: place for place, name in enumerate(self.policy.artifacts)}

    @cached_property
    def _shaped(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for name in self.policy.artifacts:
            for ancestor in self._ancestry(name):
                for each in self.policy.artifacts[ancestor].trained_on:
                    found[each].append(name)
        return found

    def _ancestry(self, name: str) -> Iterator[str]:
        """The artifact and what it derives from, as far as these answer."""
        artifact = self.policy.artifacts[name]
        while artifact.kind in MODELS:
            yield name
            if artifact.derived_from is None:
                return
            name = artifact.derived_from
            artifact = self.policy.artifacts[name]

    @cached_property
    def _holding(self) -> Mapping[str, tuple[str, ...]]:
        return edges((each, name) for name, artifact in self.policy.artifacts.items() for each in artifact.holds)

    # --- clauses -----------------------------------------------------------------------------------------------------

    def scope(self, clause: Clause) -> tuple[str, ...]:
        return self._scopes[clause.id]

    def speaking(self, sets: Iterable[str], *goals: type) -> tuple[Clause, ...]:
        """The clauses with one of these goals (any, if none is given) whose target is one of the sets, in source order."""
        found = {c.id: c for each in sets for c in self._about.get(each, ()) if not goals or isinstance(c, goals)}
        return tuple(sorted(found.values(), key=lambda clause: self._position[clause.id]))

    def reached(self, sets: Iterable[str], *goals: type) -> frozenset[str]:
        """Artifacts on which a clause with one of these goals speaks of one of the sets."""
        return frozenset(name for clause in self.speaking(sets, *goals) for name in self.scope(clause))

    @cached_property
    def destroyed(self) -> frozenset[str]:
        return frozenset(n for c in self._destroying for n in self.scope(c))

    def unlisted(self, target: str, when: Condition | None = None) -> frozenset[str]:
        """Indexes, caches and stores that serve nothing of a set: it, or a set around it, is taken out, or the store is gone.

        At least wherever `when` holds. To take out what the set was built from, or what was built from it, says nothing of
        the set itself (P3 is about the items that are served).
        """
        ending = (*self.speaking(self.enclosing(target), DeIndex), *self._destroying)
        said = (c for c in ending if c.scope.artifacts is not None and c.scope.when in (None, when))
        return frozenset(name for clause in said for name in self.scope(clause))

    @cached_property
    def _destroying(self) -> tuple[Clause, ...]:
        return tuple(c for c in self.policy.clauses if isinstance(c, Destroy))

    @cached_property
    def _position(self) -> Mapping[str, int]:
        return {clause.id: place for place, clause in enumerate(self.policy.clauses)}

    @cached_property
    def _scopes(self) -> Mapping[str, tuple[str, ...]]:
        return {clause.id: scoped_artifacts(self.policy, clause) for clause in self.policy.clauses}

    @cached_property
    def _about(self) -> Mapping[str, list[Clause]]:
        found: dict[str, list[Clause]] = defaultdict(list)
        for clause in self.policy.clauses:
            target = target_of(clause)
            if target is not None:
                found[target].append(clause)
        return found


def target_of(clause: Clause) -> str | None:
    """The set a clause is about, for goals that have one."""
    name: str | None = getattr(clause, "target", None)
    return name
