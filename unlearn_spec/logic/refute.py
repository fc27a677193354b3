"""The search for a certificate: exact linear programming at the leaves, cases only where a point shows that they are needed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from math import floor

from msgspec import Struct, field

from ..record import Record
from .certificate import Cases, Certificate, Clash, Sum, Whole, bounds
from .linear import Both, Either, Literal, Row, Statement, atoms
from .simplex import Factors, Point, Tableau, meets, solved

MOST_STEPS = 2_000
"""Case distinctions and linear programs that one search may take."""
_KEPT = 20
"""Linear programs whose end is kept: each takes memory in proportion to what is stated."""


class NotFound(Exception):
    """The statements have a world, or the search took too long."""


class _Proof(Record):
    certificate: Certificate
    used: frozenset[Statement]
    """What it stands on, among what was stated."""


def search(
    stated: Iterable[Statement], whole: Collection[str]
) -> tuple[Certificate, Mapping[Factors, Tableau]] | None:
    """A certificate that the statements cannot all be true, or None if none was found.

    With it, for the first sums that were found, the state in which the search for each ended.
    """
    known = dict.fromkeys(atom for statement in stated for atom in atoms(statement))
    begun = _Search(frozenset(whole), MOST_STEPS)
    try:
        return begun.proof(tuple(known)).certificate, begun.ended
    except NotFound:
        return None


class _Search(Struct):
    whole: frozenset[str]
    steps: int
    ended: dict[Factors, Tableau] = field(default_factory=dict)
    """The first linear programs without a point, by the factors that show it."""
    _seen: dict[frozenset[Row], Point | _Proof] = field(default_factory=dict)

    def proof(self, known: tuple[Statement, ...]) -> _Proof:
        self.steps -= 1
        if self.steps < 0:
            raise NotFound
        literals = {atom for atom in known if isinstance(atom, Literal)}
        for literal in (atom for atom in known if isinstance(atom, Literal)):
            denied = Literal(literal.symbol, not literal.positive)
            if denied in literals:
                return _Proof(Clash(literal.symbol), frozenset((literal, denied)))
        stated = frozenset(known)
        open_ones = [
            (len(_live(either, literals)), place, either)
            for place, either in enumerate(known)
            if isinstance(either, Either) and not any(_stated(part, stated) for part in either.parts)
        ]
        forced = min(open_ones, key=lambda entry: entry[:2], default=None)
        if forced is not None and forced[0] <= 1:
            return self._cases(forced[2], known)
        point = self._point(tuple(atom for atom in known if isinstance(atom, Row)))
        if isinstance(point, _Proof):
            return point
        unmet = [entry for entry in open_ones if not any(_true(part, point, literals) for part in entry[2].parts)]
        if unmet:
            return self._cases(min(unmet, key=lambda entry: entry[:2])[2], known)
        for name, (at, tiny) in point.items():
            if name in self.whole and (at.denominator != 1 or tiny):
                return self._whole(name, floor(at) - (1 if at.denominator == 1 and tiny < 0 else 0), known)
        raise NotFound

    def _point(self, rows: Sequence[Row]) -> Point | _Proof:
        key = frozenset(rows)
        if key not in self._seen:
            answer, tableau = solved(rows)
            if isinstance(answer, tuple):
                if len(self.ended) < _KEPT:
                    self.ended[answer] = tableau
                self._seen[key] = _Proof(Sum(answer), frozenset(row for row, _ in answer))
            else:
                self._seen[key] = answer
        return self._seen[key]

    def _cases(self, either: Either, known: tuple[Statement, ...]) -> _Proof:
        proofs = []
        for part in either.parts:
            new = [atom for atom in atoms(part) if atom not in known]
            proof = self.proof((*known, *new))
            if not proof.used.intersection(new):
                return proof  # it holds whichever case it is
            proofs.append(_Proof(proof.certificate, proof.used.difference(new)))
        used = frozenset((either,)).union(*(proof.used for proof in proofs))
        return _Proof(Cases(either, tuple(proof.certificate for proof in proofs)), used)

    def _whole(self, name: str, value: int, known: tuple[Statement, ...]) -> _Proof:
        proofs = []
        for row in bounds(name, value):
            proof = self.proof((*known, row))
            if row not in proof.used or row in known:
                return proof
            proofs.append(_Proof(proof.certificate, proof.used - {row}))
        below, above = proofs
        return _Proof(Whole(name, value, below.certificate, above.certificate), below.used | above.used)


def _live(either: Either, literals: Collection[Literal]) -> list[Statement]:
    """The parts that no known proposition rules out."""
    return [part for part in either.parts if not any(_denied(atom, literals) for atom in atoms(part))]


def _denied(atom: Statement, literals: Collection[Literal]) -> bool:
    return isinstance(atom, Literal) and Literal(atom.symbol, not atom.positive) in literals


def _stated(part: Statement, stated: Collection[Statement]) -> bool:
    return all(atom in stated for atom in atoms(part))


def _true(part: Statement, point: Point, literals: Collection[Literal]) -> bool:
    """Whether a part holds at a point. A proposition that nothing states may be either, so it is not taken to hold."""
    match part:
        case Row():
            return meets(part, point)
        case Literal():
            return part in literals
        case Both(parts):
            return all(_true(inner, point, literals) for inner in parts)
        case Either(parts):
            return any(_true(inner, point, literals) for inner in parts)
