"""Does the evidence entail a clause, its negation, or neither? The same theory that checks policies decides verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from ..policy.model import Clause, Policy, Remove, Retain
from .axioms import PRESUMED
from .cores import minimal_core
from .evidence import CountFact, DropFact, EvidenceFact, MembershipFact, RateFact, RecordFact
from .formulas import (
    TRUE,
    All,
    Family,
    FinishedBy,
    Flag,
    Formula,
    Mean,
    MeanDrop,
    Not,
    NumberAbove,
    Rate,
    Reading,
    Removed,
    Stored,
    Tpr,
)
from .meaning import WEAKEST, demand
from .process import OneRun
from .theory import Premise, Theory, build, declared_facts

Answer = Literal["entailed", "refuted", "open", "inconsistent"]


@dataclass(frozen=True)
class Judgement:
    answer: Answer
    stands_on: tuple[str, ...] = ()
    """Ids of the measured facts in the minimal core."""
    conditional_on: tuple[str, ...] = ()
    """Declared facts and presumptions that the core needs, by name."""


def judge(
    policy: Policy,
    clause: Clause,
    artifact: str,
    facts: Sequence[EvidenceFact],
    *,
    suite: str | None = None,
    one_run: OneRun | None = None,
) -> Judgement:
    """What the evidence says of one clause on one artifact. The policy's own clauses are never premises.

    First with mathematics, theorems, definitions, verified sizes and the evidence alone; then with declared facts and
    presumptions, which a verdict that needs them names. `suite` (`suite:<digest>`): support is for this finite suite, refutation for
    the clause's whole probe class. Raises `Undecided`.
    """
    usable = tuple(lifted for fact in facts for lifted in _about_clause(clause, fact, one_run))
    wanted = demand(policy, clause, artifact, WEAKEST, suite)
    denied = Not(demand(policy, clause, artifact, WEAKEST, None))
    alone = policy.model_copy(update={"clauses": (clause,), "claims": (), "parties": None})
    premises = tuple(
        Premise(fact.id, (), formula, "measured")
        for fact in usable
        if (formula := _formula(policy, clause, artifact, fact)) != TRUE
    )
    theory = build(alone, asked_about=(wanted, denied), facts=_speaking(alone, artifact), measured=premises)
    verified, declared = _split(theory)
    base = tuple(literal for literal, axiom in theory.axiom_literals.items() if axiom not in PRESUMED)
    measured = tuple(literal for literal, fact in theory.facts.items() if fact.kind == "measured")
    fixed = (*base, *theory.nonempty, *verified)
    ask = theory.solver.satisfiable
    if not ask((*fixed, *measured)):
        return Judgement("inconsistent", _named(theory, minimal_core(measured, fixed, ask)))
    presumed = tuple(literal for literal, axiom in theory.axiom_literals.items() if axiom in PRESUMED)
    for extra in ((), (*declared, *presumed)):
        if not ask((*fixed, *measured, *extra)):
            return Judgement("open")  # the evidence contradicts a declared fact: nothing may rest on that fact
        for answer, literal in (("entailed", "-" + theory.literal(wanted)), ("refuted", "-" + theory.literal(denied))):
            if not ask((*fixed, *measured, *extra, literal)):
                core = minimal_core(measured, (*fixed, *extra, literal), ask)
                needed = minimal_core(extra, (*fixed, literal, *core), ask)
                names = tuple(theory.axiom_literals.get(n) or theory.facts[n].name for n in needed)
                return Judgement("entailed" if answer == "entailed" else "refuted", _named(theory, core), names)
    return Judgement("open")


def _named(theory: Theory, literals: Sequence[str]) -> tuple[str, ...]:
    return tuple(theory.facts[literal].name for literal in literals)


def _split(theory: Theory) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Facts the data files were held against (sizes), and facts taken on the drafter's word."""
    sizes = tuple(literal for literal, fact in theory.facts.items() if fact.kind == "size")
    declared = tuple(literal for literal, fact in theory.facts.items() if fact.kind not in ("size", "measured"))
    return sizes, declared


def _speaking(policy: Policy, artifact: str) -> tuple[Premise, ...]:
    """Declared facts that can bear on one artifact."""
    elsewhere = {fact.id for fact in policy.measured_before if fact.in_ != artifact}
    elsewhere |= {fact.id for fact in policy.reference_retrain if fact.in_ != artifact}
    return tuple(fact for fact in declared_facts(policy) if fact.name not in elsewhere)


def _about_clause(clause: Clause, fact: EvidenceFact, one_run: OneRun | None) -> tuple[EvidenceFact, ...]:
    """The fact as a premise for this clause. For a clause about a process, one run counts only as Markov's bound."""
    about_process = (
        clause.about != "model" if isinstance(clause, Remove) else getattr(clause, "about", None) == "process"
    )
    if about_process and isinstance(fact, MembershipFact):
        if one_run is None or fact.low < one_run.refute_at:
            return ()
        return (replace(fact, low=one_run.tau, alpha=fact.alpha + one_run.error),)
    if not (about_process and isinstance(fact, RateFact) and fact.one_run):
        return (fact,)
    if fact.whose != "audited" or one_run is None or fact.low < one_run.refute_at:
        return ()
    return (
        RateFact(
            fact.id, fact.target, fact.artifact, fact.access, fact.asked, fact.reading, fact.side,
            low=one_run.tau, high=Fraction(1), alpha=fact.alpha + one_run.error, one_run=False,
        ),
    )  # fmt: skip


def _formula(policy: Policy, clause: Clause, artifact: str, fact: EvidenceFact) -> Formula:
    match fact:
        case RateFact():
            return All(_bounds(fact, _rate(fact, clause)))
        case CountFact():
            family: Family = "answers" if fact.side == "refuses" else "reveals"
            rate = Rate(
                fact.artifact,
                "now",
                family,
                "inf" if fact.side == "knows" else "sup",
                fact.access,
                fact.asked,
                _reading(fact.reading),
            )
            low = NumberAbove(rate, fact.target, fact.threshold, fact.inclusive, ">=", fact.low)
            return All((low, NumberAbove(rate, fact.target, fact.threshold, fact.inclusive, "<=", fact.high)))
        case DropFact():
            now = Rate(fact.artifact, "now", "reveals", "inf", fact.access, fact.asked, _reading(fact.reading))
            before = Rate(fact.artifact, "before", "reveals", "inf", fact.access, fact.asked, _reading(fact.reading))
            fell = MeanDrop(before, now, fact.target, ">=", fact.low)
            return All((fell, MeanDrop(before, now, fact.target, "<=", fact.high)))
        case MembershipFact():  # a finite list of attacks bounds the best one from below only
            return Tpr(fact.target, fact.artifact, fact.at_fpr, True, ">=", fact.low)
        case RecordFact():
            return _recorded(policy, clause, artifact, fact)


def _rate(fact: RateFact, clause: Clause) -> Rate:
    """The theory's rate behind a measured one. Of refusals, `retain` limits the worst probe, every other goal the best."""
    whose: dict[str, Literal["now", "before", "reference"]] = {
        "audited": "now",
        "before": "before",
        "reference": "reference",
    }
    reading = _reading(fact.reading)
    if fact.side == "refuses":
        bound: Literal["sup", "inf"] = "inf" if isinstance(clause, Retain) else "sup"
        return Rate(
            fact.artifact, whose[fact.whose], "answers", bound, fact.access, fact.asked, Reading("", reading.decoding)
        )
    bound = "inf" if fact.side == "knows" else "sup"
    return Rate(fact.artifact, whose[fact.whose], "reveals", bound, fact.access, fact.asked, reading)


def _bounds(fact: RateFact, rate: Rate) -> tuple[Formula, ...]:
    if fact.side == "refuses":  # a share of refusals bounds the share of answers from the other side
        return (
            Mean(rate, fact.target, ">=", 1 - fact.high),
            Mean(rate, fact.target, "<=", 1 - fact.low),
        )
    return Mean(rate, fact.target, ">=", fact.low), Mean(rate, fact.target, "<=", fact.high)


def _reading(text: str) -> Reading:
    predicate, _, decoding = text.partition("|")
    return Reading(predicate, decoding)


def _recorded(policy: Policy, clause: Clause, artifact: str, fact: RecordFact) -> Formula:
    """What a signed record says, if its signer is believed."""
    if (fact.clause, fact.artifact) != (clause.id, artifact):
        return TRUE
    wanted = demand(policy, clause, artifact, WEAKEST, None)
    match wanted:
        case Removed():
            if fact.kind == "attestation":
                return TRUE
            epsilon, delta = fact.epsilon, fact.delta
            if fact.kind == "procedure" and epsilon is None:  # an examined retraining: the reference process itself
                epsilon, delta = Fraction(0), Fraction(0)
            if epsilon is None or delta is None:
                return TRUE
            return Removed(wanted.target, artifact, epsilon, delta, wanted.compared_with)
        case FinishedBy() if fact.day is not None:
            return FinishedBy(artifact, "<=", fact.day)
        case Stored(op=op) if fact.day is not None:
            return Stored(wanted.target, artifact, op, fact.day)
        case Flag() if fact.kind != "certificate":
            return wanted
        case _:
            return TRUE
