"""Which artifacts a clause speaks of, and how the fields that it leaves open are read."""

from __future__ import annotations

from collections.abc import Mapping

from ..policy.clauses import Ban, Clause, DeIndex, Delete, Destroy, ExcludeFuture, Govern, Keep, Over
from ..policy.model import Policy
from ..policy.vocabulary import Access, Asked
from ..record import Record
from .lineage import derived
from .memo import once_a_policy

ANYWHERE = "*"
"""A scope that is left open."""
STORES = ("dataset", "index", "cache")
MODELS = ("model", "checkpoint", "adapter", "service")


class Choice(Record):
    """How the open decision fields of a clause are read. The default is the reading that promises least."""

    access: Access = "product"
    asked: Asked = "direct"
    over: Over = "mean"
    compared_with: str = ""
    artifacts: tuple[str, ...] | None = None
    closure: tuple[str, ...] = ()
    """Sets made from the target that count as part of it."""


WEAKEST = Choice()


def scoped_artifacts(policy: Policy, clause: Clause, choice: Choice = WEAKEST) -> tuple[str, ...]:
    """The artifacts a clause speaks of. Not written: the first artifact of a fitting kind (the reading that promises least);
    for measures about use, which are taken wherever it is used, all of them."""
    if clause.scope.artifacts is None:
        if isinstance(clause, Govern):
            return fitting_artifacts(policy, clause)
        if choice.artifacts is not None:
            return choice.artifacts
        return fitting_artifacts(policy, clause)[:1]
    written = _scopes(policy).get(clause.scope.artifacts)
    return _written_out(policy, clause.scope.artifacts) if written is None else written


@once_a_policy
def clauses_on(policy: Policy) -> Mapping[str, tuple[Clause, ...]]:
    """The clauses that name each artifact, and those that name none, in source order."""
    found: dict[str, list[Clause]] = {name: [] for name in policy.artifacts}
    for clause in policy.clauses:
        for name in policy.artifacts if clause.scope.artifacts is None else scoped_artifacts(policy, clause):
            found.setdefault(name, []).append(clause)
    return {name: tuple(clauses) for name, clauses in found.items()}


@once_a_policy
def _scopes(policy: Policy) -> Mapping[tuple[str, ...], tuple[str, ...]]:
    """The scopes of the policy's clauses, written out once: they are looked at for every artifact."""
    scopes = dict.fromkeys(clause.scope.artifacts for clause in policy.clauses)
    return {entries: _written_out(policy, entries) for entries in scopes if entries is not None}


def _written_out(policy: Policy, entries: tuple[str, ...]) -> tuple[str, ...]:
    """The artifacts that a scope names, `x+derived` with what is derived from `x`."""
    found: dict[str, None] = {}
    for entry in entries:
        root, plus, _ = entry.partition("+derived")
        found[root] = None
        if plus:
            found.update(dict.fromkeys(derived(policy, root)))
    return tuple(found)


def fitting_artifacts(policy: Policy, clause: Clause) -> tuple[str, ...]:
    """Artifacts of a kind the clause's goal can speak of."""
    kinds = STORES if isinstance(clause, Delete | Keep | DeIndex) else MODELS
    if isinstance(clause, Destroy | Ban | ExcludeFuture | Govern):
        return tuple(policy.artifacts)
    return tuple(name for name, artifact in policy.artifacts.items() if artifact.kind in kinds)
