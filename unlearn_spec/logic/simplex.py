"""Exact feasibility of a few rows (Dutertre and de Moura, CAV 2006): a point that meets them all, or Farkas factors.

A strict row is met with something to spare: values are `a + b·tiny`, compared part by part. Tableau and values are kept in
whole numbers, a denominator for each row and one for all bounds: that is many times as fast as fractions, and as exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import gcd, lcm

from msgspec import Struct, field

from ..record import Record
from .linear import Row

Value = tuple[Fraction, Fraction]
"""`(a, b)` is `a + b·tiny`."""
ZERO = Fraction(0)
_NIL: Value = (ZERO, ZERO)
Point = Mapping[str, Value]
Factors = tuple[tuple[Row, Fraction], ...]


def solve(rows: Sequence[Row]) -> Point | Factors:
    """A point at which every row holds, or factors with which some rows add up to a contradiction."""
    return solved(rows)[0]


def solved(rows: Sequence[Row]) -> tuple[Point | Factors, Tableau]:
    """`solve`, and the state in which the search ended."""
    tableau = Tableau()
    for row in rows:
        clash = tableau.add(row)
        if clash is not None:
            return clash, tableau
    return tableau.run(), tableau


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


class _Bound(Record):
    at: tuple[Fraction, int]
    row: Row
    factor: Fraction
    """The row divided by this is `quantity − at ≥ 0` or `at − quantity ≥ 0`."""


class _Sum(Struct):
    """`sum(number × quantity) / denominator`, in lowest terms."""

    numbers: dict[str, int]
    denominator: int


_Whole = tuple[int, int]
"""A value times the common denominator of all bounds, its `tiny` as it is; of a basic quantity, times its own denominator."""


class Tableau(Struct):
    """Basic quantities as sums of others; every other lies within its bounds. The order of arrival breaks all ties."""

    order: dict[str, int] = field(default_factory=dict)
    basic: dict[str, _Sum] = field(default_factory=dict)
    low: dict[str, _Bound] = field(default_factory=dict)
    high: dict[str, _Bound] = field(default_factory=dict)
    _sums: dict[tuple[tuple[str, int], ...], str] = field(default_factory=dict)
    _common: int = 1
    """The common denominator of all bounds."""
    _least: dict[str, _Whole] = field(default_factory=dict)
    _most: dict[str, _Whole] = field(default_factory=dict)
    _at: dict[str, _Whole] = field(default_factory=dict)
    _columns: dict[str, set[str]] = field(default_factory=dict)
    """For every quantity that is not basic, the basic ones in whose sums it stands."""
    _doubled: set[tuple[str, bool]] = field(default_factory=set)
    """Quantities that several rows bound, from below (True) or above."""

    def add(self, row: Row) -> Factors | None:
        """Take a row as a bound; the two rows at odds if it leaves its quantity no value."""
        name, factor = self._quantity(row)
        above = factor > 0
        exact = -row.constant / factor if row.constant else ZERO
        bound = _Bound((exact, (1 if above else -1) if row.strict else 0), row, factor if above else -factor)
        side = self.low if above else self.high
        known = side.get(name)
        if known is not None:
            self._doubled.add((name, above))
        if known is None or (bound.at > known.at if above else bound.at < known.at):
            side[name] = bound
        low, high = self.low.get(name), self.high.get(name)
        if low is not None and high is not None and low.at > high.at:
            return _merged([(low, Fraction(1)), (high, Fraction(1))])
        return None

    def _quantity(self, row: Row) -> tuple[str, Fraction]:
        for name, _ in row.terms:
            self.order.setdefault(name, len(self.order))
        if len(row.terms) == 1:
            return row.terms[0]
        terms = row.in_whole_numbers
        scale = abs(row.terms[0][1])
        if terms in self._sums:
            return self._sums[terms], scale
        negated = tuple([(name, -number) for name, number in terms])
        if negated in self._sums:
            return self._sums[negated], -scale
        name = self._sums[terms] = f"sum {len(self._sums)}"
        self.order[name] = len(self.order)
        self.basic[name] = _Sum(dict(terms), abs(terms[0][1]))
        return name, scale

    def run(self) -> Point | Factors:
        """Pivot until nothing is out of bounds, or one basic quantity cannot be brought in (Bland's rule ends it)."""
        self._begin()
        return self._pivoted()

    def gives(self, row: Row, best: Fraction) -> bool:
        """After a contradiction: whether all rows have a point if this one asks only that its terms add up to `best`.

        False where that would have to be asked anew.
        """
        name, factor = self._quantity(row)
        above = factor > 0
        bound = (self.low if above else self.high).get(name)
        if not self._at or bound is None or bound.row != row or (name, above) in self._doubled:
            return False
        exact = best / factor * self._common
        self._scale(exact.denominator)
        (self._least if above else self._most)[name] = exact.numerator, 0
        return not isinstance(self._pivoted(), tuple)

    def _scale(self, factor: int) -> None:
        """Take a multiple of the common denominator of all bounds."""
        self._common *= factor
        for values in (self._least, self._most, self._at) if factor != 1 else ():
            values.update({name: (exact * factor, tiny) for name, (exact, tiny) in values.items()})

    def _pivoted(self) -> Point | Factors:
        outside = {name for name in self.basic if self._gap(name)}
        quick = 4 * len(self.basic)
        while True:
            quick -= 1  # short sums first keep the others short; Bland's rule, from then on, ends it
            if not outside:
                return self._point()
            name = min(outside, key=lambda n: (len(self.basic[n].numbers) if quick > 0 else 0, self.order[n]))
            rising = self._gap(name) > 0
            other = self._movable(self.basic[name].numbers, rising)
            if other is None:
                return self._reasons(name, rising)
            moved = self._pivot(name, other, (self._least if rising else self._most)[name])
            outside.discard(name)  # no longer basic; of the others, only what moved can have come in or gone out
            outside.difference_update(moved)
            outside.update(one for one in moved if self._gap(one))

    def _begin(self) -> None:
        """Every quantity that is not basic to a value within its bounds, and the others to what follows."""
        sides = (self.low, self._least), (self.high, self._most)
        self._common = lcm(*(bound.at[0].denominator for bounds, _ in sides for bound in bounds.values()))
        for bounds, whole in sides:
            for name, bound in bounds.items():
                exact, tiny = bound.at
                whole[name] = exact.numerator * (self._common // exact.denominator), tiny
        for name in self.order:
            if name not in self.basic:
                at = max(self._least[name], (0, 0)) if name in self._least else (0, 0)
                self._at[name] = min(self._most[name], at) if name in self._most else at
                self._columns[name] = set()
        for name, basic in self.basic.items():
            self._at[name] = self._summed(basic)
            for other in basic.numbers:
                self._columns[other].add(name)

    def _summed(self, basic: _Sum) -> _Whole:
        first = second = 0
        at = self._at
        for name, number in basic.numbers.items():
            exact, tiny = at[name]
            first += number * exact
            if tiny:
                second += number * tiny
        return first, second

    def _gap(self, name: str) -> int:
        """1 if the basic quantity is too low, -1 if too high, else 0."""
        at, denominator = self._at[name], self.basic[name].denominator
        least, most = self._least.get(name), self._most.get(name)
        if least is not None and at < (least[0] * denominator, least[1] * denominator):
            return 1
        return -1 if most is not None and at > (most[0] * denominator, most[1] * denominator) else 0

    def _movable(self, numbers: Mapping[str, int], rising: bool) -> str | None:
        """The first quantity to arrive that has room to move a sum up (or down); None if there is none."""
        found, first = None, len(self.order)
        for name, number in numbers.items():
            place = self.order[name]
            if place < first:
                bound = (self._most if (number > 0) == rising else self._least).get(name)
                if bound is None or bound != self._at[name]:
                    found, first = name, place
        return found

    def _point(self) -> Point:
        found: dict[str, Value] = {}
        for name in self.order:
            if not name.startswith("sum "):
                denominator = self.basic[name].denominator if name in self.basic else 1
                exact, tiny = self._at[name]
                found[name] = Fraction(exact, denominator * self._common), Fraction(tiny, denominator)
        return found

    def _reasons(self, name: str, rising: bool) -> Factors:
        """The bounds that hold a basic quantity off its own: together a contradiction."""
        held = [((self.low if rising else self.high)[name], Fraction(1))]
        basic = self.basic[name]
        for other, number in basic.numbers.items():
            side = self.high if (number > 0) == rising else self.low
            held.append((side[other], Fraction(abs(number), basic.denominator)))
        return _merged(held)

    def _pivot(self, leaving: str, entering: str, target: _Whole) -> list[str]:
        """Let two quantities change places, the leaving one at its target; the basic ones that moved."""
        gone = self.basic.pop(leaving)
        for name in gone.numbers:
            self._columns[name].discard(leaving)
        pivot = gone.numbers.pop(entering)
        sign = 1 if pivot > 0 else -1
        solved = {leaving: sign * gone.denominator, **{n: -sign * number for n, number in gone.numbers.items()}}
        pivot = abs(pivot)  # the entering quantity is what is solved, divided by this
        self._at[leaving], self._columns[leaving] = target, set()
        moved = [*self._columns.pop(entering)]
        for name in moved:
            basic = self.basic[name]
            self._put_in(name, basic, basic.numbers.pop(entering), solved, pivot)
            self._at[name] = self._summed(basic)
        basic = self.basic[entering] = _reduced(_Sum(solved, pivot))
        for name in solved:
            self._columns[name].add(entering)
        self._at[entering] = self._summed(basic)
        return [entering, *moved]

    def _put_in(self, name: str, basic: _Sum, number: int, solved: Mapping[str, int], pivot: int) -> None:
        """Put `solved / pivot` in for the quantity that stood in a row with this number."""
        shared = gcd(number, pivot)
        number, pivot = number // shared, pivot // shared
        numbers = basic.numbers
        if pivot != 1:
            for other in numbers:
                numbers[other] *= pivot
            basic.denominator *= pivot
        for other, more in solved.items():
            before = numbers.get(other, 0)
            if total := before + number * more:
                numbers[other] = total
                if not before:
                    self._columns[other].add(name)
            else:
                del numbers[other]
                self._columns[other].discard(name)
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


def _merged(held: Sequence[tuple[_Bound, Fraction]]) -> Factors:
    found: dict[Row, Fraction] = {}
    for bound, factor in held:
        found[bound.row] = found.get(bound.row, ZERO) + factor / bound.factor
    return tuple(found.items())
