"""Wording in English for renderers that have one language: the catalogue's sentences under plain names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..plan.model import Reading, SubjectRef
from ..policy.vocabulary import Status
from ..verdict.model import WORST_FIRST, ClauseVerdict, GateResult, Outcome
from ..wording.language import words
from .model import Report, Stated
from .sections.criteria import reading_words
from .sections.opinion import counts
from .sections.statements import about, heading
from .sections.subject import role
from .sentences import how
from .wording import quote

_EN: Final = words("en")
OUTCOME_NAME: Final[Mapping[Outcome, str]] = {outcome: _EN(f"outcome.{outcome}") for outcome in WORST_FIRST}
OUTCOME_MEANING: Final[Mapping[Outcome, str]] = {outcome: _EN(f"meaning.{outcome}") for outcome in WORST_FIRST}
OVERALL_NOTE: Final = _EN("results.overall")
NOT_COVERED_LEAD: Final = _EN("not_covered.lead")
STATEMENTS: Final = _EN("part.statements")
STATEMENTS_LEAD: Final = _EN("statements.lead")
CHECK_LIMITS: Final = _EN("checker.limits")
METHODS: Final = tuple(_EN(f"methods.{number}") for number in range(1, 6))


def named(verdict: ClauseVerdict) -> str:
    """`“hide-facts” on “assistant”`; the clause alone where it speaks of no artifact."""
    return _EN.named(verdict.clause, verdict.artifact)


def how_words(access: str, asked: str) -> str:
    """`through the API, asked directly`."""
    return how(access, asked, _EN)


def status_words(status: Status) -> str:
    """A status in English."""
    return _EN.of("status", status)


def gate_words(gate: str) -> str:
    """A control's name in English."""
    return _EN(f"gate.{gate}")


def control_words(gate: GateResult) -> str:
    """Whether a control held, in English."""
    return _EN("controls.held" if gate.passed else "controls.failed")


def role_words(subject: SubjectRef) -> str:
    """What a model of the run stands for, in English."""
    return role(subject, _EN)


def subject_words(subject: SubjectRef) -> str:
    """A model of the run on one line: what it stands for, its digest, its guard, its precision."""
    system = f", behind the guarded system {subject.system}" if subject.system else ""
    if subject.endpoint is not None:
        one = subject.endpoint
        asked = ", asked through the server's chat template" if one.chat else ""
        where = f"{quote(one.model)} at {quote(one.url)}, as it answered from {one.day} on{asked}"
        return f"{quote(subject.artifact)}, {role_words(subject)}: {subject.model}, {where}; what answers there may change unseen"
    return f"{quote(subject.artifact)}, {role_words(subject)}: {subject.model}{system}, {subject.precision}"


def decoding_words(reading: Reading | None) -> str:
    """`; counts when …; decoding greedy, at most 64 new tokens`, or nothing for a record."""
    return f"; {reading_words(reading, _EN)}" if reading is not None else ""


def tally(report: Report) -> str:
    """`Of 8 results: 1 violated, 2 supported.`, worst first."""
    return counts(report, _EN)


def statement_heading(one: Stated) -> str:
    """`Waiver, by “Erika Beispiel” (“head of privacy”, signer “acme”), signed on 12 May 2026. On “hide-facts”.`"""
    return " ".join((f"{heading(one, _EN)}.", *about(one, _EN)))
