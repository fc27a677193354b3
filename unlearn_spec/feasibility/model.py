"""A fact of the feasibility base as a frozen type: what is known, since when, from where."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..policy.vocabulary import Access, GoalKind

Seen = Literal["read", "recalled", "derived"]
"""How a source is known: read; recalled and not read again; or our own conclusion from it."""
Level = Literal["none", "best_effort", "measured", "certified", "exact"]
LEVELS: Final[tuple[Level, ...]] = ("none", "best_effort", "measured", "certified", "exact")
"""What a method can give, weakest first."""
MethodKind = Literal[
    "stores",  # acts on stored copies
    "destruction",  # ends the model
    "training",  # acts on the data before a model is trained
    "rebuild",  # makes the model anew from data without the target
    "certified",  # with a proof of closeness
    "approximate",  # changes a trained model, without a proof
    "alignment",  # teaches a trained model what to decline
    "guardrail",  # acts around the model, while it serves
    "retrieval",  # acts on what a system answers from
    "governance",  # acts on people
]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Text = Annotated[str, Field(min_length=1)]
FactId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)+$", max_length=80)]


class Cited(_Frozen):
    """Where a fact is from."""

    cite: Text
    arxiv: Annotated[str, Field(pattern=r"^\d{4}\.\d{5}$")] | None = None
    seen: Seen

    @property
    def text(self) -> str:
        """The source in words; what was not read is never given as the source's own word.

        >>> Cited(cite="UnUnlearning", arxiv="2407.00106", seen="read").text
        'UnUnlearning, arXiv 2407.00106'
        >>> Cited(cite="UnUnlearning", arxiv="2407.00106", seen="derived").text
        'our conclusion from UnUnlearning, arXiv 2407.00106'
        """
        where = self.cite if self.arxiv is None else f"{self.cite}, arXiv {self.arxiv}"
        return {"read": where, "recalled": f"recalled: {where}", "derived": f"our conclusion from {where}"}[self.seen]


class Fact(_Frozen):
    """One thing that is known, as of a day."""

    id: FactId
    statement: Text
    """One sentence in plain words, ours and not the source's."""
    numbers: tuple[Text, ...] = ()
    """The numbers that the statement claims, as they stand in it."""
    recorded: date
    sources: Annotated[tuple[Cited, ...], Field(min_length=1)]

    @property
    def source(self) -> str:
        """`recorded 2026-11-25; UnUnlearning, arXiv 2407.00106`."""
        return f"recorded {self.recorded}; {'; '.join(source.text for source in self.sources)}"


class Ceiling(_Frozen):
    """The best that a method can give for one goal."""

    goal: GoalKind
    best: Level
    deepest: Access | None = None
    """For goals about answers: the deepest access at which it holds; None where access has no bearing."""


class MethodFact(Fact):
    """What one family of methods can at most do."""

    called: Text
    names: Annotated[tuple[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], ...], Field(min_length=1)]
    """How policies call such a method."""
    kind: MethodKind
    literal_only: bool = False
    """It recognises stored strings, nothing else."""
    ceilings: tuple[Ceiling, ...]
    when_supplied: Level
    """The best it can give where the user supplies the target."""

    def ceiling(self, goal: GoalKind) -> Ceiling | None:
        """Its ceiling for a goal; None where the fact does not speak of it."""
        return next((ceiling for ceiling in self.ceilings if ceiling.goal == goal), None)
