"""Simulated size and power of every test in `unlearn_spec.statistics`, printed as a table; bounds: `statistics_coverage.py`.

    python benchmarks/statistics_size.py [repetitions]

Each row is one test where its null holds, as unfavourably as the null allows: how often p ≤ alpha. It must stay at or
below alpha up to simulation noise (the ceiling is alpha plus three standard errors). The last column is how often the
same test rejects where the null is wrong: a test that never rejects has the right size as well.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from unlearn_spec.statistics.canaries import Guesses, audit, audit_p_value
from unlearn_spec.statistics.ensembles import Distance, compare_ensembles, outlier_p
from unlearn_spec.statistics.equivalence import paired_tost, unpaired_tost
from unlearn_spec.statistics.max_t import max_t_groups, max_t_paired
from unlearn_spec.statistics.multiplicity import holm_adjusted, intersection_union
from unlearn_spec.statistics.sequential import e_process, mixture_wealth
from unlearn_spec.statistics.tests import mcnemar, sign_flip
from unlearn_spec.statistics.two_sample import kolmogorov_smirnov

Generator = np.random.Generator
Draw = Callable[[Generator, bool], float]
"""One p-value; the null holds if the second argument says so."""

ALPHAS = (0.05, 0.01)


@dataclass(frozen=True)
class Case:
    name: str
    draw: Draw


def p_values(case: Case, repetitions: int, seed: int, *, null: bool) -> np.ndarray:
    generator = np.random.Generator(np.random.Philox(seed))
    return np.asarray([case.draw(generator, null) for _ in range(repetitions)])


def ceiling(alpha: float, repetitions: int) -> float:
    return alpha + 3 * math.sqrt(alpha * (1 - alpha) / repetitions)


def clustered(generator: Generator, clusters: int, size: int, mean: float) -> tuple[np.ndarray, list[int]]:
    """Normal values with half their variance shared within clusters."""
    names = np.repeat(np.arange(clusters), size)
    values = mean + 0.5**0.5 * (generator.normal(size=clusters)[names] + generator.normal(size=clusters * size))
    return values, names.tolist()


def mcnemar_case(generator: Generator, null: bool) -> float:
    changed = int(generator.binomial(200, 0.2))
    gains = int(generator.binomial(changed, 0.5 if null else 0.8))
    return mcnemar(gains, changed - gains)


def paired_tost_case(generator: Generator, null: bool) -> float:
    values, names = clustered(generator, 30, 4, 0.5 if null else 0.0)
    return paired_tost(values, names, 0.5)


def unpaired_tost_case(generator: Generator, null: bool) -> float:
    first, one = clustered(generator, 30, 3, 0.8 if null else 0.0)
    second, two = clustered(generator, 60, 2, 0.0)
    return unpaired_tost(first, 0.5 * second, 0.8, first_clusters=one, second_clusters=two)


def sign_flip_case(generator: Generator, null: bool) -> float:
    values, names = clustered(generator, 10, 3, 0.0 if null else 1.5)
    return sign_flip(np.sign(values) * values**2, names, seed=0)


def ks_case(generator: Generator, null: bool) -> float:
    first, second = generator.normal(size=(2, 40))
    return kolmogorov_smirnov(first, second + (0 if null else 1)).p_value


def max_t_paired_case(generator: Generator, null: bool) -> float:
    """Smallest adjusted p of the attacks that show nothing, beside one that does; or of all, with one small effect."""
    common = generator.normal(size=(10, 1))
    table = common + generator.normal(size=(10, 5))
    table[:, 0] += 5 if null else 2.5
    adjusted = max_t_paired(table, range(10), seed=0).adjusted
    return min(adjusted[1:]) if null else adjusted[0]


def max_t_groups_case(generator: Generator, null: bool) -> float:
    table = generator.normal(size=(16, 1)) + generator.normal(size=(16, 4))
    table[:8, 0] += 0 if null else 3
    return min(max_t_groups(table, 8, seed=int(generator.integers(2**32))).adjusted)


def holm_case(generator: Generator, null: bool) -> float:
    p = generator.random(6)
    p[:3] = 0.0 if null else p[:3] ** 6
    return min(holm_adjusted(p.tolist())[3:] if null else holm_adjusted(p.tolist())[:3])


def intersection_union_case(generator: Generator, null: bool) -> float:
    return intersection_union([0.0, 0.0, float(generator.random() if null else 0.01 * generator.random())])


def ensemble_case(distance: Distance) -> Draw:
    def draw(generator: Generator, null: bool) -> float:
        audited = generator.normal(size=(5, 6)) + (0 if null else 2)
        return compare_ensembles(audited, generator.normal(size=(5, 6)), distance, seed=0).p_value

    return draw


def outlier_case(generator: Generator, null: bool) -> float:
    return outlier_p(generator.normal(size=6) * (1 if null else 4), generator.normal(size=(99, 6)))


def e_process_case(generator: Generator, null: bool) -> float:
    """1 / the largest wealth ever seen: p of a sequence stopped at the best moment."""
    wealth = e_process((generator.random(400) < (0.02 if null else 0.06)).astype(float), 0.02, 0.06)
    return float(1 / max(1.0, wealth.max()))


def mixture_case(generator: Generator, null: bool) -> float:
    values = generator.beta(1, 4 if null else 2, 200)
    return 1 / max(1.0, max(mixture_wealth(values[:n], 0.2) for n in range(10, 201, 10)))


def canary_case(generator: Generator, null: bool) -> float:
    """Randomised response at ε = 1, or at ε = 3, tested against 1: the case in which the theorem is tight."""
    accuracy = 1 / (1 + math.exp(-1 if null else -3))
    correct = int(generator.binomial(100, accuracy))
    return audit_p_value(200, 100, correct, 1.0)


def canary_splits_case(generator: Generator, null: bool) -> float:
    """Several registered splits of a model that leaks nothing: 0 if some bound at 5 % is above 0, else 1."""
    coins = generator.integers(0, 2, 400)
    scores = generator.normal(size=400) + (0 if null else 1.5) * coins
    splits = [Guesses(k, k) for k in (10, 25, 50, 100)]
    return 0.0 if audit(scores, coins, splits, 0.05).epsilon_lower > 0 else 1.0


def cases() -> Iterator[Case]:
    yield Case("McNemar, 200 items", mcnemar_case)
    yield Case("TOST paired, 30 clusters of 4", paired_tost_case)
    yield Case("TOST unpaired, 30 and 60 clusters", unpaired_tost_case)
    yield Case("sign flip, 10 clusters of 3", sign_flip_case)
    yield Case("Kolmogorov–Smirnov 40+40", ks_case)
    yield Case("max-T paired, 5 attacks, 10 clusters", max_t_paired_case)
    yield Case("max-T groups, 4 attacks, 8+8 units", max_t_groups_case)
    yield Case("Holm, 3 of 6 null", holm_case)
    yield Case("intersection–union, 1 of 3 null", intersection_union_case)
    yield Case("MMD, 5+5 models", ensemble_case("mmd"))
    yield Case("energy, 5+5 models", ensemble_case("energy"))
    yield Case("KLoM, 5+5 models", ensemble_case("klom"))
    yield Case("outlier among 99 references", outlier_case)
    yield Case("e-process, registered bet, 400 looks", e_process_case)
    yield Case("e-process, mixture, 20 looks", mixture_case)
    yield Case("canaries, one split, ε = 1", canary_case)
    yield Case("canaries, four registered splits at 5 %", canary_splits_case)


def unregistered(repetitions: int, canaries: int, seed: int) -> float:
    """Share of runs without leakage in which *some* split would have shown ε > 0 at 5 %: why splits are registered."""
    generator = np.random.Generator(np.random.Philox(seed))
    step = math.isqrt(canaries)
    splits = [Guesses(a, b) for a in range(0, canaries, step) for b in range(0, canaries - a, step) if a + b > 0]
    needed = {
        total: next(v for v in range(total + 2) if v > total or audit_p_value(canaries, total, v, 0.0) <= 0.05)
        for total in {split.total for split in splits}
    }
    found = 0
    for _ in range(repetitions):
        coins = generator.integers(0, 2, canaries)
        right_in, right_out = np.cumsum(coins), np.cumsum(1 - coins[::-1])
        found += any(
            (right_in[s.said_in - 1] if s.said_in else 0) + (right_out[s.said_out - 1] if s.said_out else 0)
            >= needed[s.total]
            for s in splits
        )
    return found / repetitions


def main() -> None:
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    print(f"{repetitions} repetitions\n")
    print(f"{'test':42}" + "".join(f" {'size ' + str(a):>10} {'ceiling':>8}" for a in ALPHAS) + f" {'power 0.05':>11}")
    for number, case in enumerate(cases()):
        null = p_values(case, repetitions, number, null=True)
        rates = [float((null <= alpha).mean()) for alpha in ALPHAS]
        bounds = [ceiling(alpha, repetitions) for alpha in ALPHAS]
        power = float((p_values(case, repetitions, number, null=False) <= 0.05).mean())
        over = any(r > b for r, b in zip(rates, bounds, strict=True))
        flag = " !" if over and "at 5 %" not in case.name else ""  # that row says 0 or 1
        row = "".join(f" {r:10.4f} {b:8.4f}" for r, b in zip(rates, bounds, strict=True))
        print(f"{case.name:42}{row} {power:11.4f}{flag}", flush=True)
    for canaries in (100, 400, 1000):
        share = unregistered(min(repetitions, 400), canaries, seed=1)
        print(f"best of all unregistered splits, {canaries} canaries, no leakage: ε > 0 in {share:.0%} of runs at 5 %")


if __name__ == "__main__":
    main()
