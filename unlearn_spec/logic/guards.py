"""From the situations in which something is so to the shortest condition that says so."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import combinations, product

from ..policy.clauses import AllOf, AnyOf, Condition, Not
from .conditions import holds

Holding = frozenset[str]
"""The situations that hold; the others do not."""


def shortest(names: Sequence[str], wanted: Collection[Holding], among: Collection[Holding]) -> Condition | None:
    """The shortest condition on some situations that holds in the wanted assignments and in none of the others.

    None if that is all of them: then nothing need be said.
    """
    if set(wanted) == set(among):
        return None
    for condition in _conditions(names):
        if all(holds(condition, each) == (each in wanted) for each in among):
            return condition
    return AnyOf(any=tuple(AllOf(all=_literals(names, each)) for each in sorted(wanted, key=sorted)))


def _conditions(names: Sequence[str]) -> Iterator[Condition]:
    """A situation or its absence; then all, or any, of two of them, of three, and so on."""
    for size in range(1, len(names) + 1):
        for some in combinations(names, size):
            for present in product((True, False), repeat=size):
                parts = _literals(some, frozenset(name for name, here in zip(some, present, strict=True) if here))
                if size == 1:
                    yield parts[0]
                else:
                    yield AllOf(all=parts)
                    yield AnyOf(any=parts)


def _literals(names: Sequence[str], holding: Holding) -> tuple[Condition, ...]:
    return tuple(name if name in holding else Not.model_validate({"not": name}) for name in names)


def as_written(condition: Condition) -> str:
    """A condition as a policy writes it, on one line.

    >>> as_written(AllOf(all=("sued", Not.model_validate({"not": "published"}))))
    '{all: [sued, {not: published}]}'
    """
    match condition:
        case str():
            return condition
        case Not(not_=inner):
            return f"{{not: {as_written(inner)}}}"
        case AllOf(all=parts):
            return f"{{all: [{', '.join(map(as_written, parts))}]}}"
        case AnyOf(any=parts):
            return f"{{any: [{', '.join(map(as_written, parts))}]}}"
    raise AssertionError(condition)
