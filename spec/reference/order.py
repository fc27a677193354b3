"""How the rates of a world stand to each other: which bound which, and what they come to over a set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import permutations
from typing import Any

from unlearn_spec.policy.model import Policy
from unlearn_spec.policy.vocabulary import access_rank

from .clauses import ZERO, Judge, drawn
from .world import Rate, World


def pairs(rates: Iterable[Rate], *alike: str) -> Iterator[tuple[Rate, Rate]]:
    """The pairs of rates, either way round, that are alike in these fields."""
    groups: dict[tuple[str, ...], list[Rate]] = {}
    for rate in rates:
        groups.setdefault(tuple(getattr(rate, name) for name in alike), []).append(rate)
    return (pair for group in groups.values() for pair in permutations(group, 2))


def beside(world: World, when: Any) -> list[tuple[Rate, Fraction, Fraction]]:
    """The rates of now of which the world says what they were before, or are of the reference."""
    now = {rate: replace(rate, when=when, about="model") for rate in world.rates if rate.when == "now"}
    return [(rate, world.rates[rate], world.rates[other]) for rate, other in now.items() if other in world.rates]


def sums(world: World) -> dict[Rate, Fraction]:
    """The sum of a rate of now over each set of whose items the world says it; the set stands for the item."""
    listed: dict[Rate, list[Fraction]] = {}
    for rate, x in world.rates.items():
        for s in world.items[rate.item] if rate.when == "now" else ():
            listed.setdefault(replace(rate, item=s), []).append(world.many.get(rate.item, 1) * x)
    return {cell: sum(each, ZERO) for cell, each in listed.items() if len(each) == len(world.members(cell.item))}


def under(judge: Judge, low: Rate, high: Rate) -> bool:
    """Whether AX3 and AX12 put one rate below another, be it through cells that the world does not mention."""
    letters, ends, inside = low.kind[0] + high.kind[0], (low.kind[2:], high.kind[2:]), judge.world.inside
    read = low.reading if letters in ("xx", "yy") else drawn(low.reading)
    if letters not in ("xx", "yy", "xy", "zy") or high.reading != read or ends == ("sup", "inf"):
        return False
    if ends == ("inf", "inf"):
        return low.access == high.access and inside(high.asked, low.asked, low.access)
    deeper = low.access == high.access or (letters[0] == "x" and access_rank(low.access) < access_rank(high.access))
    if ends == ("sup", "sup"):
        return deeper and inside(low.asked, high.asked, high.access)
    probes = (low.asked, high.asked, "direct")
    return deeper and any(inside(p, low.asked, low.access) and inside(p, high.asked, high.access) for p in probes)


def served_too(policy: Policy, low: Rate, high: Rate) -> bool:
    """Whether P3 stands in the place of AX3: out of a product that serves from elsewhere."""
    return bool(policy.artifacts[low.artifact].serves_from) and low.access == "product" != high.access
