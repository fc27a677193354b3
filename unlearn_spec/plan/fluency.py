"""In which answers collapse would show: a model that babbles or falls silent has not forgotten.

About the target a model without it may rightly be silent, so the question is put to items that are to be kept.
"""

from __future__ import annotations

from collections.abc import Callable

from ..policy.clauses import Retain
from .allocation import tested_artifacts
from .case import Case, Sample, reading_from
from .units import GenerateUnit, Reading, SubjectRef, Unit, answering

Ask = Callable[[SubjectRef], tuple[Unit, ...]]

_GENERATING = ("exact", "contains", "rouge_l", "refusal", "not_refusal")


def retained(case: Case) -> Ask | None:
    """Answers to the items of the first `retain` clause on this artifact whose data is bound and has prompts, as that
    clause asks for them; None if there is none, or if the case is such a clause itself."""
    if isinstance(case.clause, Retain):
        return None
    for clause in case.policy.clauses:
        if not isinstance(clause, Retain) or case.artifact not in tested_artifacts(case.policy, clause):
            continue
        found = case.bindings.data.get(clause.target)
        if found is None or not all(item.question for item in found.items):
            continue
        evidence, when, decoding = clause.evidence, clause.reveals_when, clause.scope.decoding
        wider = evidence is not None and evidence.population == "wider"
        take = None if evidence is None or wider else evidence.samples
        reading = Reading(metric="contains", decoding="greedy")
        if when is not None and decoding is not None and when.metric in _GENERATING:
            reading = reading_from(when, decoding)
        data, how, seed = found.ref(take, case.bindings.seed), answering(reading), case.bindings.seed
        return lambda subject: (GenerateUnit(subject=subject, data=data, reading=how, seed=seed),)
    return None


def own(case: Case, sample: Sample) -> Ask:
    """Greedy answers to the items under test themselves; no unit if one of them has no prompt."""
    if not all(item.question for item in sample.items):
        return lambda subject: ()
    how = answering(Reading(metric="contains", decoding="greedy"))
    seed = case.bindings.seed
    return lambda subject: (GenerateUnit(subject=subject, data=sample.ref, reading=how, seed=seed),)
