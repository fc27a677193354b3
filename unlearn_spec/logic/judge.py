"""Does the evidence entail a clause, its negation, or neither? The same theory that checks policies decides verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

from msgspec.structs import replace

from ..policy.clauses import Ban, Clause, DeIndex, Destroy, ExcludeFuture, Govern, Remove
from ..policy.model import Policy
from ..record import Record
from .axioms import PRESUMED
from .cores import minimal_core
from .evidence import ApartFact, CountFact, DropFact, EvidenceFact, MembershipFact, RateFact, RecordFact
from .formulas import (
    TRUE,
    All,
    Bound,
    Comparison,
    Either,
    Family,
    FinishedBy,
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
    Uses,
    Whose,
)
from .meaning import RateGoal, counts_refusals, demand, rate_of
from .process import OneRun
from .scope import WEAKEST
from .suites import asks_altered_copy
from .theory import Premise, Theory, build, declared_facts
from .worlds import days

ACTS = Destroy | DeIndex | Ban | ExcludeFuture | Govern
"""Goals that are acts: whoever signs that they were done says all that the clause asks."""

Answer = Literal["entailed", "refuted", "open", "inconsistent"]


class Judgement(Record):
    """What the facts entail about a clause, and what that rests on."""

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

    First with mathematics, theorems, definitions, verified sizes and the evidence alone; then with the parts of the clause
    that no measurement sees (its deadline, its methods); then with declared facts and presumptions. What a verdict needs of
    these it names. `suite` (`suite:<digest>`): support is for this finite suite, refutation for the clause's whole probe
    class. Raises `Undecided`.
    """
    asked = suite if suite is not None and certifies(clause, suite) else None
    unseen = _unseen(clause, artifact)
    wanted = All((demand(policy, clause, artifact, WEAKEST, asked), *(premise.formula for premise in unseen)))
    denied = Not(demand(policy, clause, artifact, WEAKEST, None))
    usable = tuple(lifted for fact in facts for lifted in _about_clause(clause, fact, one_run))
    premises = tuple(
        Premise(fact.id, (), formula, "measured")
        for fact in usable
        if (formula := _formula(policy, clause, artifact, fact)) != TRUE
    )
    alone = policy.model_copy(update={"clauses": (clause,), "claims": (), "parties": None, "relations": ()})
    theory = build(
        alone,
        asked_about=(wanted, denied),
        facts=(*_speaking(policy, artifact), *unseen),
        measured=premises,
    )
    signed = frozenset(fact.id for fact in usable if isinstance(fact, RecordFact))
    return _answer(theory, theory.literal(wanted), theory.literal(denied), signed)


def _answer(theory: Theory, wanted: str, denied: str, signed: frozenset[str]) -> Judgement:
    def of(*kinds: str) -> tuple[str, ...]:
        return tuple(literal for literal, fact in theory.facts.items() if fact.kind in kinds)

    presumed = tuple(literal for literal, axiom in theory.axiom_literals.items() if axiom in PRESUMED)
    given = tuple(literal for literal in theory.axiom_literals if literal not in presumed)
    fixed, measured = (*given, *theory.nonempty, *of("size")), of("measured")  # sizes are held against the data
    everything = (*of("unseen"), *of("baseline", "reference"), *presumed)
    ask = theory.solver.satisfiable
    if not ask((*fixed, *measured)):
        return Judgement("inconsistent", _named(theory, minimal_core(measured, fixed, ask)))
    for extra in ((), of("unseen"), everything):
        if not ask((*fixed, *measured, *extra)):
            return Judgement("open")  # the evidence contradicts a declared fact: nothing may rest on that fact
        for answer, literal in (("entailed", f"-{wanted}"), ("refuted", f"-{denied}")):
            if not ask((*fixed, *measured, *extra, literal)):
                core = minimal_core(measured, (*fixed, *extra, literal), ask)
                if extra and not core:
                    continue  # declared facts alone are a matter for `check`
                if signed.intersection(_named(theory, core)) and not ask((*fixed, *measured, *everything)):
                    contradicting = minimal_core(measured, (*fixed, *everything), ask)
                    return Judgement("inconsistent", _named(theory, contradicting))
                needed = minimal_core(extra, (*fixed, literal, *core), ask)
                names = tuple(theory.axiom_literals.get(n) or theory.facts[n].name for n in needed)
                return Judgement("entailed" if answer == "entailed" else "refuted", _named(theory, core), names)
    return Judgement("open")


def _named(theory: Theory, literals: Sequence[str]) -> tuple[str, ...]:
    return tuple(theory.facts[literal].name for literal in literals)


def certifies(clause: Clause, suite: str) -> bool:
    """Whether a clause is supported if it holds under a suite: a finite suite of questions of the clause's own class.

    Not where a copy is altered first, nor at access to fine-tuning: other alterations and fine-tunings may do better.
    """
    altered = asks_altered_copy(suite) or clause.scope.access == "finetune"
    own = {"adversarial": "suite:", "in_context": "in_context:"}.get(clause.scope.asked or "")
    return own is not None and suite.startswith(own) and not altered


def _unseen(clause: Clause, artifact: str) -> tuple[Premise, ...]:
    """What the clause demands beside a state that can be measured. Records state their day themselves."""
    found = []
    if clause.by is not None and isinstance(clause, RateGoal):
        name = f"the deadline of {clause.id} ({days(clause.by)})"
        found.append(Premise(name, (), FinishedBy(artifact, "<=", clause.by), "unseen"))
    if clause.using:
        name = f"the use of {' or '.join(clause.using)} on {artifact}"
        found.append(Premise(name, (), Either(tuple(Uses(m, artifact) for m in clause.using)), "unseen"))
    return tuple(found)


def _speaking(policy: Policy, artifact: str) -> tuple[Premise, ...]:
    """Sizes, and declared facts about this artifact. Relations between sets and control bear on no measured rate."""
    here = {fact.id for fact in policy.measured_before if fact.in_ == artifact}
    here |= {fact.id for fact in policy.reference_retrain if fact.in_ == artifact}
    return tuple(fact for fact in declared_facts(policy) if fact.kind == "size" or fact.name in here)


def _about_clause(clause: Clause, fact: EvidenceFact, one_run: OneRun | None) -> tuple[EvidenceFact, ...]:
    """The fact as a premise for this clause. For a clause about a process, one run counts only as Markov's bound."""
    if not _about_process(clause) or isinstance(fact, RecordFact | ApartFact) or (isinstance(fact, RateFact) and not fact.one_run):
        return (fact,)
    if one_run is None:
        return ()
    alpha = fact.alpha + one_run.error
    if isinstance(fact, MembershipFact) and fact.low >= one_run.refute_at:
        return (replace(fact, low=one_run.tau, alpha=alpha),)
    if isinstance(fact, RateFact) and fact.whose == "audited":
        expected = replace(fact, low=Fraction(0), high=Fraction(1), alpha=alpha, one_run=False)
        answered = fact.side == "refuses" and not (isinstance(clause, RateGoal) and counts_refusals(clause))
        if answered and 1 - fact.high >= one_run.refute_at:
            return (replace(expected, high=1 - one_run.tau),)
        if not answered and fact.low >= one_run.refute_at:
            return (replace(expected, low=one_run.tau),)
    return ()


def _about_process(clause: Clause) -> bool:
    if isinstance(clause, Remove):
        return clause.about != "model"
    return getattr(clause, "about", None) == "process"


def _formula(policy: Policy, clause: Clause, artifact: str, fact: EvidenceFact) -> Formula:
    match fact:
        case RateFact():
            whose: dict[str, Whose] = {"audited": "now", "before": "before", "reference": "reference"}
            rate = _rate(fact, clause, whose[fact.whose])
            low, high = (1 - fact.high, 1 - fact.low) if fact.side == "refuses" else (fact.low, fact.high)
            return All(_known(rate, Mean(rate, fact.target, ">=", low), Mean(rate, fact.target, "<=", high)))
        case CountFact():
            rate = _rate(fact, clause, "now")

            def counted(op: Comparison, number: int) -> NumberAbove:
                return NumberAbove(rate, fact.target, fact.threshold, fact.inclusive, op, number)

            return All(_known(rate, counted(">=", fact.low), counted("<=", fact.high)))
        case DropFact():
            now = _rate(fact, clause, "now")
            before = now.at("before")
            fell = MeanDrop(before, now, fact.target, ">=", fact.low)
            return All((fell, MeanDrop(before, now, fact.target, "<=", fact.high)))
        case MembershipFact(same_lottery=False):
            return TRUE
        case MembershipFact():  # a finite list of attacks bounds the best one from below only, whatever controls others use
            kinds = (True, False)
            return All(tuple(Tpr(fact.target, fact.artifact, fact.at_fpr, fair, ">=", fact.low) for fair in kinds))
        case ApartFact():
            if fact.epsilon is None:
                return TRUE
            return Not(Removed(fact.target, fact.artifact, fact.epsilon, fact.delta, "retrain_without"))
        case RecordFact():
            return _recorded(policy, clause, artifact, fact)


def _rate(fact: RateFact | CountFact | DropFact, clause: Clause, whose: Whose) -> Rate:
    """The theory's rate behind a measured one. Of answers that are no refusals it is the one that the clause limits."""
    expected = _about_process(clause) or (isinstance(fact, RateFact) and not fact.one_run)
    reading, side = _reading(fact.reading, expected), "knows" if isinstance(fact, DropFact) else fact.side
    limited = rate_of(clause, fact.artifact, WEAKEST) if isinstance(clause, RateGoal) else None
    about_answers = limited is not None and limited.family == "answers"
    family: Family = "reveals"
    bound: Bound = "inf" if side == "knows" else "sup"
    if side == "refuses" or (isinstance(fact, DropFact) and about_answers):
        family, reading = "answers", replace(reading, predicate="")
        bound = limited.bound if limited is not None and about_answers else "sup"
    rate = Rate(fact.artifact, "now", family, bound, fact.access, fact.asked, reading)
    return rate if whose == "now" else rate.at(whose)


def _known(rate: Rate, low: Formula, high: Formula) -> tuple[Formula, ...]:
    """Both bounds; of a worst case over attacks or fine-tunings nobody can list, only what an attack has shown.

    What retrainings show after the registered fine-tunings is no such worst case: it limits what the same ones may bring
    back from a process that is close to retraining (AX6).
    """
    registered = rate.whose == "reference" and asks_altered_copy(rate.asked)
    if registered or (rate.asked != "adversarial" and rate.access != "finetune"):
        return (low, high)
    return (low,) if rate.bound == "sup" else (high,)


def _reading(text: str, expected: bool) -> Reading:
    predicate, _, decoding = text.partition("|")
    return Reading(predicate, decoding, "process" if expected else "model")


def _recorded(policy: Policy, clause: Clause, artifact: str, fact: RecordFact) -> Formula:
    """What a signed record says, if its signer is believed."""
    if (fact.clause, fact.artifact) != (clause.id, artifact):
        return TRUE
    if clause.by is not None and (fact.day is None or fact.day > clause.by):
        return TRUE  # the act is not shown to be in time
    wanted = demand(policy, clause, artifact, WEAKEST, None)
    match wanted:
        case Removed():
            if fact.kind == "attestation" or fact.epsilon is None or fact.delta is None:
                return TRUE
            return Removed(wanted.target, artifact, fact.epsilon, fact.delta, wanted.compared_with)
        case FinishedBy() if fact.day is not None:
            return FinishedBy(artifact, "<=", fact.day)
        case Stored(op=op) if fact.day is not None:
            return Stored(wanted.target, artifact, op, fact.day)
        case _ if fact.kind != "certificate" and isinstance(clause, ACTS):
            return wanted
        case _:
            return TRUE
