"""K001–K019: what is known, as of a day, about methods, costs and attacks, held against what the policy asks.

Facts are no axioms: nothing here takes part in a proof, and a policy may say that it does not rely on one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from ..feasibility.base import families
from ..finding import Finding
from ..policy.load import Document
from ..policy.model import Override, as_of
from ..record import Record
from .feasibility_aims import (
    concept_by_data,
    names_over_blocked,
    refusal_points,
    removal_for_an_output_aim,
    side_effects_unwatched,
    suppression_for_an_erasure_aim,
    use_by_model,
)
from .feasibility_ceiling import method_ceiling
from .feasibility_evidence import average_or_greedy, one_proxy, others_untested, own_tests
from .feasibility_ground import Ground, Rule, Told
from .feasibility_methods import (
    exact_filter,
    guardrail_on_open_weights,
    many_requests,
    retraining_unpaid,
    supplied_in_context,
    two_versions,
    undone_by_tuning_or_compression,
)

RULES: Final[tuple[Rule, ...]] = (
    retraining_unpaid,
    removal_for_an_output_aim,
    suppression_for_an_erasure_aim,
    concept_by_data,
    use_by_model,
    one_proxy,
    undone_by_tuning_or_compression,
    side_effects_unwatched,
    supplied_in_context,
    many_requests,
    two_versions,
    others_untested,
    exact_filter,
    names_over_blocked,
    guardrail_on_open_weights,
    average_or_greedy,
    refusal_points,
    own_tests,
    method_ceiling,
)
"""K001 … K019, in this order."""


def facts_by_code() -> Mapping[str, tuple[str, ...]]:
    """The facts that a finding of each code may rest on."""
    return {
        "K001": ("retraining-is-costly",),
        "K002": ("removal-leaves-outputs",),
        "K003": ("suppression-leaves-influence",),
        "K004": ("concepts-have-no-list",),
        "K005": ("uses-are-not-outputs",),
        "K006": ("one-proxy",),
        "K007": ("relearning-recovers", "retained-data-recovers", "quantisation-recovers"),
        "K008": ("side-effects",),
        "K009": ("context-brings-back",),
        "K010": ("many-requests", "many-changes-drift"),
        "K011": ("two-versions-leak",),
        "K012": ("others-may-be-exposed",),
        "K013": ("exact-filters-are-evaded",),
        "K014": ("names-and-topics-over-block",),
        "K015": ("weights-have-no-guardrail",),
        "K016": ("greedy-looks-clean", "averages-hide-the-exposed"),
        "K017": ("refusals-point",),
        "K018": ("own-tests-are-gameable",),
        "K019": tuple(family.id for family in families()),
    }


class FeasibilityResult(Record):
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    """On facts that the policy does not rely on although nothing rests on them."""


def feasibility_findings(document: Document, today: date, in_conflict: Collection[str] = ()) -> FeasibilityResult:
    """Every finding that rests on a fact of the feasibility base; those whose facts the policy overrides are marked.

    `in_conflict` names clauses that a contradiction speaks of already.
    """
    ground = Ground(document, frozenset(in_conflict))
    every = [each for rule in RULES for each in rule(ground)]
    standing = tuple(entry for entry in document.policy.feasibility if as_of(entry, today))
    used = {name for each in every for name in each.facts}
    notes = tuple(
        f"not relying on {entry.fact} changes nothing here: no finding rests on it ({entry.by}, until {entry.until})"
        for entry in standing
        if entry.fact not in used
    )
    return FeasibilityResult(tuple(_marked(each, standing) for each in every), notes)


def _marked(each: Told, standing: Sequence[Override]) -> Finding:
    """The finding, overridden where the facts it cannot do without are."""
    entries = {entry.fact: entry for entry in reversed(standing)}
    overridden = [entries[name] for name in each.facts if name in entries]
    if not overridden or (not each.each_needed and len(overridden) < len(each.facts)):
        return each.finding
    return replace(each.finding, accepted="; ".join(_told(entry) for entry in overridden))


def _told(entry: Override) -> str:
    return f"overridden: does not rely on {entry.fact}: {entry.reason} ({entry.by}, until {entry.until})"
