"""What the data and the limits of a plan give reason to doubt: found before measuring, told in plan and report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..policy.model import AtLeast, Policy, Refuse, Remove, Retain, Suppress
from ..verifiers.matching import normalise
from .bound import Bindings
from .model import Note, Obligation


def notes(policy: Policy, bindings: Bindings, obligations: Sequence[Obligation]) -> tuple[Note, ...]:
    """All of them, in the policy's order. Counts only: no item is named."""
    return (*_repeated(bindings), *_both_sides(policy, bindings), *_chance(policy, obligations))


def _repeated(bindings: Bindings) -> Iterator[Note]:
    for name, found in bindings.data.items():
        if found.repeated:
            yield Note(kind="repeated", about=(name,), items=found.repeated)


def _both_sides(policy: Policy, bindings: Bindings) -> Iterator[Note]:
    """Items of a set to go that a set to stay holds too, whatever their case, Unicode form and blanks."""
    go = dict.fromkeys(c.target for c in policy.clauses if isinstance(c, Suppress | Remove | Refuse) and c.target in bindings.data)
    stay = dict.fromkeys(c.target for c in policy.clauses if isinstance(c, Retain) and c.target in bindings.data)
    contents = {name: _contents(bindings, name) for name in (*go, *stay)}
    for left in go:
        for right in stay:
            shared = sum(content in set(contents[right]) for content in contents[left]) if left != right else 0
            if shared:
                yield Note(kind="both_sides", about=(left, right), items=shared)


def _contents(bindings: Bindings, name: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(normalise(text, "casefold_nfkc_space") for text in item.content) for item in bindings.data[name].items)


def _chance(policy: Policy, obligations: Sequence[Obligation]) -> Iterator[Note]:
    clauses = {clause.id: clause for clause in policy.clauses}
    for test in obligations:
        clause = clauses[test.clause]
        if test.chance is None:
            continue
        if isinstance(clause, Suppress) and clause.limit.at_most < test.chance:
            yield Note(kind="below_chance", about=(clause.id, test.artifact), share=test.chance)
        if isinstance(clause, Retain) and isinstance(clause.limit, AtLeast) and clause.limit.at_least <= test.chance:
            yield Note(kind="chance_suffices", about=(clause.id, test.artifact), share=test.chance)
