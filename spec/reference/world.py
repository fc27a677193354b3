"""A world, item by item: what it does not mention is not known, and comparisons with e^ε are exact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Literal, TypeVar

from unlearn_spec.policy.vocabulary import PROBES, About, Access, Reference, access_rank

Key = TypeVar("Key")
Pairs = frozenset[tuple[str, str]]
Powers = Mapping[tuple[str, str, Fraction], Fraction]


class Unmentioned(LookupError):
    """A number was asked for that the world does not give."""


@dataclass(frozen=True)
class Rate:
    """A rate of one item: the key under which a world gives its value, in [0, 1]."""

    kind: Literal["x_sup", "x_inf", "y_sup", "y_inf", "z_inf"]
    item: str
    artifact: str
    access: Access
    asked: str  # a probe class or a suite
    reading: str = ""
    when: Literal["now", "before", "reference"] = "now"
    about: About = "model"  # only `now` has two


@dataclass(frozen=True)
class Removal:
    """That the process behind an artifact is (ε, δ)-close to one without the set."""

    target: str
    artifact: str
    epsilon: Fraction
    delta: Fraction
    compared_with: Reference = "retrain_without"


@dataclass(frozen=True)
class World:
    """One way things can be. What is not in a mapping is not known; what is not in a set is not so."""

    items: Mapping[str, frozenset[str]]  # item → its sets
    rates: Mapping[Rate, Fraction] = field(default_factory=dict)
    removals: frozenset[Removal] = frozenset()
    influenced: Pairs = frozenset()  # (set, artifact)
    tpr: Powers = field(default_factory=dict)  # (set, artifact, f): non-members from the same lottery
    tpr_elsewhere: Powers = field(default_factory=dict)  # … or from anywhere else
    finish: Mapping[str, Fraction] = field(default_factory=dict)  # artifact → day
    kept: Mapping[tuple[str, str], Fraction] = field(default_factory=dict)  # (item, store) → day
    used: Pairs = frozenset()  # (method, artifact)
    served: Mapping[tuple[str, str, str], Fraction] = field(default_factory=dict)  # (artifact, path, item)
    destroyed: frozenset[str] = frozenset()
    situations: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()  # sets that later training leaves out
    governed: frozenset[str] = frozenset()  # clauses whose measures are taken
    harmless: frozenset[str] = frozenset()  # sets of which `no_harmful_use` is true
    recalled: Pairs = frozenset()  # (artifact, audience)
    controls: Pairs = frozenset()  # (party, artifact)
    acted_on: frozenset[str] = frozenset()  # artifacts on which the obligor acts
    altered: Mapping[str, Access] = field(default_factory=dict)  # suites on an altered copy → access that altering takes
    many: Mapping[str, int] = field(default_factory=dict)  # items that a name stands for, alike in all; else one

    def members(self, name: str | None) -> list[str]:
        return [item for item, sets in self.items.items() if name in sets]

    def count(self, items: Iterable[str]) -> int:
        return sum(self.many.get(item, 1) for item in items)

    def inside(self, part: str, whole: str, access: Access) -> bool:
        """Whether the probes of one class or suite belong to another, for whoever has the access."""
        if part == whole or whole not in (*PROBES, "in_context") or part == "in_context":
            return part == whole
        if part in PROBES:
            return whole in PROBES[PROBES.index(part) :]
        if part.startswith("in_context:") or whole == "in_context":
            return part.startswith("in_context:") and whole == "in_context"
        return whole == "adversarial" or (part in self.altered and access_rank(access) >= access_rank(self.altered[part]))


def given(numbers: Mapping[Key, Fraction], key: Key) -> Fraction:
    """The number under a key. Raises `Unmentioned` where the world does not give it."""
    if key not in numbers:
        raise Unmentioned(str(key))
    return numbers[key]


@lru_cache(4096)
def at_most_exp(low: Fraction, factor: Fraction, epsilon: Fraction) -> bool:
    """Whether low ≤ factor·e^ε, for ε ≥ 0: e^ε is irrational unless ε is 0, so enough terms of its series tell."""
    if not factor or not epsilon:
        return low <= factor
    edge, below, term, n = low / factor, Fraction(0), Fraction(1), 0
    while edge > below:
        below, n = below + term, n + 1
        term = term * epsilon / n
        if n > 2 * epsilon and edge > below + 2 * term:  # each later term is less than half the one before
            return factor < 0
    return factor > 0
