"""Verdicts: what the evidence entails about each clause, held against the gates. Removal is never supported by tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from ..logic.evidence import CountFact, DropFact, EvidenceFact, MembershipFact, RateFact, RecordFact
from ..logic.judge import Judgement, judge
from ..logic.process import OneRun, one_run_rules
from ..logic.solver import Undecided
from ..logic.worlds import days, percent
from ..plan.allocation import tested_artifacts
from ..plan.model import Obligation, Plan
from ..policy.model import Clause, Policy, Remove, Suppress
from .facts import Measured
from .model import ClauseVerdict, Fact, GateResult, Outcome, Verification

POWER_NEEDED = 0.8
"""Realised power below which finding nothing says nothing (LANGUAGE: `not_falsified` needs it)."""


@dataclass(frozen=True)
class Exhibit:
    """Everything one obligation brought in."""

    obligation: Obligation
    measured: Measured
    gates: tuple[GateResult, ...]
    objects: tuple[str, ...] = ()
    """Digests of the evidence objects behind the measurement."""


def decide(policy: Policy, plan: Plan, exhibits: Sequence[Exhibit]) -> Verification:
    """One verdict a clause and artifact, in the policy's order; confidence over *all* registered facts together."""
    rules = one_run_rules(policy)
    found: list[ClauseVerdict] = []
    for clause in policy.clauses:
        names = tested_artifacts(policy, clause) or ("",)
        for artifact in names:
            mine = [e for e in exhibits if (e.obligation.clause, e.obligation.artifact) == (clause.id, artifact)]
            if mine:
                found.append(_judged(policy, clause, artifact, mine, rules.get((clause.id, artifact))))
            else:
                found.append(_untested(plan, clause, artifact))
    facts = tuple(_fact(exhibit, fact) for exhibit in exhibits for fact in exhibit.measured.facts)
    error = sum((obligation.alpha for obligation in plan.obligations), Fraction(0))
    error += sum((rule.error for rule in rules.values()), Fraction(0))
    return Verification(confidence=max(Fraction(0), 1 - error), facts=facts, verdicts=tuple(found))


def _untested(plan: Plan, clause: Clause, artifact: str) -> ClauseVerdict:
    for missing in plan.missing:
        if missing.clause == clause.id and missing.artifact in (artifact, ""):
            reason = f"{missing.reason} {missing.needs}".strip()
            return ClauseVerdict(clause=clause.id, artifact=artifact, outcome=missing.outcome, reason=reason)
    return ClauseVerdict(
        clause=clause.id, artifact=artifact, outcome="not_tested", reason="Nothing in the plan bears on this clause."
    )


def _judged(
    policy: Policy, clause: Clause, artifact: str, exhibits: Sequence[Exhibit], rule: OneRun | None
) -> ClauseVerdict:
    facts = tuple(fact for exhibit in exhibits for fact in exhibit.measured.facts)
    gates = tuple(gate for exhibit in exhibits for gate in exhibit.gates)
    first = exhibits[0]
    suite = (
        first.obligation.asked if first.obligation.asked.startswith("suite:") and isinstance(clause, Suppress) else None
    )
    try:
        judgement = judge(policy, clause, artifact, facts, suite=suite, one_run=rule)
        outcome, reason = _outcome(clause, judgement, exhibits, gates, rule)
    except Undecided:
        judgement = Judgement("open")
        outcome, reason = "inconclusive", "The solver stopped at its work limit; this is not an answer."
    favourable = outcome in ("supported", "violated")
    return ClauseVerdict(
        clause=clause.id,
        artifact=artifact,
        outcome=outcome,
        reason=reason,
        obligation=first.obligation.id,
        access=first.obligation.access,
        asked=first.obligation.asked,
        limit=first.obligation.limit,
        stands_on=judgement.stands_on,
        conditional_on=_conditions(judgement, facts) if favourable else (),
        intervals=tuple(interval for exhibit in exhibits for interval in exhibit.measured.intervals),
        limit_at=_limit_at(clause),
        effect=float(first.obligation.effect) if first.obligation.effect is not None else None,
        realised_power=first.measured.realised_power,
        gates=gates,
    )


def _outcome(
    clause: Clause, judgement: Judgement, exhibits: Sequence[Exhibit], gates: Sequence[GateResult], rule: OneRun | None
) -> tuple[Outcome, str]:
    problem = next((exhibit.measured.problem for exhibit in exhibits if exhibit.measured.problem), None)
    failed = [gate for gate in gates if not gate.passed]
    blind = next((gate for gate in failed if gate.gate == "blind_baseline"), None)
    if blind is not None:  # members and non-members differ without any model: the test measures that difference
        return "not_testable", f"No valid hold-out: {blind.found}."
    if judgement.answer == "inconsistent":
        return (
            "inconclusive",
            f"The evidence contradicts itself ({', '.join(judgement.stands_on)}); it decides nothing.",
        )
    if judgement.answer == "refuted":
        undermined = next((gate for gate in failed if gate.gate == "negative"), None)
        if undermined is not None and judgement.conditional_on:
            return "inconclusive", f"The control contradicts what the verdict would rest on: {undermined.found}."
        return "violated", "The evidence excludes the clause."
    if failed:
        return "inconclusive", "; ".join(f"the {_gate_name(gate)} failed: {gate.found}" for gate in failed) + "."
    if judgement.answer == "entailed":
        return "supported", "The evidence entails the clause."
    if problem is not None:
        return "inconclusive", problem
    return _undecided(clause, exhibits, rule)


def _undecided(clause: Clause, exhibits: Sequence[Exhibit], rule: OneRun | None) -> tuple[Outcome, str]:
    obligation, measured = exhibits[0].obligation, exhibits[0].measured
    if obligation.verifier == "record":
        return "inconclusive", "The record does not carry what the clause asks; see its dates and numbers."
    finite = obligation.asked.startswith("suite:") or clause.scope.asked in ("direct", "paraphrase", None)
    if obligation.decide == "certify" and not isinstance(clause, Remove) and finite:
        return (
            "inconclusive",
            f"The interval reaches across the limit: {measured.needed or 'more independent draws would narrow it'}.",
        )
    if obligation.effect is None:
        return "inconclusive", "No effect was registered (`power_at`), so finding nothing says nothing."
    power = measured.realised_power
    if power is None or power < POWER_NEEDED:
        shown = "unknown" if power is None else f"{power:.0%}"
        return (
            "inconclusive",
            f"The realised power at {percent(obligation.effect)} is {shown}; 80% is needed{_more(measured)}.",
        )
    if isinstance(clause, Remove) and clause.about != "model" and rule is None:
        return "inconclusive", (
            "One training run cannot refute a clause about the process unless `refute_at` and a bound on the reference are registered."
        )
    return "not_falsified", (
        f"The tests found nothing; an effect of {percent(obligation.effect)} would have been found with power {power:.0%}."
    )


def _more(measured: Measured) -> str:
    return f" ({measured.needed})" if measured.needed else ""


def _gate_name(gate: GateResult) -> str:
    return {
        "positive": "positive control", "negative": "negative control", "repeat": "same-model repeat",
        "degeneracy": "degeneracy gate", "blind_baseline": "blind baseline",
    }[gate.gate]  # fmt: skip


def _conditions(judgement: Judgement, facts: Sequence[EvidenceFact]) -> tuple[str, ...]:
    signers = [
        f"signer {fact.signer}" for fact in facts if isinstance(fact, RecordFact) and fact.id in judgement.stands_on
    ]
    return tuple(dict.fromkeys((*signers, *judgement.conditional_on)))


def _limit_at(clause: Clause) -> float | None:
    limit = getattr(clause, "limit", None)
    for name in ("at_most", "at_least", "tpr_at_most", "within"):
        value = getattr(limit, name, None)
        if value is not None:
            return float(value)
    return None


def _fact(exhibit: Exhibit, fact: EvidenceFact) -> Fact:
    low, high = getattr(fact, "low", Fraction(0)), getattr(fact, "high", Fraction(1))
    return Fact(
        id=fact.id,
        obligation=exhibit.obligation.id,
        words=in_words(fact),
        low=Fraction(low),
        high=Fraction(high),
        alpha=fact.alpha,
        objects=exhibit.objects,
    )


def in_words(fact: EvidenceFact) -> str:
    """A fact as a sentence of the policy's own names and exact numbers."""
    match fact:
        case RateFact():
            what = {"reveals": "is revealed", "knows": "is answered", "refuses": "is refused"}[fact.side]
            who = {
                "audited": fact.artifact,
                "before": f"{fact.artifact} before unlearning",
                "reference": f"{fact.artifact} trained without it",
            }[fact.whose]
            return f"{fact.target} {what} by {who} between {percent(fact.low)} and {percent(fact.high)} of the time through {fact.access}, asked {fact.asked}"
        case CountFact():
            return f"{fact.low} to {fact.high} items of {fact.target} are revealed by {fact.artifact} with a rate above {percent(fact.threshold)} through {fact.access}"
        case DropFact():
            return f"the rate on {fact.target} in {fact.artifact} fell by between {float(fact.low):.2%} and {float(fact.high):.2%} of all items"
        case MembershipFact():
            return f"at {percent(fact.at_fpr)} false positives a registered attack finds at least {percent(fact.low)} of {fact.target} in {fact.artifact}"
        case RecordFact():
            when = f" on day {days(fact.day).split()[0]}" if fact.day is not None else ""
            return f"{fact.signer} signed a {fact.kind} for {fact.clause} on {fact.artifact}{when}"
