"""Wording in English for renderers that have one language: the catalogue's sentences under plain names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..plan.units import SubjectRef
from ..verdict.model import WORST_FIRST, ClauseVerdict, GateResult, Outcome
from ..wording.language import words
from .model import Report, Stated
from .sections.opinion import counts
from .sections.statements import about, heading
from .sections.subject import role

_EN: Final = words("en")
OUTCOME_NAME: Final[Mapping[Outcome, str]] = {outcome: _EN(f"outcome.{outcome}") for outcome in WORST_FIRST}
OUTCOME_MEANING: Final[Mapping[Outcome, str]] = {outcome: _EN(f"meaning.{outcome}") for outcome in WORST_FIRST}
OVERALL_NOTE: Final = _EN("results.overall")
METHODS: Final = tuple(_EN(f"methods.{number}") for number in range(1, 6))


def named(verdict: ClauseVerdict) -> str:
    """`“hide-facts” on “assistant”`; the clause alone where it speaks of no artifact."""
    return _EN.named(verdict.clause, verdict.artifact)


def control_words(gate: GateResult) -> str:
    """Whether a control held, in English."""
    return _EN("controls.held" if gate.passed else "controls.failed")


def role_words(subject: SubjectRef) -> str:
    """What a model of the run stands for, in English."""
    return role(subject, _EN)


def tally(report: Report) -> str:
    """`Of 8 results: 1 violated, 2 supported.`, worst first."""
    return counts(report, _EN)


def statement_heading(one: Stated) -> str:
    """`Waiver, by “Erika Beispiel” (“head of privacy”, signer “acme”), signed on 12 May 2026. On “hide-facts”.`"""
    return " ".join((f"{heading(one, _EN)}.", *about(one, _EN)))
