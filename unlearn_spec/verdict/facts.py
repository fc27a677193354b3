"""From measured tables to registered facts: what a measurement says, with an error fixed beforehand.

Pure: the tables of a run and its plan in, facts, intervals and power out. Nothing here decides a clause (`decide`) or
loads a model. What a number means is said where it is computed: `rates`, `falls`, `relearned`, `removal`.
"""

from __future__ import annotations

from fractions import Fraction

from ..gpu import draws
from ..logic.evidence import RecordFact
from ..plan.model import Obligation
from ..policy.clauses import Clause, Closeness, MembershipBound, Rectify, Refuse, Remove, Retain, Suppress, Within
from ..wording.said import Said, said
from . import white_box
from .canaries import measure_canaries
from .ensembles import measure_ensemble
from .falls import measure_fall
from .measured import Judge, Measured, Seen
from .model import Fact
from .rates import judge_of, measure_rate, part_of
from .relearned import measure_relearned
from .removal import measure_closeness, measure_membership, revealing
from .repeated import measure_runs
from .white_box import measure_white_box

__all__ = ["Measured", "Seen", "judge_for", "measure", "recorded", "refused"]


def measure(
    obligation: Obligation, clause: Clause, seen: Seen, *, seed: int, totals: draws.Totals = draws.bootstrap_totals
) -> Measured:
    """What the tables of an obligation say about its clause; for records see `recorded`.

    `seed` feeds the bootstrap of paired falls and drawn permutations: equal arguments give equal results. `totals` sums a large
    bootstrap, on a card or not, and changes nothing. Raises `ValueError` where the obligation's verifier does not bear on the
    clause or a planned table is missing.
    """
    if isinstance(clause, Rectify):
        return measure_rate(obligation, part_of(obligation, clause), seen)
    match obligation.verifier, clause:
        case "canaries", Remove(limit=Closeness() as closeness):
            return measure_canaries(obligation, clause, closeness, seen)
        case "ensemble", Remove(limit=Closeness() as closeness):
            return measure_ensemble(obligation, clause, closeness, seen, seed=seed)
        case (("relearning" | "extraction"), Remove(limit=Closeness() as closeness)) if obligation.runs > 1:
            return measure_runs(obligation, clause, closeness, seen)
        case "retention", Retain(limit=Within() as margin):
            return measure_fall(obligation, clause, margin, seen, seed=seed, totals=totals)
        case (("leak" | "extraction" | "choice" | "refusal" | "retention"), Suppress() | Refuse() | Retain()):
            return measure_rate(obligation, clause, seen)
        case "relearning", Suppress():
            return measure_relearned(obligation, clause, seen)
        case (("quantization" | "latent"), Suppress() | Remove(limit=Closeness())):
            return measure_white_box(obligation, clause, seen)
        case (("relearning" | "extraction" | "leak"), Remove(limit=Closeness() as closeness)):
            return measure_closeness(obligation, clause, closeness, seen)
        case "membership", Remove(limit=MembershipBound() as bound):
            return measure_membership(obligation, bound, seen)
    raise ValueError(f"{obligation.id}: {obligation.verifier} does not bear on a {clause.goal} clause")


def judge_for(obligation: Obligation, clause: Clause) -> Judge:
    """What counts as a hit in an obligation's tables: one outcome an item. Not for membership and records."""
    part = part_of(obligation, clause) if isinstance(clause, Rectify) else clause
    if obligation.verifier in white_box.VERIFIERS:
        return white_box.judge(part, obligation)
    if obligation.verifier != "relearning" and isinstance(part, Suppress | Refuse | Retain):
        return judge_of(part, obligation)
    return revealing(part, obligation)


def recorded(obligation: Obligation, record: RecordFact) -> Measured:
    """A signed record as the fact of its obligation: without sampling error, if its signer is to be believed."""
    words = said(f"fact.record.{record.kind}", record=obligation.record or record.id, signer=record.signer)
    certain = Fraction(1)
    stated = Fact(
        id=record.id, obligation=obligation.id, words=str(words), low=certain, high=certain, alpha=Fraction(0), objects=(),
        words_said=words,
    )  # fmt: skip
    return Measured(obligation.id, (record,), (stated,), (), None, None, None, said("found.record", fact=words))


def refused(obligation: Obligation, why: Said) -> Measured:
    """A record that says nothing, and why."""
    return Measured(obligation.id, (), (), (), None, None, None, why)
