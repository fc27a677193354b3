"""A sentence of ours by name, so that each language can word it: what the plan, the verdicts and the report say.

Nothing is said that is not in the catalogues. What fills a gap is typed there (`{share:percent}`), so numbers are written
in each language's way, and ids and the policy's own words go through untouched.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import TypeAlias, Union

from pydantic import BaseModel, ConfigDict

Part: TypeAlias = Union[str, "Said"]
Filling: TypeAlias = Union[str, int, float, "Said", tuple[Part, ...]]
"""What fills a gap. Exact rationals are the text `"3/400"` and days `"2026-05-01"`, so that JSON gives back what it was given."""


class Said(BaseModel):
    """A sentence of the catalogues and what fills its gaps: names, codes of closed vocabularies, numbers, other sentences."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    gaps: tuple[tuple[str, Filling], ...] = ()

    @property
    def filled(self) -> dict[str, Filling]:
        return dict(self.gaps)

    def __str__(self) -> str:
        """In English, the wording of the record."""
        from .language import words

        return words("en").say(self)


def said(key: str, **gaps: Filling | Fraction | date) -> Said:
    """`said("gap.target", name="diary")`."""
    return Said(key=key, gaps=tuple((name, _plain(value)) for name, value in gaps.items()))


def sentences(*parts: Part | None) -> Said:
    """One sentence after the other."""
    return said("joined.sentences", parts=tuple(part for part in parts if part))


def clauses(*parts: Part | None) -> Said:
    """Parts of one sentence, with semicolons between them."""
    return said("joined.clauses", parts=tuple(part for part in parts if part))


def listed(*parts: Part) -> Said:
    """`a`, `a and b`, `a, b and c`."""
    return said("joined.listed", parts=parts)


def ended(part: Part) -> Said:
    """With a full stop."""
    return said("joined.ended", part=part)


def _plain(value: Filling | Fraction | date) -> Filling:
    if isinstance(value, Fraction | date):
        return str(value)
    return value
