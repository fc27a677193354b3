"""The plan: for every clause on every artifact what will be measured, or what is missing. Pure, given loaded bindings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from types import MappingProxyType

from ..evidence.canonical import bytes_digest
from ..logic.idle import idle
from ..logic.process import one_run_rules
from ..policy.clauses import Clause, Govern, Rectify, Refuse, Remove, Retain, Suppress
from ..policy.evidence import Evidence
from ..policy.load import Document
from ..policy.model import Policy
from ..wording.said import Said, said
from .allocation import allocated_alpha, tested_artifacts
from .bound import Bindings
from .case import Case, Draft, LackingError
from .model import Missing, Obligation, Plan
from .notes import notes
from .rates import plan_rate
from .reach import within_reach
from .records import plan_records
from .removal import plan_removal
from .units import Unit, planned


def make_plan(document: Document, bindings: Bindings, rejected: Mapping[str, tuple[str, ...]] = MappingProxyType({})) -> Plan:
    """Everything that a verification will measure and decide on, fixed before anything is measured.

    `rejected`: clauses that the checker found in error, with the codes; they are not tested. Equal arguments give equal
    plans.
    """
    drafts: list[Draft] = []
    missing: list[Missing] = []
    alphas = allocated_alpha(document.policy)
    for clause in document.policy.clauses:
        for artifact in tested_artifacts(document.policy, clause) or ("",):
            try:
                if clause.id in rejected:
                    raise LackingError(
                        "rejected", said("lack.rejected", codes=rejected[clause.id]), said("need.rejected")
                    )
                drafts += _numbered(_drafts(document.policy, bindings, clause, artifact, alphas.get(clause.id)))
            except LackingError as lack:
                missing.append(
                    Missing(
                        clause=clause.id,
                        artifact=artifact,
                        outcome=lack.outcome,
                        reason=str(lack.reason),
                        needs=str(lack.needs),
                        reason_said=lack.reason,
                        needs_said=lack.needs,
                    )
                )
    units: list[Unit] = [unit for draft in drafts for unit in draft.units]
    obligations = tuple(draft.obligation for draft in drafts)
    error = sum((obligation.alpha for obligation in obligations), Fraction(0))
    error += sum((rule.error for rule in one_run_rules(document.policy).values()), Fraction(0))
    return Plan(
        policy=bytes_digest(document.source.text.encode()),
        bindings=bindings.digest,
        confidence=1 - error,
        seed=bindings.seed,
        units=planned(units),
        obligations=obligations,
        missing=tuple(missing),
        gaps=tuple(draft.gap for draft in drafts if draft.gap is not None),
        notes=notes(document.policy, bindings, obligations),
    )


def _drafts(
    policy: Policy, bindings: Bindings, clause: Clause, artifact: str, alpha: Fraction | None
) -> tuple[Draft, ...]:
    if clause.evidence is None:
        if isinstance(clause, Govern):
            raise LackingError(
                "not_testable",
                said("lack.use"),
                said("need.use"),
            )
        raise LackingError("not_tested", said("lack.evidence"), _evidence_for(clause))
    case = Case(policy, bindings, clause, artifact, clause.evidence, alpha)
    if clause.evidence.kind != "test":
        return plan_records(case)
    return (_honest(case, within_reach(_tested(case, clause, clause.evidence))),)


def _honest(case: Case, draft: Draft) -> Draft:
    """The draft without power where no outcome of the test could refute its clause; `notes` says why."""
    planned = draft.obligation
    if planned.power is None or not idle(case.policy, case.clause, case.artifact):
        return draft
    return replace(draft, obligation=planned.model_copy(update={"power": 0.0, "enough": None}))


def _tested(case: Case, clause: Clause, evidence: Evidence) -> Draft:
    match clause:
        case Suppress() | Refuse() | Retain():
            return plan_rate(case, clause)
        case Remove():
            return plan_removal(case, clause)
        case Rectify():
            raise LackingError(
                "not_testable",
                said("lack.correction"),
                said("need.correction"),
            )
        case _:
            raise LackingError(
                "not_testable",
                said("lack.act", goal=clause.goal),
                said("need.act"),
            )


def _evidence_for(clause: Clause) -> Said:
    """What evidence could decide a clause that declares none."""
    if isinstance(clause, Suppress | Refuse | Retain):
        access = said("part.through", access=clause.scope.access) if clause.scope.access is not None else ""
        return said("need.evidence_test", through=access)
    return said("need.evidence_removal" if isinstance(clause, Remove) else "need.evidence_act")


def _numbered(drafts: tuple[Draft, ...]) -> Iterator[Draft]:
    """Ids that differ: `/1`, `/2`, … where a clause has several obligations on one artifact."""
    if len(drafts) == 1:
        yield from drafts
        return
    for number, draft in enumerate(drafts, start=1):
        obligation: Obligation = draft.obligation.model_copy(update={"id": f"{draft.obligation.id}/{number}"})
        yield Draft(obligation, draft.units, draft.gap)
