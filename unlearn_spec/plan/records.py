"""Clauses that a signed record decides: which of the bound records speaks of them."""

from __future__ import annotations

from fractions import Fraction

from ..policy.clauses import Govern
from ..wording.said import Said, said, sentences
from .case import Case, Draft, LackingError
from .model import Cost, Obligation
from .record_check import refusal
from .record_file import Record


def plan_records(case: Case) -> tuple[Draft, ...]:
    """One obligation for each record that carries the clause on the artifact. Raises `LackingError` if none does."""
    found = tuple(read for read in case.bindings.records if _speaks(case, read.record))
    refused = {
        read.record.id: why
        for read in found
        if (why := refusal(read, case.clause, case.artifact, case.policy, case.bindings)) is not None
    }
    if found and len(refused) == len(found):
        raise LackingError(
            "not_tested", sentences(*refused.values()), said("need.sound_record")
        )
    if not found:
        raise LackingError("not_testable" if isinstance(case.clause, Govern) else "not_tested", *_none_speaks(case))
    return tuple(Draft(_obligation(case, read.record)) for read in found if read.record.id not in refused)


def _none_speaks(case: Case) -> tuple[Said, Said]:
    kind, artifact, record = case.evidence.kind, case.artifact, case.evidence.record
    lack = said(f"lack.record_on.{kind}", artifact=artifact) if artifact else said(f"lack.record.{kind}")
    needs = said(
        f"need.record.{kind}",
        named=said("part.record_id", record=record) if record else "",
        clause=case.clause.id,
        place=said("part.and_artifact", artifact=artifact) if artifact else "",
    )
    return lack, needs


def _speaks(case: Case, record: Record) -> bool:
    statement = record.statement
    return (
        record.kind == case.evidence.kind
        and case.evidence.record in (None, record.id)
        and case.clause.id in statement.clauses
        and (not case.artifact or case.artifact in statement.artifacts)
    )


def _obligation(case: Case, record: Record) -> Obligation:
    return Obligation(
        id=case.id,
        clause=case.clause.id,
        artifact=case.artifact,
        verifier="record",
        target=getattr(case.clause, "target", None) or "",
        access="product",
        asked="",
        reading=None,
        n=0,
        clusters=0,
        alpha=Fraction(0),
        decide="certify",
        limit="",
        effect=None,
        power=None,
        audited=(),
        controls=(),
        cost=Cost(),
        record=record.id,
    )
