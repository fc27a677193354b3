"""Declared facts: whether they can all be true, and which part of a range the clauses leave."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from math import ceil

from .assumed import Assumed
from .cores import minimal_core
from .encode import number, total
from .explanation import Core, structural
from .formulas import Comparison, Mean, Overlap, Size, atoms
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


@dataclass(frozen=True)
class Range:
    """A fact declared as a range, and the part of it in which the clauses can hold."""

    premise: Premise
    declared: tuple[Fraction, Fraction]
    feasible: tuple[Fraction, Fraction]
    clauses: tuple[str, ...]
    """The clauses that exclude the rest of the range."""
    axioms: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Quantity:
    """A ranged fact as a grid: its ends, the step between points, and the constraint `quantity op point` as text."""

    low: Fraction
    high: Fraction
    step: Fraction
    constraint: Callable[[Comparison, Fraction], str]


def achievable_ranges(theory: Theory, among: Iterable[str]) -> tuple[Range, ...]:
    """Facts given as ranges of which only a part leaves the clauses a world (item counts exactly, shares to 0.1 %)."""
    chosen = set(among)
    clauses = [clause for clause in theory.policy.clauses if clause.id in chosen and theory.knows(clause)]
    literals = {theory.body(clause): clause.id for clause in clauses}
    held = theory.given.plus(tuple(literals))
    found = []
    for premise in theory.facts.values():
        quantity = _quantity(theory, premise)
        if quantity is None:
            continue
        top = _furthest(held, quantity, ">=")
        bottom = _furthest(held, quantity, "<=")
        if (bottom, top) != (quantity.low, quantity.high):
            least, most = (_furthest(theory.given, quantity, op) for op in ("<=", ">="))
            if (bottom, top) == (least, most):
                continue  # the other facts leave no more: no clause excludes anything
            excluded = quantity.constraint(">=", most) if top < most else quantity.constraint("<=", least)
            ask = partial(theory.solver.satisfiable, extra=excluded)
            guilty = minimal_core(tuple(literals), theory.background, ask)
            axioms = minimal_core(tuple(theory.axiom_literals), (*theory.facts, *theory.nonempty, *guilty), ask)
            names, used = (literals[name] for name in guilty), (theory.axiom_literals[name] for name in axioms)
            found.append(Range(premise, (quantity.low, quantity.high), (bottom, top), tuple(names), tuple(used)))
    return tuple(found)


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
