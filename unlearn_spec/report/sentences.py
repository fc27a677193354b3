"""The conclusion of each clause: one closed template per outcome and kind of clause.

Removal is concluded in negative form, output limits in bounded positive form, process clauses in attested form,
use clauses as governance. Removal is never concluded from tests. The confidence of the run is stated of what it is the
confidence of: that the limit is kept or broken, which is what the registered facts entail.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

from ..policy.vocabulary import GoalKind, Metric
from ..verdict.model import ClauseVerdict, Interval, Outcome
from .wording import access_phrase, asked_phrase, condition_words, count, percent, quote, stopped

Kind = Literal["rate", "removal", "process", "use"]
KIND: Final[dict[GoalKind, Kind]] = {
    "suppress": "rate",
    "refuse": "rate",
    "retain": "rate",
    "rectify": "rate",
    "remove": "removal",
    "delete": "process",
    "keep": "process",
    "exclude_future": "process",
    "de_index": "process",
    "destroy": "process",
    "finish": "process",
    "ban": "process",
    "govern": "use",
}

Bound = Literal["at_most", "at_least", "fall"]
"""How the limit bounds the quantity; `fall` is how much less is known than before, bounded from above."""

FALL: Final = "fall since before"
"""Label of an interval that is a difference to the original."""


@dataclass(frozen=True)
class Case:
    """What a conclusion is drawn from."""

    goal: GoalKind
    target: str | None
    bound: Bound | None
    attested: bool
    """The clause is decided by a signed record."""
    wider: bool
    """The items stand for a wider population than the listed set."""
    verdict: ClauseVerdict
    confidence: Fraction
    """Of the whole run, in [0, 1]."""
    metric: Metric | None = None
    """What an answer is read for."""


def conclude(case: Case) -> str:
    """What the run may say about one clause on one artifact, presumptions named."""
    verdict = case.verdict
    if verdict.outcome in _UNDECIDED:
        said = f"{_UNDECIDED[verdict.outcome]} {stopped(verdict.reason)}"
        return f"{said} {_GOVERNANCE}" if KIND[case.goal] == "use" else said
    said = _TEMPLATE[KIND[case.goal]](case)
    if verdict.conditional_on:
        said += " " + stopped("Conditional on " + "; ".join(map(condition_words, verdict.conditional_on)))
    return said


def decisive(verdict: ClauseVerdict) -> Interval | None:
    """The interval that the limit speaks of: the fall since before, or the audited subject's value."""
    by_label = {interval.label: interval for interval in reversed(verdict.intervals)}
    return by_label.get(FALL) or by_label.get("audited")


_UNDECIDED: Final[dict[Outcome, str]] = {
    "inconclusive": "The evidence does not decide this clause.",
    "not_tested": "This clause was not tested.",
    "not_testable": "This clause cannot be tested as things stand.",
    "rejected": "The checker rejects this clause, so no evidence was weighed against it.",
}
_DECLARED: Final = "declared prompts, decoding and interface"
_GOVERNANCE: Final = "No test of a model or a system decides how its answers are used."


def _rate(case: Case) -> str:
    verdict = case.verdict
    what, where, limit = _quantity(case), _where(verdict), _limit(verdict)
    confidence = f"with {percent(case.confidence, 'down')} confidence for the run as a whole"
    if verdict.outcome == "supported":
        population = "wider population, prompts, decoding and interface declared" if case.wider else _DECLARED
        return f"For the {population}{where}, {what} keeps the limit{limit}, {confidence}.{_measured(verdict)}"
    if verdict.outcome == "not_falsified":
        return (
            f"The registered tests{where}{_power(verdict)} did not find that {what} breaks the limit{limit}."
            f"{_measured(verdict)} Other prompts, attacks or a larger sample may find it."
        )
    measured = _measured(verdict) or f" {stopped(verdict.reason)}"
    return f"{_capital(what)}{where} breaks the limit{limit}, {confidence}.{measured}"


def _removal(case: Case) -> str:
    verdict = case.verdict
    of, artifact, where, limit = quote(case.target or ""), _artifact(case), _where(verdict), _limit(verdict)
    if verdict.outcome == "supported":
        return (
            f"The process record for {artifact} was examined and is consistent with the declared procedure for {of}"
            f"{f', limit{limit}' if limit else ''}. This conclusion stands on the record, not on tests: tests cannot "
            "establish that no influence remains."
        )
    if verdict.outcome == "not_falsified":
        return (
            f"We ran the registered tests as described{where}{_power(verdict).rstrip(',')}. "
            "Nothing came to our attention that indicates residual influence of the listed items of "
            f"{of} in {artifact}{f' beyond the limit{limit}' if limit else ''}. "
            "These tests cannot establish that no influence remains."
        )
    beyond = f"The evidence shows influence of {of} in {artifact} beyond the limit{limit}{where}."
    return f"{beyond} {stopped(verdict.reason)}"


def _process(case: Case) -> str:
    verdict = case.verdict
    duty = _duty(case) + (f" ({verdict.limit})" if verdict.limit else "")
    if verdict.outcome == "supported" and case.attested:
        return (
            f"A signed record attests the duty {duty}. Its form, signature, coverage and dates were checked; the act "
            "itself was not observed."
        )
    if verdict.outcome == "supported":
        return f"The evidence examined is consistent with the duty {duty}."
    if verdict.outcome == "not_falsified":
        return f"The examination found nothing that speaks against the duty {duty}. It does not confirm it."
    return f"The evidence contradicts the duty {duty}. {stopped(verdict.reason)}"


def _use(case: Case) -> str:
    if case.verdict.outcome == "supported":
        return (
            f"Not technically testable. {_GOVERNANCE} The governance evidence listed was examined and is consistent "
            "with the measures declared."
        )
    if case.verdict.outcome == "not_falsified":
        return f"Not technically testable. {_GOVERNANCE} Nothing in the governance evidence listed speaks against it."
    return f"The governance evidence contradicts the measures declared. {stopped(case.verdict.reason)}"


_TEMPLATE: Final = {"rate": _rate, "removal": _removal, "process": _process, "use": _use}


def _quantity(case: Case) -> str:
    of, by = quote(case.target or ""), _artifact(case)
    if case.goal == "refuse":
        return f"the share of askings about {of} that {by} answers with a marked refusal"
    if case.metric in _MARKER:
        share = f"the share of {of} that {by} answers {_MARKER[case.metric]}, rightly or not,"
        return f"the fall, since before, of {share}" if case.bound == "fall" else share
    if case.goal == "retain" and case.bound == "fall":
        return f"the fall, since before, of the share of {of} that {by} answers rightly"
    if case.goal == "retain":
        return f"the share of {of} that {by} answers rightly"
    if case.goal == "rectify":
        return f"the rate at which {by} gives the corrected and the old statement on {of}"
    return f"the rate at which {by} reveals {of}"


_MARKER: Final = {"refusal": "with a refusal marker", "not_refusal": "without a refusal marker"}


def _duty(case: Case) -> str:
    of, at = quote(case.target or ""), _artifact(case)
    return {
        "delete": f"to delete {of} from {at}",
        "keep": f"to keep {of} in {at}",
        "exclude_future": f"to leave {of} out of further training of {at}",
        "de_index": f"to take {of} out of what {at} serves",
        "destroy": f"to destroy {at}",
        "finish": f"to finish the work on {at} in time",
        "ban": f"not to use the banned methods on {at}",
    }[case.goal]


def _artifact(case: Case) -> str:
    return quote(case.verdict.artifact) if case.verdict.artifact else "the artifacts in scope"


def _where(verdict: ClauseVerdict) -> str:
    phrases = [
        *([access_phrase(verdict.access)] if verdict.access else []),
        *([asked_phrase(verdict.asked)] if verdict.asked else []),
    ]
    return f" ({', '.join(phrases)})" if phrases else ""


def _limit(verdict: ClauseVerdict) -> str:
    return f" ({verdict.limit})" if verdict.limit else ""


def _power(verdict: ClauseVerdict) -> str:
    if verdict.effect is None or verdict.realised_power is None:
        return ""
    return (
        f", which would find an effect of {percent(verdict.effect)} with a probability of at least "
        f"{percent(verdict.realised_power, 'down')},"
    )


def _measured(verdict: ClauseVerdict) -> str:
    """` Measured: 12 of 20, 60%.`, or nothing."""
    interval = decisive(verdict)
    if interval is None:
        return ""
    counted = f"{count(interval.hits)} of {count(interval.n)}, " if interval.hits is not None and interval.n else ""
    fall = "a fall of " if interval.label == FALL else ""
    return f" Measured: {counted}{fall}{percent(interval.point)}."


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
