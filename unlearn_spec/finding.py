"""One diagnostic: what was found, where, why it matters, and what would mend it. Text, JSON and editors render it.

Dataclasses, for Pydantic reads reports that hold them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info", "undetermined"]


@dataclass(frozen=True, order=True)
class Span:
    """A stretch of one line of a file. Lines and columns count from 1; `length` is in characters, at least 1 but in an `Edit`."""

    file: str
    line: int
    column: int
    length: int = 1
    label: str = ""


@dataclass(frozen=True, order=True)
class Edit:
    """A change of the file: what the span covers is replaced by `text`; of length 0, written before the character there."""

    span: Span
    text: str


@dataclass(frozen=True)
class Fix:
    """A repair. `verified` says that it was applied and the finding was gone."""

    text: str
    verified: bool = False
    snippet: str = ""
    """YAML to paste, where the repair is one."""
    edits: tuple[Edit, ...] = ()
    """The repair as changes of the text, none of which overlap; empty where a person has to choose or to write."""


@dataclass(frozen=True)
class Finding:
    code: str
    severity: Severity
    message: str
    """One sentence in the drafter's words, with the policy's own names and numbers."""
    spans: tuple[Span, ...]
    """The primary span first; the others are related, each with a label."""
    why: tuple[str, ...] = ()
    """Lines of reasoning: the arithmetic, or the world that shows it."""
    fixes: tuple[Fix, ...] = ()
    clauses: tuple[str, ...] = ()
    """Ids of the clauses (or claims) it is about, in source order."""
    axioms: tuple[str, ...] = ()
    """Axioms in the minimised core: AX1 … AX16, K…, C1."""
    situation: tuple[str, ...] = ()
    """Situations under which it holds; a leading "not " marks one that must be absent."""
    arithmetic: tuple[str, ...] = ()
    """A checked proof, as lines of arithmetic; shown on request."""
    accepted: str | None = None
    """The recorded reason, if the policy accepts this finding; it stays visible."""
    open_question: str | None = None
    """Owner and date, if the policy lists the field under `open_questions`."""
    world: str | None = None
    """The world that shows it, as a policy test to paste; only if worlds were asked for."""
