"""L001–L020: notes for counsel, from the provisions that a policy cites. Severity info: they block and conclude nothing.

A note is printed where a policy cites an instrument and its words leave open what the instrument speaks of. What it says is
data (`spec/legal`), dated and with its source; here is only *when*. Nothing here asks the solver.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from ...finding import Finding
from ...policy.load import Document
from . import california, copyright, evidence, gdpr, orders
from .case import Case

Rule = Callable[[Case], Iterator[Finding]]

RULES: Final[tuple[Rule, ...]] = (
    gdpr.suppression_for_erasure,
    gdpr.anonymity_two_prongs,
    gdpr.one_month_clock,
    gdpr.recipients_not_told,
    gdpr.exceptions_not_considered,
    gdpr.rectify_not_hide,
    california.deletion_duties,
    california.models_hold_information,
    orders.work_product,
    copyright.similarity_not_computed,
    copyright.style_not_protected,
    copyright.notice_and_models,
    copyright.weights_as_copies,
    copyright.code_of_practice,
    orders.destruction_ordered,
    orders.preservation_first,
    evidence.personal_data,
    evidence.unlawful_material,
    gdpr.deployer_assessment,
    gdpr.person_not_told,
)
"""In the order of the codes: L001 … L020."""


def legal_findings(document: Document) -> tuple[Finding, ...]:
    """Every L note, code by code."""
    case = Case(document)
    return tuple(finding for rule in RULES for finding in rule(case))
