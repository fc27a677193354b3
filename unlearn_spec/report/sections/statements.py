"""What others state: the management's assertion, the auditor's independence, counsel's note. Shown as theirs."""

from __future__ import annotations

from ..document import Part, para
from ..language import Words
from ..model import Report


def statements(report: Report, say: Words) -> Part | None:
    """Nothing without a statement: an assertion that nobody made is not hinted at."""
    made = getattr(report, "statements", ())
    if not made:
        return None
    return Part("statements", say("part.statements"), (para(say("statements.lead")),))
