"""What is derived from a policy is worked out once, and goes with it."""

from __future__ import annotations

from collections.abc import Callable

from unlearn_spec.logic.memo import once_a_policy
from unlearn_spec.policy.model import Policy


def test_what_is_derived_from_a_policy_lives_as_long_as_it(policy_of: Callable[[str], Policy]) -> None:
    asked: list[int] = []

    @once_a_policy
    def clauses(policy: Policy) -> int:
        asked.append(id(policy))
        return len(policy.clauses)

    blocks = """
information: {f: {kind: facts, size: 40, unit: question}}
artifacts: {bot: {kind: model, seen_by: {public: api}}}
clauses: [{id: hide, goal: suppress, target: f, limit: {at_most: "1%"}}]
"""
    one, other = policy_of(blocks), policy_of(blocks)
    assert [clauses(one), clauses(other), clauses(one), clauses(other)] == [1, 1, 1, 1]
    assert asked == [id(one), id(other)]
    gone = [policy_of(blocks) for _ in range(3)]
    answers = [clauses(policy) for policy in gone]
    del gone
    changed = one.model_copy(update={"clauses": ()})  # perhaps where one of those lay
    assert (clauses(changed), answers) == (0, [1, 1, 1])
