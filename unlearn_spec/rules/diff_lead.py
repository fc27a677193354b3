"""What happened to clauses between two versions, before the worlds that show it: said once of all to which the same happened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ..record import Record
from .context import when
from .wording import count, listed

_ALL = 8
"""Names that are all told; of more, the first five, and how many others there are."""


class Lead(Record):
    """One thing that can happen to clauses, seen from the later version."""

    what: Literal["required", "covered", "bound", "asked", "both"]
    more: bool = False
    artifact: str = ""
    situation: tuple[str, ...] = ()

    def said(self, later: str, *names: str) -> str:
        """The sentence, without its full stop."""
        told, one = few(names), len(names) == 1
        match self.what:
            case "required":
                return f"{later} {'newly' if self.more else 'no longer'} requires {told}"
            case "covered":
                return f"{later} {'newly' if self.more else 'no longer'} covers {self.artifact} in {told}"
            case "bound":
                where = when(self.situation) or ", whatever the situation"
                return f"{told} {'now' if self.more else 'no longer'} {'binds' if one else 'bind'}{where}"
            case "asked":
                return f"{told} {'asks' if one else 'ask'} for {'more' if self.more else 'less'} in {later}"
            case _:
                return f"{told} {'asks' if one else 'ask'} for less in one way and for more in another"


def few(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`; of many the first few, and how many others there are."""
    return listed(names) if len(names) <= _ALL else listed((*names[:5], f"{count(len(names) - 5)} others"))
