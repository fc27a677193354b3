"""The proof of a conflict: its clauses encoded alone, read back from their text, and a certificate that has been checked."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Literal as Word

from ..policy.model import Policy
from ..record import Record
from .alone import alone
from .certificate import Cases, Certificate, Clash, Sum, Whole, bounds, proves
from .linear import Both, Either, Expression, Row, Statement, asserted, atoms
from .linear import stated as as_statement
from .refute import search
from .simplex import Factors, Tableau, solve
from .theory import Premise, Theory

_ROUNDS = 20
MOST_STATEMENTS = 1_500
"""Assertions beyond which no proof is looked for: exact fractions are slow."""
_MOST_CLAUSES = MOST_STATEMENTS // 3
"""Clauses that come with more assertions than that: what each demands, the size of its set, and bounds of its quantities."""


class Origin(Record):
    """Where a statement comes from, in the policy's words."""

    kind: Word["clause", "fact", "axiom", "set"]
    names: tuple[str, ...]


class Proof(Record):
    """A certificate, what it is about, and whether checking it in exact fractions confirmed it."""

    theory: Theory
    stated: tuple[Statement, ...]
    origins: Mapping[Statement, Origin]
    certificate: Certificate
    accepted: bool


def prove(
    policy: Policy,
    names: Collection[str],
    *,
    facts: Sequence[Premise] | None = None,
    evidence: bool = False,
    without: frozenset[str] = frozenset(),
) -> Proof | None:
    """A checked certificate that some clauses cannot hold together; None if the search for one gave up.

    `facts`: those that it may rest on; without it, every declared fact near the clauses.
    """
    if len(names) > _MOST_CLAUSES:
        return None
    theory, held = alone(policy, names, facts=facts, evidence=evidence, without=without, spelled_out=True)
    true = {**dict.fromkeys(theory.background, True), **dict.fromkeys(held, True)}
    stated: list[Statement] = []
    origins: dict[Statement, Origin] = {}
    lines = theory.solver.assertions(theory.solver.parts_in(held))
    if len(lines) > MOST_STATEMENTS:
        return None
    for line in lines:
        said = asserted(line)
        statement = as_statement(said, theory.encoder.sorts, true)
        stated.append(statement)
        origin = _origin(theory, held, said)
        for part in _within(statement):
            origins.setdefault(part, origin)
    whole = {name for name, sort in theory.encoder.sorts.items() if sort == "Int"}
    found = search(stated, whole)
    if found is None:
        return None
    known = tuple(atom for statement in stated for atom in atoms(statement))
    certificate = _sharpened(found[0], known, origins, found[1])
    return Proof(theory, tuple(stated), origins, certificate, proves(certificate, stated, whole))


def aim_of(factors: Factors, origins: Mapping[Statement, Origin]) -> Row:
    """The row that the others contradict: a clause's floor if there is one, else the last clause's limit, else the last row."""
    used = [row for row, factor in factors if factor]
    by_clause = [row for row in used if row in origins and origins[row].kind == "clause"]
    return ([row for row in by_clause if is_floor(row)] or by_clause or used)[-1]


def is_floor(row: Row) -> bool:
    """Whether a row bounds from below: most of what it speaks of, sizes aside, counts for it."""
    signs = [1 if value > 0 else -1 for name, value in row.terms if not name.startswith("n")]
    return sum(signs) > 0 if signs else True


def _sharpened(
    certificate: Certificate,
    known: tuple[Statement, ...],
    origins: Mapping[Statement, Origin],
    ended: Mapping[Factors, Tableau],
) -> Certificate:
    """The same proof with the best bound that its rows give, so that the arithmetic ends at the number that would do."""
    match certificate:
        case Sum(factors):
            rows = [atom for atom in known if isinstance(atom, Row)]
            return Sum(_best(factors, aim_of(factors, origins), rows, ended.get(factors)))
        case Cases(over, proofs):
            parts = zip(over.parts, proofs, strict=True)
            return Cases(over, tuple(_sharpened(proof, (*known, *atoms(part)), origins, ended) for part, proof in parts))
        case Whole(symbol, value, below, above):
            low, high = bounds(symbol, value)
            sharp = (_sharpened(below, (*known, low), origins, ended), _sharpened(above, (*known, high), origins, ended))
            return Whole(symbol, value, *sharp)
        case Clash():
            return certificate


def _best(factors: Factors, aim: Row, rows: Sequence[Row], ended: Tableau | None) -> Factors:
    """Factors for the same contradiction that leave the aim's side of it least.

    `ended`: where the search for these factors stopped. What they leave the aim is mostly the best, and a few steps on show it.
    """
    others = [row for row in rows if row != aim]
    for _ in range(_ROUNDS):
        scale = dict(factors)[aim]
        most = sum((factor * row.constant for row, factor in factors if row != aim), Fraction(0)) / scale
        at_best = Row(aim.terms, -most)  # can what the others allow be reached?
        if ended is not None and ended.gives(aim, most):
            break
        ended = None
        answer = solve([*others, at_best])
        if not isinstance(answer, tuple) or not dict(answer).get(at_best):
            break
        better = tuple((aim if row == at_best else row, factor) for row, factor in answer)
        if sum((factor * row.constant for row, factor in better), Fraction(0)) >= 0:
            break
        factors = better
    return factors


def _within(statement: Statement) -> Iterator[Statement]:
    """A statement and everything said inside it."""
    yield statement
    if isinstance(statement, Both | Either):
        for part in statement.parts:
            yield from _within(part)


def _origin(theory: Theory, held: Mapping[str, str], said: Expression) -> Origin:
    """Whose an assertion is: it stands behind the literal of a clause or a fact, or behind those of axioms."""
    if not isinstance(said, str) and said[0] in ("=", "=>"):
        before = _names(said[1])
        clauses = tuple(held[name] for name in before if name in held)
        facts = tuple(theory.facts[name].name for name in before if name in theory.facts)
        axioms = tuple(theory.axiom_literals[name] for name in before if name in theory.axiom_literals)
        for kind, found in (("clause", clauses), ("fact", facts), ("axiom", axioms)):
            if found:
                return Origin(kind, found)  # type: ignore[arg-type]  # each of the three is a kind
        for name in before:
            if name in theory.nonempty:
                return Origin("set", (str(theory.encoder.meaning(name)[1]),))
    return Origin("axiom", ())


def _names(source: Expression) -> tuple[str, ...]:
    return (source,) if isinstance(source, str) else tuple(name for name in source if isinstance(name, str))
