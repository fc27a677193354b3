"""What a test may draw instead: so many samples, of the listed items or from a wider population."""

from __future__ import annotations

from msgspec.structs import replace

from ...finding import Fix
from ...policy.edits import value_set
from ..edits import all_or_none
from ..wording import count
from .declared_test import DeclaredTest, capacity


def drawing(test: DeclaredTest, samples: int, enough: bool) -> Fix:
    """So many samples; from a wider population, where the set has fewer."""
    room, text, snippet = capacity(test), count(samples, "sample"), f"samples: {samples}"
    if room is None or samples <= room:
        return Fix(text, enough, snippet, test.edits("evidence", samples=samples))
    text += f", from a wider population: the set has {count(room, 'item')}"
    snippet = f"samples: {samples}, population: wider"
    return Fix(text, enough, snippet, test.edits("evidence", samples=samples, population="wider"))


def drawing_each(test: DeclaredTest, draws: int, items: int) -> Fix:
    """So many draws of each item; more for each than the decoding has, where that allows fewer."""
    room, total = capacity(test), draws * items
    edits = test.edits("evidence", samples=total)
    if room is None or total <= room:
        return Fix(count(total, "sample"), True, f"samples: {total}", edits)
    more = value_set(test.document.source, (*test.path, "scope", "decoding", "samples"), str(draws))
    text = f"{count(draws, 'draw')} of each item, {count(total, 'sample')} in all"
    snippet = f"decoding: {{samples: {draws}}}\nevidence: {{samples: {total}}}"
    return Fix(text, True, snippet, all_or_none(more, edits))


def redrawn(test: DeclaredTest, **evidence: object) -> DeclaredTest | None:
    """The test with its evidence changed so; None if that draws more than its set has."""
    altered = replace(test, evidence=test.evidence.model_copy(update=evidence))
    room, samples = capacity(altered), altered.evidence.samples
    return None if room is not None and samples is not None and samples > room else altered
