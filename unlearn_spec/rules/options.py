"""What may be asked of a check besides the policy: one frozen value, made from keywords wherever a check begins."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import Final, TypedDict, Unpack

from msgspec.structs import force_setattr, replace

from ..record import Record
from .wording import listed


class Keywords(TypedDict, total=False):
    """The fields of `Options`, for functions that take them by keyword."""

    today: date | None
    effort: int | None
    without: Collection[str]
    worlds: bool
    solver: bool
    double_check: bool
    export: Path | None


class Options(Record, kw_only=True):
    """How a policy is to be checked. Raises `ValueError` for an axiom that cannot be left out, or an effort below 1."""

    today: date | None = None
    """The day as of which dates are judged; the day of the check if `None`."""
    effort: int | None = None
    """The solver's work limit for one question, at least 1; its default if `None`."""
    without: Collection[str] = ()
    """Axioms to leave out."""
    worlds: bool = False
    """Whether findings that a world shows carry it as a policy test."""
    solver: bool = True
    """Whether to ask the solver; if not, X002 says what was not asked."""
    double_check: bool = False
    """Whether to put every question to a second solver as well."""
    export: Path | None = None
    """A folder to write the solver's questions to."""

    def __post_init__(self) -> None:
        if self.effort is not None and self.effort < 1:
            raise ValueError(f"the effort must be at least 1, not {self.effort}")
        force_setattr(self, "without", frozenset(self.without))
        if not self.without:
            return
        from ..logic.axioms import BY_ID, FIXED

        unknown = sorted(set(self.without) - set(BY_ID))
        if unknown:
            raise ValueError(f"no axiom called {listed(unknown)}; {instead_of(unknown[0])}")
        if fixed := sorted(set(self.without) & set(FIXED)):
            raise ValueError(f"{listed(fixed)} says how the language reads a word and cannot be left out")

    def but(self, **keywords: Unpack[Keywords]) -> Options:
        """The same, with other values for some fields."""
        return replace(self, **keywords) if keywords else self


def instead_of(axiom: str) -> str:
    """What may have been meant by a name that no axiom has: another spelling, `a6` for AX6, or one of all."""
    from ..logic.axioms import BY_ID

    wanted = axiom.upper().replace("X", "")
    near = [name for name in BY_ID if name.replace("X", "") == wanted]
    return f"did you mean {near[0]}?" if near else f"there are {listed(BY_ID)}"


DEFAULT: Final = Options()
