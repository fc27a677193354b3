"""Numbers of a world: nothing is assumed, and comparisons with e^ε are exact. And how long the judge is."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from unlearn_spec.spec import reference
from unlearn_spec.spec.reference import Unmentioned, World, at_most_exp, given

# e = 2.71828 18284 59045 23536 02874 71352 66249 77572 …
E_BELOW = Fraction("2.7182818284590452353602874713526624977572")
E_ABOVE = Fraction("2.7182818284590452353602874713526624977573")


def test_an_unmentioned_number_is_an_error() -> None:
    with pytest.raises(Unmentioned, match="x"):
        given({}, "x")


def test_comparison_with_e_is_exact_to_the_fortieth_digit() -> None:
    assert at_most_exp(E_BELOW, Fraction(1), Fraction(1))
    assert not at_most_exp(E_ABOVE, Fraction(1), Fraction(1))


def test_equality_is_possible_only_without_epsilon_or_without_a_factor() -> None:
    assert at_most_exp(Fraction(1, 3), Fraction(1, 3), Fraction(0))
    assert not at_most_exp(Fraction(1, 3) + Fraction(1, 10**50), Fraction(1, 3), Fraction(0))
    assert at_most_exp(Fraction(0), Fraction(0), Fraction(7))
    assert not at_most_exp(Fraction(1, 10**50), Fraction(0), Fraction(7))


def test_a_negative_factor_turns_the_comparison_round() -> None:
    assert at_most_exp(-E_ABOVE, Fraction(-1), Fraction(1))  # −2.7…73 ≤ −e
    assert not at_most_exp(-E_BELOW, Fraction(-1), Fraction(1))
    assert not at_most_exp(Fraction(0), Fraction(-1), Fraction(1))


def test_the_largest_epsilon() -> None:  # e^50 = 5184705528587072464087.45…
    assert at_most_exp(Fraction(5184705528587072464087), Fraction(1), Fraction(50))
    assert not at_most_exp(Fraction(5184705528587072464088), Fraction(1), Fraction(50))


def test_where_a_suite_belongs() -> None:
    world = World(items={}, altered={"relearn": "finetune", "round": "weights"})
    assert world.inside("elicit", "adversarial", "api") and world.inside("elicit", "elicit", "api")
    assert not world.inside("elicit", "direct", "finetune") and not world.inside("direct", "elicit", "api")
    assert not world.inside("elicit", "relearn", "api")
    assert world.inside("relearn", "direct", "finetune") and not world.inside("relearn", "direct", "weights")
    assert world.inside("round", "direct", "weights") and world.inside("round", "paraphrase", "finetune")
    assert not world.inside("round", "direct", "logprobs") and not world.inside("direct", "round", "weights")
    assert not world.inside("relearn", "in_context", "finetune")


def test_in_context_stands_beside_the_chain() -> None:
    world = World(items={})
    for asked in ("direct", "paraphrase", "adversarial", "elicit"):
        assert not world.inside("in_context", asked, "api") and not world.inside(asked, "in_context", "api")
    assert world.inside("in_context", "in_context", "api")
    suite = "in_context:tell"
    assert world.inside(suite, "in_context", "api") and world.inside(suite, suite, "api")
    for asked in ("direct", "paraphrase", "adversarial", "elicit"):
        assert not world.inside(suite, asked, "finetune") and not world.inside(asked, suite, "finetune")
    assert world.inside("direct", "adversarial", "api") and not world.inside("adversarial", "direct", "api")


def test_the_judge_stays_short_enough_to_be_read_through() -> None:
    folder = Path(reference.__file__).parent
    assert sum(len(path.read_text("utf-8").splitlines()) for path in folder.glob("*.py")) <= 820
