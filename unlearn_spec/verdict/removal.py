"""Removal clauses: tests that can refute them, and never support them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from msgspec.structs import replace

from ..catalogue import attacks
from ..logic.evidence import EvidenceFact, MembershipFact
from ..logic.exponential import exp_bounds
from ..plan.model import Obligation
from ..plan.power import refuting_power
from ..plan.repeated import runs_power
from ..plan.units import Role
from ..policy.clauses import Clause, Closeness, MembershipBound, Remove
from ..statistics.binomial import max_failures_certifying, samples_for_zero_failures
from ..verifiers import membership
from ..verifiers.membership import AttackResult
from ..verifiers.outcomes import Outcomes, gather
from ..verifiers.table import Table, stack
from ..wording.said import Filling, Said, said
from .measured import (
    LABEL,
    Judge,
    Measured,
    Seen,
    as_float,
    between,
    lower,
    of_all,
    of_each,
    reading_for,
    revealed,
    state,
    upper,
    where,
)
from .model import Interval
from .rates import after_attack, shown
from .relearned import as_completed, grid_of, most_shown, sensitivity_of


def measure_closeness(obligation: Obligation, clause: Remove, limit: Closeness, seen: Seen) -> Measured:
    """How often the audited model shows the target at least; about a model, also how often a never-trained one does.

    After relearning it is the held-out items that are looked at, and the worst attack counts: see `relearned` for how its
    error is shared. About a process one run counts only from the registered `refute_at` on, and the never-trained
    models serve as controls; about a model two facts share α.
    """
    reading, judge = reading_for(clause, obligation), revealing(clause, obligation)
    if obligation.verifier == "relearning":
        grid = grid_of(obligation, reading, seen)
        audited, beside, registered = grid.halves("audited"), grid.halves("reference"), grid.registered
        here, intervals, told = as_completed(obligation, grid), grid.intervals(obligation), grid.words()
        sensitivity = sensitivity_of(most_shown(obligation, grid)[0])
    else:
        audited, registered = (seen.outcomes(obligation, "audited", judge),), 1
        beside = tuple(found for found in (seen.outcomes(obligation, "reference", judge),) if found)
        here, intervals, told = obligation, shown(obligation, judge, seen, obligation.alpha), _beside(audited, beside)
        sensitivity = sensitivity_of(seen.outcomes(obligation, "original", judge))
    compared = clause.about == "model" and bool(beside)
    alpha = obligation.alpha / 2 if compared else obligation.alpha
    share = alpha / registered
    found = max((lower(half, share) for half in audited), default=Fraction(0))
    level = obligation.refute_at
    if level is not None:
        found = level if found >= level else Fraction(0)
    fact = replace(revealed(obligation, clause, found, alpha), asked=here.asked)
    facts: list[EvidenceFact] = [fact]
    there: dict[str, Filling | Fraction] = {"target": obligation.target, "where": where(here)}
    words = [said("fact.share.revealed", range=between(fact.low, fact.high), **there)]
    allowed = level
    if compared:
        high = max(upper(half, alpha) for half in beside)
        facts.append(replace(fact, id=f"{obligation.id}#reference", low=Fraction(0), high=high, whose="reference"))
        words.append(said("fact.share.never_trained", range=between(Fraction(0), high), **there))
        allowed = min(Fraction(1), exp_bounds(limit.epsilon)[1] * high + limit.delta)
    power = None
    if obligation.effect is not None:  # the worst attack on either half decides, and it may be on the smaller one
        effect, beyond = obligation.effect * sensitivity, Fraction(1) if allowed is None else allowed
        power = min((refuting_power(half[0].clusters, beyond, effect, share) for half in audited), default=0.0)
    return Measured(
        obligation=obligation.id,
        facts=tuple(facts),
        stated=state(obligation, facts, words, seen.objects),
        intervals=intervals,
        limit_at=as_float(allowed),
        effect=as_float(obligation.effect),
        realised_power=power,
        words=told,
        sensitivity=sensitivity,
    )


def revealing(clause: Clause, obligation: Obligation) -> Judge:
    """Items that any answer reveals; after relearning, of the held-out items of both halves under any attack."""
    reading = reading_for(clause, obligation)
    if obligation.verifier == "relearning":
        return after_attack(reading)
    return lambda tables: gather(tables, reading, every=False)


def _beside(audited: Sequence[Sequence[Outcomes]], beside: Sequence[Sequence[Outcomes]]) -> Said:
    others = [one for found in beside for one in found]
    return said("found.revealed", items=of_each([found[0] for found in audited]), others=by_others(others))


def by_others(others: Sequence[Outcomes]) -> Said | str:
    """`; by models never trained on them 3 of 80`; nothing for none."""
    return said("part.by_others", **of_all(others)) if others else ""


# --- membership ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Attacked:
    """All registered attacks on one subject."""

    results: tuple[AttackResult, ...]
    share: Fraction
    """Error of each of an attack's two bounds: of its false-positive rate, and of its true-positive rate."""
    holdout: int
    """Independent never-trained items: one a cluster."""
    supported: bool
    """Whether so many never-trained items can support the clause's false-positive rate at all."""

    @property
    def best(self) -> AttackResult:
        """The attack with the highest lower bound, the first among equals."""
        return max(self.results, key=self.low)

    def low(self, result: AttackResult) -> Fraction:
        """Lower bound of the true-positive rate of an attack; 0 unless its false-positive rate is supported."""
        return lower((result.caught,), self.share) if self.supported else Fraction(0)

    def interval(self, role: Role) -> Interval:
        """The best attack's true-positive rate, to show."""
        caught = self.best.caught
        return Interval(
            label=LABEL[role],
            point=caught.share,
            low=float(lower((caught,), self.share)),
            high=float(upper((caught,), self.share)),
            hits=caught.k,
            n=caught.n,
            clusters=caught.cluster_count,
        )


def attack(obligation: Obligation, role: Role, limit: MembershipBound, seen: Seen) -> Attacked | None:
    """The registered attacks on the first subject of a role; None unless members and hold-out were scored on it."""
    return next(iter(attacked_subjects(obligation, role, limit, seen)), None)


def attacked_subjects(obligation: Obligation, role: Role, limit: MembershipBound, seen: Seen) -> tuple[Attacked, ...]:
    """The registered attacks on each subject of a role on which members and hold-out were scored.

    α is shared by all runs, since any of them may be among those that count, and in each by all attacks in both directions.
    Half of each part certifies the false-positive rate: the threshold is set by the hold-out so that its Clopper–Pearson upper
    bound is at most the clause's rate. Of a hold-out cluster only the first item counts, since that bound needs independent
    items. The original is attacked as each run is, to show that such an attack finds something. A reference is no run: it has
    all of α, so that one which knows the members is seen the sooner.
    """
    found = []
    subjects = seen.by_subject(seen.of(obligation, role))
    runs = 1 if role == "reference" else obligation.runs
    for keys in subjects.values():
        outside = {key for key in keys if seen.units[key].data.name.startswith("holdout:")}
        members = [seen.tables[key] for key in keys if key not in outside]
        others = [_one_per_cluster(seen.tables[key]) for key in sorted(outside)]
        if members and others:
            registered = attacks(obligation.access)
            share = obligation.alpha / (2 * len(registered) * len(membership.DIRECTIONS) * runs)
            holdout = stack(others)
            allowed = max_failures_certifying(len(holdout), limit.at_fpr, share)
            results = membership.run(stack(members), holdout, registered, allowed=allowed or 0)
            found.append(Attacked(results, share, len(holdout), allowed is not None))
    return tuple(found)


def measure_membership(obligation: Obligation, limit: MembershipBound, seen: Seen) -> Measured:
    """How many members the best registered attack catches at least, at the clause's false-positive rate.

    Bounded from below only: other attacks may catch more. Of several runs, what at least `obligation.needed` of them show.
    Raises `ValueError` unless both sets were scored.
    """
    runs = attacked_subjects(obligation, "audited", limit, seen)
    needed = obligation.needed or 1
    if len(runs) < max(needed, obligation.runs):
        raise ValueError(f"{obligation.id}: members and hold-out must both be scored on the audited model")
    audited = sorted(runs, key=lambda run: run.low(run.best), reverse=True)[needed - 1]
    fact = MembershipFact(
        id=f"{obligation.id}#membership",
        target=obligation.target,
        artifact=obligation.artifact,
        at_fpr=limit.at_fpr,
        low=audited.low(audited.best),
        high=Fraction(1),
        alpha=obligation.alpha,
        same_lottery=True,  # as bound; `decide` takes it back where the blind baseline says otherwise
    )
    words = said(
        "fact.membership",
        fpr=limit.at_fpr,
        target=obligation.target,
        range=between(fact.low, fact.high),
        where=where(obligation),
    )
    if obligation.runs > 1:
        words = said("fact.in_runs", needed=needed, runs=obligation.runs, fact=words)
    power = None
    if obligation.effect is not None:
        clusters = audited.best.caught.clusters
        beyond = obligation.refute_at or limit.tpr_at_most
        found = runs_power(refuting_power(clusters, beyond, obligation.effect, audited.share), obligation.runs, needed)
        power = found if audited.supported else 0.0
    beside = {role: attack(obligation, role, limit, seen) for role in LABEL} | {"audited": audited}
    return Measured(
        obligation=obligation.id,
        facts=(fact,),
        stated=state(obligation, (fact,), (words,), seen.objects),
        intervals=tuple(found.interval(role) for role, found in beside.items() if found is not None),
        limit_at=float(limit.tpr_at_most),
        effect=as_float(obligation.effect),
        realised_power=power,
        words=_told(audited, limit) if obligation.runs == 1 else _each_run(runs, audited, needed),
    )


def _each_run(runs: Sequence[Attacked], audited: Attacked, needed: int) -> Said:
    caught = of_each([run.best.caught for run in runs])
    return said("found.members_in_runs", runs=len(runs), caught=caught, needed=needed, low=audited.low(audited.best))


def _told(audited: Attacked, limit: MembershipBound) -> Said:
    if not audited.supported:
        needed = samples_for_zero_failures(limit.at_fpr, audited.share)
        if needed is None:
            return said("found.no_support", items=audited.holdout, fpr=limit.at_fpr)
        return said("found.little_support", items=audited.holdout, fpr=limit.at_fpr, needed=needed)
    best = audited.best
    area = max(one.auc for one in audited.results)
    return said("found.members", attack=best.attack, k=best.caught.k, n=best.caught.n, auc=area)


def _one_per_cluster(table: Table) -> Table:
    """The first row of each cluster."""
    first = {cluster: row for row, cluster in reversed(list(enumerate(table.column("cluster"))))}
    keep = sorted(first.values())
    return Table(table.kind, tuple((name, tuple(values[row] for row in keep)) for name, values in table.columns))
