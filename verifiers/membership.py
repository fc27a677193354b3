"""Can training items be told from never-trained ones by how the model scores them? No model library.

Every score is oriented so that higher means "more likely a member", and is tried in both directions: a model pushed
too far scores its former members unusually *low*, which gives them away as well.

- `loss`: mean ln p per token (Yeom et al., arXiv 1709.01604).
- `zlib`: that over the text's zlib length in bytes (Carlini et al., arXiv 2012.07805, section 5).
- `min_k`, `min_k_pp`: as in `scoring` (arXiv 2310.16789; arXiv 2404.02936).

Choosing the best of several attacks after looking would inflate it: every attack and direction is a registered test of
its own, so an obligation's error is split over `2 × attacks` one-sided bounds, and the largest lower bound may be used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from ..catalogue import Attack
from ..statistics.intervals import auc
from .outcomes import Outcomes
from .table import Table

Direction = Literal["higher", "lower"]
"""Which scores are called members."""
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)


@dataclass(frozen=True)
class AttackResult:
    """One attack in one direction."""

    attack: Attack
    direction: Direction
    auc: float
    """P[member looks more like a member than a hold-out item does] + ½ P[alike], in [0, 1]."""
    caught: Outcomes
    """Members; hit: called a member."""
    false_alarms: int
    """Hold-out items called members, at most the number allowed."""
    holdout: int


def scores(table: Table, attack: Attack) -> tuple[float, ...]:
    """One number an item, higher for a likelier member."""
    if attack == "loss":
        return table.column("mean_logp")
    if attack == "zlib":
        return tuple(
            mean / size for mean, size in zip(table.column("mean_logp"), table.column("zlib_bytes"), strict=True)
        )
    return table.column(attack)


def run(members: Table, holdout: Table, attacks: Sequence[Attack], *, allowed: int) -> tuple[AttackResult, ...]:
    """Every attack in both directions; 2 × attacks results, in the order of `attacks`, `higher` before `lower`.

    The threshold of each is the (allowed + 1)-th most member-like hold-out score, and only what lies strictly beyond
    is called a member: at most `allowed` hold-out items are. Its false-positive rate f is then at most the largest f
    with P[Bin(hold-out, f) ≤ allowed] ≥ α, with probability 1 − α over hold-outs drawn like the members: the
    Clopper–Pearson bound for `allowed` hits. If `allowed` is no less than the hold-out, everything is called a member.
    Raises `ValueError` for an empty table or a negative `allowed`.
    """
    if not len(members) or not len(holdout):
        raise ValueError("a membership test needs members and a hold-out")
    if allowed < 0:
        raise ValueError(f"false alarms cannot be fewer than none: {allowed}")
    return tuple(_attack(members, holdout, attack, direction, allowed) for attack in attacks for direction in DIRECTIONS)


def _attack(members: Table, holdout: Table, attack: Attack, direction: Direction, allowed: int) -> AttackResult:
    sign = 1.0 if direction == "higher" else -1.0
    inside = [sign * value for value in scores(members, attack)]
    outside = [sign * value for value in scores(holdout, attack)]
    falling = sorted(outside, reverse=True)
    threshold = falling[allowed] if allowed < len(falling) else float("-inf")
    called = tuple(value > threshold or allowed >= len(falling) for value in inside)
    return AttackResult(
        attack,
        direction,
        auc(inside, outside),
        Outcomes(members.column("item"), members.column("cluster"), called),
        sum(value > threshold or allowed >= len(falling) for value in outside),
        len(outside),
    )
