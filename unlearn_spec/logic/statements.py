"""What outward statements say: from claims to formulas."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from msgspec.structs import replace

from ..policy.model import Claim, Policy
from ..policy.vocabulary import Access, Asked
from .formulas import All, Flag, Formula, Mean, Not, Rate, Removed, ShareAbove, reading_of
from .lineage import exposures
from .measured import readings_on
from .regions import REST
from .scope import MODELS


def claim_formula(policy: Policy, claim: Claim) -> Formula:
    """What an outward statement says, in the same theory."""
    models = tuple(name for name, a in policy.artifacts.items() if a.kind in MODELS)
    artifacts = claim.in_ or models
    match claim.says:
        case "influence_removed" | "as_if_never_trained":
            epsilon, delta = claim.epsilon or Fraction(0), claim.delta or Fraction(0)
            trained = tuple(a for a in artifacts if claim.in_ or claim.of in exposures(policy, a)) or artifacts
            if claim.says == "influence_removed" and claim.epsilon is None and claim.delta is None:
                return All(tuple(Not(Flag("influenced", (claim.of or "", name))) for name in trained))
            return All(tuple(Removed(claim.of or "", name, epsilon, delta, "retrain_without") for name in trained))
        case "not_revealed":
            rates = claimed_rates(policy, claim, artifacts, claim.access or "finetune", claim.asked or "adversarial")
            return All(tuple(Mean(rate, claim.of or REST, "<=", claim.at_most or Fraction(0)) for rate in rates))
        case "contains_no_information":
            rates = claimed_rates(policy, claim, artifacts, "finetune", "adversarial")
            return All(tuple(Mean(rate, claim.of or REST, "<=", Fraction(0)) for rate in rates))
        case "nothing_else_changed":
            rates = claimed_rates(policy, claim, artifacts, claim.access or "product", claim.asked or "direct")
            drops = (replace(rate, family="drops") for rate in rates)
            return All(
                tuple(
                    ShareAbove(r, claim.of or REST, claim.within or Fraction(0), False, "<=", Fraction(0))
                    for r in drops
                )
            )
        case "no_harmful_use":
            return Not(Flag("harmful_use", (claim.of or "",)))


def claimed_rates(
    policy: Policy, claim: Claim, artifacts: tuple[str, ...], access: Access, asked: Asked
) -> Iterator[Rate]:
    """The rates that a claim about what is revealed speaks of: each artifact under each reading."""
    for name in artifacts:
        readings = readings_on(policy, name, claim.of)
        if claim.reveals_when is not None or claim.decoding is not None:
            kinds = dict.fromkeys(reading.about for reading in readings)
            readings = tuple(reading_of(claim.reveals_when, claim.decoding, about) for about in kinds)
        for reading in readings:
            yield Rate(name, "now", "reveals", "sup", access, asked, reading)
