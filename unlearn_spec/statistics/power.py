"""Planned power and sample sizes of the tests in `tests` and `intervals`. Standard library only.

Normal approximations, for planning; exact power of the binomial bounds is in `binomial`. `alpha` is one-sided and,
like `power`, in (0, 1). Bad arguments raise `ValueError`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist

_NORMAL = NormalDist()
_MAX_SAMPLES = 100_000_000


def normal_power(distance: float, standard_error: float, alpha: float) -> float:
    """Chance that a one-sided normal test at `alpha` rejects when the truth lies `distance` inside the alternative."""
    _check_share("alpha", alpha)
    if standard_error <= 0:
        raise ValueError(f"a standard error must be positive, got {standard_error}")
    return _NORMAL.cdf(distance / standard_error - _NORMAL.inv_cdf(1 - alpha))


def smallest_n(power_at: Callable[[int], float], power: float, *, start: int = 2) -> int | None:
    """The smallest n ≥ `start` with power_at(n) ≥ `power`, for a power that never falls in n; None above 10^8."""
    _check_share("power", power)
    low, high = start - 1, start
    while power_at(high) < power:
        low, high = high, high * 2
        if high > _MAX_SAMPLES:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power_at(middle) >= power else (middle, high)
    return high


def paired_noninferiority_power(
    n: int, margin: float, discordant: float, alpha: float, difference: float = 0.0
) -> float:
    """Power to show "new minus old > -margin" for paired proportions on `n` independent pairs.

    `discordant` is the share of items that change either way, `difference` the true new minus old (both in the unit
    of proportions). Variance of the difference: discordant - difference² (Connor 1987; Liu et al. 2002 §3).
    """
    if margin <= 0 or n < 1:
        raise ValueError("margin and n must be positive")
    if not abs(difference) <= discordant <= 1:
        raise ValueError("the discordant share must lie between |difference| and 1")
    variance = discordant - difference**2
    if variance == 0:
        return 1.0 if difference > -margin else 0.0
    return normal_power(margin + difference, math.sqrt(variance / n), alpha)


def paired_noninferiority_samples(
    margin: float, discordant: float, alpha: float, power: float, difference: float = 0.0
) -> int | None:
    """The smallest n with that `paired_noninferiority_power`; None when the truth is not inside the margin."""
    if difference <= -margin:
        return None
    return smallest_n(lambda n: paired_noninferiority_power(n, margin, discordant, alpha, difference), power, start=1)


def hanley_mcneil_variance(auc: float, positives: int, negatives: int) -> float:
    """Planning variance of an AUC estimate: Hanley & McNeil 1982, with exponential-model Q1 and Q2."""
    if not 0 <= auc <= 1 or positives < 1 or negatives < 1:
        raise ValueError("need an AUC in [0, 1] and at least one item of each class")
    q1, q2, square = auc / (2 - auc), 2 * auc**2 / (1 + auc), auc**2
    spread = auc - square + (positives - 1) * (q1 - square) + (negatives - 1) * (q2 - square)
    return spread / (positives * negatives)


def auc_equivalence_power(
    positives: int, negatives: int, margin: float, alpha: float, auc: float = 0.5, centre: float = 0.5
) -> float:
    """Power of two one-sided tests to show |AUC - centre| < margin when the true AUC is `auc`."""
    if margin <= 0:
        raise ValueError("the margin must be positive")
    error = math.sqrt(hanley_mcneil_variance(auc, positives, negatives))
    if error == 0:
        return 1.0 if abs(auc - centre) < margin else 0.0
    off = abs(auc - centre)
    both = normal_power(margin - off, error, alpha) + normal_power(margin + off, error, alpha) - 1
    return max(0.0, both)


def auc_equivalence_samples(
    margin: float, alpha: float, power: float, auc: float = 0.5, centre: float = 0.5
) -> int | None:
    """The smallest number of items *per class* with that power; None when `auc` is not inside the margin."""
    if abs(auc - centre) >= margin:
        return None
    return smallest_n(lambda n: auc_equivalence_power(n, n, margin, alpha, auc, centre), power)


def auc_bound_power(positives: int, negatives: int, limit: float, truth: float, alpha: float) -> float:
    """Power of a one-sided bound of `intervals.auc_interval` to settle on which side of `limit` the AUC `truth` lies.

    On the logit scale, as that interval is; `limit` and `truth` strictly between 0 and 1.
    """
    _check_share("limit", limit)
    _check_share("truth", truth)
    error = math.sqrt(hanley_mcneil_variance(truth, positives, negatives)) / (truth * (1 - truth))
    distance = math.log(truth / (1 - truth)) - math.log(limit / (1 - limit))
    return normal_power(abs(distance), error, alpha)


def auc_bound_samples(limit: float, truth: float, alpha: float, power: float) -> int | None:
    """The smallest number of items *per class* with that `auc_bound_power`; None when `truth` is the limit."""
    if limit == truth:
        return None
    return smallest_n(lambda n: auc_bound_power(n, n, limit, truth, alpha), power)


def mcnemar_power(n: int, gain: float, loss: float, alpha: float) -> float:
    """Power of a one-sided McNemar test on `n` independent items, shares `gain` > `loss` of which change.

    Connor 1987, eq. 3: the null spread of gains − losses is √(gain + loss), the true one √(gain + loss − (gain − loss)²).
    """
    _check_share("alpha", alpha)
    if n < 1 or not 0 <= loss < gain <= 1 or gain + loss > 1:
        raise ValueError("need n ≥ 1 and 0 ≤ loss < gain with gain + loss ≤ 1")
    difference, changed = gain - loss, gain + loss
    spread = math.sqrt(changed - difference**2)
    reach = difference * math.sqrt(n) - _NORMAL.inv_cdf(1 - alpha) * math.sqrt(changed)
    if spread == 0:
        return 1.0 if reach > 0 else 0.0
    return _NORMAL.cdf(reach / spread)


def mcnemar_samples(gain: float, loss: float, alpha: float, power: float) -> int | None:
    """The smallest n with that `mcnemar_power`."""
    return smallest_n(lambda n: mcnemar_power(n, gain, loss, alpha), power, start=1)


def equivalence_power(margin: float, standard_error: float, alpha: float, difference: float = 0.0) -> float:
    """Power of two one-sided tests to show |difference| < margin, at the true `difference` (Phillips 1990, normal)."""
    if margin <= 0:
        raise ValueError("the margin must be positive")
    off = abs(difference)
    both = normal_power(margin - off, standard_error, alpha) + normal_power(margin + off, standard_error, alpha) - 1
    return max(0.0, both)


def paired_equivalence_samples(
    margin: float, standard_deviation: float, alpha: float, power: float, difference: float = 0.0
) -> int | None:
    """The smallest number of pairs whose differences have that spread; None when the truth is not inside the margin."""
    if abs(difference) >= margin:
        return None
    return smallest_n(
        lambda n: equivalence_power(margin, standard_deviation / math.sqrt(n), alpha, difference), power
    )


def unpaired_equivalence_samples(
    margin: float, standard_deviation: float, alpha: float, power: float, difference: float = 0.0
) -> int | None:
    """The smallest number of values *per group*, both with that spread; None when the truth is not inside the margin."""
    return paired_equivalence_samples(margin, standard_deviation * math.sqrt(2), alpha, power, difference)


def mean_samples(
    distance: float, standard_deviation: float, alpha: float, power: float, design_effect: float = 1.0
) -> int | None:
    """The smallest number of items with that `mean_power`; None when the distance is not positive."""
    if distance <= 0:
        return None
    return smallest_n(lambda n: mean_power(n, distance, standard_deviation, alpha, design_effect), power, start=1)


def design_effect(cluster_size: float, correlation: float) -> float:
    """1 + (cluster size − 1) · intra-cluster correlation: how many items count as one (Kish 1965, §5.4)."""
    if cluster_size < 1 or not 0 <= correlation <= 1:
        raise ValueError("need a cluster size of at least 1 and a correlation in [0, 1]")
    return 1 + (cluster_size - 1) * correlation


def mean_power(n: int, distance: float, standard_deviation: float, alpha: float, design_effect: float = 1.0) -> float:
    """Power of a one-sided test of a mean with `n` items; `design_effect` = 1 + (cluster size - 1) · correlation."""
    if n < 1 or design_effect < 1:
        raise ValueError("need n ≥ 1 and a design effect ≥ 1")
    return normal_power(distance, standard_deviation * math.sqrt(design_effect / n), alpha)


def _check_share(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise ValueError(f"{name} must be strictly between 0 and 1, got {value}")
