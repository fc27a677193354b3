"""Which clauses might imply which: what is ruled out is ruled out by a world, so no implication is ever lost."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import pytest

from tests.logic.policies import loaded, random_policy
from tests.logic.stars import cut_up, star
from unlearn_spec.logic import separation
from unlearn_spec.logic.separation import largest, neighbours
from unlearn_spec.logic.theory import Theory, build
from unlearn_spec.policy.load import load_text
from unlearn_spec.policy.model import Policy


def implied(theory: Theory) -> set[tuple[int, int]]:
    """The pairs of clauses, by place, of which the second implies the first; every pair is asked."""
    bodies = [theory.body(clause) for clause in theory.policy.clauses]
    pairs = permutations(range(len(bodies)), 2)
    return {(i, j) for i, j in pairs if not theory.possible((bodies[j], "-" + bodies[i]))}


def compared(theory: Theory, reach: Sequence[int] | None = None) -> set[tuple[int, int]]:
    """The pairs that are left to be asked about."""
    bodies = [theory.body(clause) for clause in theory.policy.clauses]
    near = neighbours(theory.given, bodies, [0] * len(bodies) if reach is None else reach)
    assert all(i not in others and list(others) == sorted(set(others)) for i, others in enumerate(near))
    return {(i, j) for i, others in enumerate(near) for j in others}


def in_one_part(theory: Theory) -> set[tuple[int, int]]:
    homes = [theory.solver.home(theory.body(clause)) for clause in theory.policy.clauses]
    return {(i, j) for i, j in permutations(range(len(homes)), 2) if homes[i] == homes[j]}


def starred(seed: int) -> Policy:
    return load_text(star(seed), "star.yaml").policy


@pytest.mark.parametrize("seed", (*range(13), *range(14, 20)))
def test_no_implication_is_lost_where_a_star_is_cut(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = implied(build(starred(seed)))
    cut_up(monkeypatch)
    theory = build(starred(seed))
    pairs = in_one_part(theory)
    left = compared(theory)
    assert expected & pairs <= left <= pairs


@pytest.mark.parametrize("seed", range(30))
def test_no_implication_is_lost_in_parts_that_are_not_cut(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = implied(build(loaded(random_policy(seed))))
    monkeypatch.setattr(separation, "_FEW", 1)
    theory = build(loaded(random_policy(seed)))
    pairs = in_one_part(theory)
    left = compared(theory, list(range(len(theory.policy.clauses), 0, -1)))
    assert expected & pairs <= left <= pairs


def test_few_worlds_rule_most_pairs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    cut_up(monkeypatch)
    theories = [build(starred(seed)) for seed in range(8)]
    assert any(theory.solver.clusters for theory in theories)
    every, left = (sum(len(ask(theory)) for theory in theories) for ask in (in_one_part, compared))
    assert left < every / 2


def test_a_few_literals_are_all_compared() -> None:
    theory = build(starred(0))
    assert len(theory.policy.clauses) <= separation._FEW
    assert compared(theory) == in_one_part(theory)


@pytest.mark.parametrize("forbidden", [(), ("a", "c"), ("b",), ("a", "b"), ("b", "c", "d"), ("d", "e")])
def test_the_largest_set_is_the_first_that_can_be_had(forbidden: tuple[str, ...]) -> None:
    def possible(names: Sequence[str]) -> bool:
        return not forbidden or not set(forbidden) <= set(names)

    names, greedy = "abcde", list[str]()
    for name in names:
        greedy += [name] if possible([*greedy, name]) else []
    assert sorted(largest(list(names), possible)) == greedy
