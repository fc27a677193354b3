"""Guards: whether a condition holds in a situation, and which situations it names."""

from __future__ import annotations

from ..policy.clauses import AllOf, AnyOf, Condition, Not


def holds(condition: Condition | None, holding: frozenset[str]) -> bool:
    """Whether a guard is met where just these situations hold; None is met always."""
    match condition:
        case None:
            return True
        case str():
            return condition in holding
        case Not(not_=inner):
            return not holds(inner, holding)
        case AllOf(all=parts):
            return all(holds(part, holding) for part in parts)
        case AnyOf(any=parts):
            return any(holds(part, holding) for part in parts)
    raise AssertionError(condition)


def mentioned(condition: Condition | None) -> frozenset[str]:
    """The situations that a guard names."""
    match condition:
        case None:
            return frozenset()
        case str():
            return frozenset((condition,))
        case Not(not_=inner):
            return mentioned(inner)
        case AllOf(all=parts) | AnyOf(any=parts):
            return frozenset().union(*(mentioned(part) for part in parts))
    raise AssertionError(condition)
