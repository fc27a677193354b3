"""What a world is (semantics.md §1): finitely many items, and every number about them written down exactly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, TypeVar

from unlearn_spec.policy.vocabulary import PROBES, About, Access, Reference, access_rank

Key = TypeVar("Key")
Atoms = frozenset[tuple[str, str]]


class Unmentioned(LookupError):
    """What is asked of the world needs a number that the world does not mention."""


@dataclass(frozen=True)
class Rate:
    """The name of a rate: Rate("x_sup", "q1", "m", "api", "direct") is x∨(q1, m, api, direct), open reading."""

    kind: Literal["x_sup", "x_inf", "y_sup", "y_inf", "z_inf"]
    item: str
    artifact: str
    access: Access
    asked: str  # a probe class or the name of a suite
    reading: str = ""  # opaque; "" where it was left open
    when: Literal["now", "before", "reference"] = "now"
    about: About = "model"  # only a rate of "now" can be an expectation over trainings instead; else there is but one


@dataclass(frozen=True)
class Removal:
    """The atom Rem(S, m, ε, δ, q)."""

    target: str
    artifact: str
    epsilon: Fraction
    delta: Fraction
    compared_with: Reference = "retrain_without"


@dataclass(frozen=True)
class World:
    """One way things may be: the sets name all that is the case, the mappings hold all numbers that are given."""

    items: Mapping[str, frozenset[str]]  # item → the information sets it belongs to, or none
    rates: Mapping[Rate, Fraction] = field(default_factory=dict)
    removals: frozenset[Removal] = frozenset()
    influenced: Atoms = frozenset()  # (set, artifact)
    tpr: Mapping[tuple[str, str, Fraction], Fraction] = field(default_factory=dict)  # (set, artifact, f), same lottery
    tpr_elsewhere: Mapping[tuple[str, str, Fraction], Fraction] = field(default_factory=dict)  # other non-members
    finish: Mapping[str, Fraction] = field(default_factory=dict)  # artifact → day
    kept: Mapping[tuple[str, str], Fraction] = field(default_factory=dict)  # (item, store) → day
    used: Atoms = frozenset()  # (method, artifact)
    served: Mapping[tuple[str, str, str], Fraction] = field(default_factory=dict)  # (artifact, path, item)
    destroyed: frozenset[str] = frozenset()
    situations: frozenset[str] = frozenset()  # those that hold
    excluded: frozenset[str] = frozenset()  # sets that later training leaves out
    governed: frozenset[str] = frozenset()  # `govern` clauses whose measures are taken
    harmless: frozenset[str] = frozenset()  # sets of which `no_harmful_use` is true
    recalled: Atoms = frozenset()  # (artifact, audience)
    controls: Atoms = frozenset()  # (party, artifact)
    acted_on: frozenset[str] = frozenset()  # artifacts on which the obligor acts
    altered: Mapping[str, Access] = field(default_factory=dict)  # suites on an altered copy → access that altering takes
    many: Mapping[str, int] = field(default_factory=dict)  # how many items a name stands for, alike in all; else one

    def count(self, items: Iterable[str]) -> int:
        """How many items the names stand for."""
        return sum(self.many.get(item, 1) for item in items)

    def members(self, name: str | None) -> list[str]:
        """The items of a set; of None, those in none of the sets."""
        return [item for item, sets in self.items.items() if (name in sets if name else not sets)]

    def inside(self, part: str, whole: str, access: Access) -> bool:
        """Whether all probes of `part` belong to `whole`: by the chain, as a suite, or as an altered copy's own."""
        if part in PROBES and whole in PROBES:
            return PROBES.index(part) <= PROBES.index(whole)
        if part.startswith("in_context:"):  # a suite that hands the target over
            return whole in (part, "in_context")
        suite = part not in (*PROBES, "in_context") and whole in PROBES
        own = part in self.altered and access_rank(access) >= access_rank(self.altered[part])
        return part == whole or (suite and (whole == "adversarial" or own))


def given(numbers: Mapping[Key, Fraction], key: Key) -> Fraction:
    """The number that the world gives for `key`. Raises `Unmentioned`: nothing is assumed."""
    if key not in numbers:
        raise Unmentioned(f"the world does not mention {key}")
    return numbers[key]


def at_most_exp(low: Fraction, factor: Fraction, epsilon: Fraction) -> bool:
    """Whether low ≤ factor·e^ε, exactly, for ε ≥ 0.

    e^ε of a rational ε ≠ 0 is irrational, never low/factor: ever closer rational bounds come to lie on one side of it,
    so that nothing is left in between and nothing is rounded.
    """
    if epsilon == 0 or factor == 0:
        return low <= factor
    ratio, partial, term, n = low / factor, Fraction(0), Fraction(1), 0  # Σ ε^k/k! over k < n, and ε^n/n!
    while ratio > partial:
        if n + 1 > epsilon and ratio >= partial + term / (1 - epsilon / (n + 1)):  # a geometric series bounds the rest
            return factor < 0
        partial, term, n = partial + term, term * epsilon / (n + 1), n + 1
    return factor > 0
