"""Members told apart at all: each attack's AUC on each model, and nothing where the two sets share a cluster."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

import make

from unlearn_spec.gpu.pairwise import subset_totals
from unlearn_spec.plan.units import Role
from unlearn_spec.statistics.intervals import auc
from unlearn_spec.verdict.measured import Seen
from unlearn_spec.verdict.members import ToldApart, told_apart

WANTED = make.obligation(
    "membership", audited=("in", "out"), original=("in0", "out0"), references=("in1",), access="weights", reading=None
)


def world(other: str = "other") -> Seen:
    """The audited model scores alike; the original tells members; the reference scored no hold-out."""
    rng = np.random.default_rng(0)
    alike, apart = rng.normal(size=(2, 50)), rng.normal(size=(2, 50)) + np.array([[1.0], [0.0]])
    return make.seen(
        {
            "in": (make.scored(), make.scores(alike[0].tolist())),
            "out": (make.scored(data="holdout:facts"), make.scores(alike[1].tolist(), other)),
            "in0": (make.scored("original"), make.scores(apart[0].tolist())),
            "out0": (make.scored("original", "holdout:facts"), make.scores(apart[1].tolist(), other)),
            "in1": (make.scored("reference"), make.scores(apart[0].tolist())),
        }
    )


def test_each_model_that_scored_both_sets_is_described() -> None:
    seen = world()
    found = list(told_apart(WANTED, seen, seed=0))
    assert [one.role for one in found] == ["audited"] * 4 + ["original"] * 4
    assert {one.attack for one in found} == {"loss", "zlib", "min_k", "min_k_pp"}
    for one in found:
        inside, outside = ("in", "out") if one.role == "audited" else ("in0", "out0")
        wanted = auc(seen.tables[inside].column("mean_logp"), seen.tables[outside].column("mean_logp"))
        assert abs(one.auc - wanted) < 1e-12
    assert all(one.p_value > 0.05 for one in found[:4]) and all(one.p_value == 0.001 for one in found[4:])


def test_the_draws_are_the_tests_own_and_whoever_sums_them_changes_nothing() -> None:
    seen, found = world(), list(told_apart(WANTED, world(), seed=0))

    def audited(seed: int, name: str) -> list[ToldApart]:
        return list(told_apart(WANTED.model_copy(update={"id": name}), seen, seed=seed))

    assert found == audited(0, WANTED.id) == list(told_apart(WANTED, seen, seed=0, totals=partial(subset_totals)))
    assert audited(1, WANTED.id) != found != audited(0, "another")


def test_nothing_is_said_where_a_cluster_has_items_of_both() -> None:
    assert list(told_apart(WANTED, world(other="item"), seed=0)) == []


def test_roles_without_units_are_left_out() -> None:
    role: Role = "original"
    assert {one.role for one in told_apart(WANTED.model_copy(update={role: ()}), world(), seed=0)} == {"audited"}


def test_of_several_models_of_a_kind_the_first_is_described() -> None:
    seen = world()
    again = {
        f"{key}-again": seen.units[key].model_copy(update={"subject": make.subject("audited", 1)}) for key in ("in", "out")
    }
    tables = {**seen.tables, "in-again": seen.tables["in0"], "out-again": seen.tables["out0"]}
    both = replace(seen, units={**seen.units, **again}, tables=tables)
    several = WANTED.model_copy(update={"audited": ("in", "out", "in-again", "out-again")})
    assert list(told_apart(several, both, seed=0)) == list(told_apart(WANTED, seen, seed=0))
