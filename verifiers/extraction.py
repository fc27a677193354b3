"""(n, p)-extraction: would n answers, drawn by the declared decoding, reproduce the secret with probability p or more?

Hayes et al., Measuring memorization through probabilistic discoverable extraction, arXiv 2410.19482, section 3. The
chance per answer comes from one teacher-forced pass (`scoring`), so nothing is sampled and the outcome of an item is
certain; how many items of a wider population are extractable is a question for statistics. No model library.
"""

from __future__ import annotations

import math
from fractions import Fraction


def chance(log_p: float, answers: int) -> float:
    """1 − (1 − p)^n: the probability that at least one of n answers is the secret, p = e^log_p being that of one.

    `log_p` ≤ 0, −inf allowed; `answers` at least 1. Keeps its relative accuracy for tiny p.
    """
    return -math.expm1(answers * _log_miss(log_p))


def extractable(log_p: float, answers: int, at_least: Fraction) -> bool:
    """Whether `chance(log_p, answers)` ≥ `at_least`, a probability in (0, 1]. Raises `ValueError` outside."""
    if not 0 < at_least <= 1:
        raise ValueError(f"an extraction probability lies in (0, 1], not at {at_least}")
    if answers == 1:
        return log_p >= math.log(at_least)
    return answers * _log_miss(log_p) <= (math.log1p(-float(at_least)) if at_least < 1 else -math.inf)


def _log_miss(log_p: float) -> float:
    """ln(1 − e^log_p)."""
    if log_p > 0:
        raise ValueError(f"the logarithm of a probability is at most 0, not {log_p}")
    if log_p == 0:
        return -math.inf
    return math.log(-math.expm1(log_p)) if log_p > -1 else math.log1p(-math.exp(log_p))
