"""Large bootstraps and permutations: exact sums in any order, on any processor, and the numbers of the plain definition."""

from __future__ import annotations

import math
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "gpu"))

import shim

from unlearn_spec.gpu import draws, pairwise
from unlearn_spec.gpu.draws import below, bootstrap_totals, key
from unlearn_spec.gpu.resample import bootstrap_totals_on
from unlearn_spec.statistics import intervals, resampled
from unlearn_spec.statistics.ensembles import Distance, compare_ensembles
from unlearn_spec.statistics.exact_sums import Floats, Many, ManyPairs, on_grid
from unlearn_spec.statistics.intervals import bootstrap_t_reach, ratio_and_error
from unlearn_spec.statistics.max_t import max_t_paired
from unlearn_spec.statistics.resampled import columns_of, studentised

CPU = torch.device("cpu")
SECRET = key("resampled")


def world(clusters: int, seed: int = 0, largest: int = 5) -> tuple[Floats, Floats]:
    """Sums and sizes of clusters, in which few items changed."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, largest, clusters)
    return (rng.binomial(sizes, 0.1) - rng.binomial(sizes, 0.05)).astype(np.float64), sizes.astype(np.float64)


def by_kernel(values: Floats, replicates: range, seed: int = 0) -> Floats:
    found: Floats = bootstrap_totals_on(CPU, SECRET, values, replicates, launch=partial(shim.launch, seed=seed)).numpy()
    return found


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.floats(-1e6, 1e6).filter(lambda x: x == 0 or abs(x) > 1e-100), min_size=1, max_size=200),
    seed=st.integers(0, 2**32),
)
def test_sums_on_the_grid_are_equal_in_any_order(values: list[float], seed: int) -> None:
    column = np.array(values)[:, None]
    rounded, unit = on_grid(column, len(values))
    assert (np.abs(rounded - column) <= len(values) * np.abs(column).max() * 2.0**-52).all()
    assert ((rounded / unit) % 1 == 0).all()
    assert len(values) * np.abs(rounded).max() <= 2.0**53 * unit[0], "the sum of as many of the largest is exact"
    rng = np.random.default_rng(seed)
    drawn = rounded[rng.integers(0, len(values), len(values)), 0]
    exact = math.fsum(drawn)
    shuffled = rng.permutation(drawn)
    one_by_one = 0.0
    for value in shuffled:
        one_by_one += value
    cut = rng.integers(0, len(values) + 1)
    assert {float(shuffled.sum()), one_by_one, float(shuffled[:cut].sum() + shuffled[cut:].sum())} == {exact}


def plain(sums: Floats, sizes: Floats, resamples: int) -> Floats:
    """The definition in float64: each resample's own ratio, its own residuals, one after another."""
    point, _ = ratio_and_error(sums[None, :], sizes[None, :])
    found = []
    for replicate in range(resamples):
        drawn = below(SECRET, range(replicate, replicate + 1), range(sums.size), np.uint64(sums.size))[0]
        ratio = sums[drawn].sum() / sizes[drawn].sum()
        residual = sums[drawn] - ratio * sizes[drawn]
        error = math.sqrt((residual**2).sum() * sums.size / (sums.size - 1)) / sizes[drawn].sum()
        found.append((ratio - point[0]) / error)
    return np.array(found)


@pytest.mark.parametrize(("clusters", "largest"), [(40, 5), (3_000, 5), (3_000, 60), (200_000, 3)])
def test_many_draws_give_the_numbers_of_the_plain_definition(clusters: int, largest: int) -> None:
    sums, sizes = world(clusters, largest=largest)
    (point,), _ = ratio_and_error(sums[None, :], sizes[None, :])
    columns = columns_of(sums, sizes, point)
    assert columns is not None
    found = studentised(*columns, point, 30, partial(bootstrap_totals, SECRET))
    np.testing.assert_allclose(found, plain(sums, sizes, 30), rtol=1e-7, atol=1e-7)


def test_batches_processors_and_cards_give_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    sums, sizes = world(5_000)
    (point,), _ = ratio_and_error(sums[None, :], sizes[None, :])
    columns = columns_of(sums, sizes, point)
    assert columns is not None
    wanted = studentised(*columns, point, 24, partial(bootstrap_totals, SECRET))
    for seed in (1, 2):  # another order of threads
        np.testing.assert_array_equal(studentised(*columns, point, 24, partial(by_kernel, seed=seed)), wanted)

    def gathered(values: Floats, replicates: range) -> Floats:
        """Row by row, in a shuffled order."""
        drawn = below(SECRET, replicates, range(len(values)), np.uint64(len(values)))
        return np.array([values[np.random.default_rng(3).permutation(row)].sum(axis=0) for row in drawn])

    np.testing.assert_array_equal(studentised(*columns, point, 24, gathered), wanted)
    monkeypatch.setattr(resampled, "_AT_ONCE", 5)
    monkeypatch.setattr(draws, "_CACHED", 64)
    np.testing.assert_array_equal(studentised(*columns, point, 24, partial(bootstrap_totals, SECRET)), wanted)


def test_many_draws_bound_as_few_do_and_below_the_break_even_nothing_changes() -> None:
    sums, sizes = world(400)
    few = bootstrap_t_reach(sums, sizes, 0.02, 7)
    totals = partial(bootstrap_totals, SECRET)
    assert bootstrap_t_reach(sums, sizes, 0.02, 7, Many(4_999 * 400 + 1, totals)) == few
    many = bootstrap_t_reach(sums, sizes, 0.02, 7, Many(4_999 * 400, totals))
    assert many != few and many == pytest.approx(few, rel=0.08)
    assert bootstrap_t_reach(sums, sizes, 0.02, 8, Many(0, totals)) == many  # the key draws, not the seed


def test_memory_bounds_the_draws_held_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    sums, sizes = world(300)
    wanted = bootstrap_t_reach(sums, sizes, 0.05, 1)
    monkeypatch.setattr(intervals, "_HELD", 1_000)
    assert bootstrap_t_reach(sums, sizes, 0.05, 1) == wanted


def test_resamples_without_any_spread_are_infinitely_many_errors_away() -> None:
    """Two clusters: half of the resamples draw one of them twice, and rounding must not look like spread."""
    sums, sizes = np.array([1.0, 0.3]), np.array([3.0, 7.0])
    columns = columns_of(sums, sizes, 0.13)
    assert columns is not None
    found = studentised(*columns, 0.13, 400, partial(bootstrap_totals, SECRET))
    twice = below(SECRET, range(400), range(2), np.uint64(2))
    same = twice[:, 0] == twice[:, 1]
    np.testing.assert_array_equal(found[same], np.where(twice[same, 0] == 0, np.inf, -np.inf))
    np.testing.assert_array_equal(found[~same], 0)


def test_what_varies_hardly_more_than_by_rounding_is_told_the_same_by_many_draws() -> None:
    """A sixth of the resamples on either side has no error to speak of: too many for a bound."""
    sums, sizes = 0.5 + 1.52e-12 * math.sqrt(39) * np.resize([1.0, -1.0], 40), np.ones(40)
    _, (error,) = ratio_and_error(sums[None, :], sizes[None, :])
    assert error > 1.5e-12
    for many in (None, Many(0, partial(bootstrap_totals, SECRET))):
        assert bootstrap_t_reach(sums, sizes, 0.02, 1, many) == (math.inf, math.inf)
        assert max(bootstrap_t_reach(0.5 + (sums - 0.5) * 1e3, sizes, 0.02, 1, many)) < 1e-8


@pytest.mark.parametrize(
    ("giants", "size", "changed", "taken"),
    [
        (1, 1e9, 2_001, False),
        (20, 1e9, 2_001, False),  # a resample may lack all of them
        (31, 1e9, 2_001, True),
        (1, 1e6, 0, False),  # what a size does to n², with no residual
        (0, 2.0, 21, False),  # all that changed are fewer than a resample may lack
        (0, 2.0, 41, True),
    ],
)
def test_giants_among_many_dwarfs_are_left_to_the_usual_way(giants: int, size: float, changed: int, taken: bool) -> None:
    sums, sizes = np.zeros(20_100), np.full(20_100, 2.0)
    sizes[:giants] = size
    sums[100 : 100 + changed] = np.resize([1.0, -1.0], changed)
    assert (columns_of(sums, sizes, float(sums.sum() / sizes.sum())) is not None) is taken


# --- permutations ----------------------------------------------------------------------------------------------------


def test_many_signs_give_the_p_values_of_few() -> None:
    rng = np.random.default_rng(1)
    table = rng.normal(size=(600, 3)) + np.array([0.0, 0.1, 0.3])
    clusters = [place // 3 for place in range(600)]
    many = Many(0, partial(pairwise.signed_totals, SECRET))
    few, found = max_t_paired(table, clusters, seed=1), max_t_paired(table, clusters, seed=1, many=many)
    assert found.adjusted == pytest.approx(few.adjusted, abs=0.02) and found.adjusted != few.adjusted
    assert found.statistics == pytest.approx(few.statistics)
    assert max_t_paired(table, clusters, seed=1, many=Many(9_999 * 200 + 1, many.totals)) == few


def test_many_signs_equal_a_plain_step_down() -> None:
    table = np.random.default_rng(2).normal(size=(50, 2)) + 0.25
    found = max_t_paired(table, range(50), seed=0, many=Many(0, partial(pairwise.signed_totals, SECRET)))
    standard = table / np.sqrt((table**2).sum(axis=0))
    flipped = np.vstack([standard.sum(axis=0), *(row @ standard for row in draws.signs(SECRET, 50, range(9_999)))])
    strong = int(flipped[0].argmax())
    largest = (flipped.max(axis=1) >= flipped[0, strong] - 1e-9).mean()
    weaker = (flipped[:, 1 - strong] >= flipped[0, 1 - strong] - 1e-9).mean()
    assert found.adjusted[strong] == largest
    assert found.adjusted[1 - strong] == max(largest, weaker)


@pytest.mark.parametrize("distance", ["energy", "mmd"])
def test_many_pairs_give_the_distance_and_the_p_value_of_few(distance: Distance) -> None:
    rng = np.random.default_rng(3)
    audited, references = rng.normal(size=(12, 5)) + 0.35, rng.normal(size=(14, 5))
    many = ManyPairs(0, partial(pairwise.subset_pairs, SECRET))
    few = compare_ensembles(audited, references, distance, seed=0)
    found = compare_ensembles(audited, references, distance, seed=0, many=many)
    assert found.statistic == pytest.approx(few.statistic, rel=1e-9)
    assert (found.p_value, found.null_95) == (pytest.approx(few.p_value, abs=0.02), pytest.approx(few.null_95, rel=0.05, abs=0.01))
    assert found != few
    assert compare_ensembles(audited + 9, references, distance, seed=0, many=many).p_value == 1e-4  # of 9,999 and the observed
    assert compare_ensembles(audited, references, distance, seed=0, many=ManyPairs(26 * 26 * 9_999 + 1, many.pairs)) == few


def test_a_few_models_and_histograms_are_compared_as_before() -> None:
    rng = np.random.default_rng(4)
    few, references = rng.normal(size=(2, 5)), rng.normal(size=(6, 5))
    many = ManyPairs(1, partial(pairwise.subset_pairs, SECRET))
    for audited, distance in ((few, "energy"), (np.vstack([few, references]), "klom")):
        one, other = (compare_ensembles(audited, references, distance, seed=0, many=m) for m in (None, many))  # type: ignore[arg-type]
        assert one == other


def test_signs_and_pairs_are_summed_in_numbers_whose_sums_are_exact() -> None:
    rng = np.random.default_rng(5)
    summed: list[Floats] = []

    def signed(values: Floats, replicates: range) -> Floats:
        summed.append(values)
        return pairwise.signed_totals(SECRET, values, replicates)

    def paired(size: int, matrix: Floats, replicates: range) -> Floats:
        summed.append(matrix.reshape(-1, 1))
        return pairwise.subset_pairs(SECRET, size, matrix, replicates)

    max_t_paired(rng.normal(size=(50, 3)), range(50), seed=0, many=Many(0, signed))
    for distance in ("energy", "mmd"):
        compare_ensembles(rng.normal(size=(12, 5)), rng.normal(size=(14, 5)), distance, seed=0, many=ManyPairs(0, paired))
    assert len(summed) == 3
    for values in summed:
        for column in values.T:
            orders = [rng.permutation(column) for _ in range(20)]
            assert {float(np.add.accumulate(order)[-1]) for order in orders} == {math.fsum(column)}
