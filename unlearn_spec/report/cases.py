"""What a conclusion is drawn from: a clause as read, its verdict, and the test that was registered for it."""

from __future__ import annotations

from fractions import Fraction

from ..verdict.model import ClauseVerdict
from .model import ClauseEntry, RegisteredTest
from .sentences import Case


def case(clause: ClauseEntry, verdict: ClauseVerdict, test: RegisteredTest | None, confidence: Fraction) -> Case:
    """`test`: the one that the verdict names, if any was planned; `confidence`: of the whole run, in [0, 1]."""
    return Case(
        goal=clause.goal,
        target=clause.target,
        bound=clause.bound,
        attested=test is not None and test.verifier == "record",
        wider=test is not None and test.population == "wider",
        verdict=verdict,
        confidence=confidence,
        metric=test.reading.metric if test is not None and test.reading is not None else None,
    )
