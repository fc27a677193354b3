"""Evidence facts: what a measurement or a signed record adds to the theory as a premise.

Bounds are exact; `alpha` is the probability that the fact is wrong, registered before measuring.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from ..policy.vocabulary import Access
from ..record import Record

Side = Literal["reveals", "knows", "refuses"]
"""`reveals`: the supremum over the probe class (suppression). `knows`: the infimum (retention). `refuses`: marked refusals."""


class RateFact(Record):
    """The mean rate over the items of `target` lies in [low, high].

    `whose` is the artifact as audited, the same before unlearning, or one trained without the target (`reference`).
    """

    id: str
    target: str
    artifact: str
    access: Access
    asked: str
    """A probe class or `suite:<digest>`."""
    reading: str
    """Text of the reading (`str(logic.formulas.reading_of(...))`)."""
    side: Side
    low: Fraction
    high: Fraction
    alpha: Fraction
    whose: Literal["audited", "before", "reference"] = "audited"
    one_run: bool = True
    """About one trained model, not the expectation over training randomness."""


class CountFact(Record):
    """Between `low` and `high` of the target's items have a rate above `threshold` (at least, if `inclusive`)."""

    id: str
    target: str
    artifact: str
    access: Access
    asked: str
    reading: str
    side: Side
    threshold: Fraction
    inclusive: bool
    low: int
    high: int
    alpha: Fraction


class DropFact(Record):
    """Mean rate before minus mean rate now lies in [low, high] (paired)."""

    id: str
    target: str
    artifact: str
    access: Access
    asked: str
    reading: str
    low: Fraction
    high: Fraction
    alpha: Fraction


class MembershipFact(Record):
    """At false-positive rate `at_fpr` the best registered attack has a true-positive rate of at least `low`, at most `high`.

    `high` bounds the registered attacks only: a finite attack list bounds the worst case from below. Against a hold-out of
    another date or style it says nothing: an attack that reads the date would do as well on a model that learned nothing.
    """

    id: str
    target: str
    artifact: str
    at_fpr: Fraction
    low: Fraction
    high: Fraction
    alpha: Fraction
    same_lottery: bool
    """Whether the hold-out was drawn as the members were: randomised, and not to be told apart without a model."""


class RecordFact(Record):
    """A signed process record, checked for form, signature, coverage and dates: true if its signer is."""

    id: str
    kind: Literal["procedure", "certificate", "attestation"]
    signer: str
    clause: str
    artifact: str
    day: Fraction | None
    """Day of the performed act, counted from the policy's clock."""
    epsilon: Fraction | None = None
    """Like `delta`, for the clause's target as a whole, whatever unit the proof speaks of."""
    delta: Fraction | None = None
    alpha: Fraction = Fraction(0)


class ApartFact(Record):
    """The process that made the artifact is not (ε, δ)-close, as far as `target` goes, to one that never had it.

    From a registered event of whole runs that closeness makes unlikely: right guesses about canaries, or a rank among
    retrained models. Removal is denied by it and never implied.
    """

    id: str
    target: str
    artifact: str
    epsilon: Fraction | None
    """The largest ε that is excluded together with `delta`; None if none is."""
    delta: Fraction
    alpha: Fraction


EvidenceFact = RateFact | CountFact | DropFact | MembershipFact | RecordFact | ApartFact
