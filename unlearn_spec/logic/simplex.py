"""Exact feasibility of a few rows (Dutertre and de Moura, CAV 2006): a point that meets them all, or Farkas factors.

A strict row is met with something to spare: values are `a + b·tiny`, compared part by part. The tableau is kept in whole
numbers, a denominator for each of its rows: that is several times as fast as fractions, and as exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import gcd, lcm

from .linear import Row

Value = tuple[Fraction, Fraction]
"""`(a, b)` is `a + b·tiny`."""
ZERO = Fraction(0)
_NIL: Value = (ZERO, ZERO)
Point = Mapping[str, Value]
Factors = tuple[tuple[Row, Fraction], ...]


def solve(rows: Sequence[Row]) -> Point | Factors:
    """A point at which every row holds, or factors with which some rows add up to a contradiction."""
    tableau = _Tableau()
    for row in rows:
        clash = tableau.add(row)
        if clash is not None:
            return clash
    return tableau.run()


def value(row: Row, point: Point) -> Value:
    """What a row's left side comes to at a point; 0 where the point says nothing."""
    first = second = ZERO
    for name, factor in row.terms:
        a, b = point.get(name, _NIL)
        first, second = first + factor * a, second + factor * b
    return first + row.constant, second


def meets(row: Row, point: Point) -> bool:
    """Whether the point lies on the row's allowed side."""
    reached = value(row, point)
    return reached > _NIL if row.strict else reached >= _NIL


@dataclass(frozen=True)
class _Bound:
    at: Value
    row: Row
    factor: Fraction
    """The row divided by this is `quantity − at ≥ 0` or `at − quantity ≥ 0`."""


@dataclass(slots=True)
class _Sum:
    """`sum(number × quantity) / denominator`, in lowest terms."""

    numbers: dict[str, int]
    denominator: int


@dataclass
class _Tableau:
    """Basic quantities as sums of others; every other lies within its bounds. The order of arrival breaks all ties."""

    order: dict[str, int] = field(default_factory=dict)
    basic: dict[str, _Sum] = field(default_factory=dict)
    low: dict[str, _Bound] = field(default_factory=dict)
    high: dict[str, _Bound] = field(default_factory=dict)
    at: dict[str, Value] = field(default_factory=dict)
    _sums: dict[tuple[tuple[str, Fraction], ...], str] = field(default_factory=dict)

    def add(self, row: Row) -> Factors | None:
        """Take a row as a bound; the two rows at odds if it leaves its quantity no value."""
        name, factor = self._quantity(row)
        at = (-row.constant / factor, (Fraction(1) / factor if row.strict else ZERO))
        if row.strict:  # only the sign counts
            at = (at[0], Fraction(1 if factor > 0 else -1))
        bound = _Bound(at, row, abs(factor))
        side, tighter = (self.low, at > self.low[name].at if name in self.low else True)
        if factor < 0:
            side, tighter = (self.high, at < self.high[name].at if name in self.high else True)
        if tighter:
            side[name] = bound
        if name in self.low and name in self.high and self.low[name].at > self.high[name].at:
            return _merged([(self.low[name], Fraction(1)), (self.high[name], Fraction(1))])
        return None

    def _quantity(self, row: Row) -> tuple[str, Fraction]:
        for name, _ in row.terms:
            self.order.setdefault(name, len(self.order))
            self.at.setdefault(name, _NIL)
        if len(row.terms) == 1:
            return row.terms[0]
        scale = abs(row.terms[0][1])
        terms = tuple((name, factor / scale) for name, factor in row.terms)
        negated = tuple((name, -factor) for name, factor in terms)
        if negated in self._sums:
            return self._sums[negated], -scale
        if terms not in self._sums:
            name = f"sum {len(self._sums)}"
            self._sums[terms] = name
            self.order[name] = len(self.order)
            self.basic[name] = _whole(terms)
            self.at[name] = _NIL
        return self._sums[terms], scale

    def run(self) -> Point | Factors:
        """Pivot until nothing is out of bounds, or one basic quantity cannot be brought in (Bland's rule ends it)."""
        for name in self.order:  # begin with every other quantity within its bounds
            if name not in self.basic:
                self._settle(name)
        for name, basic in self.basic.items():
            self.at[name] = self._summed(basic)
        outside = {name for name in self.basic if self._gap(name)}
        quick = 4 * len(self.basic)
        while True:
            quick -= 1  # short sums first keep the others short; Bland's rule, from then on, ends it
            if not outside:
                return {n: v for n, v in self.at.items() if not n.startswith("sum ")}
            name = min(outside, key=lambda n: (len(self.basic[n].numbers) if quick > 0 else 0, self.order[n]))
            rising = self._gap(name) > 0
            numbers = self.basic[name].numbers
            able = [other for other, number in numbers.items() if self._can_move(other, (number > 0) == rising)]
            if not able:
                return self._reasons(name, rising)
            other = min(able, key=self.order.__getitem__)
            moved = self._pivot(name, other, (self.low if rising else self.high)[name].at)
            outside.discard(name)  # no longer basic; of the others, only what moved can have come in or gone out
            outside.difference_update(moved)
            outside.update(one for one in moved if self._gap(one))

    def _settle(self, name: str) -> None:
        if name in self.low and self.at[name] < self.low[name].at:
            self.at[name] = self.low[name].at
        if name in self.high and self.at[name] > self.high[name].at:
            self.at[name] = self.high[name].at

    def _summed(self, basic: _Sum) -> Value:
        first = sum((number * self.at[n][0] for n, number in basic.numbers.items()), ZERO)
        second = sum((number * self.at[n][1] for n, number in basic.numbers.items()), ZERO)
        return first / basic.denominator, second / basic.denominator

    def _gap(self, name: str) -> int:
        """1 if the quantity is too low, -1 if too high, else 0."""
        if name in self.low and self.at[name] < self.low[name].at:
            return 1
        return -1 if name in self.high and self.at[name] > self.high[name].at else 0

    def _can_move(self, name: str, up: bool) -> bool:
        if up:
            return name not in self.high or self.at[name] < self.high[name].at
        return name not in self.low or self.at[name] > self.low[name].at

    def _reasons(self, name: str, rising: bool) -> Factors:
        """The bounds that hold a basic quantity off its own: together a contradiction."""
        held = [((self.low if rising else self.high)[name], Fraction(1))]
        basic = self.basic[name]
        for other, number in basic.numbers.items():
            side = self.high if (number > 0) == rising else self.low
            held.append((side[other], Fraction(abs(number), basic.denominator)))
        return _merged(held)

    def _pivot(self, leaving: str, entering: str, target: Value) -> list[str]:
        """Let two quantities change places, the leaving one at its target; the basic ones that moved."""
        moved = [entering]
        gone = self.basic.pop(leaving)
        pivot = gone.numbers.pop(entering)
        sign = 1 if pivot > 0 else -1
        solved = {leaving: sign * gone.denominator, **{n: -sign * number for n, number in gone.numbers.items()}}
        pivot = abs(pivot)  # the entering quantity is what is solved, divided by this
        before = self.at[leaving]
        step = tuple((wanted - now) * sign * gone.denominator / pivot for wanted, now in zip(target, before, strict=True))
        self.at[leaving] = target
        self.at[entering] = _moved(self.at[entering], step, 1)
        for name, basic in self.basic.items():
            if number := basic.numbers.pop(entering, 0):
                moved.append(name)
                self.at[name] = _moved(self.at[name], step, Fraction(number, basic.denominator))
                _put_in(basic, number, solved, pivot)
        self.basic[entering] = _reduced(_Sum(solved, pivot))
        return moved


def _moved(now: Value, step: tuple[Fraction, ...], factor: Fraction | int) -> Value:
    first, second = step
    return (now[0] + factor * first if first else now[0], now[1] + factor * second if second else now[1])


def _put_in(basic: _Sum, number: int, solved: Mapping[str, int], pivot: int) -> None:
    """Put `solved / pivot` in for the quantity that stood in a row with this number."""
    shared = gcd(number, pivot)
    number, pivot = number // shared, pivot // shared
    numbers = basic.numbers
    if pivot != 1:
        for other in numbers:
            numbers[other] *= pivot
        basic.denominator *= pivot
    for other, more in solved.items():
        total = numbers.get(other, 0) + number * more
        if total:
            numbers[other] = total
        else:
            numbers.pop(other, None)
    if basic.denominator != 1:
        _reduced(basic)


def _reduced(basic: _Sum) -> _Sum:
    """A row in lowest terms, in place."""
    shared = gcd(basic.denominator, *basic.numbers.values())
    if shared != 1:
        for name in basic.numbers:
            basic.numbers[name] //= shared
        basic.denominator //= shared
    return basic


def _whole(terms: Sequence[tuple[str, Fraction]]) -> _Sum:
    denominator = lcm(*(factor.denominator for _, factor in terms))
    return _Sum({name: int(factor * denominator) for name, factor in terms}, denominator)


def _merged(held: Sequence[tuple[_Bound, Fraction]]) -> Factors:
    found: dict[Row, Fraction] = {}
    for bound, factor in held:
        found[bound.row] = found.get(bound.row, ZERO) + factor / bound.factor
    return tuple(found.items())
