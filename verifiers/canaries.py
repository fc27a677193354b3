"""Which canaries were put in? Guessed from one model's scores alone. No model library.

The canaries are ranked by one registered membership score (`membership.scores`): mean ln p per token (LOSS, Yeom et al.,
arXiv 1709.01604) where the clause names none. The first are called "in", the last "out", the rest is left open (Steinke,
Nasr & Jagielski, arXiv 2305.08846, algorithm 1). Both directions are tried: a model pushed too far finds its former members
unusually strange.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..catalogue import Attack
from ..statistics.canaries import Guesses
from .membership import DIRECTIONS, Direction, scores
from .table import Table


@dataclass(frozen=True)
class Guessed:
    """What came of the guesses in one direction."""

    direction: Direction
    right: int


def guess(included: Table, excluded: Table, guesses: Guesses, score: Attack = "loss") -> tuple[Guessed, ...]:
    """Right guesses in each direction, from two `score` tables. Raises `ValueError` for more guesses than canaries."""
    put_in, left_out = scores(included, score), scores(excluded, score)
    return tuple(Guessed(direction, right_guesses(put_in, left_out, guesses, direction)) for direction in DIRECTIONS)


def right_guesses(
    put_in: Sequence[float], left_out: Sequence[float], guesses: Guesses, direction: Direction = "higher"
) -> int:
    """How many guesses are right. Among equal scores as few as any order of them would make right, so that neither the
    file's order nor anything else that might depend on the draw helps."""
    if guesses.total > len(put_in) + len(left_out):
        raise ValueError(f"{guesses.total} guesses about {len(put_in) + len(left_out)} canaries")
    sign = -1.0 if direction == "higher" else 1.0
    ranked = [included for _, included in sorted([*((sign * s, True) for s in put_in), *((sign * s, False) for s in left_out)])]
    out = ranked[len(ranked) - guesses.said_out :] if guesses.said_out else []
    return sum(ranked[: guesses.said_in]) + sum(not included for included in out)
