"""Why statements have no world, as a proof that fractions alone can check. Nothing here is shared with the solver.

A leaf is Farkas' lemma: rows times factors that are not negative add up to `0 ≥ something positive` (or `0 > 0`, if one of
them is strict). Inner nodes distinguish cases, of which one must hold: the parts of an `Either`, or a whole number being at
most `k` or at least `k + 1`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from fractions import Fraction

from ..record import Record
from .linear import Either, Literal, Row, Statement, atoms


class Sum(Record):
    """These rows, times these factors, add up to a contradiction."""

    factors: tuple[tuple[Row, Fraction], ...]


class Clash(Record):
    """This proposition was both stated and denied."""

    symbol: str


class Cases(Record):
    """One part of `over` must hold, and none can: one proof for each part, in order."""

    over: Either
    proofs: tuple[Certificate, ...]


class Whole(Record):
    """A whole number is at most `value` or at least one more; neither can be."""

    symbol: str
    value: int
    below: Certificate
    above: Certificate


Certificate = Sum | Clash | Cases | Whole


def proves(certificate: Certificate, stated: Iterable[Statement], whole: Collection[str] = ()) -> bool:
    """Whether the certificate shows that the statements cannot all be true; `whole` quantities take whole numbers only."""
    return _holds(certificate, frozenset(atom for statement in stated for atom in atoms(statement)), frozenset(whole))


def bounds(symbol: str, value: int) -> tuple[Row, Row]:
    """The two cases of a whole number: at most `value`, at least one more."""
    one = Fraction(1)
    return Row(((symbol, -one),), Fraction(value)), Row(((symbol, one),), Fraction(-value - 1))


def _holds(certificate: Certificate, stated: frozenset[Statement], whole: frozenset[str]) -> bool:
    match certificate:
        case Sum(factors):
            return all(row in stated and factor >= 0 for row, factor in factors) and _impossible(factors)
        case Clash(symbol):
            return {Literal(symbol, True), Literal(symbol, False)} <= stated
        case Cases(over, proofs):
            return (
                over in stated
                and len(proofs) == len(over.parts)
                and all(
                    _holds(proof, stated | set(atoms(part)), whole)
                    for part, proof in zip(over.parts, proofs, strict=True)
                )
            )
        case Whole(symbol, value, below, above):
            low, high = bounds(symbol, value)
            return symbol in whole and _holds(below, stated | {low}, whole) and _holds(above, stated | {high}, whole)


def _impossible(factors: Iterable[tuple[Row, Fraction]]) -> bool:
    """Whether the rows, added up with these factors, read `0 ≥ something positive` or `0 > 0`."""
    total: dict[str, Fraction] = {}
    constant, strict = Fraction(0), False
    for row, factor in factors:
        constant += factor * row.constant
        strict = strict or (row.strict and factor > 0)
        for name, value in row.terms:
            total[name] = total.get(name, Fraction(0)) + factor * value
    return not any(total.values()) and (constant < 0 or (strict and constant == 0))
