"""A checked certificate as arithmetic that a person can follow, in the policy's names and numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property

from msgspec.structs import replace

from ..record import Record
from .axioms import BY_ID
from .certificate import Cases, Certificate, Clash, Sum, Whole
from .formulas import Flag, Rate, Removed
from .linear import Both, Either, Literal, Row, Statement, atoms
from .proof import Origin, Proof, aim_of, is_floor
from .regions import connected_groups
from .simplex import Factors

_INDENT = "  "
_LINES = 12
"""Lines of one sum that are written out."""
_DONE = {"reveals": "revealed", "answers": "answered", "corrects": "corrected", "drops": "lost"}


def arithmetic(proof: Proof) -> tuple[str, ...]:
    """The certificate's steps as lines; deeper cases are indented."""
    return tuple(_Teller(proof).steps(proof.certificate, frozenset()))


class _Scaled(Record):
    """A row with its factor, numbers put in for the quantities that the facts fix."""

    row: Row
    terms: Mapping[str, Fraction]
    constant: Fraction


class _Teller:
    def __init__(self, proof: Proof) -> None:
        self._proof, self._encoder = proof, proof.theory.encoder
        self._regions = {region.number: region for regions in self._encoder.regions.of.values() for region in regions}
        rows = [atom for statement in proof.stated for atom in atoms(statement) if isinstance(atom, Row)]
        self._known = _Equations([row for row in rows if all(self._is_size(name) for name, _ in row.terms)])

    def steps(self, certificate: Certificate, known: frozenset[Statement]) -> Iterator[str]:
        """The lines of a certificate, where `known` propositions have been told."""
        match certificate:
            case Sum(factors):
                yield from self._sum(factors)
            case Clash(symbol):
                held, denied = Literal(symbol, True), Literal(symbol, False)
                yield f"{self._said(held)}{self._because([held])}, but {self._said(denied)}{self._because([denied])}"
            case Cases(over, proofs):
                yield from self._cases(over, proofs, known)
            case Whole(symbol, value, below, above):
                name = self._quantity(symbol)
                for limit, proof in ((f"at most {value}", below), (f"at least {value + 1}", above)):
                    yield f"suppose {name} is {limit} (a whole number):"
                    yield from (_INDENT + line for line in self.steps(proof, known))

    def _cases(self, over: Either, proofs: Sequence[Certificate], known: frozenset[Statement]) -> Iterator[str]:
        """Each case, but for those that fall at once; a case that is alone, or that says only rows, needs no words."""
        because = self._because([over])
        pairs = tuple(zip(over.parts, proofs, strict=True))
        told = [(part, proof) for part, proof in pairs if not self._idle(proof)]
        if not over.parts:
            yield f"nothing that is declared can meet this{because}"
        elif not told:
            yield from dict.fromkeys(self._ruled_out(part, proof, because) for part, proof in pairs)
        elif len(told) == 1:
            part, proof = told[0]
            said = frozenset(atom for atom in atoms(part) if isinstance(atom, Literal))
            if said - known:
                yield f"so {self._said(Both(tuple(a for a in atoms(part) if a in said - known)))}{because}"
            yield from self.steps(proof, known | said)
        else:
            for part, proof in told:
                yield f"suppose {self._said(part)}:"
                yield from (_INDENT + line for line in self.steps(proof, known | set(atoms(part))))
            yield f"there is no other case{because}"

    def _ruled_out(self, part: Statement, proof: Certificate, because: str) -> str:
        need = f"it would need that {self._said(part)}{because}"
        if not isinstance(proof, Clash):
            return f"{need}, which the sizes rule out"
        fact = next(
            (
                fact
                for fact in (Literal(proof.symbol, True), Literal(proof.symbol, False))
                if fact not in set(atoms(part))
            ),
            Literal(proof.symbol, False),
        )
        return f"{need}, but {self._said(fact)}{self._because([fact])}"

    def _idle(self, proof: Certificate) -> bool:
        """Whether a case falls at once: by a proposition known to be otherwise, or by what the facts say of sizes."""
        match proof:
            case Cases(proofs=proofs):
                return not proofs
            case Clash():
                return True
            case Sum(factors):
                return all(self._is_size(name) for row, _ in factors for name, _ in row.terms)
            case _:
                return False

    def _is_size(self, name: str) -> bool:
        return self._encoder.meaning(name)[0] == "n"

    # --- one sum ---------------------------------------------------------------------------------------------------

    def _sum(self, factors: Factors) -> Iterator[str]:
        aim = aim_of(factors, self._proof.origins)
        scale = next(factor for row, factor in factors if row == aim)
        rows = [self._scaled(row, factor / scale) for row, factor in factors if row != aim and factor]
        wanted = self._scaled(aim, Fraction(1))
        floor = is_floor(aim)
        total = sum((row.constant for row in rows), Fraction(0))
        groups = _linked([row for row in rows if row.terms])
        parts = []
        for group in groups:
            left, limit = _added(row.terms for row in group), sum((row.constant for row in group), Fraction(0))
            if left:
                line = self._line(left, limit, floor) + self._because([row.row for row in group])
                parts.append((self._first_clause(group), line, limit))
        parts.sort()
        shown = parts if len(parts) <= _LINES else parts[: _LINES - 1]
        yield from (line for _, line, _ in shown)
        if len(parts) > len(shown):
            rest = sum((limit for _, _, limit in parts[len(shown) :]), Fraction(0))
            word, amount = ("at most", rest) if floor else ("at least", -rest)
            yield f"{len(parts) - len(shown)} more lines of this kind, together: {word} {_number(amount)}"
        yield self._conclusion(aim, wanted, total, "together" if len(groups) > 1 else "so")

    def _first_clause(self, group: Sequence[_Scaled]) -> int:
        """Where the first clause that a line rests on stands in the policy; after all of them if it rests on none."""
        origins = (self._origin(row.row) for row in group)
        places = [self._clauses[name] for origin in origins if origin.kind == "clause" for name in origin.names]
        return min(places, default=len(self._clauses))

    @cached_property
    def _clauses(self) -> Mapping[str, int]:
        return {clause.id: place for place, clause in enumerate(self._proof.theory.policy.clauses)}

    def _scaled(self, row: Row, factor: Fraction) -> _Scaled:
        terms, constant = self._known.put_into(row)
        return _Scaled(row, {name: factor * value for name, value in terms.items()}, factor * constant)

    def _line(self, left: Mapping[str, Fraction], limit: Fraction, floor: bool) -> str:
        """`left + limit ≥ 0`, told as a bound on what the aim speaks of."""
        if floor:
            return f"{self._combined({name: -value for name, value in left.items()})}: at most {_number(limit)}"
        return f"{self._combined(left)}: at least {_number(-limit)}"

    def _conclusion(self, aim: Row, wanted: _Scaled, total: Fraction, so: str) -> str:
        floor, origin = is_floor(aim), self._origin(aim)
        who = " and ".join(origin.names) or "the axioms"
        asks = {"clause": "wants", "fact": "says", "axiom": "asks for", "set": "needs"}[origin.kind]
        reached, asked = (total, -wanted.constant) if floor else (-total, wanted.constant)
        words = ("at most", "at least") if floor else ("at least", "at most")
        demand = ("more than" if floor else "less than") if aim.strict and reached == asked else words[1]
        size = self._size(aim)
        share = (
            (f" of {_number(size)} = {_percent(reached / size)}", f" = {_percent(asked / size)}") if size else ("", "")
        )
        return f"{so} {words[0]} {_number(reached)}{share[0]}, but {who} {asks} {demand} {_number(asked)}{share[1]}"

    def _size(self, aim: Row) -> Fraction | None:
        """The number of items of the set whose mean a row bounds."""
        keys = [key for kind, key in map(self._encoder.meaning, dict(aim.terms)) if kind == "m"]
        numbers = {key[1] for key in keys if isinstance(key, tuple)}
        sizes = [(self._encoder.size(self._regions[number]), Fraction(1)) for number in sorted(numbers)]
        terms, size = self._known.put_into(Row(tuple(sizes), Fraction(0)))
        return size if size and not terms and any(self._is_size(name) for name, _ in aim.terms) else None

    # --- words -----------------------------------------------------------------------------------------------------

    def _because(self, statements: Sequence[Statement]) -> str:
        """` (forget-facts, size of wiki, AX2)`: clauses, then facts, then axioms."""
        found: dict[str, None] = {}
        for kind in ("clause", "fact", "axiom"):
            names = {name for s in statements if (origin := self._origin(s)).kind == kind for name in origin.names}
            found.update(dict.fromkeys(sorted(names, key=self._order)))
        return f" ({', '.join(found)})" if found else ""

    def _order(self, name: str) -> tuple[int, str]:
        """Axioms by their number, clauses and facts as they are declared."""
        return self._places.get(name, len(self._places)), name

    @cached_property
    def _places(self) -> Mapping[str, int]:
        theory = self._proof.theory
        declared = (*BY_ID, *self._clauses, *(fact.name for fact in theory.facts.values()))
        return {name: place for place, name in enumerate(dict.fromkeys(declared))}

    def _origin(self, statement: Statement) -> Origin:
        return self._proof.origins.get(statement, Origin("axiom", ()))

    def _said(self, statement: Statement) -> str:
        match statement:
            case Literal():
                return self._literal(statement)
            case Row():
                return self._row(statement)
            case Both(parts):
                told = tuple(part for part in parts if isinstance(part, Literal)) or parts[:1]
                return " and ".join(dict.fromkeys(self._said(part) for part in told))
            case Either(parts):
                return " or ".join(self._said(part) for part in parts)

    def _row(self, row: Row) -> str:
        keys = [self._encoder.meaning(name)[1] for name, _ in row.terms]
        rates = [key[0] for key in keys if isinstance(key, tuple) and isinstance(key[0], Rate)]
        if len(keys) == len(rates) == 2 and {rate.whose for rate in rates} == {"now", "before"} and not row.constant:
            return f"what is {self._done(replace(rates[0], whose='now'))} stays as it was"
        scaled = self._scaled(row, Fraction(1))
        more = {name: value for name, value in scaled.terms.items() if value > 0}
        less = {name: -value for name, value in scaled.terms.items() if value < 0}
        if not more:
            return f"{self._combined(less)} is {'less than' if row.strict else 'at most'} {_number(scaled.constant)}"
        rest = [self._combined(less)] if less else []
        rest += [_number(-scaled.constant)] if scaled.constant or not less else []
        return f"{self._combined(more)} is {'more than' if row.strict else 'at least'} {' + '.join(rest)}"

    def _combined(self, terms: Mapping[str, Fraction]) -> str:
        text = ""
        for name, value in terms.items():
            sign = " − " if value < 0 else " + " if text else ""
            text += sign + (f"{_number(abs(value))} × " if abs(value) != 1 else "") + self._quantity(name)
        return text.strip()

    def _literal(self, literal: Literal) -> str:
        kind, key = self._encoder.meaning(literal.symbol)
        no = "" if literal.positive else "not "
        match kind, key:
            case "u", (method, artifact):
                return f"{method} is {no}used on {artifact}"
            case "R", Removed():
                return f"{key.target} is {no}removed from {key.artifact}"
            case "f", Flag(name, of):
                return f"{' of '.join(of)} is {no}{name.replace('_', ' ')}"
            case "d", artifact:
                return f"{artifact} is {no}destroyed"
            case (("a" | "c"), artifact):
                return f"{artifact} is {no}{'acted on' if kind == 'a' else 'controlled'}"
            case _:
                return f"{literal.symbol} does {no}hold" if no else f"{literal.symbol} holds"

    def _quantity(self, symbol: str) -> str:
        kind, key = self._encoder.meaning(symbol)
        match kind, key:
            case "n", int(number):
                return f"items of {self._region(number)}"
            case "m", (Rate() as rate, int(number)):
                return f"{self._done(rate)} of {self._region(number)}"
            case "i", (Rate() as rate, int(number), (Fraction() as low, Fraction() as high)):
                return f"what rates from {_percent(low)} to {_percent(high)} add to {self._done(rate)} of {self._region(number)}"
            case (("g" | "h"), (Rate() as rate, int(number), Fraction() as level)):
                above = "at or above" if kind == "g" else "above"
                return f"items of {self._region(number)} {self._done(rate)} {above} {_percent(level)}"
            case "p", (str(target), str(artifact), *_):
                return f"true positives of the best membership test for {target} on {artifact}"
            case "t", str(artifact):
                return f"the day on which {artifact} is done"
            case "s", (str(store), int(number), str(which)):
                return f"the day until which {store} keeps {which} of {self._region(number)}"
            case "v", (str(artifact), str(path), int(number)):
                return f"what {path} serves of {self._region(number)} through {artifact}"
            case _:
                return self._duration(symbol)

    def _duration(self, symbol: str) -> str:
        """A quantity with two values, such as the days of a method if it is used."""
        if symbol.startswith("ite("):
            kind, key = self._encoder.meaning(symbol[4:].split(",")[0])
            if kind == "u" and isinstance(key, tuple):
                return f"the days of {key[0]} on {key[1]}"
        return symbol

    def _done(self, rate: Rate) -> str:
        verb = "kept" if (rate.family, rate.bound) == ("reveals", "inf") else _DONE[rate.family]
        when = {"now": "", "before": " before", "reference": " by a model trained without it"}[rate.whose]
        return f"{verb}{when} ({rate.access}, {rate.asked})"

    def _region(self, number: int) -> str:
        region = self._regions[number]
        inside = [name for name in self._encoder.regions.of if name in region.inside]
        group = next((group for group in self._encoder.regions.groups if set(inside) <= set(group)), ())
        alone = any(
            other not in region.inside and any(set(inside) & r.inside for r in self._encoder.regions.of[other])
            for other in group
        )
        terms, fixed = self._known.put_into(Row(((self._encoder.size(region), Fraction(1)),), Fraction(0)))
        size = "" if terms else f"{_number(fixed)} "
        joined = " and of ".join(inside)
        return f"the {size}items of {joined}{' alone' if alone else ''}"


def _linked(rows: Sequence[_Scaled]) -> list[list[_Scaled]]:
    """Rows that share a quantity, together."""
    first: dict[str, str] = {}
    pairs = [(str(i), first.setdefault(name, str(i))) for i, row in enumerate(rows) for name in row.terms]
    groups = connected_groups([str(i) for i in range(len(rows))], pairs)
    return [[rows[int(i)] for i in group] for group in groups]


def _added(every: Iterable[Mapping[str, Fraction]]) -> dict[str, Fraction]:
    found: dict[str, Fraction] = {}
    for terms in every:
        for name, value in terms.items():
            found[name] = found.get(name, Fraction(0)) + value
    return {name: value for name, value in found.items() if value}


class _Equations:
    """What equations between sizes say of each size: a number, or a sum with fewer unknowns."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._solved: dict[str, _Sum] = {}
        every = set(rows)
        for row in rows:
            if Row(tuple((name, -value) for name, value in row.terms), -row.constant) in every:
                terms, constant = self.put_into(row)
                if terms:
                    name, factor = next(iter(terms.items()))
                    rest = {n: -value / factor for n, value in terms.items() if n != name}
                    alone = rest, -constant / factor
                    for other, known in self._solved.items():
                        if name in known[0]:
                            self._solved[other] = _replaced(known, name, alone)
                    self._solved[name] = alone

    def put_into(self, row: Row) -> tuple[dict[str, Fraction], Fraction]:
        """A row with every solved size replaced: coefficients and constant."""
        parts, constant = [], row.constant
        for name, value in row.terms:
            if name in self._solved:
                terms, number = self._solved[name]
                parts.append({other: value * factor for other, factor in terms.items()})
                constant += value * number
            else:
                parts.append({name: value})
        return _added(parts), constant


_Sum = tuple[dict[str, Fraction], Fraction]
"""Coefficients and constant."""


def _replaced(sum_: _Sum, name: str, known: _Sum) -> _Sum:
    terms, constant = sum_
    factor = terms[name]
    found = {n: value for n, value in terms.items() if n != name}
    for n, value in known[0].items():
        found[n] = found[n] + factor * value if n in found else factor * value
        if not found[n]:
            del found[n]
    return found, constant + factor * known[1]


def _number(value: Fraction) -> str:
    """A number, to six significant digits where it does not end before."""
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.6g}"


def _percent(value: Fraction) -> str:
    return f"{_number(value * 100)}%"
