"""Two versions of a policy on common ground: the cases that both allow, and what each clause demands, in one theory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import product
from typing import Literal

from ..policy.clauses import Clause, Govern
from ..policy.model import Policy
from ..record import Record
from . import meaning
from .bound import Binding, narrowed
from .common import common_policy
from .conditions import mentioned
from .encode import TooLarge
from .explanation import Core
from .formulas import All, Flag, Formula
from .nearby import ties
from .scope import scoped_artifacts
from .situations import MAX_SITUATIONS
from .suspension import binding
from .theory import Theory, build, declared_facts

Which = Literal["before", "after"]


class Side(Record, dict=True):
    """One of the versions, with what was found out about it alone."""

    which: Which
    policy: Policy
    open: Mapping[str, tuple[str, ...]]
    """Clauses with decision fields to be closed, and which."""
    cores: tuple[Core, ...]

    @cached_property
    def _by_id(self) -> Mapping[str, Clause]:
        return {clause.id: clause for clause in self.policy.clauses}

    def clause(self, name: str) -> Clause:
        return self._by_id[name]

    def consistent(self, active: frozenset[str]) -> bool:
        return not any(set(core.clauses) <= active for core in self.cores)


class CommonCase(Record):
    """Which situations hold, and what then binds in either version."""

    holding: frozenset[str]
    before: Binding
    after: Binding


def common_cases(before: Policy, after: Policy) -> tuple[CommonCase, ...] | None:
    """Every assignment of the situations that both allow, with what binds in each version; one for each different pair."""
    ground = common_policy(before, after)
    used = frozenset().union(*(mentioned(clause.scope.when) for clause in ground.clauses))
    names = [name for name in ground.situations if name in used]
    if len(names) > MAX_SITUATIONS:
        return None
    found: dict[tuple[Binding, Binding], CommonCase] = {}
    assignments = (
        frozenset(name for name, holds in zip(names, values, strict=True) if holds)
        for values in product((False, True), repeat=len(names))
    )
    for holding in sorted(assignments, key=lambda chosen: (len(chosen), sorted(chosen))):
        if all(len(holding.intersection(group)) <= 1 for group in ground.exclusive):
            bound = binding(before, holding), binding(after, holding)
            found.setdefault(bound, CommonCase(holding, *bound))
    return tuple(found.values())


class Premises(Record, dict=True):
    """What a version demands in some case."""

    literals: Mapping[str, str]
    """Clauses that bind there, and what each demands."""

    @cached_property
    def _saying(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name, literal in self.literals.items():
            found.setdefault(literal, []).append(name)
        return found

    def saying(self, literal: str) -> Sequence[str]:
        """The clauses that demand just that."""
        return self._saying.get(literal, ())


class Asked(Record, dict=True):
    """Both versions in a theory that can say what either demands, under the facts that both declare."""

    theory: Theory
    before: Side
    after: Side
    cases: tuple[CommonCase, ...]
    effort: int

    @cached_property
    def tied(self) -> Mapping[str, tuple[str, ...]]:
        """Every set with those that relations of either version tie to it."""
        return ties(self.theory.policy.information, (*self.before.policy.relations, *self.after.policy.relations))

    def near(self, literals: Mapping[str, str], literal: str) -> Mapping[str, str]:
        """Those literals of clauses that lie in the same part of the theory as another literal: no others bear on it."""
        solver = self.theory.solver
        home = solver.home(literal)
        return {name: one for name, one in literals.items() if solver.home(one) == home}

    def at(self, side: Side, home: int) -> frozenset[str]:
        """The clauses of a version that lie in one part of the theory."""
        return self._homes[side.which].get(home, frozenset())

    @cached_property
    def _homes(self) -> Mapping[Which, Mapping[int, frozenset[str]]]:
        found: dict[Which, dict[int, set[str]]] = {}
        for which, literals in self._literals.items():
            for name, literal in literals.items():
                found.setdefault(which, {}).setdefault(self.theory.solver.home(literal), set()).add(name)
        return {which: {home: frozenset(names) for home, names in homes.items()} for which, homes in found.items()}

    @cached_property
    def _literals(self) -> Mapping[Which, Mapping[str, str]]:
        """What each clause demands, as a literal; without those about sets in groups too large."""
        known = self.theory.literals
        return {
            side.which: {
                clause.id: known[formula]
                for clause in side.policy.clauses
                if (formula := _body(side.policy, clause)) in known
            }
            for side in (self.before, self.after)
        }

    def knows(self, side: Side, clause: Clause) -> bool:
        return clause.id in self._literals[side.which]

    def literal(self, side: Side, clause: Clause) -> str:
        if not self.knows(side, clause):
            raise TooLarge(getattr(clause, "target", ""))
        if clause is side.clause(clause.id):
            return self._literals[side.which][clause.id]
        return self.theory.literal(_body(side.policy, clause))

    def premises(self, side: Side, bound: Binding, twin: str | None) -> Premises:
        """What a version demands where so much binds; of a contradictory one, what the counterpart of a clause does."""
        key = side.which, bound, None if side.consistent(bound.names) else twin
        if key not in self._premises:
            names = bound.names if side.consistent(bound.names) else bound.names & {twin}
            literals = {
                clause.id: self.literal(side, narrowed(clause, bound.part(clause.id)))
                for clause in side.policy.clauses
                if clause.id in names and self.knows(side, clause)
            }
            self._premises[key] = Premises(literals)
        return self._premises[key]

    @cached_property
    def _premises(self) -> dict[tuple[Which, Binding, str | None], Premises]:
        return {}


def encoded(before: Policy, after: Policy, all_cases: Sequence[CommonCase], effort: int) -> Theory:
    """The facts that both versions declare, able to say what a clause of either demands where it binds."""
    ground = common_policy(before, after)
    asked: dict[Formula, None] = {}
    for policy, bindings in (
        (before, [case.before for case in all_cases]),
        (after, [case.after for case in all_cases]),
    ):
        for clause in policy.clauses:
            for part in dict.fromkeys((None, *(bound.part(clause.id) for bound in bindings))):
                one = narrowed(clause, part)
                on_each = (on_artifact(policy, one, name) for name in scoped_artifacts(policy, one))
                asked.update(dict.fromkeys((_body(policy, one), *on_each)))
    unspoken = ground.model_copy(update={"clauses": ()})
    return build(unspoken, asked_about=tuple(asked), facts=declared_facts(ground), effort=effort)


def _body(policy: Policy, clause: Clause) -> Formula:
    return All(tuple(on_artifact(policy, clause, name) for name in scoped_artifacts(policy, clause)))


def on_artifact(policy: Policy, clause: Clause, artifact: str) -> Formula:
    """What a clause demands of one artifact. Measures about use are compared one by one, not by the clause's name."""
    if isinstance(clause, Govern):
        return All(tuple(Flag("governed", (clause.target or "", artifact, measure)) for measure in clause.measures))
    return meaning.on_artifact(policy, clause, artifact)
