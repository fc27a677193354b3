"""Wording in English for renderers that have one language: the catalogue's sentences under plain names."""

from __future__ import annotations

from typing import Final

from ..plan.model import DataRef, Reading, SubjectRef
from ..policy.model import Basis
from ..policy.vocabulary import Population, Status
from ..verdict.model import GateResult
from .language import words
from .model import Report
from .sections.criteria import reading_words
from .sections.opinion import counts
from .sections.plain import page
from .sections.subject import drawn, role
from .wording import quote

_EN: Final = words("en")
OVERALL_NOTE: Final = _EN("results.overall")
NOT_COVERED_LEAD: Final = _EN("not_covered.lead")
CHECK_LIMITS: Final = _EN("checker.limits")
METHODS: Final = tuple(_EN(f"methods.{number}") for number in range(1, 6))
GUARDRAIL_LEAD: Final = _EN("guarded.lead")
REVERIFY: Final = tuple(_EN(f"reverify.{number}") for number in range(1, 5))


def status_words(status: Status) -> str:
    return _EN.of("status", status)


def gate_words(gate: str) -> str:
    return _EN(f"gate.{gate}")


def control_words(gate: GateResult) -> str:
    return _EN("controls.held" if gate.passed else "controls.failed")


def role_words(subject: SubjectRef) -> str:
    return role(subject, _EN)


def subject_words(subject: SubjectRef) -> str:
    """A model of the run on one line: what it stands for, its digest, its guard, its precision."""
    system = f", behind the guarded system {subject.system}" if subject.system else ""
    return f"{quote(subject.artifact)}, {role_words(subject)}: {subject.model}{system}, {subject.precision}"


def basis_words(basis: Basis) -> str:
    cited = " ".join(part for part in (basis.instrument, basis.provision) if part)
    return (
        quote(cited)
        + (f" ({basis.jurisdiction})" if basis.jurisdiction else "")
        + (f", {quote(basis.note)}" if basis.note else "")
    )


def data_words(data: DataRef) -> str:
    """What is added to a digest if only some of the items were drawn."""
    return drawn(data.take, data.seed, _EN)


def population_words(population: Population) -> str:
    return _EN(f"population.{population}")


def decoding_words(reading: Reading | None) -> str:
    """`; counts when …; decoding greedy, at most 64 new tokens`, or nothing for a record."""
    return f"; {reading_words(reading, _EN)}" if reading is not None else ""


def tally(report: Report) -> str:
    """`Of 8 results: 1 violated, 2 supported.`, worst first."""
    return counts(report, _EN)


def plain_page(report: Report) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What was asked, done, found and not found out: headings with paragraphs, in everyday words."""
    return page(report, _EN)
