"""The canary audit as an obligation: how many guesses are made, and how many of them must be right, fixed beforehand."""

from __future__ import annotations

import math
from fractions import Fraction

from ..catalogue import read_by
from ..logic.exponential import exp_bounds
from ..policy.clauses import Closeness, Remove
from ..policy.evidence import Canaries
from ..policy.vocabulary import Access, access_rank
from ..statistics.binomial import tail
from ..statistics.canaries import Guesses, chance_without
from ..wording.said import Said, said
from .arms import make_arms
from .bound import BoundCanaries
from .case import Case, Draft, LackingError, Sample, closeness_words, needs_retraining, reached
from .closeness import refutes
from .cost import work_of
from .drafting import obligation
from .power import Power
from .units import Reading, ScoreUnit, SubjectRef, Unit, scoring

DIRECTIONS = 2
"""Who was put in may look unusually familiar or, pushed too far, unusually strange: each direction has half of α."""


def plan_canaries(case: Case, clause: Remove, limit: Closeness) -> Draft:
    """Rank canaries by the registered score under the audited model; guess the first to be in, the last out. Raises `LackingError`."""
    asked = case.evidence.canaries
    assert asked is not None
    access = case.access()
    reached("canaries", access)
    _readable(asked, access)
    needs_retraining(limit)
    case.audited()
    found = case.bindings.canaries.get(clause.target)
    if found is None:
        raise LackingError(
            "not_testable",
            said("lack.canaries", target=clause.target),
            said("need.canaries", target=clause.target),
        )
    share = case.error() / DIRECTIONS
    needed = _needed(found, asked.guesses, limit, share)
    inside = found.included.ref()
    how = scoring(Reading(metric="extraction_probability", decoding="sample", temperature=Fraction(1)))

    def ask(subject: SubjectRef) -> tuple[Unit, ...]:
        return tuple(ScoreUnit(subject=subject, data=data, reading=how) for data in (inside, found.excluded.ref()))

    sample = Sample(inside, found.included.items, "these_items")
    arms = make_arms("canaries", case, clause.target, sample, ask, guarded=False)
    effect = case.evidence.power_at
    power = None if effect is None else Power(tail(needed, asked.guesses, effect), "refute", None)
    canaries = len(found.included.items) + len(found.excluded.items)
    test = obligation(
        "canaries",
        case,
        clause.target,
        sample,
        arms,
        access=access,
        limit=closeness_words(limit),
        power=power,
        work=work_of(found.included.items, holdout=len(found.excluded.items)),
        n=canaries,
        clusters=canaries,
        needed=needed,
        refuting_said=refuting(asked, needed),
    )
    return Draft(test, arms.units)


def _readable(asked: Canaries, access: Access) -> None:
    """Raises `LackingError` where the registered score cannot be taken at this access."""
    if asked.score is not None and access_rank(access) < access_rank(read_by(asked.score)):
        raise LackingError(
            "not_testable",
            said("lack.score", score=asked.score, access=access),
            said("need.score", access=read_by(asked.score)),
        )


def refuting(asked: Canaries, needed: int) -> Said:
    """From how many right guesses on the clause is refuted."""
    told = said("refuting.canaries", needed=needed, number=asked.guesses)
    return told if asked.score is None else said("refuting.canaries_by", told=told, score=said(f"score.{asked.score}"))


def split(guesses: int) -> Guesses:
    """The registered split: one half is called in, the other out."""
    return Guesses(guesses - guesses // 2, guesses // 2)


def fewest_right(included: int, canaries: int, guesses: int, limit: Closeness, share: Fraction) -> int | None:
    """The fewest right guesses that refute the limit at this share of α; None where not even all would."""

    def excludes(right: int) -> bool:
        return refutes(chance_without(included, canaries, split(guesses), right), 1, limit, share)

    low, high = 0, guesses
    if not excludes(high):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if excludes(middle) else (middle + 1, high)
    return low


def _needed(found: BoundCanaries, guesses: int, limit: Closeness, share: Fraction) -> int:
    included, canaries = len(found.included.items), len(found.included.items) + len(found.excluded.items)
    if guesses > canaries:
        raise LackingError(
            "not_testable",
            said("lack.few_canaries", number=guesses, canaries=canaries),
            said("need.more_canaries", number=guesses),
        )
    needed = fewest_right(included, canaries, guesses, limit, share)
    if needed is None:
        room = share - limit.delta
        if room <= 0 or limit.epsilon > 50:
            raise LackingError(
                "not_testable",
                said("lack.guesses_in_vain", share=share),
                said("need.smaller_delta", share=share) if room <= 0 else said("need.smaller_epsilon"),
            )
        least = math.ceil(math.log2(exp_bounds(limit.epsilon)[1] / room)) + 1
        raise LackingError(
            "not_testable",
            said("lack.guesses_few", number=guesses, included=included, canaries=canaries),
            said("need.more_guesses", number=least),
        )
    return needed
