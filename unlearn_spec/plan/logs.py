"""Clauses whose models are known by logs of somebody else's evaluation alone: which of them such a log can speak of."""

from __future__ import annotations

from ..policy.model import Refuse, Retain, Suppress
from ..verifiers.metrics.rouge import is_latin
from .case import Case, LackingError, Sample
from .model import LoggedUnit, Reading, SubjectRef, Unit

_REREAD = "Bind the model itself under `artifacts`, and it is measured here."


def need_model(case: Case, what: str) -> None:
    """Raises `LackingError` where a log is all that is bound."""
    if case.audited().log is not None:
        raise LackingError("not_testable", f"A log of somebody else's evaluation is bound, and {what} cannot be read from it.", _REREAD)


def need_logged(case: Case, clause: Suppress | Refuse | Retain, reading: Reading, sample: Sample) -> None:
    """Raises `LackingError` unless the log's own score is the reading that the clause registers: nothing near it counts."""
    subject = case.audited()
    column = dict(subject.sets).get(clause.target)
    if column is None:
        raise LackingError(
            "not_tested", f"The log bound to `{case.artifact}` is not said to hold scores of `{clause.target}`.",
            f"Name its metric under `logs: {case.artifact}: sets: {clause.target}`, or bind the model itself.",
        )  # fmt: skip
    if subject.log == "openunlearning":
        fits = (reading.metric, reading.normalisation, reading.decoding) == ("rouge_l", "rouge_score", "greedy")
        wanted = "`reveals_when: {metric: rouge_l, at_least: …, normalisation: rouge_score}` and greedy decoding"
    else:
        fits = (reading.metric, reading.options, reading.judge) == ("multiple_choice", "task", column)
        wanted = f"`reveals_when: {{metric: multiple_choice, options: task, judge: {column}}}`"
    if not fits:
        raise LackingError(
            "not_testable", f"The log holds {column}, which is not what the clause counts.", f"{wanted}; or the model itself."
        )
    if case.access() == "product" or clause.scope.asked != "direct" or case.evidence.suite is not None:
        raise LackingError(
            "not_testable",
            "The log is of a bare model asked each item's own question; it says nothing of other wordings or of a product.",
            "`scope.asked: direct` and evidence through `api` or deeper; or the model itself.",
        )
    if sample.population == "wider":
        raise LackingError("not_testable", "The log speaks of the listed items.", "`population: these_items`; or the model itself.")


def need_latin(reading: Reading, sample: Sample) -> None:
    """Raises `LackingError` where rouge_score reads no words in what it compares: a perfect copy would score 0."""
    unread = sum(not is_latin(item.secret) for item in sample.items) if reading.normalisation == "rouge_score" else 0
    if unread:
        raise LackingError(
            "not_testable",
            f"{unread} of {len(sample.items)} items are written in letters that rouge_score leaves out.",
            "Another `reveals_when.normalisation`: casefold_nfkc_space reads every script.",
        )


def from_log(case: Case, reading: Reading, sample: Sample, subject: SubjectRef) -> tuple[Unit, ...]:
    """What a log says of the items, as a unit."""
    column = dict(case.bindings.subject(subject).sets)[sample.ref.name]
    return (LoggedUnit(subject=subject, data=sample.ref, reading=reading, column=column),)
