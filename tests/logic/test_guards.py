"""The shortest condition that tells some assignments of situations from all others."""

from __future__ import annotations

from itertools import chain, combinations

from unlearn_spec.logic.conditions import holds
from unlearn_spec.logic.guards import shortest

NAMES = ("sued", "sold", "shut")
EVERY = [frozenset(some) for size in range(4) for some in combinations(NAMES, size)]


def test_it_holds_in_the_wanted_assignments_and_in_no_other() -> None:
    for wanted in chain.from_iterable(combinations(EVERY, size) for size in range(1, len(EVERY))):
        condition = shortest(NAMES, wanted, EVERY)
        assert condition is not None
        assert {each for each in EVERY if holds(condition, each)} == set(wanted)


def test_nothing_is_said_where_it_is_always_so() -> None:
    assert shortest(NAMES, EVERY, EVERY) is None


def test_only_assignments_that_can_be_are_told_apart() -> None:
    assert shortest(NAMES, [frozenset({"sued"})], [frozenset(), frozenset({"sued"}), frozenset({"sold"})]) == "sued"
