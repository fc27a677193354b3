"""Worlds as plain values: how many items of which kind, and what is true of each. No solver, no policy file.

A `World` may say little: what it does not say is unknown. The items it lists are *all* items of the sets they name.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property

from msgspec import field
from msgspec.structs import replace

from ..record import Record
from .formulas import Flag, Formula, Rate, Removed


class Stratum(Record):
    """Items alike in every respect: how many they are, in which sets, each of their rates, until when stores keep them."""

    inside: frozenset[str]
    """Every set that the world names and they are in. Empty: items of no declared set."""
    count: int
    rates: Mapping[Rate, Fraction]
    stored: Mapping[str, Fraction]
    """Day until which each store keeps them."""
    served: Mapping[tuple[str, str], Fraction] = field(default_factory=dict)
    """By artifact and path: how often an index or cache shows them."""


class MeanRate(Record):
    """The mean of a rate over a set, of whose items nothing else is said."""

    rate: Rate
    target: str
    value: Fraction


class TestPower(Record):
    """The true-positive rate of the best membership test; `fair` as in `formulas.Tpr`."""

    target: str
    artifact: str
    at_fpr: Fraction
    fair: bool
    tpr: Fraction


class Served(Record):
    """Whether the index or cache `path` serves anything of a set through an artifact."""

    target: str
    artifact: str
    path: str
    anything: bool


class World(Record, dict=True):
    """What a world is known to be like. Situations that are not listed do not hold; all else unsaid is unknown."""

    situations: frozenset[str] = frozenset()
    strata: tuple[Stratum, ...] = ()
    means: tuple[MeanRate, ...] = ()
    removals: tuple[tuple[Removed, bool], ...] = ()
    """Whether the process behind an artifact is so close to one without the set."""
    tests: tuple[TestPower, ...] = ()
    finished: tuple[tuple[str, Fraction], ...] = ()
    """Artifact, day on which the work on it is done."""
    stored: tuple[tuple[str, str, Fraction], ...] = ()
    """Store, set, day until which the store keeps every item of the set."""
    used: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Artifact, all methods used on it."""
    served: tuple[Served, ...] = ()
    flags: tuple[tuple[Flag, bool], ...] = ()

    def known(self, formula: Formula) -> bool | None:
        """Whether a flag or a removal holds, if the world says so."""
        return self._known.get(formula)

    @cached_property
    def by_set(self) -> Mapping[str, tuple[Stratum, ...]]:
        """The items of each set that has some."""
        found: dict[str, list[Stratum]] = {}
        for stratum in self.strata:
            for name in stratum.inside:
                found.setdefault(name, []).append(stratum)
        return {name: tuple(items) for name, items in found.items()}

    @cached_property
    def _known(self) -> Mapping[Formula, bool]:
        return dict((*self.removals, *self.flags))


def with_drops(stratum: Stratum, drops: tuple[Rate, ...]) -> Stratum:
    """The stratum with the falls that follow from what was and what is: before minus now, at least 0."""
    rates = dict(stratum.rates)
    for drop in drops:
        now = replace(drop, family="reveals", bound="inf")
        before = now.at("before")
        if now in rates and before in rates:
            rates[drop] = max(Fraction(0), rates[before] - rates[now])
    return replace(stratum, rates=rates)
