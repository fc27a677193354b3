"""What each clause means: from the policy's types to formulas."""

from __future__ import annotations

from fractions import Fraction

from msgspec.structs import replace

from ..policy.clauses import (
    Ban,
    Clause,
    Closeness,
    DeIndex,
    Delete,
    Destroy,
    ExcludeFuture,
    Finish,
    Govern,
    Keep,
    MembershipBound,
    Over,
    Rectify,
    Refuse,
    Remove,
    Retain,
    ShareOf,
    Suppress,
    Within,
)
from ..policy.model import Policy
from ..policy.vocabulary import access_rank
from .formulas import (
    TRUE,
    All,
    Bound,
    Either,
    Family,
    FinishedBy,
    Flag,
    Formula,
    Implies,
    KeptForTest,
    Mean,
    MeanDrop,
    Not,
    Rate,
    Removed,
    ShareAbove,
    Size,
    Stored,
    Tpr,
    Unserved,
    Uses,
    Whose,
    reading_of,
)
from .lineage import holds_weights
from .scope import ANYWHERE, WEAKEST, Choice, fitting_artifacts, scoped_artifacts

RateGoal = Suppress | Refuse | Retain | Rectify
ITEMWISE = Suppress | Refuse | Retain | Rectify | Delete | Keep | DeIndex
"""Goals about the items of a set, one by one or added up: what is asked of some of them can be asked without the others."""
REFERENCES = ("retrain_without", "retrain_then_same_steps")


def rate_of(clause: RateGoal, artifact: str, choice: Choice, *, whose: Whose = "now", asked: str | None = None) -> Rate:
    """The rate a clause limits, on one artifact. Refusals are limited through the answers that are none."""
    metric = clause.reveals_when.metric if clause.reveals_when is not None else None
    reading = reading_of(clause.reveals_when, clause.scope.decoding, getattr(clause, "about", None))
    family: Family = "reveals"
    if isinstance(clause, Refuse) or metric in ("refusal", "not_refusal"):
        family, reading = "answers", replace(reading, predicate="")
    elif isinstance(clause, Rectify):
        family = "corrects"
    from_above = isinstance(clause, Suppress) != counts_refusals(clause)
    bound: Bound = "sup" if from_above else "inf"
    probe = asked or clause.scope.asked or choice.asked
    rate = Rate(artifact, "now", family, bound, clause.scope.access or choice.access, probe, reading)
    return rate if whose == "now" else rate.at(whose)


def rate_limited(clause: Clause, artifact: str) -> Rate | None:
    """The rate a clause limits on an artifact, open fields at their weakest; None for goals without rates."""
    return rate_of(clause, artifact, WEAKEST) if isinstance(clause, Suppress | Refuse | Retain | Rectify) else None


def counts_refusals(clause: RateGoal) -> bool:
    """Whether the clause's limit is on how often the model refuses."""
    metric = clause.reveals_when.metric if clause.reveals_when is not None else None
    return isinstance(clause, Refuse) or metric == "refusal"


def on_artifact(policy: Policy, clause: Clause, artifact: str, choice: Choice = WEAKEST) -> Formula:
    """What a clause demands of one artifact, with its deadline and its methods: nothing where no item is left to it."""
    if (left := left_on(clause, artifact)) is not None:
        rest = clause.leaving({}).model_copy(update={"target": left})
        return _if_any(left, on_artifact(policy, rest, artifact, choice))
    parts = [demand(policy, clause, artifact, choice)]
    if clause.by is not None and isinstance(clause, RateGoal | Remove | Destroy | DeIndex):
        parts.append(FinishedBy(artifact, "<=", clause.by))
    if isinstance(clause, Remove) and (guarantee := certified(policy, clause, artifact)) != TRUE:
        parts.append(guarantee)
    if clause.using and policy.methods is not None:
        parts.append(Either(tuple(Uses(name, artifact) for name in clause.using)))
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def left_on(clause: Clause, artifact: str) -> str | None:
    """What other clauses leave of the target on an artifact, if they suspend this one for some of its items."""
    return clause.left.get(artifact) or clause.left.get(ANYWHERE)


def _if_any(target: str | None, formula: Formula) -> Formula:
    return formula if target is None else Either((Size(target, 0, 0), formula))


def demand(policy: Policy, clause: Clause, artifact: str, choice: Choice, asked: str | None = None) -> Formula:
    """The state of one artifact that a clause demands. `asked` replaces the probe class by a named suite."""
    match clause:
        case Suppress():
            limit = clause.limit.at_most
            rate, over = rate_of(clause, artifact, choice, asked=asked), clause.over or choice.over
            if counts_refusals(clause):  # answering at least so often as refusing leaves
                return at_least(rate, clause.target, over, 1 - limit)
            return at_most(rate, clause.target, over, limit)
        case Refuse() | Retain():
            rate, over = rate_of(clause, artifact, choice, asked=asked), clause.over or choice.over
            if isinstance(clause.limit, Within):
                return not_worse(rate, clause.target, over, clause.limit, falls=not counts_refusals(clause))
            if counts_refusals(clause):
                return at_most(rate, clause.target, over, 1 - clause.limit.at_least)
            return at_least(rate, clause.target, over, clause.limit.at_least)
        case Rectify():
            new = rate_of(clause, artifact, choice, asked=asked)
            over = clause.over or choice.over
            old = replace(new, family="reveals", bound="sup")
            both = (
                at_least(new, clause.target, over, clause.limit.at_least),
                at_most(old, clause.target, over, clause.limit.at_most),
            )
            return All(both)
        case Remove():
            return removal(clause, artifact, choice)
        case Delete():
            return Stored(clause.target, artifact, "<=", clause.by or Fraction(0))
        case Keep():
            return Stored(clause.target, artifact, ">=", clause.until or Fraction(0))
        case Finish():
            return FinishedBy(artifact, "<=", clause.by or Fraction(0))
        case Destroy():
            return Flag("destroyed", (artifact,))
        case Ban():
            return All(tuple(Not(Uses(name, artifact)) for name in clause.methods))
        case DeIndex():
            readers = [name for name, a in policy.artifacts.items() if artifact in a.serves_from] or [artifact]
            return All(tuple(Unserved(clause.target, reader, artifact) for reader in readers))
        case ExcludeFuture():
            return Flag("excluded", (clause.target, artifact))
        case Govern():
            return Flag("governed", (clause.id,))


def at_most(rate: Rate, target: str, over: Over, limit: Fraction) -> Formula:
    """That the rate stays at or below the limit: on average, for each item, or for a share of them."""
    match over:
        case "mean":
            return Mean(rate, target, "<=", limit)
        case "each":
            return ShareAbove(rate, target, limit, False, "<=", Fraction(0))
        case ShareOf(share=share):
            return ShareAbove(rate, target, limit, False, "<=", 1 - share)


def at_least(rate: Rate, target: str, over: Over, limit: Fraction) -> Formula:
    """That the rate stays at or above the limit: on average, for each item, or for a share of them."""
    match over:
        case "mean":
            return Mean(rate, target, ">=", limit)
        case "each":
            return ShareAbove(rate, target, limit, True, ">=", Fraction(1))
        case ShareOf(share=share):
            return ShareAbove(rate, target, limit, True, ">=", share)


def not_worse(now: Rate, target: str, over: Over, limit: Within, *, falls: bool) -> Formula:
    """That a rate has not fallen (or, if it is not to rise, not risen) by more than the margin."""
    before = now.at("before")
    if over == "mean":
        return MeanDrop(*((before, now) if falls else (now, before)), target, "<=", limit.within)
    drop = replace(now, family="drops", bound="sup")
    if now.family == "answers":  # a drop of its own, which no axiom ties to what is known
        drop = replace(drop, reading=replace(now.reading, predicate="answered" if falls else "refused"))
    return at_most(drop, target, over, limit.within)


def removal(clause: Remove, artifact: str, choice: Choice) -> Formula:
    """The primitive of removal, or the limit on membership tests."""
    if isinstance(clause.limit, MembershipBound):
        return Tpr(clause.target, artifact, clause.limit.at_fpr, is_fair(clause), "<=", clause.limit.tpr_at_most)
    limit: Closeness = clause.limit
    chosen = limit.compared_with or choice.compared_with
    either = (chosen,) if chosen else REFERENCES  # open: one of the two
    atoms = tuple(Removed(clause.target, artifact, limit.epsilon, limit.delta, name) for name in either)
    return atoms[0] if chosen else Either(atoms)


def certified(policy: Policy, clause: Remove, artifact: str) -> Formula:
    """That some method used on the artifact carries the guarantee that a certificate would state (AX15)."""
    limit = clause.limit
    evidence = clause.evidence
    if policy.methods is None or evidence is None or evidence.kind != "certificate" or not isinstance(limit, Closeness):
        return TRUE
    return Flag("certified", (str(limit.epsilon), str(limit.delta), artifact, clause.target))


def is_fair(clause: Remove) -> bool:
    """Whether the test's non-members come from the same lottery as the members."""
    return clause.evidence is not None and "randomised_holdout" in clause.evidence.controls


def body(policy: Policy, clause: Clause, choice: Choice = WEAKEST) -> Formula:
    """What a clause demands, guard aside. Where no artifact is written or chosen: of one that fits, whichever it be."""
    parts = [clause]
    if isinstance(clause, Remove | Delete):
        parts += [clause.model_copy(update={"target": name}) for name in choice.closure]
    if clause.scope.artifacts is None and choice.artifacts is None and len(fitting := fitting_artifacts(policy, clause)) > 1:
        return Either(tuple(All(tuple(on_artifact(policy, part, name, choice) for part in parts)) for name in fitting))
    scoped = scoped_artifacts(policy, clause, choice)
    return All(tuple(on_artifact(policy, part, name, choice) for part in parts for name in scoped))


def presupposed(policy: Policy, clause: Clause) -> Formula:
    """That the obligor may act on the artifacts of a clause that asks for action (C1), and on the copies it means (AX4)."""
    if isinstance(clause, Keep | Retain | Govern) or clause.scope.artifacts is None:
        return TRUE  # nothing is asked for, or it is open of what
    scoped = scoped_artifacts(policy, clause)
    needed: list[Formula] = []
    if policy.controls is not None and policy.parties is not None:
        needed += [Flag("acted_on", (name,)) for name in scoped]
    audience = clause.scope.audience
    if audience is not None and access_rank(clause.scope.access or WEAKEST.access) >= access_rank("weights"):
        needed += [Flag("recalled", (name, audience)) for name in scoped if holds_weights(policy, name, audience)]
    return All(tuple(needed))


def obtainable(policy: Policy, clause: Clause) -> Formula:
    """That the clause's declared evidence can be had: raw items outlive the work (AX9)."""
    if clause.evidence is None or not clause.evidence.needs_raw_data or not isinstance(clause, Remove | RateGoal):
        return TRUE
    target = policy.information[clause.target].built_from or clause.target
    stores = tuple(name for name, artifact in policy.artifacts.items() if target in artifact.holds)
    if not stores:
        return TRUE
    at = clause.evidence.at or Fraction(0)
    tests = ((name, KeptForTest(target, stores, name, at)) for name in scoped_artifacts(policy, clause))
    return All(tuple(_if_any(left_on(clause, name), test) for name, test in tests))


def presumptions(policy: Policy) -> tuple[tuple[str, Formula], ...]:
    """What P1 and P2 say of this policy's clauses: (axiom, formula).

    P1: if a set is kept known, what is built from it can be had with the parts in context, as often. P2: if answers to text
    that users supply are kept, a target that they supply comes back, as often.
    """
    hidden_in_context = [
        clause
        for clause in policy.clauses
        if isinstance(clause, Suppress) and clause.scope.asked == "in_context" and not counts_refusals(clause)
    ]
    found: dict[tuple[str, Formula], None] = {}
    for kept in policy.clauses if hidden_in_context else ():
        if not isinstance(kept, Retain) or isinstance(kept.limit, Within) or rate_of(kept, "", WEAKEST).family != "reveals":
            continue  # what is answered need not be known
        least = kept.limit.at_least * (kept.over.share if isinstance(kept.over, ShareOf) else 1)
        for hidden in hidden_in_context:
            built = policy.information[hidden.target].built_from == kept.target
            axiom = "P2" if kept.scope.asked == "in_context" else "P1" if built else None
            deep = access_rank(hidden.scope.access or WEAKEST.access) >= access_rank(kept.scope.access or WEAKEST.access)
            if axiom is not None and deep and hidden.target != kept.target:
                for name in sorted(set(scoped_artifacts(policy, kept)) & set(scoped_artifacts(policy, hidden))):
                    back = Mean(rate_of(hidden, name, WEAKEST), hidden.target, ">=", least)
                    found[(axiom, Implies(demand(policy, kept, name, WEAKEST), back))] = None
    return tuple(found)
