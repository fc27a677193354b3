"""T001–T008: can the declared evidence decide the clause at all?

Arithmetic and vocabulary only: nothing here asks the solver.
"""

from __future__ import annotations

from ...finding import Finding
from ...policy.load import Document
from .access import access_too_weak
from .budget import evidence_over_budget
from .certify import cannot_certify
from .evidence import absence_not_provable, no_evidence
from .items import not_enough_items
from .refute import cannot_refute
from .underpowered import underpowered


def testability_findings(document: Document) -> tuple[Finding, ...]:
    """Every T finding, code by code, in the order of the clauses."""
    rules = (
        cannot_certify,
        cannot_refute,
        underpowered,
        not_enough_items,
        access_too_weak,
        no_evidence,
        evidence_over_budget,
        absence_not_provable,
    )
    return _one_root([finding for rule in rules for finding in rule(document)])


def _one_root(found: list[Finding]) -> tuple[Finding, ...]:
    """A test that cannot decide its clause at all need not be told that it seldom does."""
    broken = {finding.clauses for finding in found if finding.severity == "error"}
    return tuple(finding for finding in found if finding.code != "T003" or finding.clauses not in broken)
