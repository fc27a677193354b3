"""The solver's worlds before the reference: laid out item by item, each does what the solver says of it.

`UNLEARN_SPEC_WORLDS` gives the number of policies.
"""

from __future__ import annotations

import os
import sys
from fractions import Fraction
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "logic"))
sys.path.insert(0, str(Path(__file__).parent))

from judging import meets
from policies import loaded, random_policy, text_of
from test_realise import realised

from unlearn_spec.logic.formulas import Rate as SolverRate
from unlearn_spec.logic.world_model import World as Told
from unlearn_spec.policy.model import Policy
from unlearn_spec.spec.reference import Rate, Removal, World, broken_axioms, broken_facts

POLICIES = int(os.environ.get("UNLEARN_SPEC_WORLDS", "80"))
BATCHES = 4
KINDS = {
    ("reveals", "sup"): "x_sup", ("reveals", "inf"): "x_inf", ("answers", "sup"): "y_sup", ("answers", "inf"): "y_inf",
    ("corrects", "inf"): "z_inf",
}  # fmt: skip


def as_reference(policy: Policy, told: Told) -> World:
    """The same world, with a name for every item and a number for every rate."""
    items, rates, kept = {}, {}, {}
    for place, stratum in enumerate(told.strata):
        for number in range(stratum.count):
            item = f"i{place}-{number}"
            items[item] = stratum.inside
            kept.update({(item, store): day for store, day in stratum.stored.items()})
            for rate, value in stratum.rates.items():
                if rate.family != "drops":
                    rates[named(rate, item)] = value
    return World(
        items=items,
        rates=rates,
        removals=frozenset(
            Removal(r.target, r.artifact, r.epsilon, r.delta, r.compared_with) for r, holds in told.removals if holds  # type: ignore[arg-type]
        ),
        finish=dict.fromkeys(policy.artifacts, Fraction(0)) | dict(told.finished),
        kept=kept,
        used=frozenset((method, artifact) for artifact, methods in told.used for method in methods),
        situations=told.situations,
    )


def named(rate: SolverRate, item: str) -> Rate:
    reading = "; ".join(part for part in str(rate.reading).split("|") if part)
    kind = KINDS[rate.family, rate.bound]
    return Rate(kind, item, rate.artifact, rate.access, rate.asked, reading, rate.whose, rate.reading.about)  # type: ignore[arg-type]


@pytest.mark.parametrize("batch", range(BATCHES))
def test_what_the_solver_says_of_a_world_is_so(batch: int) -> None:
    seen = missed = 0
    for seed in range(batch, POLICIES, BATCHES):
        for theory, asked, told in realised(seed):
            if told is None:
                missed += 1
                continue
            policy, seen = theory.policy, seen + 1
            world = as_reference(policy, told)
            story = f"policy {seed}\n{text_of(random_policy(seed))}\n{told}"
            assert not broken_axioms(policy, world), story
            assert not broken_facts(policy, world), story
            for clause, literal in zip(policy.clauses, asked, strict=True):
                assert meets(policy, clause, world) is not literal.startswith("-"), f"{clause.id}\n{story}"
    assert seen > POLICIES // BATCHES // 2 and missed <= seen // 20  # a wrong encoding has worlds that no items make up


def test_the_reference_notices_a_changed_number() -> None:
    """What the comparison rests on: a world with one rate above another that bounds it is refused."""
    for seed in range(40):
        policy = loaded(random_policy(seed))
        for _, _, told in realised(seed):
            world = as_reference(policy, told) if told is not None else None
            low = next((r for r in (world.rates if world else {}) if r.kind == "x_inf" and r.when == "now"), None)
            high = Rate("x_sup", low.item, low.artifact, low.access, low.asked, about=low.about) if low else None
            if world is not None and low is not None and high in world.rates:
                broken = dict(world.rates) | {low: Fraction(1), high: Fraction(0)}
                assert "AX3" in broken_axioms(policy, World(items=world.items, rates=broken, finish=world.finish))
                return
    raise AssertionError("no policy speaks of both")
