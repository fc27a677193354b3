"""What is derived from a whole policy, worked out once for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from ..policy.model import Policy

T = TypeVar("T")
_KEPT = 4


def once_a_policy(make: Callable[[Policy], T]) -> Callable[[Policy], T]:
    """`make`, remembering its answers for the policies asked about last. Policies are frozen, so the object identifies it."""
    recent: list[tuple[Policy, T]] = []

    @wraps(make)
    def remembered(policy: Policy) -> T:
        for place, (known, value) in enumerate(recent):
            if known is policy:
                recent.insert(0, recent.pop(place))  # what is asked about throughout stays, whatever comes between
                return value
        value = make(policy)
        recent.insert(0, (policy, value))
        del recent[_KEPT:]
        return value

    return remembered
