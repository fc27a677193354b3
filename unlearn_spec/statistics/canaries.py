"""A lower bound on ε from one training run with canaries, each put in or left out by a coin of its own.

Steinke, Nasr & Jagielski 2023, "Privacy auditing with one (1) training run" (arXiv 2305.08846), §5 and
algorithm 1. The auditor ranks canaries by how much the model seems to know them, says "in" of the first and "out" of the
last, abstains from the rest, and counts right guesses. Under (ε, δ) that count is little more than binomial with success
e^ε / (1 + e^ε).

How many guesses are made must be fixed before looking. Taking the best bound over all splits at one and the same level
reports leakage in a quarter to a half of runs that have none. Several splits may be registered; they share the error.
Bad arguments raise `ValueError`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from .binomial import Rate
from .intervals import Floats
from .levels import error_level

Ints = NDArray[np.int64]

MAX_EPSILON = 50.0
"""Bounds are not looked for beyond this."""


@dataclass(frozen=True)
class Guesses:
    """A registered split: how many canaries are called "in" and how many "out"."""

    said_in: int
    said_out: int

    def __post_init__(self) -> None:
        if min(self.said_in, self.said_out) < 0 or self.total == 0:
            raise ValueError("need at least one guess, and none negative")

    @property
    def total(self) -> int:
        return self.said_in + self.said_out


@dataclass(frozen=True)
class Audit:
    """What the guesses of one run exclude."""

    guesses: Guesses
    """The split with the largest bound."""
    correct: int
    canaries: int
    epsilon_lower: float
    """ε is at least this, with probability 1 − alpha over all registered splits together."""


def audit(
    scores: ArrayLike, included: ArrayLike, registered: Sequence[Guesses], alpha: Rate, *, delta: float = 0.0
) -> Audit:
    """The largest lower bound on ε over the registered splits, each at alpha / (number of splits).

    `scores`: higher for a likelier member, shape (canaries,); equal scores are ordered by place, which must not depend
    on inclusion. `included`: the coins, 0 or 1, each thrown with probability ½.
    """
    s, bits = np.asarray(scores, dtype=np.float64), np.asarray(included)
    if s.ndim != 1 or s.shape != bits.shape or np.isnan(s).any() or not np.isin(bits, (0, 1)).all():
        raise ValueError("need one score, not NaN, and one coin, 0 or 1, per canary")
    if not registered or any(split.total > s.size for split in registered):
        raise ValueError("need at least one registered split, none with more guesses than canaries")
    share = error_level(alpha) / len(registered)
    order = np.argsort(-s, kind="stable")
    found = []
    for split in registered:
        correct = int(bits[order[: split.said_in]].sum())
        correct += int((1 - bits[order[s.size - split.said_out :]]).sum())
        found.append(Audit(split, correct, s.size, epsilon_lower(s.size, split.total, correct, share, delta)))
    return max(found, key=lambda one: one.epsilon_lower)


def audit_p_value(canaries: int, guesses: int, correct: int, epsilon: float, delta: float = 0.0) -> float:
    """P[at least `correct` right guesses] under (ε, δ), at most: the binomial tail plus what δ can add.

    β + 2 m δ · max_i P[correct − i ≤ Bin < correct] / i over i = 1 … correct, with m canaries and Bin of `guesses`
    trials at e^ε / (1 + e^ε) (arXiv 2305.08846, §5 on approximate DP, and appendix D).
    """
    from scipy.stats import binom  # half a second that only such audits need

    if not 0 <= correct <= guesses <= canaries or epsilon < 0 or not 0 <= delta <= 1:
        raise ValueError("need 0 ≤ correct ≤ guesses ≤ canaries, ε ≥ 0 and δ in [0, 1]")
    chance = float(expit(epsilon))
    tail = float(binom.sf(correct - 1, guesses, chance))
    if delta and correct:
        masses = np.cumsum(binom.pmf(np.arange(correct - 1, -1, -1), guesses, chance))
        tail += 2 * canaries * delta * float((masses / np.arange(1, correct + 1)).max())
    return min(1.0, tail)


def epsilon_lower(canaries: int, guesses: int, correct: int, alpha: Rate, delta: float = 0.0) -> float:
    """The largest ε that `correct` of `guesses` exclude at one-sided `alpha`, rounded down; 0 if they exclude none."""
    level = error_level(alpha)
    low, high = 0.0, MAX_EPSILON
    if audit_p_value(canaries, guesses, correct, 0.0, delta) > level:
        return 0.0
    if audit_p_value(canaries, guesses, correct, high, delta) <= level:
        return high
    while high - low > 1e-9:
        middle = (low + high) / 2
        if audit_p_value(canaries, guesses, correct, middle, delta) <= level:
            low = middle
        else:
            high = middle
    return low


def chance_without(included: int, canaries: int, guesses: Guesses, correct: int) -> float:
    """P[at least `correct` right guesses] about a model whose law does not depend on which canaries were included.

    Given how many were included, every subset of that size is equally likely, whether each had a coin of its own or half
    of them were drawn: the number included among the first guesses is hypergeometric, and so, given that, is the number
    among the last. Within a relative 1e-9 of the exact number, never below it.
    """
    from scipy.stats import hypergeom  # half a second that only such audits need

    if not 0 <= included <= canaries or guesses.total > canaries or not 0 <= correct <= guesses.total:
        raise ValueError("need 0 ≤ included ≤ canaries, no more guesses than canaries, and 0 ≤ correct ≤ guesses")
    first = np.arange(min(included, guesses.said_in) + 1)
    chance = hypergeom.pmf(first, canaries, included, guesses.said_in)
    wrong = first + guesses.said_out - correct  # so many of the last may be included
    rest = hypergeom.cdf(wrong, canaries - guesses.said_in, included - first, guesses.said_out)
    return min(1.0, float((chance * np.nan_to_num(rest)).sum()) * (1 + 1e-9))


def audit_power(guesses: int, limit: float, accuracy: Rate, alpha: Rate) -> float:
    """Chance that `guesses`, each right with probability `accuracy`, show that ε exceeds `limit` (pure DP, δ = 0)."""
    if guesses < 1:
        raise ValueError(f"need at least one guess, got {guesses}")
    return float(_powers(np.asarray([guesses]), limit, accuracy, alpha)[0])


def guesses_needed(limit: float, accuracy: Rate, power: Rate, alpha: Rate, most: int = 100_000) -> int | None:
    """The smallest number of guesses, up to `most`, with at least that `audit_power`; None if there is none.

    Power is a saw-tooth in the number of guesses: a larger number can have less.
    """
    enough = _powers(np.arange(1, most + 1), limit, accuracy, alpha) >= error_level(power)
    return int(enough.argmax()) + 1 if enough.any() else None


def _powers(guesses: Ints, limit: float, accuracy: Rate, alpha: Rate) -> Floats:
    from scipy.stats import binom  # half a second that only such audits need

    level, right = error_level(alpha), float(accuracy)
    if not 0 <= right <= 1 or limit < 0:
        raise ValueError("need an accuracy in [0, 1] and a limit ≥ 0")
    needed = binom.isf(level, guesses, float(expit(limit))) + 1  # fewest right guesses with a tail of at most alpha
    powers: Floats = np.where(needed <= guesses, binom.sf(needed - 1, guesses, right), 0.0)
    return powers
