"""Claims taken apart: what of one does not follow, and what would follow from another version of the policy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from ..policy.clauses import Clause
from ..policy.model import Claim, Policy
from .alone import clause_literals
from .bound import as_bound
from .follows import binding
from .formulas import All, Formula, Mean, ShareAbove, atoms
from .situations import Case, cases, maximal, minimal
from .smt import Undecided
from .statements import claim_formula
from .theory import Theory, build

Outcome = Literal["carried", "open", "impossible", "unasked"]


def parts(policy: Policy, claim: Claim) -> tuple[Formula, ...]:
    """What the claim says of each artifact that it names, and under each reading."""
    formula = claim_formula(policy, claim)
    return formula.parts if isinstance(formula, All) else (formula,)


def failing(theory: Theory, claim: Claim, held: Sequence[str]) -> tuple[Formula, ...]:
    """Those parts of the claim that are false in some world that meets the literals."""
    return tuple(part for part in parts(theory.policy, claim) if theory.possible(held, denied(theory, part)))


def denied(theory: Theory, part: Formula) -> str:
    """The assertion that a part of a claim is false."""
    return f"(assert (not {theory.encoder.text(part)}))"


def artifact_of(part: Formula) -> str:
    """The artifact that a part of a claim speaks of."""
    atom = next(iter(atoms(part)))
    if isinstance(atom, Mean | ShareAbove):
        return atom.rate.artifact
    return str(getattr(atom, "artifact", "")) or str(getattr(atom, "of", ("",))[-1])


def carried(policy: Policy, formula: Formula, aside: frozenset[str], without: frozenset[str]) -> bool:
    """Whether a formula follows from (this version of) the policy in every situation, and its clauses can still hold.

    Clauses `aside` are left out. False where that could not be asked.
    """
    return outcome(policy, formula, aside, without) == "carried"


def outcome(policy: Policy, formula: Formula, aside: frozenset[str], without: frozenset[str]) -> Outcome:
    """Whether a formula follows in every situation; `impossible` if the clauses cannot hold in one, `unasked` if too large."""
    every = cases(policy)
    if every is None:
        return "unasked"
    theory = build(policy.model_copy(update={"claims": ()}), asked_about=(formula,), without=without)
    if formula not in theory.literals:
        return "unasked"
    try:
        possible = all(theory.possible(tuple(clause_literals(theory, _bound(theory, case, aside)))) for case in maximal(every))
        denied = "-" + theory.literal(formula)
        fails = possible and any(theory.possible((*binding(theory, case, aside), denied)) for case in minimal(every))
    except Undecided:
        return "unasked"
    return "impossible" if not possible else "open" if fails else "carried"


def _bound(theory: Theory, case: Case, aside: frozenset[str]) -> Iterator[Clause]:
    return (c for c in as_bound(theory.policy.clauses, case.binding) if c.id not in aside and theory.knows(c))
