"""Simulated error rates of every bound in `unlearn_spec.statistics`, printed as a table; tests: `statistics_size.py`.

    python benchmarks/statistics_coverage.py [repetitions]

Each row is one method in one situation with a known truth: how often the lower bound lay above it, how often the
upper bound lay below it, and the mean width. A guaranteed method must stay at or below alpha up to simulation noise
(the last column is alpha plus three standard errors); an approximate one should. A betting bound counts as missing if
it misses at *any* of its looks.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from unlearn_spec.statistics.auc_difference import auc_difference_interval
from unlearn_spec.statistics.bands import clustered_dkw_half_width, dkw_half_width
from unlearn_spec.statistics.binomial import clopper_pearson_lower, clopper_pearson_upper
from unlearn_spec.statistics.bootstrap import bca_mean_interval, bootstrap_auc_interval
from unlearn_spec.statistics.bounded import clustered_rate_lower, clustered_rate_upper
from unlearn_spec.statistics.intervals import (
    Interval,
    auc_interval,
    clustered_mean_interval,
    wilson,
)
from unlearn_spec.statistics.sequential import betting_lower, betting_upper
from unlearn_spec.statistics.tests import paired_difference_exact, paired_difference_interval, tango_interval

Draw = Callable[[np.random.Generator], Interval]


@dataclass(frozen=True)
class Situation:
    name: str
    alpha: float
    truth: float
    draw: Draw
    guaranteed: bool = False


@dataclass(frozen=True)
class Outcome:
    low_misses: float
    high_misses: float
    width: float


def simulate(situation: Situation, repetitions: int, seed: int) -> Outcome:
    """Shares of `repetitions` in which each bound misses the truth, and the mean width."""
    generator = np.random.Generator(np.random.Philox(seed))
    drawn = [situation.draw(generator) for _ in range(repetitions)]
    return Outcome(
        float(np.mean([interval.low > situation.truth + 1e-12 for interval in drawn])),
        float(np.mean([interval.high < situation.truth - 1e-12 for interval in drawn])),
        float(np.mean([interval.high - interval.low for interval in drawn])),
    )


def ceiling(alpha: float, repetitions: int) -> float:
    return alpha + 3 * math.sqrt(alpha * (1 - alpha) / repetitions)


def clustered_hits(
    generator: np.random.Generator, clusters: int, size: int, rate: float, correlation: float
) -> tuple[np.ndarray, list[int]]:
    """0/1 outcomes with mean `rate` and intra-cluster correlation: Bernoulli given beta-distributed cluster rates."""
    names = [cluster for cluster in range(clusters) for _ in range(size)]
    if correlation == 1:
        rates = (generator.random(clusters) < rate).astype(float)
    elif correlation == 0 or rate == 0:
        rates = np.full(clusters, rate)
    else:
        total = 1 / correlation - 1
        rates = generator.beta(rate * total, (1 - rate) * total, clusters)
    return (generator.random(clusters * size) < np.repeat(rates, size)).astype(float), names


def auc_situation(
    per_class: int, auc: float, alpha: float, cluster_size: int = 1, spread: float = 1.0, method: str = "delong"
) -> Situation:
    """Normal scores with that AUC; in clusters, half the variance is shared within a cluster."""
    shared = 0.5 if cluster_size > 1 else 0.0
    clusters = [i // cluster_size for i in range(per_class)]

    def scores(generator: np.random.Generator) -> np.ndarray:
        common = generator.normal(size=per_class)[np.asarray(clusters)]
        own = generator.normal(size=per_class)
        return np.asarray(math.sqrt(shared) * common + math.sqrt(1 - shared) * own)

    distance = float(norm.ppf(auc)) * (1 + spread**2) ** 0.5

    def draw(generator: np.random.Generator) -> Interval:
        names = {
            "positive_clusters": [("a", c) for c in clusters],
            "negative_clusters": [("b", c) for c in clusters],
        }
        x, y = scores(generator) * spread + distance, scores(generator)
        if method == "bootstrap":
            return bootstrap_auc_interval(x, y, alpha, seed=int(generator.integers(2**32)), **names)
        return auc_interval(x, y, alpha, **names)

    name = f"auc ({method}) {per_class}+{per_class}, AUC {auc}, clusters of {cluster_size}"
    return Situation(name, alpha, auc, draw)


def auc_difference_situation(per_class: int, first: float, second: float, alpha: float) -> Situation:
    """Two models score the same items; a part of each score is common to both."""
    apart = [float(norm.ppf(auc)) * 2**0.5 for auc in (first, second)]

    def draw(generator: np.random.Generator) -> Interval:
        x, y = generator.normal(size=(2, per_class))
        one, two = (
            (0.8**0.5 * x + 0.2**0.5 * generator.normal(size=per_class) + distance,
             0.8**0.5 * y + 0.2**0.5 * generator.normal(size=per_class))
            for distance in apart
        )  # fmt: skip
        return auc_difference_interval(one, two, alpha)

    return Situation(f"auc difference {per_class}+{per_class}, {first} − {second}", alpha, first - second, draw)


def rate_situation(clusters: int, size: int, rate: float, correlation: float, alpha: float) -> Situation:
    def draw(generator: np.random.Generator) -> Interval:
        hits, names = clustered_hits(generator, clusters, size, rate, correlation)
        low, high = clustered_rate_lower(hits.tolist(), names, alpha), clustered_rate_upper(hits.tolist(), names, alpha)
        return Interval(float(hits.mean()), low, high, "exact_fallback")

    name = f"clustered rate {clusters}×{size}, rate {rate}, correlation {correlation}"
    return Situation(name, alpha, rate, draw, guaranteed=True)


def mean_situation(
    clusters: int, size: int, rate: float, correlation: float, alpha: float, method: str = "bootstrap_t"
) -> Situation:
    interval = bca_mean_interval if method == "bca" else clustered_mean_interval

    def draw(generator: np.random.Generator) -> Interval:
        hits, names = clustered_hits(generator, clusters, size, rate, correlation)
        return interval(hits, names, alpha, seed=int(generator.integers(2**32)), bounds=(0, 1))

    name = f"clustered mean ({method}) {clusters}×{size}, rate {rate}, correlation {correlation}"
    return Situation(name, alpha, rate, draw)


def betting_situation(looks: int, mean: float, alpha: float, binary: bool = True) -> Situation:
    """Looked at twenty times, keeping the best bounds so far: what an anytime-valid interval must survive."""

    def draw(generator: np.random.Generator) -> Interval:
        x = generator.random(looks) < mean if binary else generator.beta(4 * mean, 4 * (1 - mean), looks)
        x = x.astype(float)
        stops = range(1, looks + 1, max(1, looks // 20))
        low = max(betting_lower(x[:n], alpha) for n in stops)
        high = min(betting_upper(x[:n], alpha) for n in stops)
        return Interval(float(x.mean()), low, high, "betting")

    kind = "0/1" if binary else "beta"
    return Situation(f"betting, {kind}, {looks} values, mean {mean}", alpha, mean, draw, guaranteed=True)


def dkw_situation(n: int, alpha: float) -> Situation:
    """The whole band around a uniform sample: misses where the largest one-sided distance exceeds it."""

    def draw(generator: np.random.Generator) -> Interval:
        x, reach = np.sort(generator.random(n)), dkw_half_width(n, alpha)
        above = float((np.arange(1, n + 1) / n - x).max())
        below = float((x - np.arange(n) / n).max())
        return Interval(0.0, above - reach, reach - below, "dkw")

    return Situation(f"dkw band n = {n}", alpha, 0.0, draw, guaranteed=True)


def clustered_dkw_situation(clusters: int, size: int, spread: float, alpha: float) -> Situation:
    """The band around the mean of the clusters' distribution functions, values uniform over all: each cluster's values lie
    within `spread` (of 1, wrapped around) of a place of its own; spread 0 makes them equal."""

    def draw(generator: np.random.Generator) -> Interval:
        middle = generator.random((clusters, 1))
        x = np.sort(((middle + spread * (generator.random((clusters, size)) - 0.5)) % 1).ravel())
        n, reach = x.size, clustered_dkw_half_width(clusters, alpha)
        above = float((np.arange(1, n + 1) / n - x).max())
        below = float((x - np.arange(n) / n).max())
        return Interval(0.0, above - reach, reach - below, "dkw")

    return Situation(f"clustered dkw band {clusters} × {size}, spread {spread}", alpha, 0.0, draw, guaranteed=True)


def clopper_pearson_situation(n: int, rate: float, alpha: float) -> Situation:
    def draw(generator: np.random.Generator) -> Interval:
        k = int(generator.binomial(n, rate))
        return Interval(k / n, clopper_pearson_lower(k, n, alpha), clopper_pearson_upper(k, n, alpha), "exact_fallback")

    return Situation(f"clopper–pearson n = {n}, rate {rate}", alpha, rate, draw, guaranteed=True)


def skewed_mean_situation(clusters: int, alpha: float) -> Situation:
    """Scores from Beta(0.5, 4.5), equal within clusters of 1 to 5 items."""

    def draw(generator: np.random.Generator) -> Interval:
        names = np.repeat(np.arange(clusters), generator.integers(1, 6, clusters))
        scores = generator.beta(0.5, 4.5, clusters)[names]
        seed = int(generator.integers(2**32))
        return clustered_mean_interval(scores, names.tolist(), alpha, seed=seed, bounds=(0, 1))

    return Situation(f"skewed clustered mean, {clusters} clusters of 1–5", alpha, 0.1, draw)


def paired_situation(
    clusters: int, size: int, loss: float, gain: float, alpha: float, method: str = "chosen", correlation: float = 0.3,
    noise: float = 0.0,
) -> Situation:
    """Items that lose (gain) with these probabilities; losses are clustered, the rest stays right, but for lost noise."""
    fall = loss + (1 - loss) * noise

    def draw(generator: np.random.Generator) -> Interval:
        lost, names = clustered_hits(generator, clusters, size, loss, correlation if size > 1 else 0)
        lost = np.maximum(lost, generator.random(lost.size) < noise)
        gained = (generator.random(lost.size) < gain / (1 - fall)) & (lost == 0)
        old = np.where(gained, 0.0, 1.0)
        new = np.where(lost == 1, 0.0, 1.0)
        if method == "exact":
            return paired_difference_exact(old, new, names, alpha)
        return paired_difference_interval(old, new, names, alpha, seed=int(generator.integers(2**32)))

    name = f"paired difference ({method}) {clusters}×{size}, loss {loss} + {noise}, gain {gain}"
    return Situation(name, alpha, gain - fall, draw, guaranteed=method == "exact")


def unequal_situation(singles: int, largest: int, loss: float, alpha: float) -> Situation:
    """One cluster that is lost as a whole or not at all, beside single items of which a quarter each gains and loses."""
    names = [0] * largest + list(range(1, singles + 1))

    def draw(generator: np.random.Generator) -> Interval:
        fate = generator.choice([-1, 0, 0, 1], len(names))
        fate[:largest] = -int(generator.random() < loss)
        seed = int(generator.integers(2**32))
        return paired_difference_interval(fate < 0, fate > 0, names, alpha, seed=seed)

    return Situation(f"paired difference, one cluster of {largest} beside {singles}", alpha, -loss * largest / len(names), draw)


def tango_situation(n: int, loss: float, gain: float, alpha: float) -> Situation:
    def draw(generator: np.random.Generator) -> Interval:
        gains, losses, _ = generator.multinomial(n, [gain, loss, 1 - gain - loss])
        return tango_interval(int(gains), int(losses), n, alpha)

    return Situation(f"tango n = {n}, loss {loss}, gain {gain}", alpha, gain - loss, draw)


def wilson_situation(n: int, rate: float, alpha: float) -> Situation:
    def draw(generator: np.random.Generator) -> Interval:
        return wilson(int(generator.binomial(n, rate)), n, alpha)

    return Situation(f"wilson n = {n}, rate {rate}", alpha, rate, draw)


def situations() -> Iterator[Situation]:
    for alpha in (0.05, 0.01):
        for per_class, auc in ((20, 0.5), (20, 0.8), (20, 0.95), (60, 0.5), (60, 0.9), (200, 0.5), (200, 0.99)):
            yield auc_situation(per_class, auc, alpha)
        yield auc_situation(60, 0.7, alpha, spread=2.0)
        yield auc_situation(100, 0.5, alpha, cluster_size=5)
        yield auc_situation(100, 0.8, alpha, cluster_size=5)
        for per_class, auc in ((40, 0.5), (60, 0.9), (200, 0.5), (200, 0.95)):
            yield auc_situation(per_class, auc, alpha, method="bootstrap")
        yield auc_situation(200, 0.7, alpha, cluster_size=5, method="bootstrap")
        for per_class, first, second in ((40, 0.6, 0.6), (100, 0.8, 0.6), (200, 0.5, 0.5)):
            yield auc_difference_situation(per_class, first, second, alpha)
        for rate in (0.01, 0.1, 0.5):
            yield mean_situation(60, 4, rate, 0.3, alpha, "bca")
        yield mean_situation(200, 1, 0.1, 0, alpha, "bca")
        for rate in (0.01, 0.1, 0.5):
            yield betting_situation(200, rate, alpha)
        yield betting_situation(200, 0.3, alpha, binary=False)
        yield dkw_situation(40, alpha)
        for spread in (0.0, 0.3, 1.0):
            yield clustered_dkw_situation(40, 5, spread, alpha)
        yield clopper_pearson_situation(100, 0.05, alpha)
        for correlation in (0, 0.3, 1):
            for rate in (0.01, 0.1, 0.5):
                yield rate_situation(30, 4, rate, correlation, alpha)
                yield mean_situation(30, 4, rate, correlation, alpha)
        yield mean_situation(100, 4, 0.05, 0.3, alpha)
        yield skewed_mean_situation(40, alpha)
        for loss, gain in ((0.0, 0.0), (0.02, 0.0), (0.05, 0.02), (0.2, 0.2)):
            yield paired_situation(40, 5, loss, gain, alpha)
            yield paired_situation(40, 5, loss, gain, alpha, "exact")
        for loss, gain in ((0.1, 0.1), (0.1, 0.03), (0.2, 0.15)):
            yield paired_situation(60, 5, loss, gain, alpha, correlation=0.1)
            yield paired_situation(300, 1, loss, gain, alpha)
        for clusters, loss in ((20, 0.1), (40, 0.05), (40, 0.1), (100, 0.02), (100, 0.04)):
            yield paired_situation(clusters, 20, loss, 0.05, alpha, correlation=1, noise=0.05)
        for singles, largest in ((60, 200), (60, 10), (200, 30)):
            yield unequal_situation(singles, largest, 0.3, alpha)
        for loss, gain in ((0.0, 0.0), (0.02, 0.0), (0.05, 0.02), (0.2, 0.2)):
            yield tango_situation(150, loss, gain, alpha)
        yield wilson_situation(100, 0.1, alpha)


def main() -> None:
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    print(f"{repetitions} repetitions\n")
    print(f"{'situation':68} {'alpha':>6} {'low':>7} {'high':>7} {'width':>7} {'ceiling':>8}")
    for number, situation in enumerate(situations()):
        result = simulate(situation, repetitions, seed=number)
        limit = ceiling(situation.alpha, repetitions)
        flag = " !" if max(result.low_misses, result.high_misses) > limit else ""
        print(
            f"{situation.name:68} {situation.alpha:6} {result.low_misses:7.4f} {result.high_misses:7.4f} "
            f"{result.width:7.4f} {limit:8.4f}{flag}",
            flush=True,
        )


if __name__ == "__main__":
    main()
