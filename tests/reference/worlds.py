"""A world for a frame: drawn so that it seldom breaks an axiom, and kept only if the reference finds none broken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from random import Random
from typing import Any

from frames import Frame
from lawful import Rates, Shape, drawn, mixed, treated

from unlearn_spec.policy.model import Policy
from unlearn_spec.policy.vocabulary import access_rank
from unlearn_spec.spec.reference import Judge, Rate, Removal, World, level, made_from

DAYS = (0, 7, 30, 31, 90, 365)


@dataclass(frozen=True)
class Removing:
    """A removal that some clause or claim speaks of: ε and δ, or the false-positive rate of a membership test."""

    target: str
    artifact: str
    epsilon: Fraction
    delta: Fraction
    reference: Any


@dataclass(frozen=True)
class Drawn(Mapping[Rate, Fraction]):
    """Rates as they are drawn, in whole parts: of the thousands few are ever spoken of."""

    unit: int
    values_of: dict[tuple[str, str, str, str], Rates]
    """By item, artifact, when and about: the rate of each cell."""

    def __getitem__(self, rate: Rate) -> Fraction:
        values = self.values_of[rate.item, rate.artifact, rate.when, rate.about]
        return Fraction(values[rate.kind, rate.access, rate.asked, rate.reading], self.unit)

    def __iter__(self) -> Iterator[Rate]:
        for (item, m, when, about), values in self.values_of.items():
            for kind, access, asked, reading in values:
                yield Rate(kind, item, m, access, asked, reading, when, about)  # type: ignore[arg-type]

    def __len__(self) -> int:
        return sum(map(len, self.values_of.values()))


def draw_world(draw: Random, frame: Frame, policy: Policy, removing: Iterable[Removing]) -> World:
    artifacts, methods = policy.artifacts, policy.methods or {}
    used = {(n, m) for m in artifacts for n in methods if m not in methods[n].not_on and draw.random() < 0.45}
    destroyed = {m for m in frame.speaking if draw.random() < 0.08}
    removals = _removals(draw, policy, used, destroyed, tuple(removing))
    served = {(m, path, i): draw.choice((Fraction(0), Fraction(0), Fraction(1, 2), Fraction(1)))
              for m, each in artifacts.items() for path in each.serves_from for i in frame.items}  # fmt: skip
    if draw.random() < 0.5:
        served = dict.fromkeys(served, Fraction(0))
    rates = Drawn(100 * frame.grid, {})
    for m in frame.speaking:
        close = any(r.artifact == m and r.compared_with == "retrain_without" for r in removals)
        reach = max((access_rank(methods[n].reaches) for n, where in used if where == m), default=-1)
        for i in frame.items:
            extra = sum((served[m, path, i] for path in artifacts[m].serves_from), Fraction(0))
            told = _rates(draw, frame, policy, m, i, min(extra, Fraction(1)), reach, m in destroyed, close)
            rates.values_of.update({(i, m, *when): values for when, values in told.items()})
    spent = {m: sum((methods[n].takes or 0 for n, where in used if where == m), Fraction(0)) for m in artifacts}
    controlled = set((policy.controls or {}).get("acme", ())) if policy.controls is not None else set(artifacts)
    people = [*dict.fromkeys((*policy.people, *(who for a in artifacts.values() for who in a.seen_by)))]
    situations = {name for name in policy.situations if draw.random() < 0.5}
    if policy.exclusive and len(situations) > 1:
        situations = {"hold"}
    same = draw.random() < 0.6
    days = {store: Fraction(draw.choice(DAYS)) for store in artifacts}
    return World(
        items=frame.items, many=frame.many, rates=rates, removals=removals, used=frozenset(used), served=served,
        influenced=_influenced(draw, policy, removals), destroyed=frozenset(destroyed),
        finish={m: spent[m] + draw.choice((0, 0, 1, 30)) for m in artifacts},
        kept={(i, store): days[store] if same else Fraction(draw.choice(DAYS)) for i in frame.items for store in artifacts},
        situations=frozenset(situations),
        excluded=frozenset(name for name in policy.information if draw.random() < 0.5),
        governed=frozenset(f"c{n}" for n in range(9) if draw.random() < 0.5),
        harmless=frozenset(name for name in policy.information if draw.random() < 0.5),
        recalled=frozenset((m, who) for m in artifacts for who in people
                           if level(policy, who, m, ()) < access_rank("weights") and draw.random() < 0.5),
        controls=frozenset((who, m) for who, held in (policy.controls or {}).items() for m in held),
        acted_on=frozenset(m for m in controlled if draw.random() < 0.8),
    )  # fmt: skip


def _rates(
    draw: Random, frame: Frame, policy: Policy, m: str, item: str, served: Fraction, reach: int, gone: bool, close: bool
) -> dict[tuple[str, str], Rates]:
    """The rates of an item on an artifact: of when, and of what."""
    shape = Shape(frame.accesses, _readings(frame), frame.grid, bool(policy.artifacts[m].serves_from))
    extra = int(served * shape.unit)
    before = drawn(draw, shape, extra if draw.random() < 0.7 else shape.unit)
    now = mixed(before, drawn(draw, shape, extra), draw.choice((0, 1, *[10] * 5)))  # what was known may nearly stay so
    if draw.random() < 0.06:  # nothing is ever shown, said or known
        before, now = (dict.fromkeys(now, 0) for _ in range(2))
    if policy.methods is not None:
        now = treated(now, before, reach)
    if gone:
        now = dict.fromkeys(now, 0)
    average = now if draw.random() < 0.4 else mixed(now, drawn(draw, shape, extra), draw.choice((1, 5, 10)))
    if policy.methods is not None:
        average = treated(average, before, reach)
    if gone:
        average = dict.fromkeys(average, 0)
    reference = mixed(average, drawn(draw, shape, extra), draw.choice((0, 1)) if close else 10)
    return {("now", "model"): now, ("now", "process"): average, ("before", "model"): before, ("reference", "model"): reference}


def _readings(frame: Frame) -> dict[str, str]:
    """Those of the frame, with their decodings alone and the open one: what facts speak of where no clause reads them."""
    alone = {r.drawn: r.drawn for r in frame.readings}
    return {r.name: r.drawn for r in frame.readings} | alone | {"": ""}


def _removals(
    draw: Random, policy: Policy, used: set[tuple[str, str]], destroyed: set[str], removing: tuple[Removing, ...]
) -> frozenset[Removal]:
    """Some of those spoken of, where K3 lets them be; with every weaker one that is spoken of (AX1)."""
    able = {m for n, m in used if access_rank((policy.methods or {})[n].reaches) >= access_rank("weights")}
    found, lineage = set(), Judge(policy, World({})).lineage
    for one in removing:
        met = {s for each in lineage[one.artifact] for s in policy.artifacts[each].trained_on}
        allowed = policy.methods is None or one.target not in met or one.artifact in able | destroyed
        if allowed and draw.random() < 0.6:
            for other in removing:
                if one.epsilon <= other.epsilon and one.delta <= other.delta:
                    found.add(Removal(one.target, one.artifact, other.epsilon, other.delta, one.reference))
    return frozenset(found)


def _influenced(draw: Random, policy: Policy, removals: frozenset[Removal]) -> frozenset[tuple[str, str]]:
    """What K1, K2 and K5 settle, and the rest at random."""
    zero, found, judge = Fraction(0), set(), Judge(policy, World({}))
    gone = {
        (r.target, r.artifact)
        for r in removals
        if (r.epsilon, r.delta, r.compared_with) == (zero, zero, "retrain_without")
    }
    for m in policy.artifacts:
        met = {s for each in judge.lineage[m] for s in policy.artifacts[each].trained_on}
        for s in policy.information:
            left = {t for t in made_from(judge, s) & met if (t, m) not in gone}
            must = (s in met and (s, m) not in gone) or bool(left)
            free = (s, m) not in gone
            if must or (free and draw.random() < 0.2):
                found.add((s, m))
    return frozenset(found)


def pruned(world: World, spoken: set[Rate]) -> World:
    """The world with only the rates that are spoken of, each with its twins at the other times."""
    times = (("now", "model"), ("now", "process"), ("before", "model"), ("reference", "model"))
    kept = {replace(rate, when=when, about=about) for rate in spoken for when, about in times}  # type: ignore[arg-type]
    return replace(world, rates={rate: world.rates[rate] for rate in sorted(kept, key=str) if rate in world.rates})


def disturbed(draw: Random, frame: Frame, world: World) -> World:
    """The world with one or two rates moved anywhere."""
    rates = dict(world.rates)
    for rate in draw.sample(sorted(rates, key=str), min(len(rates), draw.choice((1, 2)))):
        rates[rate] = Fraction(draw.randint(0, frame.grid), frame.grid)
    return replace(world, rates=rates)
