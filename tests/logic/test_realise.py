"""Worlds item by item: they add up to the solver's model, and meet every clause when counted."""

from __future__ import annotations

import os
import sys
from fractions import Fraction
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from policies import loaded, random_policy, text_of

from unlearn_spec.logic.evaluate import evaluate
from unlearn_spec.logic.realise import realise
from unlearn_spec.logic.theory import Theory, build
from unlearn_spec.logic.trial import trial
from unlearn_spec.logic.world_model import World

POLICIES = int(os.environ.get("UNLEARN_SPEC_REALISED", "120"))


def questions(theory: Theory):
    """All clauses together, and each alone denied."""
    literals = [theory.body(clause) for clause in theory.policy.clauses]
    yield tuple(literals)
    for denied in literals:
        yield tuple("-" + literal if literal == denied else literal for literal in literals)


def realised(seed: int):
    theory = build(loaded(random_policy(seed)))
    for asked in questions(theory):
        if theory.possible(asked):
            yield theory, asked, realise(theory, asked)


@pytest.mark.parametrize("batch", range(4))
def test_nearly_every_model_becomes_a_world_that_meets_what_was_asked(batch: int) -> None:
    many = missed = 0
    for seed in range(batch, POLICIES, 4):
        for theory, asked, world in realised(seed):
            many += 1
            if world is None:
                missed += 1
                continue
            formulas = {literal: formula for formula, literal in theory.literals.items()}
            for literal in asked:
                wanted = not literal.startswith("-")
                assert evaluate(formulas[literal.removeprefix("-")], world) is wanted, text_of(random_policy(seed))
            assert all(0 <= value <= 1 for stratum in world.strata for value in stratum.rates.values())
            assert all(evaluate(fact.formula, world) is not False for fact in theory.facts.values())
    assert many > POLICIES // 4 and missed <= many // 20, (missed, many)


def test_what_is_told_of_a_realised_world_decides_every_clause_as_counting_does() -> None:
    for seed in range(POLICIES // 4):
        for theory, asked, world in realised(seed):
            if world is not None:
                found = trial(theory.policy, world)
                assert found.contradiction == (), text_of(random_policy(seed))
                for clause, literal in zip(theory.policy.clauses, asked, strict=True):
                    expected = "fail" if literal.startswith("-") else "pass"
                    assert found.answer(clause.id) == expected, (seed, clause.id)


def test_a_world_of_which_nothing_is_told_shows_nothing() -> None:
    policy = loaded(random_policy(3))
    found = trial(policy, World())
    assert found.contradiction == ()
    assert {found.answer(clause.id) for clause in policy.clauses} <= {"not_shown", "pass", "fail"}


def test_values_are_exact() -> None:
    world = next(world for _, _, world in realised(1) if world is not None)
    assert all(isinstance(value, Fraction) for stratum in world.strata for value in stratum.rates.values())
