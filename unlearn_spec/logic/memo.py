"""What is derived from a whole policy, worked out once for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar
from weakref import ref

from ..policy.model import Policy

T = TypeVar("T")


def once_a_policy(make: Callable[[Policy], T]) -> Callable[[Policy], T]:
    """`make`, remembering each answer as long as its policy lives; so no answer may hold on to the policy.

    Policies are frozen, so the object identifies one.
    """
    known: dict[int, tuple[ref[Policy], T]] = {}

    @wraps(make)
    def remembered(policy: Policy) -> T:
        number = id(policy)
        if number not in known:
            value = make(policy)
            known[number] = ref(policy, lambda _: known.pop(number, None)), value
        return known[number][1]

    return remembered
