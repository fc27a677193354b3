"""What a policy declares of its own, held against a world."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from unlearn_spec.policy.model import Policy

from .clauses import Judge
from .world import World


def broken_facts(policy: Policy, world: World) -> tuple[str, ...]:
    """What a policy declares and a world contradicts."""
    return tuple(dict.fromkeys(name for name, true in facts(Judge(policy, world)) if not true))


def facts(judge: Judge) -> Iterator[tuple[str, bool]]:
    """Each declared fact by its name, and whether the world has it so."""
    policy, world = judge.policy, judge.world
    for name, info in policy.information.items():
        yield f"size of {name}", info.size is None or info.size[0] <= world.count(world.members(name)) <= info.size[1]
    for r in policy.relations:
        shared = [i for i, sets in world.items.items() if len(sets & {*r.sets}) > 1]
        least, most = 1 if r.low is None else r.low, world.count(world.items) if r.high is None else r.high
        kept = {"within": {*world.members(r.left)} <= {*shared}, "disjoint_from": not shared,
                "overlaps": least <= world.count(shared) <= most}  # fmt: skip
        yield f"{r.left} {r.kind} {r.right}", kept[r.kind]
    kinds = [{policy.information[s].kind for s in sets} for sets in world.items.values()]
    yield "examples and facts are different items", not any({"examples", "facts"} <= each for each in kinds)
    told: list[tuple[Any, ...]] = [(fact, "before", fact.mean_at_least, 1) for fact in policy.measured_before]
    told += [(fact, "reference", *fact.mean_between) for fact in policy.reference_retrain if of_the_reference(judge, fact)]
    for fact, when, low, high in told:
        items = world.members(fact.target)
        for spoken in judge.readings(fact.target, fact.in_, fact):
            rates = judge.rates(items, "x_sup", fact.in_, fact.access, fact.asked, *spoken, when)
            yield fact.id, judge.enough(items, [x - low for x in rates]) and judge.enough(items, [high - x for x in rates])
    ended = {m for c in policy.clauses if c.goal == "destroy" for m in judge.scope(c)}
    yield "nothing is destroyed of which no clause says so", world.destroyed <= ended
    if policy.controls is not None:
        yield "controls", world.controls == {(who, m) for who, held in policy.controls.items() for m in held}
    yield from ((f"exclusive {', '.join(group)}", len(world.situations & {*group}) <= 1) for group in policy.exclusive)


def of_the_reference(judge: Judge, fact: Any) -> bool:
    """Whether the model of which a fact speaks lacks all targets under removal, or all that facts leave out, and nothing else."""
    targets = left_out(judge, fact.in_)
    return fact.without in targets and all(fact.without in judge.wholes[s] for s in targets)


def left_out(judge: Judge, m: str) -> set[str]:
    """What the reference of an artifact lacks."""
    clauses: list[Any] = [c for c in judge.policy.clauses if c.goal == "remove" and c.measure == "influence"]
    targets = {c.target for c in clauses if m in judge.scope(c)}
    return targets or {fact.without for fact in judge.policy.reference_retrain if fact.in_ == m}
