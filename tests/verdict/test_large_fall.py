"""A fall over ten thousand clusters, beyond the break-even: its bounds are those of the plain definition in float64."""

from __future__ import annotations

import math
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

import make

from unlearn_spec.gpu import draws
from unlearn_spec.verdict.facts import measure

CLUSTERS, RESAMPLES = 10_100, 9_999


def test_many_clusters_are_bounded_by_the_plain_definition(monkeypatch: pytest.MonkeyPatch) -> None:
    assert RESAMPLES * CLUSTERS >= draws.BREAK_EVEN
    rng = np.random.default_rng(0)
    before = rng.random(2 * CLUSTERS) < 0.9
    after = np.where(rng.random(2 * CLUSTERS) < 0.02, ~before, before)
    arms = {"audited": after, "original": before}
    units = make.seen(
        {role: (make.generated(role), make.answers(found.tolist(), cluster_size=2)) for role, found in arms.items()}  # type: ignore[arg-type]
    )
    keep = make.clause(goal="retain", limit={"within": "10%", "of": "before"}, reveals_when={"metric": "exact"})
    test = make.obligation("retention", original=("original",))
    bounded = partial(measure, test, keep, units, seed=5)
    fall = bounded().intervals[0]

    change = (before.astype(float) - after).reshape(-1, 2).sum(axis=1)
    secret = draws.key("fall", 5, test.id)
    studentised = np.empty(RESAMPLES)
    point = change.sum() / (2 * CLUSTERS)
    for replicate in range(RESAMPLES):
        drawn = change[draws.below(secret, range(replicate, replicate + 1), range(CLUSTERS), np.uint64(CLUSTERS))[0]]
        error = drawn.std(ddof=1) / math.sqrt(CLUSTERS) / 2
        studentised[replicate] = (drawn.sum() / (2 * CLUSTERS) - point) / error
    error = change.std(ddof=1) / math.sqrt(CLUSTERS) / 2
    low, high = (point - np.sort(studentised)[place] * error for place in (9_949, 49))  # ½ % of 10,000 from either end
    hidden = (1 - 0.005 ** (1 / CLUSTERS)) / 2  # a mean of clusters of two, were so many worse than any that was seen
    low, high = low - hidden * (2 + change.min()), high + hidden * (2 - change.max())
    assert (fall.low, fall.high) == (pytest.approx(low, abs=2e-9), pytest.approx(high, abs=2e-9))

    drawn_by_seed = bounded(seed=6).intervals[0]
    monkeypatch.setattr(draws, "BREAK_EVEN", RESAMPLES * CLUSTERS + 1)
    few = bounded().intervals[0]
    assert len({one.low for one in (fall, drawn_by_seed, few)}) == 3
    assert (few.low, few.high) == (pytest.approx(fall.low, abs=3e-4), pytest.approx(fall.high, abs=3e-4))
