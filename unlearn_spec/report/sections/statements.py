"""What others state: the management's assertion, the auditor's independence, counsel's note. Shown as theirs."""

from __future__ import annotations

from ..document import Block, Heading, Para, Part, para
from ..language import Words
from ..model import Report, Stated
from ..wording import quote


def statements(report: Report, say: Words) -> Part | None:
    """Nothing without a statement: an assertion that nobody made is not hinted at."""
    if not report.statements:
        return None
    shown = (block for one in report.statements for block in _statement(one, say))
    return Part("statements", say("part.statements"), (para(say("statements.lead")), *shown))


def _statement(one: Stated, say: Words) -> tuple[Block, ...]:
    kind = say(f"statements.{one.kind}")
    heading = say("statements.heading", kind=kind, name=one.name, role=one.role, signer=one.signer, day=one.signed_on)
    about = [say("statements.about", clauses=one.clauses)] if one.clauses else []
    about += [say("statements.until", day=one.expires)] if one.expires is not None else []
    said = Para((quote(" ".join(one.text.split())),))
    return (Heading(heading), *(para(line) for line in about), said)
