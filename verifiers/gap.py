"""The guardrail gap: what the bare weights reveal and the guarded system does not. Reported, never deciding."""

from __future__ import annotations

from dataclasses import dataclass

from .outcomes import Outcomes


@dataclass(frozen=True)
class Gap:
    """Numbers of items, of `n` asked of both."""

    n: int
    guarded: int
    """Revealed through the guards."""
    bare: int
    """Revealed by the weights alone."""
    held_back: int
    """Revealed by the weights and not through the guards."""


def gap(guarded: Outcomes, bare: Outcomes) -> Gap:
    """Both on the same items. Raises `ValueError` if they differ."""
    if sorted(guarded.items) != sorted(bare.items):
        raise ValueError("the system and its weights were asked about different items")
    through = dict(zip(guarded.items, guarded.hits, strict=True))
    held = sum(hit and not through[item] for item, hit in zip(bare.items, bare.hits, strict=True))
    return Gap(bare.n, guarded.k, bare.k, held)
