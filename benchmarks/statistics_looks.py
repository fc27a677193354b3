"""Error and length of tests that may end at any look: simulated for rates at the limit, where errors are likeliest.

`python benchmarks/statistics_looks.py [--runs 2000]` prints, for each case, how often the wrong side of the limit was
concluded at *any* of the looks, with an upper bound for that, and the share of the items that was asked until the end.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from unlearn_spec.statistics.binomial import clopper_pearson_lower, clopper_pearson_upper
from unlearn_spec.verdict.stops import Population, looked_lower, looked_upper
from unlearn_spec.verifiers.outcomes import Outcomes

ALPHA = Fraction(1, 10)
LIMIT = 0.10


@dataclass(frozen=True)
class Case:
    """How items are hit: chances of the listed items, the same in every run, or drawn anew from a wider population."""

    name: str
    clusters: int
    size: int
    rate: float
    wider: bool
    sampled: bool
    looks: int


CASES = (
    Case("listed items, greedy", 120, 1, LIMIT, wider=False, sampled=False, looks=4),
    Case("listed items, sampled", 120, 1, LIMIT, wider=False, sampled=True, looks=4),
    Case("listed clusters of five, sampled", 40, 5, LIMIT, wider=False, sampled=True, looks=4),
    Case("wider, ten looks", 60, 1, LIMIT, wider=True, sampled=True, looks=10),
    Case("wider clusters of three", 60, 3, LIMIT, wider=True, sampled=False, looks=4),
)


def errors(case: Case, *, runs: int, seed: int) -> float:
    """Share of runs in which some look concluded "above", the truth being the limit, or "at most" just beyond it."""
    wrong = dict.fromkeys(("above", "at most"), 0)
    generator = np.random.Generator(np.random.Philox(seed))
    for _ in range(runs):
        hits, truth = _hits(case, generator)
        for low, high in _looks(case, hits):
            wrong["above"] += low > truth
            wrong["at most"] += high < truth
            if low > truth or high < truth:
                break
    return max(wrong.values()) / runs


def peeking(*, runs: int, seed: int) -> float:
    """The same for a bound of a single look, taken again after every ten items."""
    wrong = 0
    generator = np.random.Generator(np.random.Philox(seed))
    for _ in range(runs):
        found = np.cumsum(generator.random(120) < LIMIT)
        wrong += any(
            clopper_pearson_lower(int(k), n, ALPHA) > LIMIT or clopper_pearson_upper(int(k), n, ALPHA) < LIMIT
            for n, k in enumerate(found.tolist(), 1)
            if n % 10 == 0
        )
    return wrong / runs


def asked_until_decided(rate: float, *, runs: int, seed: int) -> float:
    """Mean share of 240 listed items asked, in four looks, until it is decided on which side of the limit they lie."""
    generator = np.random.Generator(np.random.Philox(seed))
    case = Case("", 240, 1, rate, wider=False, sampled=True, looks=4)
    shares = []
    for _ in range(runs):
        hits, _ = _hits(case, generator)
        ends = [place for place, (low, high) in enumerate(_looks(case, hits), 1) if low > LIMIT or high <= LIMIT]
        shares.append((ends[0] if ends else case.looks) / case.looks)
    return float(np.mean(shares))


def acceptable(share: float, runs: int, alpha: Fraction) -> bool:
    """Whether so many errors are likely, at 1 in 10,000, where the true error is `alpha`."""
    return clopper_pearson_lower(round(share * runs), runs, Fraction(1, 10_000)) <= alpha


def _hits(case: Case, generator: np.random.Generator) -> tuple[np.ndarray[tuple[int, int], np.dtype[np.bool_]], float]:
    """Hits in the order asked, shape (clusters, size), and the rate that is meant."""
    if case.wider and not case.sampled:  # a cluster shares one fate
        return np.repeat(generator.random((case.clusters, 1)) < case.rate, case.size, axis=1), case.rate
    if case.wider:
        return generator.random((case.clusters, case.size)) < case.rate, case.rate
    known = round(case.rate * case.clusters)
    chances = np.repeat((np.arange(case.clusters) < known)[:, None], case.size, axis=1).astype(float)
    if case.sampled:
        chances = 0.5 * chances + 0.5 * case.rate
    generator.shuffle(chances, axis=0)
    return generator.random(chances.shape) < chances, float(chances.mean())


def _looks(case: Case, hits: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> list[tuple[float, float]]:
    planned = Population(case.clusters * case.size, case.clusters, case.size)
    found = []
    for look in range(1, case.looks + 1):
        seen = hits[: look * case.clusters // case.looks]
        names = tuple(str(place) for place, row in enumerate(seen) for _ in row)
        outcomes = (Outcomes(tuple(map(str, range(len(names)))), names, tuple(map(bool, seen.ravel()))),)
        found.append((looked_lower(outcomes, ALPHA, planned), looked_upper(outcomes, ALPHA, planned)))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2000)
    runs = parser.parse_args().runs
    print(f"α {float(ALPHA):.0%}, limit {LIMIT:.0%}, {runs} runs a case; the larger of the two one-sided errors")
    for case in CASES:
        share = errors(case, runs=runs, seed=1)
        print(f"{case.name:34} {share:6.2%}  at most {clopper_pearson_upper(round(share * runs), runs, 0.05):6.2%}")
    for rate in (0.0, 0.02, 0.05, 0.2, 0.3, 0.5):
        print(f"rate {rate:4.0%}: {asked_until_decided(rate, runs=max(50, runs // 20), seed=3):.0%} of the items asked")


if __name__ == "__main__":
    main()
