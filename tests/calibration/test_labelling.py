"""Members are told by a cut that other people set, or not at all."""

from __future__ import annotations

import random

import pytest

from unlearn_spec.calibration.labelling import told_by
from unlearn_spec.calibration.truth import FALSE_POSITIVES


def drawn(seed: int, moved: float = 0.0, known: int = 60) -> tuple[dict[str, float], dict[str, float]]:
    """Scores of 60 members, `known` of which are moved, and of 60 others."""
    rng = random.Random(seed)
    inside = {f"m{place}": rng.gauss(moved if place < known else 0.0, 1) for place in range(60)}
    return inside, {f"o{place}": rng.gauss(0, 1) for place in range(60)}


@pytest.mark.parametrize("moved", [8.0, -8.0])
def test_members_that_stand_out_either_way_are_told(moved: float) -> None:
    found = told_by(*drawn(1, moved))
    assert found.share == 1 and found.low == pytest.approx(0.01 ** (1 / 60))


def test_members_like_the_others_are_hardly_ever_told() -> None:
    """The rate of labels where there is nothing to tell: a lower bound above the false positives, over 300 draws."""
    shares = [told_by(*drawn(seed)) for seed in range(300)]
    assert sum(found.low > FALSE_POSITIVES for found in shares) <= 3
    assert sum(found.share for found in shares) / 300 < FALSE_POSITIVES


def test_a_cut_that_calls_too_many_others_tells_nothing() -> None:
    inside, outside = drawn(3, 8.0)
    assert told_by(inside, {name: score + 8 * (place % 2) for place, (name, score) in enumerate(outside.items())}).share < 1
    assert told_by(inside, dict.fromkeys(outside, 0.0)).share > 0.9  # one value: nothing of it lies beyond
    assert told_by(dict.fromkeys(inside, 1.0), dict.fromkeys(outside, 1.0)).share == 0


def test_a_share_of_known_members_bounds_what_is_told() -> None:
    found = told_by(*drawn(4, 8.0, known=12))
    assert 0.2 <= found.share <= 0.4 and found.low < 0.23
