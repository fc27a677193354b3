"""How far a result carries: its level of assurance, the strategy behind it, and what would defeat it. Pure readings."""

from __future__ import annotations

from typing import Final, Literal

from .model import Report, Result

Assurance = Literal["bound", "limited", "attested", "examined", "governance", "shown", "none"]
"""`bound`: a statistical statement about the declared population; `limited`: nothing found, in negative form; `attested`: a
signed record; `examined`: a record of the procedure; `governance`: documents; `shown`: a breach was observed; `none`: no
conclusion."""

Form = Literal["unmodified", "qualified", "adverse", "disclaimer"]
"""The form of the whole conclusion, borrowed from assurance reports. `unmodified` never means that influence is gone."""

_UNDECIDED: Final = ("inconclusive", "not_tested", "not_testable", "rejected")


def assurance(report: Report, result: Result) -> Assurance:
    """The level of assurance of one result."""
    verdict, kind = result.verdict, report.clause(result.verdict.clause).kind
    if verdict.outcome in _UNDECIDED:
        return "none"
    if verdict.outcome == "violated":
        return "shown"
    if kind == "use":
        return "governance"
    if verdict.outcome == "not_falsified":
        return "limited"
    if kind == "removal":
        return "examined"
    return "attested" if kind == "process" else "bound"


def form(report: Report) -> Form:
    """`adverse` with any breach, `disclaimer` where nothing was decided, `qualified` where something was not."""
    outcomes = {result.verdict.outcome for result in report.results}
    if "violated" in outcomes:
        return "adverse"
    if not outcomes - set(_UNDECIDED):
        return "disclaimer"
    return "qualified" if outcomes & set(_UNDECIDED) else "unmodified"


def strategy(report: Report, result: Result) -> str:
    """Which argument links the evidence to the result; a name under `strategy` in the catalogues."""
    level, outcome = assurance(report, result), result.verdict.outcome
    if outcome == "violated":
        return "counterexample" if result.verdict.intervals else "contradiction"
    return "undecided" if level == "none" else level


def defeaters(report: Report, result: Result) -> tuple[str, ...]:
    """What would overturn the result, as names of sentences: nothing for one that decides nothing."""
    verdict = result.verdict
    if verdict.outcome in _UNDECIDED:
        return ("defeater.open",)
    if verdict.outcome == "violated":
        return ("defeater.breach_control",) if verdict.intervals else ("defeater.breach_record",)
    if not verdict.intervals:
        return ("defeater.record",)
    found = ["defeater.access"] if _deeper(report, result) else []
    return (*found, "defeater.prompts", "defeater.change")


def _deeper(report: Report, result: Result) -> bool:
    """Whether some audience of the artifact reaches deeper than any test of it."""
    return any(
        gap.kind == "access"
        and gap.what_said is not None
        and gap.what_said.filled.get("artifact") == result.verdict.artifact
        for gap in report.not_covered
    )
