"""Clauses that a signed record decides: which of the bound records speaks of them."""

from __future__ import annotations

from fractions import Fraction

from ..policy.model import Govern
from .case import Case, Draft, LackingError
from .model import Cost, Obligation
from .record_check import refusal
from .record_file import Record

_WORDS = {"procedure": "record of a procedure", "certificate": "certificate", "attestation": "attestation"}


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
            "not_tested", " ".join(refused.values()), "A record without this defect, signed again, would decide it."
        )
    if not found:
        kind, named = _WORDS[case.evidence.kind], f" with the id `{case.evidence.record}`" if case.evidence.record else ""
        place = f" and the artifact `{case.artifact}`" if case.artifact else ""
        raise LackingError(
            "not_testable" if isinstance(case.clause, Govern) else "not_tested",
            f"No bound {kind} speaks of this clause{f' on `{case.artifact}`' if case.artifact else ''}.",
            f"A signed {kind}{named} that names the clause `{case.clause.id}`{place}, under `records`.",
        )
    return tuple(Draft(_obligation(case, read.record)) for read in found if read.record.id not in refused)


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
