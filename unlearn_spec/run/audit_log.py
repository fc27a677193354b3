"""The steps of an audit as they are taken: what was looked at, and what was found."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from ..evidence.canonical import EvidenceError
from ..report.model import Report, ReportError
from .audit_plan import PlanError
from .finished import UnfinishedError

Outcome = Literal["holds", "broken", "open", "absent"]
Name = Literal[
    "seal",
    "evidence",
    "ledger",
    "policy",
    "report",
    "signature",
    "time-stamp",
    "versions",
    "plan",
    "verdicts",
    "numbers",
]


class AuditError(Exception):
    """Something that cannot be audited at all. The message is one line, fit for a user."""


@dataclass(frozen=True)
class Step:
    """One thing looked at. `open`: it cannot be told from what is here; `absent`: there is none to look at."""

    name: str
    outcome: Outcome
    words: str


@dataclass(frozen=True)
class Audit:
    """What was found, in the order in which it was looked at."""

    steps: tuple[Step, ...]
    report: Report | None = None
    """The run's report, if the audit came as far as reading it."""

    @property
    def first(self) -> Step | None:
        """The first thing that does not hold; if there is none, the first that cannot be told."""
        broken = (step for step in self.steps if step.outcome == "broken")
        return next(broken, next((step for step in self.steps if step.outcome == "open"), None))

    @property
    def exit_code(self) -> int:
        """0 it holds; 1 something does not; 3 it cannot be told, and nothing worse."""
        outcomes = {step.outcome for step in self.steps}
        return 1 if "broken" in outcomes else 3 if "open" in outcomes else 0


class BrokenError(Exception):
    """Does not hold."""


class OpenError(Exception):
    """Cannot be told, and nothing after it can."""


@dataclass
class Log:
    """The steps of an audit as they are taken."""

    steps: list[Step] = field(default_factory=list)
    report: Report | None = None
    outcome: Outcome = "holds"
    """Of the step under way, if nothing is raised."""

    def add(self, name: str, outcome: Outcome, words: str) -> None:
        self.steps.append(Step(name, outcome, words))

    @contextmanager
    def step(self, name: Name) -> Iterator[list[str]]:
        """Appends a step that holds, with the words put into the list; or, if something was raised, one that does not."""
        words: list[str] = []
        self.outcome = "holds"
        try:
            yield words
        except (BrokenError, EvidenceError, ReportError, PlanError) as error:
            self.add(name, "broken", str(error))
            raise StopError from None
        except (OpenError, UnfinishedError) as error:
            self.add(name, "open", str(error))
            raise StopError from None
        self.add(name, self.outcome, " ".join(words))


class StopError(Exception):
    """The last step ended the audit."""
