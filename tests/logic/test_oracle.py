"""The encoding against exact oracles that share nothing with it but `spec/semantics.md`.

Sets of more than 20 items: [0, 1] is cut at every limit into points and open intervals. A *kind* of item is one interval
for each rate that is spoken of; its variables are how many items are of that kind and what their rates add up to. Smaller
sets: every item has a variable for each of its rates. Both are exact, and exponentially larger than the encoding: small
policies only. `UNLEARN_SPEC_ORACLE` gives the number of policies.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import pairwise, product
from math import ceil
from pathlib import Path

import pytest
import z3

sys.path.insert(0, str(Path(__file__).parent))

from policies import ACCESSES, PROBES, Clause, Fact, Small, loaded, random_policy, text_of

from unlearn_spec.logic.theory import build

POLICIES = int(os.environ.get("UNLEARN_SPEC_ORACLE", "300"))
BATCHES = 10
MOST_KINDS = 250
INSIDE = Fraction(1, 10**6)
"""How far inside an open interval its items lie: less than the grids of the policies can tell from any distance."""

Rate = tuple[str, str, str, str, str]
"""(whose, reveals or answers, sup or inf, access, asked). Of now: the released model's, or the average of its process."""
Region = frozenset[str]
WHOSE, FAMILIES, BOUNDS = ("now", "average", "before", "reference"), ("reveals", "answers"), ("sup", "inf")


# --- the order of the axioms, from its single steps ------------------------------------------------------------------


def steps() -> set[tuple[Rate, Rate]]:
    """AX3 and AX12 as they are stated, one step at a time: (lower, higher)."""
    found: set[tuple[Rate, Rate]] = set()
    for whose, access, asked in product(WHOSE, ACCESSES, PROBES):
        for family in FAMILIES:
            found.add(((whose, family, "inf", access, asked), (whose, family, "sup", access, asked)))
        for bound in BOUNDS:
            found.add(((whose, "reveals", bound, access, asked), (whose, "answers", bound, access, asked)))
    for whose, family, access, (weak, strong) in product(WHOSE, FAMILIES, ACCESSES, pairwise(PROBES)):
        found.add(((whose, family, "sup", access, weak), (whose, family, "sup", access, strong)))
        found.add(((whose, family, "inf", access, strong), (whose, family, "inf", access, weak)))
    for whose, asked, (shallow, deep) in product(WHOSE, PROBES, pairwise(ACCESSES)):
        found.add(((whose, "reveals", "sup", shallow, asked), (whose, "reveals", "sup", deep, asked)))
    return found


@cache
def above(reach: int) -> dict[Rate, frozenset[Rate]]:
    """What lies above each rate when behaviour stays as it was at access levels of rank `reach` and more."""
    same = list(product(("now", "average"), FAMILIES, BOUNDS, ACCESSES[reach:], PROBES))
    kept = {pair for now in same for before in [("before", *now[1:])] for pair in ((now, before), (before, now))}
    onward: dict[Rate, list[Rate]] = {}
    for low, high in steps() | kept:
        onward.setdefault(low, []).append(high)
    return {rate: reachable(rate, onward) for rate in {*onward, *(high for highs in onward.values() for high in highs)}}


def reachable(start: Rate, onward: dict[Rate, list[Rate]]) -> frozenset[Rate]:
    found, pending = {start}, [start]
    while pending:
        new = set(onward.get(pending.pop(), ())) - found
        found |= new
        pending += new
    return frozenset(found)


# --- what both oracles share -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Group:
    """Items of one region that are treated alike: how many, what each rate adds up to, and how many of them fit a limit."""

    region: Region
    count: str
    sums: tuple[str, ...]
    fitting: Callable[[int, Fraction, bool], str]
    """From the number of a rate, a limit, and whether to look upwards: how many items are at it or on its good side."""


def demands(small: Small, rates: list[Rate], groups: list[Group], denied: int | None) -> Iterator[str]:
    """Facts and clauses, one of them perhaps denied."""
    for fact in small.facts:
        mass, size = added(groups, fact.target, rates.index(rate_of_fact(fact))), added(groups, fact.target)
        yield f"(and (>= {mass} (* {ratio(fact.low)} {size})) (<= {mass} (* {ratio(fact.high)} {size})))"
    for i, clause in enumerate(small.clauses):
        if clause.goal != "remove":
            yield f"(not {demand(clause, rates, groups)})" if i == denied else in_whole_items(small, clause, rates, groups)


def in_whole_items(small: Small, clause: Clause, rates: list[Rate], groups: list[Group]) -> str:
    """What a clause demands; a share that it asks of a set of known size, in whole items (§6)."""
    low, high = small.sizes[clause.target]
    if clause.share is None or low != high:
        return demand(clause, rates, groups)
    return f"(>= {fitting(clause, rates, groups)} {ceil(clause.share * low)}.0)"


def fitting(clause: Clause, rates: list[Rate], groups: list[Group]) -> str:
    """How many items are on the good side of a clause's limit."""
    i, upwards = rates.index(rate_of(clause)), clause.goal == "retain"
    found = [group.fitting(i, limit_of(clause), upwards) for group in groups if clause.target in group.region]
    return f"(+ 0.0 {' '.join(found)})"


def demand(clause: Clause, rates: list[Rate], groups: list[Group]) -> str:
    """§2 of the semantics."""
    i, size = rates.index(rate_of(clause)), added(groups, clause.target)
    mass = added(groups, clause.target, i)
    if clause.goal == "keep_up":
        before = added(groups, clause.target, rates.index(("before", *rate_of(clause)[1:])))
        return f"(<= (- {before} {mass}) (* {ratio(clause.limit)} {size}))"
    limit, upwards = limit_of(clause), clause.goal == "retain"
    if clause.share is None:
        return f"({'>=' if upwards else '<='} {mass} (* {ratio(limit)} {size}))"
    return f"(>= {fitting(clause, rates, groups)} (* {ratio(clause.share)} {size}))"


def close(small: Small, rates: list[Rate], group: Group) -> Iterator[str]:
    """AX6, item by item; for a kind too, since its intervals are convex."""
    for clause in small.clauses:
        if clause.goal == "remove":
            up, down = ratio(exponential(clause.limit)), ratio(1 / exponential(clause.limit))
            n, d, rest = group.count, ratio(clause.delta), ratio(1 - clause.delta)
            for x, rate in zip(group.sums, rates, strict=True):
                if rate[0] == "average":
                    r = group.sums[rates.index(("reference", *rate[1:]))]
                    yield f"(>= {x} (* {down} (- {r} (* {d} {n}))))"
                    yield f"(<= {x} (+ (* {up} {r}) (* {d} {n})))"
                    yield f"(>= {x} (- (* {rest} {n}) (* {up} (- {n} {r}))))"
                    yield f"(<= {x} (- {n} (* {down} (- (* {rest} {n}) {r}))))"


def added(groups: list[Group], target: str, rate: int | None = None) -> str:
    terms = [group.count if rate is None else group.sums[rate] for group in groups if target in group.region]
    return f"(+ 0.0 {' '.join(terms)})"


def spoken(small: Small) -> list[Rate]:
    """The rates that clauses and facts speak of, each with its twin in the reference where closeness ties them."""
    found = {rate_of(clause) for clause in small.clauses if clause.goal != "remove"}
    found |= {("before", *rate_of(clause)[1:]) for clause in small.clauses if clause.goal == "keep_up"}
    found |= {rate_of_fact(fact) for fact in small.facts}
    if any(clause.goal == "remove" for clause in small.clauses):
        tied = {rate for rate in found if rate[0] in ("average", "reference")}
        found |= {(whose, *rate[1:]) for rate in tied for whose in ("average", "reference")}
    return sorted(found)


def rate_of(clause: Clause) -> Rate:
    family = "answers" if clause.goal == "refuse" else "reveals"
    whose = "average" if clause.about == "process" else "now"
    return (whose, family, "sup" if clause.goal in ("suppress", "refuse") else "inf", clause.access, clause.asked)


def rate_of_fact(fact: Fact) -> Rate:
    return (fact.whose, "reveals", "sup", fact.access, fact.asked)


def limit_of(clause: Clause) -> Fraction:
    return 1 - clause.limit if clause.goal == "refuse" else clause.limit


def regions(small: Small) -> list[Region]:
    if len(small.sizes) == 1:
        return [frozenset(("one",))]
    alone = [] if small.within else [frozenset(("one",))]
    return [*alone, frozenset(("two",)), frozenset(("one", "two"))]


def ratio(value: Fraction) -> str:
    return f"(/ {value.numerator}.0 {value.denominator}.0)"


def exponential(x: Fraction) -> Fraction:
    term = whole = Fraction(1)
    for i in range(1, 40):
        term = term * x / i
        whole += term
    return whole.limit_denominator(10**12)


# --- large sets: kinds of items --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kinds:
    small: Small

    @property
    def cuts(self) -> set[Fraction]:
        return {limit_of(clause) for clause in self.small.clauses if clause.share is not None}

    @property
    def intervals(self) -> list[tuple[Fraction, Fraction]]:
        ends = sorted({Fraction(0), Fraction(1), *self.cuts})
        return sorted([*((cut, cut) for cut in self.cuts), *pairwise(ends)])

    @property
    def many(self) -> int:
        return len(self.intervals) ** len(spoken(self.small)) * len(regions(self.small))

    def text(self, reach: int, denied: int | None) -> str:
        rates, intervals = spoken(self.small), self.intervals
        order = [(i, j) for i, a in enumerate(rates) for j, b in enumerate(rates) if i != j and b in above(reach)[a]]
        groups, lines = [], []
        for region, kind in product(regions(self.small), product(range(len(intervals)), repeat=len(rates))):
            if all(kind[low] <= kind[high] for low, high in order):
                count, sums = f"n{len(groups)}", tuple(f"x{len(groups)}_{i}" for i in range(len(rates)))
                group = Group(region, count, sums, self._fitting(kind, count))
                rows = [self._inside(intervals[place], x, count) for place, x in zip(kind, sums, strict=True)]
                rows += [f"(<= {sums[low]} {sums[high]})" for low, high in order]
                rows += close(self.small, rates, group)
                lines += [f"(declare-const {name} Real)" for name in (count, *sums)]
                lines += [f"(assert {row})" for row in (f"(>= {count} 0.0)", *rows)]
                groups.append(group)
        for name, (low, high) in self.small.sizes.items():
            lines.append(f"(assert (<= {low}.0 {added(groups, name)} {high}.0))")
        if self.small.overlap is not None:
            low, high = self.small.overlap
            shared = [group for group in groups if len(group.region) == 2]
            lines.append(f"(assert (<= {low}.0 {added(shared, 'one')} {high}.0))")
        return "\n".join([*lines, *(f"(assert {row})" for row in demands(self.small, rates, groups, denied))])

    def _inside(self, interval: tuple[Fraction, Fraction], x: str, count: str) -> str:
        low, high = interval
        if low == high:
            return f"(= {x} (* {ratio(low)} {count}))"
        low, high = low + INSIDE * (low in self.cuts), high - INSIDE * (high in self.cuts)
        return f"(<= (* {ratio(low)} {count}) {x} (* {ratio(high)} {count}))"

    def _fitting(self, kind: tuple[int, ...], count: str) -> Callable[[int, Fraction, bool], str]:
        def fitting(rate: int, limit: Fraction, upwards: bool) -> str:
            low, high = self.intervals[kind[rate]]
            return count if (low >= limit if upwards else high <= limit) else "0.0"

        return fitting

    def worlds(self, reach: int, denied: int | None) -> Iterator[str]:
        yield self.text(reach, denied)


# --- tiny sets: item by item -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Items:
    small: Small

    def worlds(self, reach: int, denied: int | None) -> Iterator[str]:
        """One text for each way in which the declared sizes may fill the regions."""
        ranges = {name: range(low, high + 1) for name, (low, high) in self.small.sizes.items()}
        if len(ranges) == 1:
            yield from (self.text({frozenset(("one",)): n}, reach, denied) for n in ranges["one"])
            return
        for one, two, both in product(ranges["one"], ranges["two"], range(max(ranges["one"]) + 1)):
            declared = self.small.overlap is None or self.small.overlap[0] <= both <= self.small.overlap[1]
            if both <= min(one, two) and declared and (not self.small.within or both == one):
                filled = {
                    frozenset(("one",)): one - both,
                    frozenset(("two",)): two - both,
                    frozenset(("one", "two")): both,
                }
                yield self.text(filled, reach, denied)

    def text(self, filled: dict[Region, int], reach: int, denied: int | None) -> str:
        rates = spoken(self.small)
        order = [(i, j) for i, a in enumerate(rates) for j, b in enumerate(rates) if i != j and b in above(reach)[a]]
        groups, lines = [], []
        for region in (region for region, many in filled.items() for _ in range(many)):
            sums = tuple(f"x{len(groups)}_{i}" for i in range(len(rates)))
            group = Group(region, "1.0", sums, self._fitting(sums))
            rows = [f"(<= 0.0 {x} 1.0)" for x in sums] + [f"(<= {sums[low]} {sums[high]})" for low, high in order]
            lines += [f"(declare-const {x} Real)" for x in sums]
            lines += [f"(assert {row})" for row in (*rows, *close(self.small, rates, group))]
            groups.append(group)
        return "\n".join([*lines, *(f"(assert {row})" for row in demands(self.small, rates, groups, denied))])

    @staticmethod
    def _fitting(sums: tuple[str, ...]) -> Callable[[int, Fraction, bool], str]:
        return lambda rate, limit, upwards: f"(ite ({'>=' if upwards else '<='} {sums[rate]} {ratio(limit)}) 1.0 0.0)"


# --- two-way agreement -----------------------------------------------------------------------------------------------


def reaches(small: Small) -> list[int]:
    """The ranks from which behaviour has to stay as it was, one for each use of the methods (AX7)."""
    if small.reaches is None:
        return [len(ACCESSES)]
    return sorted({0, *(ACCESSES.index(access) + 1 for access in small.reaches)})


def has_world(small: Small, denied: int | None) -> bool:
    """Whether a world meets all clauses, or all but the denied one and not that."""
    oracle = Items(small) if small.tiny else Kinds(small)
    for text in (text for reach in reaches(small) for text in oracle.worlds(reach, denied)):
        solver = z3.SolverFor("QF_LRA")
        solver.from_string(text)
        answer = solver.check()
        assert answer != z3.unknown
        if answer == z3.sat:
            return True
    return False


def disagreements(small: Small) -> list[str]:
    """Questions on which encoding and oracle part; closeness and single items together may leave the encoding silent."""
    theory = build(loaded(small))
    asked = [i for i, clause in enumerate(small.clauses) if clause.goal != "remove"]
    silent = len(asked) < len(small.clauses) and any(clause.share is not None for clause in small.clauses)
    found = []
    for denied in (None, *asked):
        literals = [
            ("-" if i == denied else "") + theory.body(clause) for i, clause in enumerate(theory.policy.clauses)
        ]
        ours, exact = theory.possible(tuple(literals)), has_world(small, denied)
        if ours != exact and not (silent and ours):
            question = "consistency" if denied is None else f"do the others entail c{denied}"
            found.append(
                f"{question}: encoding {'has' if ours else 'lacks'} a world, oracle {'has' if exact else 'lacks'} one"
            )
    return found


def is_small(small: Small) -> bool:
    return small.tiny or Kinds(small).many <= MOST_KINDS


@pytest.mark.parametrize("batch", range(BATCHES))
def test_the_encoding_agrees_with_the_exact_oracles(batch: int) -> None:
    for seed in range(batch, POLICIES, BATCHES):
        small = random_policy(seed)
        if is_small(small):
            parted = disagreements(small)
            assert not parted, f"policy {seed}\n{text_of(small)}\n{parted}"
