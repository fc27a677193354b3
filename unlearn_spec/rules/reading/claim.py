"""A claim as one sentence."""

from __future__ import annotations

from ...policy.model import Claim
from ...wording.said import Part, Said, clauses, ended, said
from .answers import counts, drawn
from .parts import all_of, name, row


def claim_reading(claim: Claim) -> Said:
    """Every field that is written is in it."""
    parts: list[Part] = [_says(claim)]
    parts += [] if claim.access is None else [said(f"read.access.{claim.access}")]
    parts += [] if claim.asked is None else [said("read.asked", asked=claim.asked)]
    parts += [] if claim.at_most is None else [said("claim.more_than", share=claim.at_most)]
    parts += [] if claim.within is None else [said("claim.within", share=claim.within)]
    parts += [] if claim.epsilon is None else [said("claim.epsilon", value=claim.epsilon)]
    parts += [] if claim.delta is None else [said("claim.delta", share=claim.delta)]
    further: list[Part] = [] if claim.reveals_when is None else [counts(claim.reveals_when)]
    further += [] if claim.decoding is None else [drawn(claim.decoding)]
    further += [] if claim.text is None else [said("claim.public", text=claim.text)]
    return ended(clauses(said("claim.whole", says=row(parts)), *further))


def _says(claim: Claim) -> Said:
    where = all_of(claim.in_) if claim.in_ else said("claim.everywhere")
    of = said("claim.everything_else") if claim.of is None else name(claim.of)
    if claim.says == "no_harmful_use":
        return said("claim.no_harmful_use", of=of, where=said("claim.in", where=where) if claim.in_ else "")
    if claim.says == "nothing_else_changed":
        return said("claim.nothing_changed", where=where) if claim.of is None else said("claim.set_unchanged", of=of, where=where)
    return said(f"claim.{claim.says}", of=of, where=where)
