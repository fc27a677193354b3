"""Assertions read back from their text as rows with exact coefficients: what a certificate speaks about. No solver here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cached_property
from math import gcd, lcm

from ..record import Record

_TOKEN = re.compile(r"[()]|[^\s()]+")


class Row(Record, dict=True):
    """`sum(coefficient × quantity) + constant ≥ 0`, or > 0 if `strict`. Quantities in the order of their names."""

    terms: tuple[tuple[str, Fraction], ...]
    constant: Fraction
    strict: bool = False

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:  # fractions take long to hash, and a search for a proof looks rows up again and again
        return hash((self.terms, self.constant, self.strict))

    @cached_property
    def in_whole_numbers(self) -> tuple[tuple[str, int], ...]:
        """The terms times the least positive number that makes their coefficients whole, without a common divisor."""
        least = lcm(*[factor.denominator for _, factor in self.terms])
        numbers = [factor.numerator * (least // factor.denominator) for _, factor in self.terms]
        shared = gcd(*numbers)
        return tuple([(name, number // shared) for (name, _), number in zip(self.terms, numbers, strict=True)])


class Literal(Record):
    symbol: str
    positive: bool


class Both(Record):
    """All of the parts; none at all is a truth."""

    parts: tuple[Statement, ...]


class Either(Record):
    """One of the parts at least; none at all is a falsehood."""

    parts: tuple[Statement, ...]


Statement = Row | Literal | Both | Either
TRUE, FALSE = Both(()), Either(())
_ONE = Fraction(1)
Expression = str | list["Expression"]


def read(text: str, sorts: Mapping[str, str], known: Mapping[str, bool]) -> Statement:
    """The assertion `(assert …)` as a statement, in which `known` switches have their value."""
    return stated(asserted(text), sorts, known)


def asserted(text: str) -> Expression:
    """What the assertion `(assert …)` says, as nested lists."""
    assertion = expression(text)
    assert assertion[0] == "assert"
    return assertion[1]


def stated(said: Expression, sorts: Mapping[str, str], known: Mapping[str, bool]) -> Statement:
    """What an assertion says, as a statement in which `known` switches have their value."""
    return _Reader(sorts, known).statement(said)


def expression(text: str) -> list[Expression]:
    """One parenthesised text as nested lists."""
    stack: list[list[Expression]] = [[]]
    for token in _TOKEN.findall(text):
        if token == "(":
            stack.append([])
        elif token == ")":
            done = stack.pop()
            stack[-1].append(done)
        else:
            stack[-1].append(token)
    (only,) = stack[0]
    assert isinstance(only, list)
    return only


def atoms(statement: Statement) -> Iterator[Statement]:
    """What a statement says outright: itself, or what each of its joint parts says."""
    if isinstance(statement, Both):
        for part in statement.parts:
            yield from atoms(part)
    else:
        yield statement


class _Reader:
    """Reads one assertion. A term `(ite …)` becomes a quantity of its own, named after its text, with its two cases beside it."""

    def __init__(self, sorts: Mapping[str, str], known: Mapping[str, bool]) -> None:
        self._sorts, self._known = sorts, known
        self._cases: list[Statement] = []

    def statement(self, source: Expression) -> Statement:
        main = self._formula(source, True)
        return _both([main, *self._cases])

    def _formula(self, source: Expression, positive: bool) -> Statement:
        if isinstance(source, str):
            truth = {"true": True, "false": False}.get(source, self._known.get(source))
            return Literal(source, positive) if truth is None else TRUE if truth == positive else FALSE
        operator, *parts = source
        match operator:
            case "not":
                return self._formula(parts[0], not positive)
            case "and" | "or":
                read = [self._formula(part, positive) for part in parts]
                return _both(read) if (operator == "and") == positive else _either(read)
            case "=>":
                read = [self._formula(parts[0], not positive), self._formula(parts[1], positive)]
                return _either(read) if positive else _both(read)
            case "=" if self._is_formula(parts[0]):
                one, other = parts
                alike = [self._formula(one, True), self._formula(other, positive)]
                unlike = [self._formula(one, False), self._formula(other, not positive)]
                return _either([_both(alike), _both(unlike)])
            case "=":
                pair = [self._row(parts, sign, positive) for sign in ("<=", ">=")]
                return _both(pair) if positive else _either(pair)
            case "<=" | ">=" | "<" | ">":
                return self._row(parts, operator, positive)
        raise ValueError(f"no formula: {operator}")

    def _is_formula(self, source: Expression) -> bool:
        if isinstance(source, str):
            return source in ("true", "false") or self._sorts.get(source) == "Bool"
        return source[0] in ("and", "or", "not", "=>", "=", "<=", ">=", "<", ">")

    def _row(self, parts: list[Expression], operator: str, positive: bool) -> Statement:
        if not positive:
            operator = {"<=": ">", ">=": "<", "<": ">=", ">": "<="}[operator]
        left, right = (self._term(part) for part in parts)
        more, less = (left, right) if operator in (">=", ">") else (right, left)
        terms: dict[str, Fraction] = dict(more)
        for name, value in less.items():
            terms[name] = terms[name] - value if name in terms else -value
        constant, strict = terms.pop("", Fraction(0)), operator in ("<", ">")
        used = tuple(sorted((name, value) for name, value in terms.items() if value))
        if not used:
            return TRUE if constant > 0 or (constant == 0 and not strict) else FALSE
        return Row(used, constant, strict)

    def _term(self, source: Expression) -> dict[str, Fraction]:
        """Coefficients by quantity; the constant under the empty name."""
        if isinstance(source, str):
            return {"": Fraction(int(source) if source.isdigit() else source)} if source[0].isdigit() else {source: _ONE}
        operator, *parts = source
        if operator == "ite":
            return {self._chosen(source): Fraction(1)}
        read = [self._term(part) for part in parts]
        if operator == "-" and len(read) == 1:
            return {name: -value for name, value in read[0].items()}
        if operator in ("*", "/"):
            one, other = read
            if set(one) <= {""} and operator == "*":
                one, other = other, one
            if not set(other) <= {""}:
                raise ValueError("a product of two quantities is not linear")
            factor = other[""] if operator == "*" else 1 / other[""]
            return {name: factor if value is _ONE else value * factor for name, value in one.items()}
        assert operator in ("+", "-")
        found: dict[str, Fraction] = {}
        for place, part in enumerate(read):
            for name, value in part.items():
                more = -value if operator == "-" and place else value
                found[name] = found[name] + more if name in found else more
        return found

    def _chosen(self, source: list[Expression]) -> str:
        _, condition, yes, no = source
        name = f"ite({_written(condition)},{_written(yes)},{_written(no)})"
        cases = []
        for positive, value in ((True, yes), (False, no)):
            equal = [self._equal(name, value, sign) for sign in (1, -1)]
            cases.append(_both([self._formula(condition, positive), *equal]))
        self._cases.append(_either(cases))
        return name

    def _equal(self, name: str, value: Expression, sign: int) -> Row:
        terms = {name: Fraction(sign)}
        for other, factor in self._term(value).items():
            terms[other] = terms.get(other, Fraction(0)) - sign * factor
        constant = terms.pop("", Fraction(0))
        return Row(tuple(sorted(terms.items())), constant)


def _both(parts: list[Statement]) -> Statement:
    kept: dict[Statement, None] = {}
    for part in parts:
        kept.update(dict.fromkeys(atoms(part)))
    if FALSE in kept:
        return FALSE
    return next(iter(kept)) if len(kept) == 1 else Both(tuple(kept))


def _either(parts: list[Statement]) -> Statement:
    kept: dict[Statement, None] = {}
    for part in parts:
        kept.update(dict.fromkeys(part.parts if isinstance(part, Either) else (part,)))
    if TRUE in kept:
        return TRUE
    return next(iter(kept)) if len(kept) == 1 else Either(tuple(kept))


def _written(source: Expression) -> str:
    return source if isinstance(source, str) else f"({' '.join(_written(part) for part in source)})"
