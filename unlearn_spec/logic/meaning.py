"""What each clause, fact and claim means: from the policy's types to formulas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from ..policy.model import (
    Ban,
    Baseline,
    Claim,
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
    Policy,
    Rectify,
    Refuse,
    Remove,
    Retain,
    RetrainFact,
    ShareOf,
    Suppress,
    Within,
)
from ..policy.vocabulary import Access, Asked, access_rank
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
    Reading,
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
from .lineage import derived, enclosing, exposures, holds_weights
from .memo import once_a_policy
from .regions import REST, connected_groups

RateGoal = Suppress | Refuse | Retain | Rectify
ITEMWISE = Suppress | Refuse | Retain | Rectify | Delete | Keep | DeIndex
"""Goals about the items of a set, one by one or added up: what is asked of some of them can be asked without the others."""
ANYWHERE = "*"
"""A scope that is left open."""
REFERENCES = ("retrain_without", "retrain_then_same_steps")
STORES = ("dataset", "index", "cache")
MODELS = ("model", "checkpoint", "adapter", "service")


@dataclass(frozen=True)
class Choice:
    """How the open decision fields of a clause are read. The default is the reading that promises least."""

    access: Access = "product"
    asked: Asked = "direct"
    over: Over = "mean"
    compared_with: str = ""
    artifacts: tuple[str, ...] | None = None
    closure: tuple[str, ...] = ()
    """Sets made from the target that count as part of it."""


WEAKEST = Choice()


def scoped_artifacts(policy: Policy, clause: Clause, choice: Choice = WEAKEST) -> tuple[str, ...]:
    """The artifacts a clause speaks of. Not written: the first artifact of a fitting kind (the reading that promises least);
    for measures about use, which are taken wherever it is used, all of them."""
    if clause.scope.artifacts is None:
        if isinstance(clause, Govern):
            return fitting_artifacts(policy, clause)
        if choice.artifacts is not None:
            return choice.artifacts
        return fitting_artifacts(policy, clause)[:1]
    found: dict[str, None] = {}
    for entry in clause.scope.artifacts:
        root, plus, _ = entry.partition("+derived")
        found[root] = None
        if plus:
            found.update(dict.fromkeys(derived(policy, root)))
    return tuple(found)


def fitting_artifacts(policy: Policy, clause: Clause) -> tuple[str, ...]:
    """Artifacts of a kind the clause's goal can speak of."""
    kinds = STORES if isinstance(clause, Delete | Keep | DeIndex) else MODELS
    if isinstance(clause, Destroy | Ban | ExcludeFuture | Govern):
        return tuple(policy.artifacts)
    return tuple(name for name, artifact in policy.artifacts.items() if artifact.kind in kinds)


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
    match over:
        case "mean":
            return Mean(rate, target, "<=", limit)
        case "each":
            return ShareAbove(rate, target, limit, False, "<=", Fraction(0))
        case ShareOf(share=share):
            return ShareAbove(rate, target, limit, False, "<=", 1 - share)


def at_least(rate: Rate, target: str, over: Over, limit: Fraction) -> Formula:
    match over:
        case "mean":
            return Mean(rate, target, ">=", limit)
        case "each":
            return ShareAbove(rate, target, limit, True, ">=", Fraction(1))
        case ShareOf(share=share):
            return ShareAbove(rate, target, limit, True, ">=", share)


def not_worse(now: Rate, target: str, over: Over, limit: Within, *, falls: bool = True) -> Formula:
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


# --- facts -----------------------------------------------------------------------------------------------------------


def readings_on(policy: Policy, artifact: str, target: str | None) -> tuple[Reading, ...]:
    """The readings of "revealed" that clauses use for a set (or a set it may share items with) on an artifact, and of what.

    None in use there: those used on the artifact at all; none at all: one open reading, of the process.
    """
    used, kin = _readings_used(policy)
    here = used.get((artifact, kin.get(target or "", -1)), ()) or used.get((artifact, None), ())
    return tuple(here) or (Reading(about="process"),)


@once_a_policy
def _readings_used(policy: Policy) -> tuple[dict[tuple[str, int | None], tuple[Reading, ...]], dict[str, int]]:
    """The readings that clauses use, by artifact and group of connected sets (None: any), and the group of each set.

    Clauses about refusals alone use no predicate, only a decoding.
    """
    linking = [(r.left, r.right) for r in policy.relations if r.kind != "disjoint_from"]
    groups = connected_groups(tuple(policy.information), linking)
    kin = {name: i for i, group in enumerate(groups) for name in group}
    shown: dict[tuple[str, int | None], dict[Reading, None]] = {}
    drawn: dict[tuple[str, int | None], dict[Reading, None]] = {}
    for clause in policy.clauses:
        if isinstance(clause, RateGoal):
            for artifact in scoped_artifacts(policy, clause, Choice(artifacts=fitting_artifacts(policy, clause))):
                rate = rate_of(clause, artifact, WEAKEST)
                for place in (kin[clause.target], None):
                    (drawn if rate.family == "answers" else shown).setdefault((artifact, place), {})[rate.reading] = None
    return {place: tuple(shown.get(place) or drawn[place]) for place in {**shown, **drawn}}, kin


def baseline(policy: Policy, fact: Baseline) -> Formula:
    return All(
        tuple(
            Mean(
                Rate(fact.in_, "before", "reveals", "sup", fact.access, fact.asked, reading),
                fact.target,
                ">=",
                fact.mean_at_least,
            )
            for reading in fact_readings(policy, fact)
        )
    )


def reference(policy: Policy, fact: RetrainFact) -> Formula:
    """What the retrained model would do; silent if the reference model lacks more or less."""
    if not is_the_reference(policy, fact):
        return TRUE
    low, high = fact.mean_between
    bounds: list[Formula] = []
    for reading in fact_readings(policy, fact):
        rate = Rate(fact.in_, "reference", "reveals", "sup", fact.access, fact.asked, reading)
        bounds += [Mean(rate, fact.target, ">=", low), Mean(rate, fact.target, "<=", high)]
    return All(tuple(bounds))


def is_the_reference(policy: Policy, fact: RetrainFact) -> bool:
    """Whether the fact speaks of the reference: the model without *all* targets under removal from its artifact, no more.

    Where nothing is under removal there, it is the one that lacks all that facts about the artifact leave out.
    """
    removed = left_out(policy, fact.in_)
    wider = {name: [n for n in enclosing(policy, name)[1:] if name not in enclosing(policy, n)] for name in removed}
    return {name for name in removed if not removed.intersection(wider[name])} == {fact.without}


def reference_lacks(policy: Policy, target: str, artifact: str) -> bool:
    """Whether the reference of an artifact was trained without a set: that set, or one that it lies within, is left out."""
    return not left_out(policy, artifact).isdisjoint(enclosing(policy, target))


def left_out(policy: Policy, artifact: str) -> frozenset[str]:
    """What the reference lacks: every target under removal from the artifact; where there is none, all that facts leave out."""
    by_facts = (fact.without for fact in policy.reference_retrain if fact.in_ == artifact)
    return frozenset(removed_from(policy, artifact)) or frozenset(by_facts)


def removed_from(policy: Policy, artifact: str) -> tuple[str, ...]:
    """The sets whose influence is to go from an artifact, in the clauses' order."""
    return _removed(policy).get(artifact, ())


@once_a_policy
def _removed(policy: Policy) -> Mapping[str, tuple[str, ...]]:
    """The sets whose influence is to go, by artifact."""
    found: dict[str, dict[str, None]] = {}
    for clause in policy.clauses:
        if isinstance(clause, Remove) and clause.measure == "influence":
            for artifact in scoped_artifacts(policy, clause):
                found.setdefault(artifact, {})[clause.target] = None
    return {artifact: tuple(targets) for artifact, targets in found.items()}


def fact_readings(policy: Policy, fact: Baseline | RetrainFact) -> tuple[Reading, ...]:
    """The readings that a fact speaks of: its own, else every one that clauses use for its set."""
    if fact.reveals_when is not None or fact.decoding is not None:
        return (reading_of(fact.reveals_when, fact.decoding),)
    used = readings_on(policy, fact.in_, fact.target)
    return tuple(dict.fromkeys(replace(reading, about="model") for reading in used))


# --- claims ----------------------------------------------------------------------------------------------------------


def claim_formula(policy: Policy, claim: Claim) -> Formula:
    """What an outward statement says, in the same theory."""
    models = tuple(name for name, a in policy.artifacts.items() if a.kind in MODELS)
    artifacts = claim.in_ or models
    match claim.says:
        case "influence_removed" | "as_if_never_trained":
            epsilon, delta = claim.epsilon or Fraction(0), claim.delta or Fraction(0)
            trained = tuple(a for a in artifacts if claim.in_ or claim.of in exposures(policy, a)) or artifacts
            if claim.says == "influence_removed" and claim.epsilon is None and claim.delta is None:
                return All(tuple(Not(Flag("influenced", (claim.of or "", name))) for name in trained))
            return All(tuple(Removed(claim.of or "", name, epsilon, delta, "retrain_without") for name in trained))
        case "not_revealed":
            rates = claimed_rates(policy, claim, artifacts, claim.access or "finetune", claim.asked or "adversarial")
            return All(tuple(Mean(rate, claim.of or REST, "<=", claim.at_most or Fraction(0)) for rate in rates))
        case "contains_no_information":
            rates = claimed_rates(policy, claim, artifacts, "finetune", "adversarial")
            return All(tuple(Mean(rate, claim.of or REST, "<=", Fraction(0)) for rate in rates))
        case "nothing_else_changed":
            rates = claimed_rates(policy, claim, artifacts, claim.access or "product", claim.asked or "direct")
            drops = (replace(rate, family="drops") for rate in rates)
            return All(
                tuple(
                    ShareAbove(r, claim.of or REST, claim.within or Fraction(0), False, "<=", Fraction(0))
                    for r in drops
                )
            )
        case "no_harmful_use":
            return Not(Flag("harmful_use", (claim.of or "",)))


def claimed_rates(
    policy: Policy, claim: Claim, artifacts: tuple[str, ...], access: Access, asked: Asked
) -> Iterator[Rate]:
    for name in artifacts:
        readings = readings_on(policy, name, claim.of)
        if claim.reveals_when is not None or claim.decoding is not None:
            kinds = dict.fromkeys(reading.about for reading in readings)
            readings = tuple(reading_of(claim.reveals_when, claim.decoding, about) for about in kinds)
        for reading in readings:
            yield Rate(name, "now", "reveals", "sup", access, asked, reading)
