"""From formulas to SMT-LIB text: masses and threshold counts over regions, exact rationals, generated symbols only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Literal

from msgspec import Struct, field

from ..record import Record
from .formulas import (
    All,
    Either,
    FinishedBy,
    Flag,
    Formula,
    Implies,
    KeptForTest,
    Mean,
    MeanDrop,
    Not,
    NumberAbove,
    Overlap,
    Rate,
    Removed,
    ShareAbove,
    Size,
    Stored,
    Tpr,
    Unserved,
    Uses,
    atoms,
)
from .regions import Region, Regions, declared_set


class TooLarge(Exception):
    """A formula speaks of a set whose group has more regions than are enumerated."""

    def __init__(self, target: str) -> None:
        super().__init__(target)
        self.target = target


LONG = 12
"""Terms of the longest sum that is written out."""


def number(value: Fraction | int) -> str:
    """An exact number in SMT-LIB."""
    value = Fraction(value)
    text = str(abs(value.numerator)) if value.denominator == 1 else f"(/ {abs(value.numerator)} {value.denominator})"
    return f"(- {text})" if value < 0 else text


def total(terms: Sequence[str]) -> str:
    """A sum in SMT-LIB; 0 of nothing."""
    return "0" if not terms else terms[0] if len(terms) == 1 else f"(+ {' '.join(terms)})"


def conjunction(parts: Sequence[str]) -> str:
    """`and` in SMT-LIB; true of nothing."""
    return "true" if not parts else parts[0] if len(parts) == 1 else f"(and {' '.join(parts)})"


def disjunction(parts: Sequence[str]) -> str:
    """`or` in SMT-LIB; false of nothing."""
    return "false" if not parts else parts[0] if len(parts) == 1 else f"(or {' '.join(parts)})"


class Block(Record, dict=True):
    """One artifact and one group of connected sets: the rates spoken of there, and where items are counted.

    No axiom about rates reaches from one block into another.
    """

    artifact: str
    group: tuple[str, ...]
    regions: tuple[Region, ...]
    rates: tuple[Rate, ...]
    levels: tuple[Fraction, ...]
    """Thresholds at which items are counted, ascending."""

    @cached_property
    def bands(self) -> tuple[tuple[Fraction, Fraction], ...]:
        """The pieces into which the thresholds cut [0, 1]."""
        return tuple(pairwise(sorted({Fraction(0), *self.levels, Fraction(1)})))


class Encoder(Struct, dict=True):
    """Names every quantity the formulas speak of and writes formulas down. Symbols never contain a user's text."""

    regions: Regions
    blocks: tuple[Block, ...]
    small: frozenset[int]
    """Regions whose counts are whole numbers, because the sets around them are tiny."""
    sorts: dict[str, str] = field(default_factory=dict)
    definitions: list[str] | None = field(default_factory=list)
    """What the names of partial sums stand for; None once the theory is built, and no name can be added."""
    leaves: list[str] = field(default_factory=list)
    """Names of partial sums of quantities; the others are sums of partial sums."""
    _names: dict[tuple[str, object], str] = field(default_factory=dict)
    _sums: dict[tuple[str, ...], str] = field(default_factory=dict)

    def symbol(self, prefix: str, key: object, sort: str) -> str:
        full = (prefix, key)
        name = self._names.get(full)  # looked up once: most of the time goes into the hash of the key
        if name is None:
            name = self._names[full] = f"{prefix}{len(self._names)}"
            self.sorts[name] = sort
        return name

    def meaning(self, symbol: str) -> tuple[str, object]:
        """What a symbol was made for: the prefix of its kind, and its key."""
        return self._meanings.get(symbol, ("", symbol))

    @cached_property
    def _meanings(self) -> dict[str, tuple[str, object]]:
        return {symbol: (symbol.rstrip("0123456789"), key[1]) for key, symbol in self._names.items()}

    def size(self, region: Region) -> str:
        return self.symbol("n", region.number, "Int" if region.number in self.small else "Real")

    def mass(self, rate: Rate, region: Region) -> str:
        """Sum of the rates of the region's items."""
        return self.symbol("m", (rate, region.number), "Real")

    def part(self, rate: Rate, region: Region, band: tuple[Fraction, Fraction]) -> str:
        """What the band between two thresholds adds to the mass: the integral over it of how many items exceed a level."""
        return self.symbol("i", (rate, region.number, band), "Real")

    def count(self, rate: Rate, region: Region, threshold: Fraction, inclusive: bool) -> str:
        """Number of the region's items with a rate above (at or above) the threshold."""
        if inclusive and threshold == 0:
            return self.size(region)
        if not inclusive and threshold == 1:
            return "0"
        sort = "Int" if region.number in self.small else "Real"
        return self.symbol("g" if inclusive else "h", (rate, region.number, threshold), sort)

    def tpr(self, atom: Tpr) -> str:
        return self.symbol("p", (atom.target, atom.artifact, atom.at_fpr, atom.fair), "Real")

    def removed(self, atom: Removed) -> str:
        return self.symbol("R", atom, "Bool")

    def uses(self, method: str, artifact: str) -> str:
        return self.symbol("u", (method, artifact), "Bool")

    def finished(self, artifact: str) -> str:
        return self.symbol("t", artifact, "Real")

    def stored(self, store: str, region: Region, which: Literal["all", "any"]) -> str:
        """The day until which a store keeps all of a region's items, or any of them."""
        return self.symbol("s", (store, region.number, which), "Real")

    def served(self, artifact: str, path: str, region: Region) -> str:
        return self.symbol("v", (artifact, path, region.number), "Real")

    def flag(self, atom: Flag) -> str:
        return self.symbol("f", atom, "Bool")

    def of(self, target: str) -> tuple[Region, ...]:
        if declared_set(target) in self.regions.too_large:
            raise TooLarge(target)
        return self.regions.pieces(target)

    def set_size(self, target: str) -> str:
        return self._over(target, self.size)

    def set_mass(self, rate: Rate, target: str) -> str:
        return self._over(target, lambda region: self.mass(rate, region))

    def set_count(self, rate: Rate, target: str, threshold: Fraction, inclusive: bool) -> str:
        return self._over(target, lambda region: self.count(rate, region, threshold, inclusive))

    def _over(self, target: str, quantity: Callable[[Region], str]) -> str:
        """A quantity added up over a set's regions.

        A long sum is a tree of short ones with names, so that the theory comes apart there. What lies in no other set
        stays outside the tree: it makes up for what the rest leaves.
        """
        regions = self.of(target)
        if len(regions) <= LONG:
            return total([quantity(region) for region in regions])
        alone = [quantity(region) for region in regions if len(region.inside) == 1]
        terms = [quantity(region) for region in regions if len(region.inside) > 1]
        terms = [term for term in terms if term != "0"]
        while len(terms) > LONG:
            named = [self._partial(tuple(terms[i : i + LONG])) for i in range(0, len(terms), LONG)]
            if "" in named:
                break
            terms = named
        return total([*alone, *terms])

    def _partial(self, terms: tuple[str, ...]) -> str:
        """A name for a sum; empty if it has none and can get none."""
        if terms not in self._sums and self.definitions is not None:
            name = self.symbol("j", terms, "Real")
            self.definitions.append(f"(assert (= {name} {total(terms)}))")
            self._sums[terms] = name
            if not terms[0].startswith("j"):
                self.leaves.append(name)
        return self._sums.get(terms, "")

    def text(self, formula: Formula) -> str:
        match formula:
            case All(parts):
                return conjunction([self.text(part) for part in parts])
            case Either(parts):
                return disjunction([self.text(part) for part in parts])
            case Not(part):
                return f"(not {self.text(part)})"
            case Implies(premise, conclusion):
                return f"(=> {self.text(premise)} {self.text(conclusion)})"
            case Mean(rate, target, op, limit):
                return f"({op} {self.set_mass(rate, target)} (* {number(limit)} {self.set_size(target)}))"
            case ShareAbove(rate, target, threshold, inclusive, op, limit):
                counted = self.set_count(rate, target, threshold, inclusive)
                return f"({op} {counted} (* {number(limit)} {self.set_size(target)}))"
            case NumberAbove(rate, target, threshold, inclusive, op, count):
                return f"({op} {self.set_count(rate, target, threshold, inclusive)} {number(count)})"
            case MeanDrop(before, now, target, op, limit):
                fall = f"(- {self.set_mass(before, target)} {self.set_mass(now, target)})"
                return f"({op} {fall} (* {number(limit)} {self.set_size(target)}))"
            case Tpr():
                return f"({formula.op} {self.tpr(formula)} {number(formula.limit)})"
            case Removed():
                return self.removed(formula)
            case Uses(method, artifact):
                return self.uses(method, artifact)
            case FinishedBy(artifact, op, day):
                return f"({op} {self.finished(artifact)} {number(day)})"
            case Stored(target, store, op, day):
                which: Literal["all", "any"] = "any" if op == "<=" else "all"
                return conjunction(
                    [f"(=> (> {self.size(r)} 0) ({op} {self.stored(store, r, which)} {number(day)}))" for r in self.of(target)]
                )
            case KeptForTest():
                return self.symbol("q", formula, "Bool")
            case Unserved(target, artifact, path):
                return conjunction([f"(= {self.served(artifact, path, r)} 0)" for r in self.of(target)])
            case Size(target, low, high):
                return self._between(self.set_size(target), low, high)
            case Overlap(left, right, low, high):
                self.of(left)
                shared = [self.size(region) for region in self.regions.shared(left, right)]
                return self._between(total(shared), low, high)
            case Flag():
                return self.flag(formula)

    def kept(self, test: KeptForTest) -> str:
        """That one of the stores keeps the items long enough."""
        return disjunction([self._kept(test.target, store, test.artifact, test.at) for store in test.stores])

    def _kept(self, target: str, store: str, artifact: str, at: Fraction) -> str:
        done = self.finished(artifact)
        return conjunction(
            [
                f"(=> (> {self.size(r)} 0) (and (>= {kept} {done}) (>= {kept} {number(at)})))"
                for r in self.of(target)
                for kept in (self.stored(store, r, "all"),)
            ]
        )

    @staticmethod
    def _between(value: str, low: int, high: int | None) -> str:
        least = f"(>= {value} {number(low)})"
        return least if high is None else f"(and {least} (<= {value} {number(high)}))"


def rates_in(formulas: Iterable[Formula]) -> tuple[tuple[Rate, str], ...]:
    """Every (rate, target) pair spoken of, without repeats, in order."""
    found: dict[tuple[Rate, str], None] = {}
    for formula in formulas:
        for atom in atoms(formula):
            match atom:
                case Mean(rate, target) | ShareAbove(rate, target) | NumberAbove(rate, target):
                    found[(rate, target)] = None
                case MeanDrop(before, now, target):
                    found[(before, target)] = None
                    found[(now, target)] = None
                case _:
                    pass
    return tuple(found)


def thresholds_in(formulas: Iterable[Formula]) -> tuple[tuple[str, str, Fraction], ...]:
    """Every threshold at which some formula counts items: (artifact, target, threshold)."""
    found: dict[tuple[str, str, Fraction], None] = {}
    for formula in formulas:
        for atom in atoms(formula):
            if isinstance(atom, ShareAbove | NumberAbove):
                found[(atom.rate.artifact, atom.target, atom.threshold)] = None
    return tuple(found)
