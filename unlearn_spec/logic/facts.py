"""Declared facts: whether they can all be true, and which part of a range the clauses leave."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import partial
from math import ceil

from msgspec.structs import replace

from ..policy.clauses import Clause
from ..record import Record
from .assumed import Assumed
from .bound import as_bound
from .cores import minimal_core
from .encode import number, total
from .explanation import Core, structural
from .formulas import Comparison, Mean, Overlap, Size, atoms
from .situations import Case, always_active, binds_as, maximal
from .theory import Premise, Theory


def facts_contradict(theory: Theory) -> Core | None:
    """A minimal set of declared facts that cannot all be true, or None."""
    fixed = (*theory.axiom_literals, *theory.nonempty)
    if theory.possible(()):
        return None
    chosen = minimal_core(tuple(theory.facts), fixed, theory.solver.satisfiable)
    axioms = minimal_core(tuple(theory.axiom_literals), (*theory.nonempty, *chosen), theory.solver.satisfiable)
    core = Core((), tuple(theory.facts[name] for name in chosen), tuple(theory.axiom_literals[name] for name in axioms))
    return replace(core, relations=structural(theory, core))


class Range(Record):
    """A fact declared as a range, and the part of it in which the clauses can hold."""

    premise: Premise
    declared: tuple[Fraction, Fraction]
    feasible: tuple[Fraction, Fraction]
    clauses: tuple[str, ...]
    """The clauses that exclude the rest of the range."""
    axioms: tuple[str, ...] = ()
    situation: tuple[str, ...] = ()
    """The smallest situation in which they do, if not all."""


class _Quantity(Record):
    """A ranged fact as a grid: its ends, the step between points, and the constraint `quantity op point` as text."""

    low: Fraction
    high: Fraction
    step: Fraction
    constraint: Callable[[Comparison, Fraction], str]


def achievable_ranges(theory: Theory, cases: Sequence[Case]) -> tuple[Range, ...]:
    """Facts given as ranges of which only a part leaves the clauses a world (item counts exactly, shares to 0.1 %).

    What the clauses leave that bind whatever the situation, and what others leave beside them where they bind.
    """
    policy = theory.policy
    quantities = ((premise, _quantity(theory, premise)) for premise in theory.facts.values())
    ranged = [(premise, quantity) for premise, quantity in quantities if quantity is not None]
    if not ranged or not cases:
        return ()
    always = always_active(cases)
    found = _left(theory, ranged, [clause for clause in policy.clauses if clause.id in always])
    whatever, told = {(one.premise, one.feasible) for one in found}, set()
    for case in maximal(tuple(cases)):
        bound = tuple(as_bound(policy.clauses, case.binding))
        for one in _left(theory, ranged, bound) if not case.binding.names <= always else ():
            if (one.premise, one.feasible) not in whatever and one not in told:
                told.add(one)
                named = [clause for clause in policy.clauses if clause.id in one.clauses]
                first = next(c for c in cases if binds_as(policy, named, case, c))
                found.append(replace(one, situation=tuple(sorted(first.holding))))
    return tuple(found)


def _left(theory: Theory, ranged: Sequence[tuple[Premise, _Quantity]], clauses: Iterable[Clause]) -> list[Range]:
    """What some clauses leave of the ranges, where that is less than the other facts do."""
    literals = {theory.body(clause): clause.id for clause in clauses if theory.knows(clause)}
    held = theory.given.plus(tuple(literals))
    found = []
    for premise, quantity in ranged:
        (bottom, top), (least, most) = _ends(held, quantity), _ends(theory.given, quantity)
        beyond = [quantity.constraint(">=", top + quantity.step)] if top < most else []
        beyond += [quantity.constraint("<=", bottom - quantity.step)] if bottom > least else []
        guilty, axioms = set[str](), set[str]()
        for excluded in beyond:
            ask = partial(theory.solver.satisfiable, extra=excluded)
            core = minimal_core(tuple(literals), theory.background, ask)
            guilty.update(literals[literal] for literal in core)
            used = minimal_core(tuple(theory.axiom_literals), (*theory.facts, *theory.nonempty, *core), ask)
            axioms.update(theory.axiom_literals[literal] for literal in used)
        if beyond:
            names = tuple(dict.fromkeys(name for name in literals.values() if name in guilty))
            used_axioms = tuple(dict.fromkeys(name for name in theory.axiom_literals.values() if name in axioms))
            found.append(Range(premise, (quantity.low, quantity.high), (bottom, top), names, used_axioms))
    return found


def _ends(held: Assumed, quantity: _Quantity) -> tuple[Fraction, Fraction]:
    """The first and the last point that leaves a world."""
    return _furthest(held, quantity, "<="), _furthest(held, quantity, ">=")


def _quantity(theory: Theory, premise: Premise) -> _Quantity | None:
    encoder = theory.encoder

    def counted(value: str, low: int, high: int) -> _Quantity:
        return _Quantity(
            Fraction(low), Fraction(high), Fraction(1), lambda op, k: f"(assert ({op} {value} {number(k)}))"
        )

    match premise.formula:
        case Size(target, low, high) if high is not None and low < high:
            return counted(encoder.set_size(target), low, high)
        case Overlap(left, right, low, high) if high is not None and low < high:
            return counted(total([encoder.size(region) for region in encoder.regions.shared(left, right)]), low, high)
        case _:
            pass
    means = [atom for atom in atoms(premise.formula) if isinstance(atom, Mean)]
    if premise.kind == "reference" and means:
        fact = theory.policy.reference_retrain[int(premise.path[1])]
        if fact.mean_between[0] < fact.mean_between[1]:
            rate = means[0].rate
            return _Quantity(
                *fact.mean_between,
                Fraction(1, 1000),
                lambda op, k: f"(assert {encoder.text(Mean(rate, fact.target, op, k))})",
            )
    return None


def _furthest(held: Assumed, quantity: _Quantity, op: Comparison) -> Fraction:
    """The grid point nearest to the range's end that still leaves a world; feasible points form an interval."""
    end, other = (quantity.high, quantity.low) if op == ">=" else (quantity.low, quantity.high)
    if held.satisfiable((), quantity.constraint(op, end)):
        return end
    towards = quantity.step if op == ">=" else -quantity.step
    near, far = 0, ceil((quantity.high - quantity.low) / quantity.step)  # steps from the other end: feasible, and not
    while far - near > 1:
        middle = (near + far) // 2
        if held.satisfiable((), quantity.constraint(op, other + middle * towards)):
            near = middle
        else:
            far = middle
    return other + near * towards
