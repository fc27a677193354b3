"""T004: a test that draws more items than its set has."""

from __future__ import annotations

from ...finding import Finding, Fix, Span
from ...policy.load import Document
from ..wording import count
from .certify import uncertifiable
from .declared_test import DeclaredTest, capacity, declared_tests
from .drawing import redrawn
from .refute import irrefutable


def not_enough_items(document: Document) -> tuple[Finding, ...]:
    """T004: the test draws more items than the set has, without saying that it draws from a wider population.

    It matters because asking the same question twice shows nothing new. Repeated draws count where the decoding is random
    and says how many `samples` an item gets. Cannot see whether a wider population resembles the listed items.
    """
    found = []
    for test in declared_tests(document):
        samples, room = test.evidence.samples, capacity(test)
        if samples is None or room is None or samples <= room:
            continue
        text = f"{test.clause.id} draws {samples:,} distinct samples from a set of {room:,}"
        size = document.source.value(("information", test.clause.target, "size"))
        related = (Span(size.file, size.line, size.column, size.length, f"{test.clause.target} has no more"),)
        fixes = []
        if _decides(test, samples=room):
            fixes.append(Fix(count(room, "sample"), True, f"samples: {room}", test.edits("evidence", samples=room)))
        if _decides(test, population="wider"):
            edits = test.edits("evidence", population="wider")
            fixes.append(Fix("draw from the population that the items stand for", True, "population: wider", edits))
        fixes = fixes or [Fix("draw fewer, and promise what so few can show")]
        found.append(test.finding("T004", "error", text, ("evidence", "samples"), related, (), tuple(fixes), ("AX13",)))
    return tuple(found)


def _decides(test: DeclaredTest, **evidence: object) -> bool:
    """Whether the test, with its evidence changed so, is large enough for its verdict and no larger than its set."""
    altered = redrawn(test, **evidence)
    return altered is not None and not any((*uncertifiable(altered), *irrefutable(altered)))
