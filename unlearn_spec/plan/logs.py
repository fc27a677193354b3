"""Clauses whose models are known by logs of somebody else's evaluation alone: which of them such a log can speak of."""

from __future__ import annotations

from ..policy.clauses import RateClause
from ..verifiers.metrics.rouge import is_latin
from ..wording.said import Said, said
from .case import Case, LackingError, Sample
from .units import LoggedUnit, Reading, SubjectRef, Unit


def need_model(case: Case, what: Said) -> None:
    """Raises `LackingError` where a log is all that is bound."""
    if case.audited().log is not None:
        raise LackingError("not_testable", said("lack.log", what=what), said("need.model_itself"))


def need_logged(case: Case, clause: RateClause, reading: Reading, sample: Sample) -> None:
    """Raises `LackingError` unless the log's own score is the reading that the clause registers: nothing near it counts."""
    subject = case.audited()
    column = dict(subject.sets).get(clause.target)
    if column is None:
        raise LackingError(
            "not_tested", said("lack.log_scores", artifact=case.artifact, target=clause.target),
            said("need.log_scores", artifact=case.artifact, target=clause.target),
        )  # fmt: skip
    if subject.log == "openunlearning":
        fits = (reading.metric, reading.normalisation, reading.decoding) == ("rouge_l", "rouge_score", "greedy")
        wanted = said("need.log_rouge")
    else:
        fits = (reading.metric, reading.options, reading.judge) == ("multiple_choice", "task", column)
        wanted = said("need.log_task", column=column)
    if not fits:
        raise LackingError(
            "not_testable", said("lack.log_other", column=column), wanted
        )
    if case.access() == "product" or clause.scope.asked != "direct" or case.evidence.suite is not None:
        raise LackingError(
            "not_testable",
            said("lack.log_bare"),
            said("need.log_bare"),
        )
    if sample.population == "wider":
        raise LackingError("not_testable", said("lack.log_listed"), said("need.log_listed"))


def need_latin(reading: Reading, sample: Sample) -> None:
    """Raises `LackingError` where rouge_score reads no words in what it compares: a perfect copy would score 0."""
    unread = sum(not is_latin(item.secret) for item in sample.items) if reading.normalisation == "rouge_score" else 0
    if unread:
        raise LackingError(
            "not_testable",
            said("lack.latin", k=unread, n=len(sample.items)),
            said("need.latin"),
        )


def from_log(case: Case, reading: Reading, sample: Sample, subject: SubjectRef) -> tuple[Unit, ...]:
    """What a log says of the items, as a unit."""
    column = dict(case.bindings.subject(subject).sets)[sample.ref.name]
    return (LoggedUnit(subject=subject, data=sample.ref, reading=reading, column=column),)
