"""The conclusion of each clause: one closed template per outcome and kind of clause.

Removal is concluded in negative form, output limits in bounded positive form, process clauses in attested form,
use clauses as governance. Removal is never concluded from tests. The confidence of the run is stated of what it is the
confidence of: that the limit is kept or broken, which is what the registered facts entail. The wording is in the
catalogues, under `conclusion`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

from ..policy.vocabulary import GoalKind, Metric
from ..verdict.model import ClauseVerdict, Interval, Outcome
from ..wording.language import Words, words
from .wording import quote, stopped

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

UNDECIDED: Final[tuple[Outcome, ...]] = ("inconclusive", "not_tested", "not_testable", "rejected")


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


def conclude(case: Case, say: Words | None = None) -> str:
    """What the run may say about one clause on one artifact, presumptions named; in English if no language is given."""
    say = say or words("en")
    verdict = case.verdict
    if verdict.outcome in UNDECIDED:
        said = f"{say(f'conclusion.undecided.{verdict.outcome}')} {_reason(verdict, say)}"
        return f"{said} {say('conclusion.governance')}" if KIND[case.goal] == "use" else said
    said = _TEMPLATE[KIND[case.goal]](case, say)
    if verdict.conditional_on:
        conditions = say.sentences["names.semicolon"].join(condition(name, say) for name in verdict.conditional_on)
        said += " " + stopped(say("conclusion.conditional", conditions=conditions))
    return said


def condition(name: str, say: Words) -> str:
    """What a verdict is conditional on, by what it is: a signer's word, an assumption of the theory, or a declared fact."""
    if name.startswith("signer "):
        return say("condition.signer", signer=name.removeprefix("signer "))
    if name.startswith("log "):
        return say("condition.log", digest=name.removeprefix("log ")[:19] + "…")
    if _AXIOM.fullmatch(name):
        return say("condition.axiom", axiom=name)
    return say("condition.declared", fact=name)


_AXIOM: Final = re.compile(r"[A-Z]+[0-9]+")


def unsaid(reason: str, conclusion: str) -> tuple[str, ...]:
    """The reason as a sentence, where the conclusion does not hold it already."""
    return (stopped(reason),) if reason and stopped(reason) not in conclusion else ()


def decisive(verdict: ClauseVerdict) -> Interval | None:
    """The interval that the limit speaks of: the fall since before, or the audited subject's value."""
    by_label = {interval.label: interval for interval in reversed(verdict.intervals)}
    return by_label.get(FALL) or by_label.get("audited")


def limit_words(limit: str, say: Words) -> str:
    """A limit as the plan words it, in this language where its form is known, as it is where it is not."""
    for pattern, key in _LIMITS:
        match = pattern.fullmatch(limit)
        if match:
            return say(f"limit.{key}", **{name: _share(text, say) for name, text in match.groupdict().items()})
    return limit


_P: Final = r"[0-9][0-9,.]*%"
_N: Final = r"[0-9][0-9.]*"
_LIMITS: Final = tuple(
    (re.compile(pattern.replace("%", _P).replace("#", _N)), key)
    for pattern, key in (
        (r"at most (?P<share>%)", "at_most"),
        (r"at most (?P<share>%) for each item", "at_most_each"),
        (r"at most (?P<share>%) for (?P<part>%) of the items", "at_most_part"),
        (r"at least (?P<share>%)", "at_least"),
        (r"at least (?P<share>%) for each item", "at_least_each"),
        (r"at least (?P<share>%) for (?P<part>%) of the items", "at_least_part"),
        (r"within (?P<share>%) of before", "within"),
        (r"within (?P<share>%) of before for each item", "within_each"),
        (r"within (?P<share>%) of before for (?P<part>%) of the items", "within_part"),
        (r"within ε (?P<epsilon>#), δ (?P<delta>%) of a model trained without it", "closeness"),
        (r"at most (?P<share>%) of members found at (?P<part>%) false positives", "members"),
    )
)


def _share(text: str, say: Words) -> str:
    if not text.endswith("%"):
        return say.number(Fraction(text))
    return say.percent(Fraction(text.rstrip("%").replace(",", "")) / 100)


def _rate(case: Case, say: Words) -> str:
    verdict = case.verdict
    gaps = {"what": _quantity(case, say), "where": _where(verdict, say), "limit": _limit(verdict, say)}
    measured = _measured(verdict, say)
    if verdict.outcome == "supported":
        population = say("conclusion.rate.wider" if case.wider else "conclusion.rate.declared")
        return say("conclusion.rate.supported", **gaps, population=population, sure=_sure(case, say), measured=measured)
    if verdict.outcome == "not_falsified":
        return say("conclusion.rate.not_falsified", **gaps, power=_power(verdict, say), measured=measured)
    measured = measured or f" {_reason(verdict, say)}"
    return say("conclusion.rate.violated", **gaps, sure=_sure(case, say), measured=measured)


def _sure(case: Case, say: Words) -> str:
    """The confidence of the run; of one in which nothing is statistical, none: certainty is not what a count or a record gives."""
    return say("conclusion.counted_all") if case.confidence == 1 else say("conclusion.sure", confidence=case.confidence)


def _removal(case: Case, say: Words) -> str:
    verdict = case.verdict
    gaps = {"of": quote(case.target or ""), "artifact": _artifact(case, say), "where": _where(verdict, say)}
    if verdict.outcome == "supported":
        return say("conclusion.removal.supported", **gaps, limit=_limit(verdict, say))
    if verdict.outcome == "not_falsified":
        beyond = say("conclusion.removal.beyond", limit=limit_words(verdict.limit, say)) if verdict.limit else ""
        return say("conclusion.removal.not_falsified", **gaps, power=_removal_power(verdict, say), beyond=beyond)
    said = say("conclusion.removal.violated", **gaps, limit=_limit(verdict, say), sure=_sure(case, say))
    return f"{said} {_reason(verdict, say)}"


def _process(case: Case, say: Words) -> str:
    verdict = case.verdict
    duty = say(f"duty.{case.goal}", of=quote(case.target or ""), at=_artifact(case, say))
    duty += f" ({limit_words(verdict.limit, say)})" if verdict.limit else ""
    if verdict.outcome == "supported":
        return say("conclusion.process.attested" if case.attested else "conclusion.process.supported", duty=duty)
    said = say(f"conclusion.process.{verdict.outcome}", duty=duty)
    return f"{said} {_reason(verdict, say)}" if verdict.outcome == "violated" else said


def _use(case: Case, say: Words) -> str:
    said = say(f"conclusion.use.{case.verdict.outcome}", governance=say("conclusion.governance"))
    return f"{said} {_reason(case.verdict, say)}" if case.verdict.outcome == "violated" else said


_TEMPLATE: Final = {"rate": _rate, "removal": _removal, "process": _process, "use": _use}


def _quantity(case: Case, say: Words) -> str:
    of, by = quote(case.target or ""), _artifact(case, say)
    if case.goal == "refuse":
        return say("quantity.refusals", of=of, by=by)
    if case.metric in ("refusal", "not_refusal"):
        return say(f"quantity.{case.metric}{'_fall' if case.bound == 'fall' else ''}", of=of, by=by)
    if case.goal == "retain":
        return say("quantity.known_fall" if case.bound == "fall" else "quantity.known", of=of, by=by)
    return say("quantity.corrected" if case.goal == "rectify" else "quantity.revealed", of=of, by=by)


def _artifact(case: Case, say: Words) -> str:
    return quote(case.verdict.artifact) if case.verdict.artifact else say("names.in_scope")


def _where(verdict: ClauseVerdict, say: Words) -> str:
    phrases = how(verdict.access, verdict.asked, say)
    return f" ({phrases})" if phrases else ""


def how(access: str | None, asked: str | None, say: Words) -> str:
    """`through the API, asked directly`; what is not given is left out."""
    return ", ".join([*([say.of("access", access)] if access else []), *([say.asked(asked)] if asked else [])])


def _limit(verdict: ClauseVerdict, say: Words) -> str:
    return f" ({limit_words(verdict.limit, say)})" if verdict.limit else ""


def _power(verdict: ClauseVerdict, say: Words) -> str:
    if verdict.effect is None or verdict.realised_power is None:
        return ""
    return say("conclusion.power", effect=verdict.effect, power=verdict.realised_power)


def _removal_power(verdict: ClauseVerdict, say: Words) -> str:
    return _power(verdict, say).rstrip(",")


def _measured(verdict: ClauseVerdict, say: Words) -> str:
    """` Measured: 12 of 20, 60%.`, or nothing."""
    interval = decisive(verdict)
    if interval is None:
        return ""
    counted = (
        say("conclusion.counted", hits=interval.hits, n=interval.n)
        if interval.hits is not None and interval.n
        else ""
    )
    return say(
        "conclusion.measured_fall" if interval.label == FALL else "conclusion.measured",
        counted=counted,
        share=interval.point,
    )


def _reason(verdict: ClauseVerdict, say: Words) -> str:
    """Why: in English as the run recorded it, elsewhere by its names where it has them."""
    reason = say.recorded(verdict.reason_said, verdict.reason) or verdict.reason
    return say("conclusion.reason", reason=stopped(reason)) if reason else ""
