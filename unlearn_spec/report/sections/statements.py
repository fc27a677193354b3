"""What others state: the management's assertion, the auditor's independence, counsel's note. Shown as theirs."""

from __future__ import annotations

from ...wording.language import Words
from ..document import Block, Heading, Part, para
from ..model import Report, Stated
from ..wording import quote


def statements(report: Report, say: Words) -> Part | None:
    """Nothing without a statement: an assertion that nobody made is not hinted at."""
    if not report.statements:
        return None
    shown = (block for one in report.statements for block in _statement(one, say))
    return Part("statements", say("part.statements"), (para(say("statements.lead")), *shown))


def heading(one: Stated, say: Words) -> str:
    """Of what kind, by whom and when."""
    kind = say(f"statements.{one.kind}")
    return say("statements.heading", kind=kind, name=one.name, role=one.role, signer=one.signer, day=one.signed_on)


def about(one: Stated, say: Words) -> tuple[str, ...]:
    """The clauses that it is about and until when it is meant, where it says so."""
    clauses = (say("statements.about", clauses=one.clauses),) if one.clauses else ()
    return (*clauses, say("statements.until", day=one.expires)) if one.expires is not None else clauses


def theirs(one: Stated) -> str:
    """Their own words, marked as such, on one line."""
    return quote(" ".join(one.text.split()))


def _statement(one: Stated, say: Words) -> tuple[Block, ...]:
    return (Heading(heading(one, say)), *(para(line) for line in about(one, say)), para(theirs(one)))
