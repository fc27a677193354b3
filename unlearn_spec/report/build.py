"""From what a run knows to the report. Pure: no clock, no file, no environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import PureWindowsPath

from ..finding import Finding, Fix, Span
from ..plan.model import Note, Obligation, Plan
from ..plan.units import DataRef, InspectUnit, QuantizeUnit, SubjectRef, Unit
from ..policy.clauses import AtLeast, Ban, Clause, Destroy, Finish, Refuse, Retain, Suppress
from ..policy.model import Policy
from ..verdict.model import WORST_FIRST, ClauseVerdict, Verification
from ..wording.language import words
from ..wording.said import Part, Said, said
from .cases import case
from .coverage import not_covered
from .model import (
    Answers,
    Artifact,
    Assumption,
    AttackFamily,
    Axiom,
    Calibrated,
    ClauseEntry,
    EvidenceObject,
    Guardrail,
    InformationSet,
    Integrity,
    PolicyHeader,
    Record,
    Redacted,
    RegisteredTest,
    Relearning,
    Report,
    ReportError,
    Result,
    Stated,
    ToldApart,
    Validity,
    Versions,
)
from .sentences import KIND, Bound, conclude, condition
from .standing import outside, retest
from .wording import percent


def build(
    *,
    policy: Policy,
    plan: Plan,
    verification: Verification,
    findings: tuple[Finding, ...],
    sentences: Mapping[str, Part],
    objects: Mapping[str, str],
    ledger: str,
    versions: Versions,
    axioms: tuple[Axiom, ...] = (),
    records: tuple[Record, ...] = (),
    relearning: tuple[Relearning, ...] = (),
    guardrails: tuple[Guardrail, ...] = (),
    revealed: tuple[Redacted, ...] = (),
    statements: tuple[Stated, ...] = (),
    written: Mapping[str, str] | None = None,
    calibration: tuple[Calibrated, ...] = (),
    attacks: tuple[AttackFamily, ...] = (),
    answers: tuple[Answers, ...] = (),
    told_apart: tuple[ToldApart, ...] = (),
) -> Report:
    """The report of one run.

    `sentences`: clause id → the clause as one plain sentence, by name where it has one. `objects`: unit key → digest of its
    evidence object, for every unit that was measured. `ledger`: digest of the ledger's content.
    `written`: clause id → its lines in the policy file. Paths in findings are cut to the file name.
    Raises `ReportError` if a clause has no sentence or a verdict names an undeclared clause.
    """
    clauses = tuple(_entry(clause, sentences, written or {}) for clause in policy.clauses)
    order = {clause.id: place for place, clause in enumerate(clauses)}
    by_id = {clause.id: clause for clause in clauses}
    units = {planned.key: planned.unit for planned in plan.units}
    tests = {o.id: _test(o, tuple(units[key] for key in o.audited if key in units)) for o in plan.obligations}
    for verdict in verification.verdicts:
        if verdict.clause not in order:
            raise ReportError(f"a verdict names the clause {verdict.clause!r}, which the policy does not have")
    verdicts = sorted(verification.verdicts, key=lambda v: (order[v.clause], v.artifact, v.obligation or ""))
    return Report(
        policy=_header(policy),
        versions=versions,
        overall=verification.overall,
        subjects=_subjects(plan),
        information=_information(policy, plan),
        clauses=clauses,
        results=tuple(
            Result(
                verdict=v,
                conclusion=conclude(case(by_id[v.clause], v, tests.get(v.obligation or ""), verification.confidence)),
            )
            for v in verdicts
        ),
        not_covered=not_covered(policy, plan, verification),
        facts=tuple(sorted(verification.facts, key=lambda fact: fact.id)),
        tests=tuple(tests.values()),
        missing=plan.missing,
        relearning=relearning,
        guardrails=guardrails,
        revealed=tuple(sorted(revealed, key=lambda r: (r.obligation, r.item))),
        evidence=_evidence(plan, objects),
        records=tuple(sorted(records, key=lambda record: record.id)),
        findings=tuple(_without_folders(finding) for finding in findings),
        assumptions=_assumptions(verdicts),
        axioms=axioms,
        validity=Validity(
            confidence=verification.confidence,
            error=1 - verification.confidence,
            seed=plan.seed,
            facts=len(verification.facts),
        ),
        integrity=Integrity(policy=plan.policy, bindings=plan.bindings, ledger=ledger),
        statements=tuple(sorted(statements, key=lambda one: one.id)),
        artifacts=_artifacts(policy, verification),
        outside=outside(policy, plan, verification),
        retest=retest(plan, records, verification),
        calibration=calibration,
        notes=tuple(map(_note, plan.notes)),
        attacks=attacks,
        answers=answers,
        told_apart=told_apart,
    )


def _note(note: Note) -> Said:
    if note.told is not None:
        return note.told
    match note.kind:
        case "repeated":
            return said("note.repeated", items=note.items, set=note.about[0])
        case "both_sides":
            return said("note.both_sides", items=note.items, go=note.about[0], stay=note.about[1])
        case _:
            return said(f"note.{note.kind}", clause=note.about[0], chance=percent(note.share or 0))


def _header(policy: Policy) -> PolicyHeader:
    header = policy.policy
    return PolicyHeader(
        id=header.id,
        title=header.title,
        version=header.version,
        status=header.status,
        owner=header.owner,
        purpose=header.purpose,
        basis=header.basis,
        parties=policy.parties,
    )


def _entry(clause: Clause, sentences: Mapping[str, Part], written: Mapping[str, str]) -> ClauseEntry:
    if clause.id not in sentences:
        raise ReportError(f"the clause {clause.id!r} has no sentence")
    read = sentences[clause.id]
    return ClauseEntry(
        id=clause.id,
        goal=clause.goal,
        kind=KIND[clause.goal],
        strength=clause.strength,
        target=None if isinstance(clause, Destroy | Finish | Ban) else clause.target,
        sentence=str(read),
        bound=_bound(clause),
        evidence=clause.evidence.kind if clause.evidence else None,
        written=written.get(clause.id, ""),
        note=clause.note,
        sentence_said=read if isinstance(read, Said) else None,
    )


def _artifacts(policy: Policy, verification: Verification) -> tuple[Artifact, ...]:
    return tuple(
        Artifact(
            name=name,
            kind=artifact.kind,
            derived_from=artifact.derived_from,
            trained_on=artifact.trained_on,
            holds=artifact.holds,
            serves_from=artifact.serves_from,
            seen_by=tuple(artifact.seen_by.items()),
            examined=tuple(
                outcome
                for outcome in WORST_FIRST
                if any((v.artifact, v.outcome) == (name, outcome) for v in verification.verdicts)
            ),
        )
        for name, artifact in policy.artifacts.items()
    )


def _bound(clause: Clause) -> Bound | None:
    match clause:
        case Suppress():
            return "at_most"
        case Refuse() | Retain(limit=AtLeast()):
            return "at_least"
        case Retain():
            return "fall"
        case _:
            return None


def _subjects(plan: Plan) -> tuple[SubjectRef, ...]:
    roles = ("audited", "original", "reference")
    subjects = {planned.unit.subject for planned in plan.units}
    return tuple(
        sorted(subjects, key=lambda s: (roles.index(s.role), s.artifact, s.index, s.model, s.system or "", s.prompt))
    )


def _information(policy: Policy, plan: Plan) -> tuple[InformationSet, ...]:
    data: set[DataRef] = {planned.unit.data for planned in plan.units}
    data |= {unit.taught for planned in plan.units if isinstance(unit := planned.unit, InspectUnit) and unit.taught is not None}
    return tuple(
        InformationSet(
            name=name,
            kind=information.kind,
            size=information.size,
            unit=information.unit,
            manifest=information.manifest,
            data=tuple(
                sorted(
                    (d for d in data if d.name in (name, f"holdout:{name}", f"wider:{name}", f"included:{name}", f"excluded:{name}")),
                    key=lambda d: (d.name, d.digest, d.take or 0, d.seed),
                )
            ),
        )
        for name, information in policy.information.items()
    )


def _test(obligation: Obligation, audited: tuple[Unit, ...]) -> RegisteredTest:
    rounded = tuple(unit.format for unit in audited if isinstance(unit, QuantizeUnit))
    opened = tuple(unit for unit in audited if isinstance(unit, InspectUnit))
    return RegisteredTest(
        id=obligation.id,
        clause=obligation.clause,
        artifact=obligation.artifact,
        verifier=obligation.verifier,
        target=obligation.target,
        access=obligation.access,
        asked=obligation.asked,
        reading=obligation.reading,
        population=obligation.population,
        n=obligation.n,
        clusters=obligation.clusters,
        alpha=obligation.alpha,
        decide=obligation.decide,
        limit=obligation.limit,
        effect=obligation.effect,
        power=obligation.power,
        controls=tuple(control.gate for control in obligation.controls),
        record=obligation.record,
        power_to=obligation.power_to,
        enough=obligation.enough,
        looks=(*rounded, *(unit.view for unit in opened)),
        layers=tuple(sorted({layer for unit in opened for layer in unit.layers})),
        chance=obligation.chance,
        task=obligation.task,
        runs=obligation.runs,
        refuting=obligation.refuting,
        refuting_said=obligation.refuting_said,
    )


def _evidence(plan: Plan, objects: Mapping[str, str]) -> tuple[EvidenceObject, ...]:
    return tuple(
        EvidenceObject(
            unit=planned.key,
            kind=planned.unit.kind,
            role=planned.unit.subject.role,
            artifact=planned.unit.subject.artifact,
            index=planned.unit.subject.index,
            data=planned.unit.data.name,
            object=objects[planned.key],
        )
        for planned in sorted(plan.units, key=lambda planned: planned.key)
        if planned.key in objects
    )


def _without_folders(finding: Finding) -> Finding:
    def named(span: Span) -> Span:
        return replace(span, file=PureWindowsPath(span.file).name)

    def fixed(fix: Fix) -> Fix:
        return replace(fix, edits=tuple(replace(edit, span=named(edit.span)) for edit in fix.edits))

    return replace(finding, spans=tuple(map(named, finding.spans)), fixes=tuple(map(fixed, finding.fixes)))


def _assumptions(verdicts: list[ClauseVerdict]) -> tuple[Assumption, ...]:
    names = sorted({presumption for verdict in verdicts for presumption in verdict.conditional_on})
    return tuple(
        Assumption(
            words=condition(name, words("en")),
            clauses=tuple(dict.fromkeys(v.clause for v in verdicts if name in v.conditional_on)),
            name=name,
        )
        for name in names
    )
