"""What a finding about a claim says, before it has its place in the file."""

from __future__ import annotations

from dataclasses import dataclass

from ..finding import Fix

TRIED = 60
"""Clauses up to which a change is applied to the whole policy and the claim asked again; beyond, no such change is offered."""


@dataclass(frozen=True)
class Told:
    code: str
    message: str
    """Without the claim's own name, which comes before it."""
    why: tuple[str, ...]
    fixes: tuple[Fix, ...]
    axioms: tuple[str, ...] = ()
