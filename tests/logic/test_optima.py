"""An optimum is told only if it was shown that nothing passes it, whatever the search for it says."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import pytest
import z3

from unlearn_spec.logic import smt
from unlearn_spec.logic.smt import Part

TWO_SETS = "(assert (and (<= 0 x 4) (<= 0 y 6) (=> capped (<= (+ x y) 7))))"
SORTS = {"x": "Real", "y": "Real", "capped": "Bool"}


def asked(more: str = "", *, highest: bool = True) -> Fraction | None:
    found = Part(TWO_SETS, SORTS, 1_000_000).extreme(("capped",), "(+ x y)", ("x",), highest=highest, extra=more)
    return None if found is None else found[0]


def led_astray(monkeypatch: pytest.MonkeyPatch, *told: Fraction | None) -> None:
    """Let the first searches end with these values; those after them are as they are."""
    answers: Iterator[Fraction | None] = iter(told)
    attained = smt._attained
    monkeypatch.setattr(smt, "_attained", lambda bound: next(answers, attained(bound)))


def test_the_highest_and_the_lowest_are_exact() -> None:
    assert asked() == 7
    assert asked("(assert (<= x (/ 1 3)))") == Fraction(19, 3)
    assert asked(highest=False) == 0


def test_what_is_not_reached_is_no_optimum() -> None:
    assert asked("(assert (< y 3))") is None


def test_what_cannot_hold_has_no_optimum() -> None:
    assert asked("(assert (> x 5))") is None


@pytest.mark.parametrize("wrong", [None, Fraction(6), Fraction(8)], ids=["nothing reached", "can be passed", "is not reached"])
def test_a_search_that_was_led_astray_is_made_again_by_itself(
    wrong: Fraction | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    led_astray(monkeypatch, wrong)
    assert asked() == 7


def test_a_search_that_gives_up_is_made_again_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    check = z3.Optimize.check
    answers = iter((z3.unknown,))
    monkeypatch.setattr(z3.Optimize, "check", lambda search, *held: next(answers, None) or check(search, *held))
    assert asked() == 7


@pytest.mark.parametrize("wrong", [Fraction(6), Fraction(8)], ids=["can be passed", "is not reached"])
def test_a_wrong_optimum_is_not_told(wrong: Fraction, monkeypatch: pytest.MonkeyPatch) -> None:
    led_astray(monkeypatch, wrong, wrong)
    assert asked() is None
