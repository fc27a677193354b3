"""Exact one-sided binomial inference, standard library only (the checker imports it).

A *failure* is one hit of the thing a clause limits (a leak, a wrong answer); `n` independent draws show `k`
failures and `limit` is the largest tolerated failure rate, in [0, 1]. For an "at least" clause count the
complement: failures are the misses and the limit is one minus the declared rate. `alpha` is the one-sided error
probability, in (0, 1). Rates may be `float` or `Fraction`; results are floats with relative error below 1e-12 for n
up to 10^6. `ceil_decimal` and `floor_decimal` round a bound outwards to an exact rational for the theory.

Bad arguments raise `ValueError`.

Sources: Clopper & Pearson 1934 (intervals); Loader 2000, "Fast and Accurate Computation of Binomial Probabilities"
(saddle-point form of the probability mass, which has no cancellation at large n).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction

Rate = float | Fraction

_MAX_SAMPLES = 10_000_000  # sample sizes beyond this are reported as "none"
_EXACT_SCAN = 400  # failure counts scanned one by one before bisecting
_HALF_LOG_TWO_PI = 0.5 * math.log(2 * math.pi)


def pmf(k: int, n: int, p: Rate) -> float:
    """P[X = k] for X ~ Binomial(n, p)."""
    _check_counts(k, n)
    return _pmf(k, n, *_split(p))


def cdf(k: int, n: int, p: Rate) -> float:
    """P[X ≤ k] for X ~ Binomial(n, p); 0 for k = -1."""
    if k == -1:
        return 0.0
    _check_counts(k, n)
    return _cdf(k, n, *_split(p))


def tail(k: int, n: int, p: Rate) -> float:
    """P[X ≥ k] for X ~ Binomial(n, p); 0 for k = n + 1."""
    if k == n + 1:
        return 0.0
    _check_counts(k, n)
    low, high = _split(p)
    return _cdf(n - k, n, high, low)


def clopper_pearson_upper(k: int, n: int, alpha: Rate) -> float:
    """The largest rate not excluded by `k` of `n`: the p with P[X ≤ k] = alpha. 1 when k = n (or n = 0)."""
    _check_counts(k, n)
    level = _level(alpha)
    if k == n:
        return 1.0
    if k == 0:
        return zero_failure_upper(n, alpha)
    # The upper bound for k failures is one minus the lower bound for n - k; solved directly, so that small bounds keep
    # their relative accuracy.
    return _solve(lambda p: _cdf(k, n, p, 1 - p), lambda p: -n * _pmf(k, n - 1, p, 1 - p), level, k / n, rising=False)


def clopper_pearson_lower(k: int, n: int, alpha: Rate) -> float:
    """The smallest rate not excluded by `k` of `n`: the p with P[X ≥ k] = alpha. 0 when k = 0."""
    _check_counts(k, n)
    level = _level(alpha)
    if k == 0:
        return 0.0
    if k == n:
        return all_failures_lower(n, alpha)
    return _solve(
        lambda p: _cdf(n - k, n, 1 - p, p), lambda p: n * _pmf(k - 1, n - 1, p, 1 - p), level, k / n, rising=True
    )


def zero_failure_upper(n: int, alpha: Rate) -> float:
    """Upper bound after 0 failures in `n` draws: 1 - alpha^(1/n); 1 for n = 0."""
    _check_counts(0, n)
    return -math.expm1(math.log(_level(alpha)) / n) if n else 1.0


def all_failures_lower(n: int, alpha: Rate) -> float:
    """Lower bound after `n` failures in `n` draws: alpha^(1/n); 0 for n = 0."""
    _check_counts(0, n)
    return math.exp(math.log(_level(alpha)) / n) if n else 0.0


def samples_for_zero_failures(limit: Rate, alpha: Rate) -> int | None:
    """The smallest n for which 0 failures certify `limit`: ⌈ln alpha / ln(1 - limit)⌉. None when limit = 0.

    Exact: ties such as limit 1/2, alpha 1/8 (n = 3) are settled in rational arithmetic.
    """
    exact_limit, exact_alpha = Fraction(limit), Fraction(alpha)
    _split(limit)
    _level(alpha)
    if exact_limit == 0:
        return None
    if exact_limit == 1:
        return 1
    with localcontext() as context:
        context.prec = 60
        quotient = _ln(exact_alpha) / _ln(1 - exact_limit)
        nearest = int(quotient.to_integral_value())
        if abs(quotient - nearest) < Decimal("1e-40") and (1 - exact_limit) ** nearest <= exact_alpha:
            return max(nearest, 1)
        return int(quotient) + 1


def can_certify(n: int, limit: Rate, alpha: Rate) -> bool:
    """Whether some outcome of `n` draws certifies "rate ≤ limit": 0 failures do. At once, however large n is."""
    _check_counts(0, n)
    low, high = _split(limit)
    return low == 1.0 or _cdf(0, n, low, high) <= _level(alpha)


def can_refute(n: int, limit: Rate, alpha: Rate) -> bool:
    """Whether some outcome of `n` draws refutes "rate ≤ limit": n failures do. At once, however large n is."""
    _check_counts(0, n)
    low, high = _split(limit)
    return n > 0 and _cdf(0, n, high, low) < _level(alpha)


def max_failures_certifying(n: int, limit: Rate, alpha: Rate) -> int | None:
    """The largest k with `clopper_pearson_upper(k, n, alpha)` ≤ limit, or None when even 0 failures do not certify."""
    _check_counts(0, n)
    low, high = _split(limit)
    level = _level(alpha)
    if low == 1.0:
        return n
    below = _first(lambda k: _cdf(k, n, low, high) > level, 0, n)
    return None if below == 0 else below - 1


def min_failures_refuting(n: int, limit: Rate, alpha: Rate) -> int | None:
    """The smallest k with `clopper_pearson_lower(k, n, alpha)` > limit, or None when even n failures do not refute."""
    _check_counts(0, n)
    low, high = _split(limit)
    level = _level(alpha)
    found = _first(lambda k: _cdf(n - k, n, high, low) < level, 1, n + 1)
    return None if found == n + 1 else found


def power_certify(n: int, limit: Rate, truth: Rate, alpha: Rate) -> float:
    """Probability that `n` draws at failure rate `truth` certify "rate ≤ limit"."""
    _split(truth)
    k = max_failures_certifying(n, limit, alpha)
    return 0.0 if k is None else cdf(k, n, truth)


def power_refute(n: int, limit: Rate, truth: Rate, alpha: Rate) -> float:
    """Probability that `n` draws at failure rate `truth` refute "rate ≤ limit"."""
    _split(truth)
    k = min_failures_refuting(n, limit, alpha)
    return 0.0 if k is None else tail(k, n, truth)


def samples_for_power_certify(limit: Rate, truth: Rate, power: Rate, alpha: Rate) -> int | None:
    """The smallest n whose `power_certify` is at least `power` (in (0, 1)).

    None when `truth` ≥ `limit` < 1 or more than 10^7 draws would be needed. Power is a saw-tooth in n: a larger
    n can have less. With more than 400 tolerated failures the teeth are bisected, and the n found has the power but
    may exceed the smallest by a few per cent.
    """
    goal = _level(power)
    low, high = _split(limit)
    level = _level(alpha)
    truth_low, truth_high = _split(truth)
    if low == 1.0:
        return 1
    if truth_low >= low:
        return None

    def size(k: int) -> int:  # the first n at which k failures still certify
        return _first(lambda n: _cdf(k, n, low, high) <= level, k + 1, _MAX_SAMPLES + 1)

    def enough(k: int) -> bool:
        n = size(k)
        return n > _MAX_SAMPLES or _cdf(k, n, truth_low, truth_high) >= goal

    n = size(_first_tooth(enough, 0))
    return n if n <= _MAX_SAMPLES else None


def samples_for_power_refute(limit: Rate, truth: Rate, power: Rate, alpha: Rate) -> int | None:
    """The smallest n whose `power_refute` is at least `power` (in (0, 1)).

    None when `truth` ≤ `limit` or more than 10^7 draws would be needed. The remark on the saw-tooth in
    `samples_for_power_certify` holds here too.
    """
    goal = _level(power)
    low, high = _split(limit)
    level = _level(alpha)
    truth_low, truth_high = _split(truth)
    if truth_low <= low:
        return None

    def last(k: int) -> int:  # the largest n at which k failures refute
        return _first(lambda n: _cdf(n - k, n, high, low) >= level, k, _MAX_SAMPLES + 1) - 1

    def enough(k: int) -> bool:
        n = last(k)
        return n >= _MAX_SAMPLES or (n >= k and _cdf(n - k, n, truth_high, truth_low) >= goal)

    k = _first_tooth(enough, 1)
    top = last(k)
    fewest = last(k - 1) + 1 if k > 1 else 1
    n = _first(lambda m: _cdf(m - k, m, truth_high, truth_low) >= goal, max(k, fewest), top + 1)
    return n if n <= min(top, _MAX_SAMPLES) else None


def ceil_decimal(value: float, places: int = 9) -> Fraction:
    """A computed upper bound, widened by 1e-12 and rounded up to `places` decimals; at most 1."""
    scale = 10**places
    return min(Fraction(1), Fraction(math.ceil((Fraction(value) + Fraction(1, 10**12)) * scale), scale))


def floor_decimal(value: float, places: int = 9) -> Fraction:
    """A computed lower bound, widened by 1e-12 and rounded down to `places` decimals; at least 0."""
    scale = 10**places
    return max(Fraction(0), Fraction(math.floor((Fraction(value) - Fraction(1, 10**12)) * scale), scale))


def _check_counts(k: int, n: int) -> None:
    if n < 0 or not 0 <= k <= n:
        raise ValueError(f"expected 0 ≤ k ≤ n, got k = {k}, n = {n}")


def _split(p: Rate) -> tuple[float, float]:
    """(p, 1 - p) as floats, each rounded once."""
    if not 0 <= p <= 1:
        raise ValueError(f"a rate must be between 0 and 1, got {p}")
    return float(p), float(1 - p)


def _level(alpha: Rate) -> float:
    if not 0 < alpha < 1:
        raise ValueError(f"an error probability or power must be strictly between 0 and 1, got {alpha}")
    return float(alpha)


def _ln(value: Fraction) -> Decimal:
    return (Decimal(value.numerator) / Decimal(value.denominator)).ln()


def _stirling_error(n: int) -> float:
    """ln n! - ln(√(2πn) (n/e)^n), Loader 2000 §2."""
    if n < 16:
        return math.lgamma(n + 1) - (n + 0.5) * math.log(n) + n - _HALF_LOG_TWO_PI
    square = float(n) * n
    return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / square) / square) / square) / square) / n


def _deviance(x: float, mean: float, difference: float) -> float:
    """x ln(x / mean) + mean - x, given difference = x - mean computed without cancellation, Loader 2000 §2."""
    if abs(difference) >= 0.1 * (x + mean):
        return x * math.log1p(difference / mean) - difference
    v = difference / (x + mean)
    total = difference * v
    term, j = 2 * x * v, 1
    while True:
        term *= v * v
        updated = total + term / (2 * j + 1)
        if updated == total:
            return total
        total, j = updated, j + 1


def _pmf(k: int, n: int, p: float, q: float) -> float:
    if p <= 0 or q <= 0:
        return 1.0 if k == (0 if p <= 0 else n) else 0.0
    if k == 0:
        return math.exp(n * (math.log1p(-p) if p < 0.5 else math.log(q)))
    if k == n:
        return math.exp(n * (math.log1p(-q) if q < 0.5 else math.log(p)))
    excess = k - n * p if p <= q else n * q - (n - k)  # from the smaller rate: the larger one is rounded more coarsely
    log_mass = (
        _stirling_error(n)
        - _stirling_error(k)
        - _stirling_error(n - k)
        - _deviance(k, n * p, excess)
        - _deviance(n - k, n * q, -excess)
    )
    return math.exp(log_mass) * math.sqrt(n / (2 * math.pi * k * (n - k)))


def _cdf(k: int, n: int, p: float, q: float) -> float:
    """P[X ≤ k], summed outwards from k on the side of k where the terms shrink; all terms are positive."""
    if k >= n or p <= 0:
        return 1.0
    if q <= 0 or k < 0:
        return 0.0
    if k <= n * p:
        total = term = 1.0
        for j in range(k, 0, -1):
            term *= j * q / ((n - j + 1) * p)
            total += term
            if term < total * 1e-17:
                break
        return min(1.0, _pmf(k, n, p, q) * total)
    total = term = 1.0
    for j in range(k + 1, n):
        term *= (n - j) * p / ((j + 1) * q)
        total += term
        if term < total * 1e-17:
            break
    return max(0.0, 1.0 - _pmf(k + 1, n, p, q) * total)


def _solve(
    probability: Callable[[float], float], slope: Callable[[float], float], level: float, start: float, *, rising: bool
) -> float:
    """The p in (0, 1) with probability(p) = level: Newton on the logarithm, kept inside a shrinking bracket.

    `probability` is monotone and log-concave in p, so Newton converges from one side; the bracket is for rounding.
    """
    left, right, p = 0.0, 1.0, start
    for _ in range(200):
        value, rate = probability(p), slope(p)
        if (value < level) == rising:
            left = p
        else:
            right = p
        newton = p - value / rate * math.log(value / level) if value > 0 and rate != 0 else math.nan
        following = newton if left < newton < right else (left + right) / 2
        if abs(following - p) <= 1e-15 * p or right - left <= 1e-15 * right:
            return following
        p = following
    return p


def _first(holds: Callable[[int], bool], start: int, stop: int) -> int:
    """The smallest i in [start, stop) with holds(i), or stop; `holds` must switch from false to true at most once.

    Gallops before bisecting, so the cost grows with the answer, not with `stop`.
    """
    if start >= stop or holds(start):
        return start
    low, step = start, 1
    while low + step < stop and not holds(low + step):
        low, step = low + step, step * 2
    high = min(low + step, stop)
    while high - low > 1:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle
    return high


def _first_tooth(enough: Callable[[int], bool], start: int) -> int:
    for k in range(start, _EXACT_SCAN):
        if enough(k):
            return k
    return _first(enough, _EXACT_SCAN, _MAX_SAMPLES)
