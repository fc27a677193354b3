"""Random policies over the whole language, each beside a world: one that keeps every axiom and every declared fact.

The world comes first. The policy's facts are true of it, and the limits of its clauses and claims lie at its numbers or a
little to either side, so that some hold and some do not. Which, only the reference says.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from random import Random
from typing import Any

from frames import Data, Frame, framed
from judging import follows, meets
from statements import baselines, claims, clauses, references, sizes
from worlds import Removing, disturbed, draw_world, pruned

from unlearn_spec.policy.load import load_text
from unlearn_spec.policy.model import Policy
from unlearn_spec.spec.reference import Judge, Rate, World, broken_axioms, broken_facts

TRIES = 6


@dataclass(frozen=True)
class Case:
    """A policy as text and as read, with a lawful world in which every declared fact is true."""

    seed: int
    text: str
    policy: Policy
    world: World

    def clauses_met(self) -> dict[str, bool]:
        return {clause.id: meets(self.policy, clause, self.world) for clause in self.policy.clauses}

    def claims_true(self) -> dict[str, bool]:
        return {claim.id: follows(self.policy, claim, self.world) for claim in self.policy.claims}


def random_case(seed: int) -> Case | None:
    """The case number `seed`; None if no lawful world was found for it."""
    draw = Random(f"wide {seed}")
    frame = framed(draw)
    bare = _loaded(frame.data | {"clauses": [{"id": "c", "goal": "govern", "measures": ["terms"]}]})
    removing = tuple(_removing(draw, frame))
    for _ in range(TRIES):
        world = draw_world(draw, frame, bare, removing)
        data = dict(frame.data)
        data["information"], data["relations"] = sizes(draw, frame)
        data["clauses"] = clauses(draw, frame, bare, world, removing)
        if world.destroyed:
            end = {"id": "end", "goal": "destroy", "scope": {"artifacts": sorted(world.destroyed)}}
            data["clauses"] = [*data["clauses"], end]
        data |= {"claims": claims(draw, frame, world, removing)}
        data |= {"measured_before": baselines(draw, frame, world), "reference_retrain": references(draw, frame, world)}
        data = {key: value for key, value in data.items() if value or key in ("methods", "controls")}
        text = json.dumps(data, indent=1)
        policy = _loaded(data)
        world = tested(draw, policy, world)
        world = pruned(world, spoken(policy, world))
        if not broken_axioms(policy, world) and not broken_facts(policy, world):
            moved = disturbed(draw, frame, world)
            if draw.random() < 0.5 and not broken_axioms(policy, moved) and not broken_facts(policy, moved):
                world = moved
            return Case(seed, text, policy, world)
    return None


def _loaded(data: Data) -> Policy:
    return load_text(json.dumps(data), "wide.yaml").policy


def _removing(draw: Random, frame: Frame) -> Iterator[Removing]:
    for _ in range(draw.choice((0, 1, 1, 2))):
        reference = "retrain_without" if draw.random() < 0.7 else "retrain_then_same_steps"
        epsilon, delta = (
            Fraction(draw.choice(("0", "0", "0.1", "0.5", "2"))),
            Fraction(draw.choice((0, 0, 1, 10, 30)), 100),
        )
        yield Removing(draw.choice(frame.examples), draw.choice(frame.speaking), epsilon, delta, reference)


def tested(draw: Random, policy: Policy, world: World) -> World:
    """The world with a power for every membership test that a clause speaks of, lawful if one of a few draws is."""
    asked = sorted(
        {
            (clause.target, m, clause.limit.at_fpr)
            for clause in policy.clauses
            if clause.goal == "remove" and clause.measure == "membership"
            for m in policy.artifacts
        }
    )
    for _ in range(8):
        powers, elsewhere = ({cell: _power(draw, cell[2]) for cell in asked} for _ in range(2))
        drawn = replace(world, tpr=powers, tpr_elsewhere=elsewhere)
        if not {"AX1", "AX5"} & set(broken_axioms(policy, replace(drawn, rates={}))):
            return drawn
    return replace(world, tpr={cell: cell[2] for cell in asked}, tpr_elsewhere=dict.fromkeys(asked, Fraction(1)))


def _power(draw: Random, at_fpr: Fraction) -> Fraction:
    return draw.choice((at_fpr, Fraction(1, 10), Fraction(1), Fraction(draw.randint(0, 100), 100)))


class _Noting(Mapping[Rate, Fraction]):
    """Rates that note which of them were asked for."""

    def __init__(self, rates: Mapping[Rate, Fraction]) -> None:
        self._rates = rates
        self.asked: set[Rate] = set()

    def __getitem__(self, rate: Rate) -> Fraction:
        return self._rates[rate]

    def __contains__(self, rate: object) -> bool:
        self.asked.add(rate)  # type: ignore[arg-type]
        return rate in self._rates

    def __iter__(self) -> Iterator[Rate]:
        return iter(self._rates)

    def __len__(self) -> int:
        return len(self._rates)


def spoken(policy: Policy, world: World) -> set[Rate]:
    """The rates that clauses, claims and facts ask for, whichever way they come out."""
    noting = _Noting(world.rates)
    listening = replace(world, rates=noting)
    for clause in policy.clauses:
        for m in policy.artifacts:  # an open scope stops at the first artifact that will do
            one = clause.model_copy(update={"scope": clause.scope.model_copy(update={"artifacts": (m,)})})
            if clause.scope.artifacts is None and clause.goal in ("suppress", "retain", "refuse", "rectify"):
                try:
                    meets(policy, one, listening)
                except LookupError:
                    continue
        for others in (clause,):
            _whole(policy, others, listening)
    for claim in policy.claims:
        for m in claim.in_ or policy.artifacts:
            try:
                follows(policy, claim.model_copy(update={"in_": (m,)}), listening)
            except LookupError:
                continue
    broken_facts(policy, listening)
    return noting.asked


def _whole(policy: Policy, clause: Any, listening: World) -> None:
    """Every artifact and every part of the clause, also behind one that fails."""
    for m in Judge(policy, listening).scope(clause):
        one = clause.model_copy(update={"scope": clause.scope.model_copy(update={"artifacts": (m,)})})
        meets(policy, one, listening)
        if clause.goal == "rectify":  # the old statement too
            limit = clause.limit.model_copy(update={"at_least": Fraction(0)})
            meets(policy, one.model_copy(update={"limit": limit}), listening)
