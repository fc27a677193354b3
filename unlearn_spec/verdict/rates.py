"""Rate clauses: on which side of its limit the measured rate lies, with one error for both sides.

A rate clause has one limit τ, registered before measuring. Its fact says that the rate is at most τ if the upper
bound at α is, that it is above τ if the lower bound at α is, and nothing otherwise. If the truth is at most τ only the
lower bound can mislead, if it is above τ only the upper one; so the fact is wrong with probability at most α although
each bound is taken at the whole α (three-sided testing: Goeman, Solari & Stijnen, Stat. Med. 29 (2010) 2117). The
sample sizes that `check` demands at α are therefore enough here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from ..logic.evidence import CountFact, EvidenceFact, RateFact, Side
from ..plan.model import Obligation
from ..plan.power import refuting_power
from ..plan.stops import last_look
from ..plan.units import Reading, Role
from ..policy.clauses import AtLeast, AtMost, RateClause, Rectify, Refuse, Retain, ShareOf, Suppress
from ..verifiers import recovery, refusal
from ..verifiers.outcomes import Outcomes, gather
from ..verifiers.table import Table, stack
from ..wording.said import Filling, Said, said
from .measured import (
    LABEL,
    STEP,
    Judge,
    Measured,
    Seen,
    as_float,
    between,
    cell,
    in_clusters,
    interval,
    lower,
    mean_rate,
    only,
    reading_for,
    state,
    template_of,
    upper,
    where,
)
from .model import Interval
from .stops import population_of

Kind = Literal["revealed", "known", "refused", "not refused"]
"""What the clause counts: an item is a hit when it is …"""
_KEY: dict[Kind, str] = {"revealed": "revealed", "known": "known", "refused": "refused", "not refused": "not_refused"}

_SIDE: dict[Kind, Side] = {"revealed": "reveals", "known": "knows", "refused": "refuses", "not refused": "refuses"}


@dataclass(frozen=True)
class Limit:
    """The clause's limit as one on the mean rate of hits."""

    downwards: bool
    """Hits must stay below (`suppress`), not above."""
    met: Fraction
    """From this mean on the clause surely holds."""
    broken: Fraction
    """Beyond this mean it surely fails. Equal to `met` but for shares of items under a random decoding."""


def measure_rate(obligation: Obligation, clause: RateClause, seen: Seen) -> Measured:
    """The rate fact of a clause with a limit of its own; a count fact as well where single items are spoken of."""
    judge = judge_of(clause, obligation)
    audited = only(seen.outcomes(obligation, "audited", judge), obligation, "audited")
    kind, limit, census = kind_of(clause), limit_of(clause, obligation), is_census(obligation, seen)
    exact = is_counted(obligation, seen)
    low, high = _exact(audited) if exact else bounds(obligation, limit, (audited,), obligation.alpha)
    unaided = only(seen.outcomes(obligation, "audited", shown_by(clause, obligation, seen)), obligation, "audited")
    if unaided.k < audited.k:  # what an answer goes on with refutes nothing that anybody could go on with
        low = min(low, bounds(obligation, limit, (unaided,), obligation.alpha)[0])
    facts: list[EvidenceFact] = [rate_fact(obligation, clause, low, high, Fraction(0) if exact else obligation.alpha)]
    there: dict[str, Filling | Fraction] = {"target": obligation.target, "where": where(obligation)}
    words = [said(f"fact.share.{_KEY[kind]}", range=between(low, high), **there)]
    if census and clause.over not in (None, "mean"):
        facts.append(_count_fact(obligation, clause, unaided, audited))
        hits = said("range.numbers", low=unaided.k, high=audited.k) if unaided.k < audited.k else audited.k
        words.append(said(f"fact.count.{_KEY[kind]}", hits=hits, n=audited.n, **there))
    return Measured(
        obligation=obligation.id,
        facts=tuple(facts),
        stated=state(obligation, facts, words, seen.objects),
        intervals=shown(obligation, judge, seen, obligation.alpha),
        limit_at=float(limit.met),
        effect=as_float(obligation.effect),
        realised_power=realised_power(obligation, limit, audited.clusters, exact=exact),
        words=said(
            f"found.rate.{_KEY[kind]}",
            k=audited.k,
            n=audited.n,
            clusters=in_clusters(audited),
            chance=beside_chance(obligation, audited),
            aided=_aided(audited.k - unaided.k),
            ended=_ended(obligation, seen),
            log=elsewhere(obligation),
        ),
        aided=audited.k - unaided.k,
    )


def _aided(only_so: int) -> Said | str:
    return said("part.aided", number=only_so) if only_so else ""


def _ended(obligation: Obligation, seen: Seen) -> Said | str:
    look = last_look(obligation, seen.units)
    return said("part.ended", look=look, looks=obligation.looks) if look < obligation.looks else ""


def part_of(obligation: Obligation, clause: Rectify) -> Suppress | Retain:
    """The rate that an obligation of a rectification measures: the old statement's, or the corrected one's."""
    common: dict[str, Any] = {
        "id": clause.id,
        "scope": clause.scope,
        "evidence": clause.evidence,
        "target": clause.target,
        "over": clause.over,
        "reveals_when": clause.reveals_when,
    }
    if obligation.verifier == "retention":
        return Retain.model_construct(goal="retain", limit=AtLeast(at_least=clause.limit.at_least), **common)
    return Suppress.model_construct(goal="suppress", limit=AtMost(at_most=clause.limit.at_most), **common)


# --- what is counted -------------------------------------------------------------------------------------------------


def kind_of(clause: RateClause) -> Kind:
    """What counts as a hit of the clause."""
    metric = clause.reveals_when.metric if clause.reveals_when is not None else None
    if isinstance(clause, Refuse) or metric == "refusal":
        return "refused"
    if metric == "not_refusal":
        return "not refused"
    return "revealed" if isinstance(clause, Suppress) else "known"


def judge_of(clause: RateClause, obligation: Obligation) -> Judge:
    """One outcome an item over all its probes and samples: what must not be seen counts if any answer shows it, what
    must be kept only if every answer does."""
    if isinstance(clause, Refuse):
        return refusal.always
    reading, every = reading_for(clause, obligation), isinstance(clause, Retain)
    return lambda tables: gather(tables, reading, every=every)


def shown_by(clause: RateClause, obligation: Obligation, seen: Seen) -> Judge:
    """What counts as shown by a model, and not by the words that a suite gave it: for what must not be seen.

    Answers to probes that give part of the secret count only where models never trained on it were given the same and
    reveal, for certain, less than what would break the limit. They never hide a failure: a rate that must be low is
    bounded from above over all answers.
    """
    if not isinstance(clause, Suppress) or kind_of(clause) != "revealed" or obligation.verifier != "leak":
        return judge_of(clause, obligation)
    reading, judge = reading_for(clause, obligation), judge_of(clause, obligation)
    references, planned = seen.outcomes(obligation, "reference", judge), population_of(obligation)
    broken = obligation.refute_at or limit_of(clause, obligation).broken
    calm = bool(references) and all(upper((one,), obligation.alpha, planned) < broken for one in references)
    calm = calm and _templates(obligation, "reference", seen) == _templates(obligation, "audited", seen)
    return judge if calm else lambda tables: gather(tables, reading, every=False, given=False)


def _templates(obligation: Obligation, role: Role, seen: Seen) -> frozenset[tuple[str, bool]]:
    return frozenset(template_of(seen.units[key].subject) for key in seen.of(obligation, role))


def after_attack(reading: Reading) -> Judge:
    """Outcomes of the held-out items of both halves: revealed after any of the attacks that were completed."""

    def judge(tables: Sequence[Table]) -> Outcomes:
        completed = [table for table in tables if len(table)]
        return recovery.outcomes(stack(completed), reading) if completed else Outcomes((), (), ())

    return judge


def limit_of(clause: RateClause, obligation: Obligation) -> Limit:
    """The limit on the mean rate: for a share of the items, one that leaves too few bad ones.

    Where an item's rate is 0 or 1, a share of items is a mean; otherwise Markov's inequality connects them.
    """
    downwards = isinstance(clause, Suppress)
    tolerated = _limit(clause) if downwards else 1 - _limit(clause)
    met = broken = tolerated
    if clause.over not in (None, "mean"):
        few = 1 - clause.over.share if isinstance(clause.over, ShareOf) else Fraction(0)
        if tolerated < 1 and is_settled(obligation.reading):
            met = broken = few
        else:
            met, broken = few * tolerated, few + tolerated * (1 - few)
    return Limit(downwards, met, broken) if downwards else Limit(downwards, 1 - met, 1 - broken)


def is_settled(reading: Reading | None) -> bool:
    """Whether one draw settles an item: its rate is 0 or 1."""
    return is_computed(reading) or (reading is not None and (reading.decoding == "greedy" or reading.temperature == 0))


def is_computed(reading: Reading | None) -> bool:
    """Whether an item's outcome follows from probabilities of given texts, nothing being drawn."""
    return reading is not None and reading.metric in ("extraction_probability", "multiple_choice")


def beside_chance(obligation: Obligation, found: Outcomes) -> Said | str:
    """For multiple choice: how many items guessing would answer rightly."""
    if obligation.chance is None:
        return ""
    return said("part.guessing", items=float(obligation.chance) * found.n, chance=obligation.chance)


def is_census(obligation: Obligation, seen: Seen) -> bool:
    """Whether each listed item's own rate was observed, none left out, and nothing beyond the list is claimed."""
    complete = all(seen.units[key].data.take is None for key in obligation.audited)
    return complete and obligation.population == "these_items" and is_settled(obligation.reading)


def is_counted(obligation: Obligation, seen: Seen) -> bool:
    """Whether a subject's share of the listed items is a count without an error of chance."""
    return is_census(obligation, seen) and is_computed(obligation.reading)


def elsewhere(obligation: Obligation) -> Said | str:
    """That the numbers are not ours, where they come from a log."""
    return said("part.log") if obligation.logs else ""


def shown(obligation: Obligation, judge: Judge, seen: Seen, alpha: Fraction) -> tuple[Interval, ...]:
    """Intervals of the audited, the original and the never-trained subjects, as far as measured."""
    found = {role: seen.outcomes(obligation, role, judge) for role in LABEL}
    planned = population_of(obligation)
    return tuple(interval(role, subjects, alpha, planned) for role, subjects in found.items() if subjects)


# --- bounds and facts ------------------------------------------------------------------------------------------------


def _limit(clause: RateClause) -> Fraction:
    if isinstance(clause, Suppress):
        return clause.limit.at_most
    if isinstance(clause.limit, AtLeast):
        return clause.limit.at_least
    raise ValueError(f"{clause.id}: a margin against before is no limit on a rate")


def _exact(found: Outcomes) -> tuple[Fraction, Fraction]:
    """Probabilities are computed, not sampled: over the listed items the share is known."""
    share = Fraction(found.k, found.n)
    return share, share


def bounds(
    obligation: Obligation,
    limit: Limit,
    subjects: Sequence[Outcomes],
    alpha: Fraction,
    *,
    above: Fraction | None = None,
) -> tuple[Fraction, Fraction]:
    """What is known of the rate: which side of the limit, or [0, 1]. `above`: error of the upper bound, if another."""
    above = alpha if above is None else above
    level, planned = obligation.refute_at, population_of(obligation)
    if level is not None:  # one run supports nothing about a process, and refutes it from the registered rate on
        return (level, Fraction(1)) if lower(subjects, alpha) >= level else (Fraction(0), Fraction(1))
    if limit.met != limit.broken:  # two limits: the bounds share α
        return lower(subjects, alpha / 2), upper(subjects, above / 2)
    low, high, at = lower(subjects, alpha, planned), upper(subjects, above, planned), limit.met
    if limit.downwards:
        if high <= at:
            return Fraction(0), at
        return (at + STEP, Fraction(1)) if low >= at + STEP else (Fraction(0), Fraction(1))
    if low >= at:
        return at, Fraction(1)
    return (Fraction(0), at - STEP) if high <= at - STEP else (Fraction(0), Fraction(1))


def rate_fact(obligation: Obligation, clause: RateClause, low: Fraction, high: Fraction, alpha: Fraction) -> RateFact:
    """The fact that the clause's rate lies in [low, high], stated on the side on which the theory files it."""
    kind = kind_of(clause)
    if kind == "not refused":
        low, high = 1 - high, 1 - low
    return mean_rate(obligation, clause, _SIDE[kind], low, high, alpha)


def _count_fact(obligation: Obligation, clause: RateClause, least: Outcomes, most: Outcomes) -> CountFact:
    """How many listed items have a rate beyond the limit. About refusals it is answers that are counted.

    An item's own rate is 0 or 1: at or above 0 are all of them, above 1 is none.
    """
    kind, limit = kind_of(clause), _limit(clause)
    answers = kind == "refused"
    threshold = 1 - limit if answers else limit
    inclusive = isinstance(clause, Suppress) if answers else isinstance(clause, Retain)
    low, high = (most.n - most.k, most.n - least.k) if answers else (least.k, most.k)
    if (threshold, inclusive) in ((Fraction(0), True), (Fraction(1), False)):
        low = high = most.n if inclusive else 0
    return CountFact(
        id=f"{obligation.id}#count",
        target=obligation.target,
        artifact=obligation.artifact,
        access=obligation.access,
        asked=obligation.asked,
        reading=cell(clause, obligation),
        side=_SIDE[kind],
        threshold=threshold,
        inclusive=inclusive,
        low=low,
        high=high,
        alpha=Fraction(0),
    )


def realised_power(
    obligation: Obligation,
    limit: Limit,
    clusters: Sequence[str],
    *,
    alpha: Fraction | None = None,
    exact: bool = False,
) -> float | None:
    """Chance to refute the limit if the registered effect were true.

    The effect is a rate of revealing (`suppress`), or how far a rate to be kept falls below its limit.
    """
    if obligation.effect is None:
        return None
    failing = (obligation.refute_at or limit.broken) if limit.downwards else 1 - limit.broken
    truth = obligation.effect if limit.downwards else min(Fraction(1), failing + obligation.effect)
    if exact:
        return float(truth > failing)
    share = obligation.alpha if alpha is None else alpha
    if not obligation.looks:
        return refuting_power(clusters, failing, truth, share)
    return max(0.0, refuting_power(clusters, failing, truth, share / 2) - float(share) / 2)  # as planned: plan.stops.staged
