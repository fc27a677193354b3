"""From what a run measured and concluded to its report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version

from ..evidence.canonical import EvidenceError, bytes_digest
from ..finding import Finding
from ..gpu.pairwise import SubsetTotals, subset_totals
from ..logic.axioms import AXIOMS
from ..plan.bound import Bindings
from ..plan.model import Obligation, Plan
from ..plan.units import RelearnUnit
from ..policy.clauses import Clause, Remove, Suppress
from ..policy.model import Policy
from ..report.build import build
from ..report.model import (
    Answers,
    AttackFamily,
    Axiom,
    Guardrail,
    Record,
    Redacted,
    Relearning,
    Report,
    Stated,
    ToldApart,
    Versions,
)
from ..rules.reading.clause import reading
from ..verdict.attacks import at_k, by_family
from ..verdict.decide import Exhibit
from ..verdict.facts import Seen, judge_for
from ..verdict.measured import LABEL, Judge, lower, reading_for, upper
from ..verdict.members import told_apart
from ..verdict.model import Interval, Verification
from ..verdict.relearned import beyond_control, grid_of, recovered
from ..verdict.stops import population_of
from ..verifiers.gap import gap as gap_between
from . import versions
from .cited import cited, uses
from .materials import REVEALING, Materials


def make_report(
    policy: Policy,
    plan: Plan,
    materials: Materials,
    verification: Verification,
    findings: tuple[Finding, ...],
    seen: Seen,
    exhibits: Sequence[Exhibit],
    ledger: str,
    written: Mapping[str, str] | None = None,
    apart: SubsetTotals = subset_totals,
) -> Report:
    """The report of a run. `ledger` is the digest of the ledger's content; no path, clock or host enters.

    `written`: each clause's lines in the policy file. `apart`: see `told_apart`.
    """
    clauses = {clause.id: clause for clause in policy.clauses}
    return build(
        policy=policy,
        written=written,
        plan=plan,
        verification=verification,
        findings=findings,
        sentences={clause.id: reading(clause, policy) for clause in policy.clauses},
        objects=seen.objects,
        ledger=ledger,
        versions=Versions(
            language=policy.unlearn_spec,
            tool=version("unlearn-spec"),
            axioms=versions.axioms(),
            code=versions.code(),
        ),
        axioms=tuple(Axiom(id=axiom.id, statement=axiom.sentence, status=axiom.status) for axiom in AXIOMS),
        records=_records(materials.bindings),
        statements=_statements(materials.bindings),
        relearning=tuple(
            one for exhibit in exhibits if _is_attack(exhibit) for one in _relearnings(exhibit, clauses, seen, plan.seed)
        ),
        guardrails=_guardrails(plan, clauses, seen),
        calibration=cited(uses(plan)),
        attacks=tuple(one for obligation in plan.obligations for one in _attacks(obligation, clauses, seen)),
        answers=tuple(one for obligation in plan.obligations for one in _answers(obligation, clauses, seen)),
        told_apart=tuple(one for obligation in plan.obligations for one in _told_apart(obligation, seen, plan.seed, apart)),
        revealed=tuple(one for exhibit in exhibits for one in _revealed(exhibit.obligation, clauses, seen, materials)),
    )


def _records(bound: Bindings) -> tuple[Record, ...]:
    return tuple(
        Record(
            id=found.record.id,
            kind=found.record.kind,
            signer=found.record.signer,
            signed_on=found.record.signed_on,
            digest=found.digest,
            key=_key(bound, found.record.signer),
        )
        for found in bound.records
    )


def _statements(bound: Bindings) -> tuple[Stated, ...]:
    return tuple(
        Stated(
            **found.statement.model_dump(include={"id", "kind", "signer", "name", "role", "signed_on", "text", "clauses", "expires"}),
            digest=found.digest,
            key=_key(bound, found.statement.signer),
        )
        for found in bound.statements
    )


def _key(bound: Bindings, signer: str) -> str | None:
    """Digest of the public key file that is bound for a signer; None where none is, which `plan` tells."""
    return bytes_digest(bound.keys[signer]) if signer in bound.keys else None


def _is_attack(exhibit: Exhibit) -> bool:
    return exhibit.obligation.verifier == "relearning"


def _relearnings(exhibit: Exhibit, clauses: Mapping[str, Clause], seen: Seen, seed: int) -> Iterator[Relearning]:
    """Every attack of a clause's grid, in the plan's order."""
    obligation = exhibit.obligation
    reading = reading_for(clauses[obligation.clause], obligation)
    unit = next(unit for key in obligation.audited if isinstance(unit := seen.units[key], RelearnUnit))
    grid = grid_of(obligation, reading, seen)
    for one, beyond in zip(grid.every, beyond_control(obligation, grid, seed=seed), strict=True):
        yield Relearning(
            clause=obligation.clause,
            artifact=obligation.artifact,
            steps=one.attack.steps,
            learning_rate=one.attack.learning_rate,
            on=unit.on,
            attacked=() if one.failed else grid.shown(one, obligation, "attacked"),
            held_out=() if one.failed else grid.shown(one, obligation),
            rank=unit.rank,
            seed=one.attack.seed,
            recovered=recovered(obligation, reading, one, seen),
            beyond_control=beyond,
            diverged_on=tuple(LABEL[role] for role in one.failed),
        )


def _guardrails(plan: Plan, clauses: Mapping[str, Clause], seen: Seen) -> tuple[Guardrail, ...]:
    """For each clause measured through a guarded system: the same questions to the bare weights."""
    found = []
    for gap in plan.gaps:
        obligation = next(o for o in plan.obligations if (o.clause, o.artifact) == (gap.clause, gap.artifact))
        judge = judge_for(obligation, clauses[gap.clause])
        sides = (("through the system", gap.guarded), ("bare weights", gap.bare))
        guarded, bare = (judge([seen.tables[key] for key in keys]) for _, keys in sides)
        found.append(
            Guardrail(
                clause=gap.clause,
                artifact=gap.artifact,
                intervals=tuple(_side(label, keys, obligation, judge, seen) for label, keys in sides),
                held_back=gap_between(guarded, bare).held_back,
            )
        )
    return tuple(found)


def _attacks(obligation: Obligation, clauses: Mapping[str, Clause], seen: Seen) -> Iterator[AttackFamily]:
    for one in by_family(obligation, clauses[obligation.clause], seen):
        yield AttackFamily(
            clause=obligation.clause,
            artifact=obligation.artifact,
            family=one.family,
            gives=one.gives,
            intervals=one.intervals,
        )


def _answers(obligation: Obligation, clauses: Mapping[str, Clause], seen: Seen) -> Iterator[Answers]:
    if obligation.logs:  # a log tells one answer an item
        return
    if intervals := at_k(obligation, clauses[obligation.clause], seen):
        yield Answers(clause=obligation.clause, artifact=obligation.artifact, intervals=intervals)


def _told_apart(obligation: Obligation, seen: Seen, seed: int, totals: SubsetTotals) -> Iterator[ToldApart]:
    if obligation.verifier == "membership":
        for one in told_apart(obligation, seen, seed=seed, totals=totals):
            yield ToldApart(
                clause=obligation.clause,
                artifact=obligation.artifact,
                model=LABEL[one.role],
                attack=one.attack,
                auc=one.auc,
                p_value=one.p_value,
            )


def _side(label: str, keys: Sequence[str], obligation: Obligation, judge: Judge, seen: Seen) -> Interval:
    outcomes = judge([seen.tables[key] for key in keys])
    return Interval(
        label=label,
        point=outcomes.share,
        low=float(lower((outcomes,), obligation.alpha, population_of(obligation))),
        high=float(upper((outcomes,), obligation.alpha, population_of(obligation))),
        hits=outcomes.k,
        n=outcomes.n,
        clusters=outcomes.cluster_count,
    )


def _revealed(
    obligation: Obligation, clauses: Mapping[str, Clause], seen: Seen, materials: Materials
) -> tuple[Redacted, ...]:
    """The target's items that the audited model revealed, in any of its runs, by keyed digest and length."""
    clause = clauses[obligation.clause]
    if obligation.verifier not in REVEALING or not isinstance(clause, Suppress | Remove):
        return ()
    runs = seen.outcomes(obligation, "audited", judge_for(obligation, clause))
    roster = {name: one for key in obligation.audited for name, one in materials.roster(seen.units[key].data).items()}
    hits = list(dict.fromkeys(item for run in runs for item, hit in zip(run.items, run.hits, strict=True) if hit))
    if strangers := [item for item in hits if item not in roster]:
        raise EvidenceError(f"{obligation.id}: {len(strangers)} of the items measured are not among those that were bound")
    named = [roster[item] for item in hits]
    return tuple(Redacted(obligation=obligation.id, item=one.digest, length=one.length) for one in named)
