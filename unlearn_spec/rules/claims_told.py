"""What a finding about a claim says, before it has its place in the file."""

from __future__ import annotations

from dataclasses import dataclass

from ..finding import Fix


@dataclass(frozen=True)
class Told:
    code: str
    message: str
    """Without the claim's own name, which comes before it."""
    why: tuple[str, ...]
    fixes: tuple[Fix, ...]
    axioms: tuple[str, ...] = ()
