"""What a conflict stands on: the fewest facts, axioms and relations that leave its clauses no world."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress

from msgspec.structs import replace

from ..policy.model import Policy
from ..record import Record
from .alone import literals_of
from .axioms import BY_ID
from .cores import minimal_core
from .families import Family
from .nearby import of_sets
from .smt import Undecided
from .theory import Premise, Theory, build, targets

FEW_PIECES = 8
"""Pieces of a part that is cut at its sums which are asked as one whether they have a world."""


class Core(Record):
    """A minimal set of clauses, facts and axioms that no world satisfies. Dropping any member leaves one that some world does."""

    clauses: tuple[str, ...]
    facts: tuple[Premise, ...]
    axioms: tuple[str, ...]
    relations: tuple[int, ...] = ()
    """Declared `within` and `disjoint_from` relations without which it would dissolve."""
    situation: tuple[str, ...] = ()
    """Situations under which its clauses bind together; empty if they always do."""
    also: tuple[tuple[str, ...], ...] = ()
    """Further situations, in which exceptions leave its clauses other items, and they clash as well."""
    family: Family | None = None
    """Told for many clauses that together exceed one limit. They need not be minimal; facts and relations are left out."""

    @property
    def situations(self) -> tuple[tuple[str, ...], ...]:
        """The situation that is told, and the further ones."""
        return self.situation, *self.also


Members = Mapping[str, tuple[str, ...]]
"""Clauses in source order, with the literals that each puts to the solver."""


def all_said(members: Members, names: Collection[str]) -> tuple[str, ...]:
    """What some of the clauses put to the solver, each literal once."""
    return tuple(dict.fromkeys(literal for name in names for literal in members[name]))


def explain(theory: Theory, members: Members) -> Core:
    """A minimal conflict with the facts, axioms and relations it stands on, fewest in that order."""
    literals = all_said(members, members)
    near = _Near.of(theory, literals)
    background = (*theory.axiom_literals, *near.among(theory.nonempty), *literals)
    facts = minimal_core(near.among(theory.facts), background, near.perhaps)
    axioms = _axioms(theory, near, literals, facts)
    core = Core(tuple(members), tuple(theory.facts[name] for name in facts), axioms)
    return replace(core, relations=structural(theory, core))


def axioms_behind(theory: Theory, literals: Sequence[str], facts: Sequence[str] | None = None) -> tuple[str, ...]:
    """The axioms without which literals that have no world beside the facts might have one: fewest, in their order.

    `facts`: those that they stand beside, if not all that are near.
    """
    near = _Near.of(theory, literals)
    return _axioms(theory, near, literals, near.among(theory.facts) if facts is None else facts)


def _axioms(theory: Theory, near: _Near, literals: Sequence[str], facts: Sequence[str]) -> tuple[str, ...]:
    background = (*near.among(theory.nonempty), *literals, *facts)
    chosen = minimal_core(tuple(theory.axiom_literals), background, near.perhaps)
    return tuple(theory.axiom_literals[name] for name in chosen)


class _Near(Record):
    """What some literals that have no world share a part of the theory with; nothing else can bear on them."""

    theory: Theory
    homes: frozenset[int]
    pieces: frozenset[int] | None = None
    """Of a part that is cut at its sums, those that have no world even alone: they say enough."""

    @classmethod
    def of(cls, theory: Theory, literals: Sequence[str]) -> _Near:
        homes = frozenset(map(theory.solver.home, literals))
        pieces = frozenset(map(theory.solver.piece, literals))
        with suppress(Undecided):
            few = not homes.isdisjoint(theory.solver.cluster_of) and len(pieces) <= FEW_PIECES
            if few and not theory.given.possible_in(pieces, literals):
                return cls(theory, homes, pieces)
        return cls(theory, homes)

    def among(self, names: Iterable[str]) -> tuple[str, ...]:
        """Of some literals, in order, those that are near."""
        solver = self.theory.solver
        if self.pieces is not None:
            return tuple(name for name in names if solver.piece(name) in self.pieces)
        return tuple(name for name in names if solver.home(name) in self.homes)

    def perhaps(self, assumptions: Sequence[str]) -> bool:
        """Whether there may be a world. Without the axioms a small question can be hard; then what is asked about stays in."""
        hurried = self.theory.solver.hurried
        try:
            if self.pieces is not None:
                return hurried.possible_in(self.pieces, assumptions)
            return hurried.satisfiable(assumptions)
        except Undecided:
            return True


def structural(theory: Theory, core: Core) -> tuple[int, ...]:
    """Which `within` and `disjoint_from` relations the core needs: those without which it has a world."""
    policy, present = theory.policy, frozenset(theory.axiom_literals.values())
    left_out = (frozenset(BY_ID) - present - {"AX16"}) | theory.without
    chosen = tuple(clause for clause in policy.clauses if clause.id in core.clauses)
    sets = {getattr(clause, "target", "") for clause in chosen}
    sets |= {name for fact in core.facts for name in targets(fact.formula)}

    def dissolves(altered: Policy) -> bool:
        """Whether the core has a world in a policy; so it may where sets are too many to ask."""
        relaxed = build(altered, facts=core.facts, without=left_out)
        if relaxed.skipped & sets:
            return True
        asked = (literals_of(relaxed, clause, evidence="AX9" in core.axioms) for clause in altered.clauses)
        return relaxed.possible(tuple(literal for literals in asked for literal in literals))

    needed = []
    for i, relation in enumerate(policy.relations):
        if relation.kind != "overlaps" and not sets.isdisjoint(relation.sets):
            rest = tuple(r for j, r in enumerate(policy.relations) if j != i)
            altered = policy.model_copy(update={"relations": rest, "clauses": chosen, "claims": ()})
            small = of_sets(altered, sets)
            if dissolves(small) and (small is altered or dissolves(altered)):
                needed.append(i)
    return tuple(needed)
