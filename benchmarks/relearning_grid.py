"""How often the rules for a grid of attacks mislead, simulated: `relearning_grid.py [repetitions]`.

Attacks agree in part: a cluster has a fate of its own that an attack follows with probability `follow`. Columns: how often
the Bonferroni lower bound on the largest rate exceeds it, and the intersection-union upper bound falls short of it, at
α = 5 % (`verdict/relearned.py`); then how often max-T on the paired differences (`statistics.max_t`) flags a model whose
every rate is within the promised (ε, δ) of its control, and one that is exactly like it. A valid rule stays below 5 %.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass

import numpy as np

from unlearn_spec.statistics.bounded import clustered_rate_lower, clustered_rate_upper
from unlearn_spec.statistics.max_t import max_t_paired

ALPHA = 0.05
EPSILON, DELTA = 0.5, 0.02


@dataclass(frozen=True)
class World:
    attacks: int
    clusters: int
    follow: float
    control: float
    """Rate of the never-trained model under each attack."""


WORLDS = tuple(
    World(attacks, clusters, follow, control)
    for attacks in (1, 4, 12)
    for clusters in (20, 60)
    for follow in (0.0, 0.9)
    for control in (0.05, 0.3)
)


def hits(world: World, rate: float, generator: np.random.Generator) -> np.ndarray:
    """0 or 1, shape (clusters, attacks), each with this rate."""
    shape = (world.clusters, world.attacks)
    own, fate = generator.random(shape) < rate, generator.random((world.clusters, 1)) < rate
    return np.where(generator.random(shape) < world.follow, fate, own).astype(float)


def misled(world: World, generator: np.random.Generator) -> tuple[bool, bool, bool, bool]:
    """Lower bound, upper bound, max-T on a model that is close, max-T on one that is alike."""
    rate = min(1.0, math.exp(EPSILON) * world.control + DELTA)
    close, alike, control = (hits(world, each, generator) for each in (rate, world.control, world.control))
    names = list(range(world.clusters))
    low = max(clustered_rate_lower(column, names, ALPHA / world.attacks) for column in close.T.tolist())
    high = max(clustered_rate_upper(column, names, ALPHA) for column in close.T.tolist())
    flags = [min(max_t_paired(one - control, names, seed=0).adjusted) <= ALPHA for one in (close, alike)]
    return low > rate, high < rate, flags[0], flags[1]


def shares(world: World, repetitions: int, seed: int = 1) -> tuple[float, ...]:
    """How often each of the four misled."""
    generator = np.random.Generator(np.random.Philox(seed))
    return tuple(np.mean([misled(world, generator) for _ in range(repetitions)], axis=0).tolist())


def main() -> int:
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    print("attacks clusters follow control | Bonferroni  union  max-T close  max-T alike")
    for world in WORLDS:
        low, high, close, alike = shares(world, repetitions)
        print(
            f"{world.attacks:7} {world.clusters:8} {world.follow:6} {world.control:7} | {low:10.3f} {high:6.3f} {close:12.3f} {alike:12.3f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
