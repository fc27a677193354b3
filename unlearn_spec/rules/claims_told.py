"""What a finding about a claim says, before it has its place in the file."""

from __future__ import annotations

from ..finding import Fix
from ..record import Record


class Told(Record):
    code: str
    message: str
    """Without the claim's own name, which comes before it."""
    why: tuple[str, ...]
    fixes: tuple[Fix, ...]
    axioms: tuple[str, ...] = ()
