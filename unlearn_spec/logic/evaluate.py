"""Formulas on worlds, item by item in exact fractions and without a solver: witnesses are held to this before they are shown."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Final

from .formulas import (
    All,
    Comparison,
    Either,
    FinishedBy,
    Flag,
    Formula,
    Implies,
    KeptForTest,
    Mean,
    MeanDrop,
    Not,
    NumberAbove,
    Overlap,
    Rate,
    Removed,
    ShareAbove,
    Size,
    Stored,
    Tpr,
    Unserved,
    Uses,
)
from .regions import REST, declared_set, lies_in
from .world_model import Stratum, World

_COMPARE: Final[dict[Comparison, Callable[[Fraction, Fraction], bool]]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}


def evaluate(formula: Formula, world: World) -> bool | None:
    """Whether the formula is true in the world; None if the world does not say enough.

    For rates, only the listed items count: means of whole sets say too little.
    """
    match formula:
        case All(parts):
            return _all(evaluate(part, world) for part in parts)
        case Either(parts):
            return _negated(_all(_negated(evaluate(part, world)) for part in parts))
        case Not(part):
            return _negated(evaluate(part, world))
        case Implies(premise, conclusion):
            return evaluate(Either((Not(premise), conclusion)), world)
        case Mean(rate, target, op, limit):
            mass = _mass(world, rate, target)
            return None if mass is None else _COMPARE[op](mass, limit * _size(world, target))
        case MeanDrop(before, now, target, op, limit):
            was, left = _mass(world, before, target), _mass(world, now, target)
            return None if was is None or left is None else _COMPARE[op](was - left, limit * _size(world, target))
        case ShareAbove(rate, target, threshold, inclusive, op, limit):
            many = _above(world, rate, target, threshold, inclusive)
            return None if many is None else _COMPARE[op](Fraction(many), limit * _size(world, target))
        case NumberAbove(rate, target, threshold, inclusive, op, number):
            many = _above(world, rate, target, threshold, inclusive)
            return None if many is None else _COMPARE[op](Fraction(many), Fraction(number))
        case Size(target, low, high):
            return low <= _size(world, target) and (high is None or _size(world, target) <= high)
        case Overlap(left_set, right_set, low, high):
            shared = sum(s.count for s in _items(world, left_set) if right_set in s.inside)
            return low <= shared and (high is None or shared <= high)
        case _:
            return _plain(formula, world)


def _plain(formula: Formula, world: World) -> bool | None:
    """Formulas about no rate."""
    match formula:
        case Tpr(target, artifact, at_fpr, fair, op, limit):
            asked = target, artifact, at_fpr, fair
            powers = [t.tpr for t in world.tests if (t.target, t.artifact, t.at_fpr, t.fair) == asked]
            return _COMPARE[op](powers[0], limit) if powers else None
        case Uses(method, artifact):
            used = dict(world.used).get(artifact)
            return None if used is None else method in used
        case FinishedBy(artifact, op, day):
            done = dict(world.finished).get(artifact)
            return None if done is None else _COMPARE[op](done, day)
        case Stored(target, store, op, day):
            ends = [s.stored.get(store) for s in _items(world, target)]
            return _all(None if end is None else _COMPARE[op](end, day) for end in ends)
        case KeptForTest(target, stores, artifact, at):
            done = dict(world.finished).get(artifact)
            if done is None:
                return None
            return evaluate(Either(tuple(Stored(target, store, ">=", max(done, at)) for store in stores)), world)
        case Unserved(target, artifact, path):
            found = [s.anything for s in world.served if (s.target, s.artifact, s.path) == (target, artifact, path)]
            return not found[0] if found else None
        case Removed() | Flag():
            return world.known(formula)
        case _:
            return None


def _all(answers: Iterable[bool | None]) -> bool | None:
    found = tuple(answers)
    return False if False in found else None if None in found else True


def _negated(answer: bool | None) -> bool | None:
    return None if answer is None else not answer


def _items(world: World, target: str) -> Sequence[Stratum]:
    if target == REST:
        return [stratum for stratum in world.strata if not stratum.inside]
    found = world.by_set.get(declared_set(target), ())
    return found if target in world.by_set else [stratum for stratum in found if lies_in(stratum.inside, target)]


def _size(world: World, target: str) -> int:
    return sum(stratum.count for stratum in _items(world, target))


def _mass(world: World, rate: Rate, target: str) -> Fraction | None:
    items = _items(world, target)
    if any(rate not in stratum.rates for stratum in items):
        return None
    return sum((stratum.count * stratum.rates[rate] for stratum in items), Fraction(0))


def _above(world: World, rate: Rate, target: str, threshold: Fraction, inclusive: bool) -> int | None:
    items = _items(world, target)
    if any(rate not in stratum.rates for stratum in items):
        return None
    over = operator.ge if inclusive else operator.gt
    return sum(stratum.count for stratum in items if over(stratum.rates[rate], threshold))
