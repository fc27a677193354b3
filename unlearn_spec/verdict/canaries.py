"""What right guesses about canaries say of the process: the ε that they exclude.

Whoever retrains without the set trains without every canary, so which of them were drawn is independent of the retrained
model: its chance of so many right guesses is a matter of counting (`statistics.canaries.chance_without`). Closeness of the
audited process leaves at most e^ε times that chance, plus δ (`plan.closeness`). This is closeness for the set as a whole,
as the clause has it. The bound of Steinke et al. is about one canary at a time, and is shown beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ..plan.canaries import DIRECTIONS, fewest_right, split
from ..plan.closeness import largest_refuted
from ..plan.model import Obligation
from ..plan.units import Role
from ..policy.clauses import Closeness, Remove
from ..statistics.binomial import tail
from ..statistics.canaries import chance_without, epsilon_lower
from ..verifiers.canaries import Guessed, guess
from ..verifiers.table import stack
from ..wording.said import Said, said, sentences
from .measured import LABEL, Measured, Seen, apart, as_float, excluding, state
from .model import Interval


@dataclass(frozen=True)
class Audited:
    """The guesses about one model."""

    best: Guessed
    guesses: int
    included: int
    canaries: int

    @property
    def chance(self) -> float:
        """Chance of so many right guesses without the canaries, in one direction."""
        return chance_without(self.included, self.canaries, split(self.guesses), self.best.right)


def audits(obligation: Obligation, clause: Remove, role: Role, seen: Seen) -> tuple[Audited, ...]:
    """The guesses about each subject of a role on which both halves were scored."""
    asked = clause.evidence.canaries if clause.evidence is not None else None
    if asked is None:
        raise ValueError(f"{obligation.id}: the clause registers no guesses")
    found = []
    for keys in seen.by_subject(seen.of(obligation, role)).values():
        halves = {
            name: [seen.tables[key] for key in keys if seen.units[key].data.name.startswith(f"{name}:")]
            for name in ("included", "excluded")
        }
        if all(halves.values()):
            inside, outside = stack(halves["included"]), stack(halves["excluded"])
            best = max(guess(inside, outside, split(asked.guesses), asked.score or "loss"), key=lambda one: one.right)
            found.append(Audited(best, asked.guesses, len(inside), len(inside) + len(outside)))
    return tuple(found)


def excluded(audited: Audited, limit: Closeness, alpha: Fraction) -> Fraction | None:
    """The largest ε that the guesses exclude together with the limit's δ; None if none. Each direction has half of α."""
    return largest_refuted(audited.chance, 1, limit, alpha / DIRECTIONS)


def refuted(audited: Audited, limit: Closeness, alpha: Fraction) -> bool:
    """Whether the guesses about a model refute the limit."""
    found = excluded(audited, limit, alpha)
    return found is not None and found >= limit.epsilon


def measure_canaries(obligation: Obligation, clause: Remove, limit: Closeness, seen: Seen) -> Measured:
    """The ε that the guesses about the audited model exclude. Raises `ValueError` unless both halves were scored on it."""
    found = next(iter(audits(obligation, clause, "audited", seen)), None)
    if found is None:
        raise ValueError(f"{obligation.id}: canaries put in and left out must both be scored on the audited model")
    asked = clause.evidence.canaries if clause.evidence is not None else None
    ranked = None if asked is None or asked.score is None else said("found.canary_score", score=said(f"score.{asked.score}"))
    share = obligation.alpha / DIRECTIONS
    epsilon = excluded(found, limit, obligation.alpha)
    fact, words = apart(obligation, "canaries", limit, epsilon)
    needed = fewest_right(found.included, found.canaries, found.guesses, limit, share)
    power = None
    if obligation.effect is not None:
        power = 0.0 if needed is None else tail(needed, found.guesses, obligation.effect)
    right = {role: audits(obligation, clause, role, seen) for role in LABEL}
    return Measured(
        obligation=obligation.id,
        facts=(fact,),
        stated=state(obligation, (fact,), (words,), seen.objects),
        intervals=tuple(_shown(role, several) for role, several in right.items() if several),
        limit_at=1.0 if needed is None else needed / found.guesses,
        effect=as_float(obligation.effect),
        realised_power=power,
        words=sentences(
            said(
                f"found.canaries.{found.best.direction}",
                right=found.best.right,
                guesses=found.guesses,
                canaries=found.canaries,
                delta=limit.delta,
                excluded=excluding(epsilon),
            ),
            ranked,
            _one_at_a_time(found, share, limit),
        ),
    )


def _one_at_a_time(found: Audited, share: Fraction, limit: Closeness) -> Said:
    """The bound of arXiv 2305.08846, for display: its unit is one canary, and each must have had a coin of its own."""
    one = epsilon_lower(found.canaries, found.guesses, found.best.right, share, float(limit.delta))
    return said("found.one_canary", epsilon=one)


def _shown(role: Role, several: tuple[Audited, ...]) -> Interval:
    """The share of right guesses as counted; of several models the most."""
    most = max(several, key=lambda one: one.best.right)
    share = most.best.right / most.guesses
    return Interval(
        label=LABEL[role], point=share, low=share, high=share, hits=most.best.right, n=most.guesses, clusters=most.guesses
    )
