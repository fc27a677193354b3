"""The part of two versions that one difference concerns: a world of it is one beside any world of what else they say."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from ..policy.clauses import Clause
from ..policy.model import Policy
from ..record import Record
from .nearby import only, spoken_of, told_of
from .scope import scoped_artifacts
from .suspension import with_overriders
from .theory import Theory, build, declared_facts, targets
from .two_versions import Asked, Side, on_artifact
from .witness import Shown, show
from .world_model import World


class Concerned(Record):
    """What hangs together with a clause that one version demands and the other does not, in a theory of its own."""

    theory: Theory
    policy: Policy
    """The version that demands it: its clauses and sets in this part."""
    premises: tuple[str, ...]
    """What the other version demands in this part."""
    literals: tuple[str, ...]
    """All that is asked about in this part; nothing, if it is the whole."""

    def show(self, clause: Clause, counterpart: Clause | None, holding: frozenset[str]) -> Shown:
        """A world that meets the premises and not the clause."""
        shown = show(self.theory, self.policy, clause, counterpart, self.premises, holding)
        return shown if shown.world is None else replace(shown, world=self._told(shown.world))

    def _told(self, world: World) -> World:
        """The world without the methods of work that is no matter in this part: other clauses may ask for them."""
        if not self.literals:
            return world
        solver, encoder = self.theory.solver, self.theory.encoder
        homes = set(map(solver.home, self.literals))
        every = self.policy.methods or {}
        used = ((m, names) for m, names in world.used if any(solver.home(encoder.uses(n, m)) in homes for n in (*every, *names)))
        return replace(world, used=tuple(used))


def concerned(asked: Asked, here: Side, there: Side, clause: Clause, literals: Mapping[str, str]) -> Concerned:
    """What hangs together with a clause of `here` as it binds. `literals`: what the clauses of `there` demand that bind.

    All of both versions where something was measured: what is told of that depends on every clause.
    """
    ground, literal = asked.theory.policy, asked.literal(here, clause)
    near = asked.near(literals, literal)
    own = with_overriders(here.policy, asked.at(here, asked.theory.solver.home(literal)))
    whole = len(near) == len(literals) and len(own.clauses) == len(here.policy.clauses)
    if whole or ground.measured_before or ground.reference_retrain:
        return Concerned(asked.theory, here.policy, tuple(literals.values()), ())
    demanded = [asked.theory.formulas[literal] for literal in near.values()]
    failing = (clause, here.clause(clause.id))  # its numbers are told of its target as a whole, wherever it binds
    denied = [on_artifact(here.policy, one, name) for one in failing for name in scoped_artifacts(here.policy, one)]
    named = (*own.clauses, clause, *(there.clause(name) for name in near))
    spoken = {*told_of(ground)}.union(*map(spoken_of, named), *map(targets, demanded))
    sets = {name for one in spoken for name in asked.tied[one]}
    part = only(ground, sets)
    theory = build(part, asked_about=(*demanded, *denied), facts=declared_facts(part), effort=asked.effort)
    policy = only(own.model_copy(update={"claims": ()}), sets)
    return Concerned(theory, policy, tuple(map(theory.literal, demanded)), tuple(theory.literals.values()))
