"""The worlds that show how two versions differ, in a clause's own words: the subject of "… passes the one and fails the other"."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from ..logic.compare import Comparison, Loss
from ..logic.counted_again import objections
from ..logic.formulas import Rate
from ..logic.meaning import WEAKEST, RateGoal, rate_of
from ..logic.witness import Shown
from ..logic.worlds import percent as short
from ..policy.model import Clause, Closeness, Govern, Policy, Rectify, Refuse, Remove, Retain, Suppress
from .snippet import within
from .wording import days, decimal, listed, percent


def confirmed(comparison: Comparison, before: Policy, after: Policy) -> Comparison:
    """The comparison without the worlds in which the reference does not see the clause fail, or sees an axiom broken."""
    return replace(
        comparison,
        changes=tuple(
            replace(change, lost=_kept(change.lost, before, change.before), gained=_kept(change.gained, after, change.after))
            for change in comparison.changes
        ),
    )


def _kept(loss: Loss | None, policy: Policy, name: str | None) -> Loss | None:
    """A loss that a world shows, on one artifact, with that world only if the reference confirms it."""
    shown = loss.shown if loss is not None else None
    if loss is None or shown is None or shown.world is None or name is None:
        return loss
    clause = next(clause for clause in policy.clauses if clause.id == name)
    there = clause.model_copy(update={"scope": clause.scope.model_copy(update={"artifacts": (shown.artifact,)})})
    own = policy.model_copy(update={"clauses": tuple(there if c.id == name else c for c in policy.clauses)})
    expected = {} if isinstance(clause, Govern) else {name: False}  # two versions name different measures
    if not objections(own, within(own, shown.world), expected):
        return loss
    return replace(loss, shown=replace(shown, seen=None, before=None, world=None, beyond=None, day=None, power=None))


def limited(clause: Clause, artifact: str) -> tuple[Rate, str] | None:
    """The rate that a clause limits there, and over which set; None for clauses without rates."""
    return (rate_of(clause, artifact, WEAKEST), clause.target) if isinstance(clause, RateGoal) else None


def told(clause: Clause, shown: Shown, how: str) -> str:
    """The subject of "… passes the one and fails the other": a world in the clause's own words. `how`: with which reading."""
    where = shown.artifact
    match clause:
        case Suppress() | Refuse() | Retain() | Rectify():
            if shown.day is not None and clause.by is not None and shown.day > clause.by:
                return f"work on {where} that ends {_on(shown.day)}"
            return f"a model {_rate(clause, shown, how)}"
        case Remove() if isinstance(clause.limit, Closeness):
            limit = clause.limit
            close = f"(ε {decimal(limit.epsilon)}, δ {percent(limit.delta)})"
            return f"a process for {where} that is not {close}-close to one without {clause.target}"
        case Remove():
            power = "more" if shown.power is None else _share(shown.power)
            return f"{where} where a test finds {power} of the members of {clause.target}"
        case _:
            return _act(clause, shown)


def _rate(clause: Suppress | Refuse | Retain | Rectify, shown: Shown, how: str) -> str:
    seen, where = shown.seen, shown.artifact
    access, asked = clause.scope.access or "product", clause.scope.asked or "direct"
    place = f"in {where} through {access}, asked {asked}{how},"
    if shown.beyond is not None and shown.beyond[0]:
        past, size, limit = shown.beyond
        rate = rate_of(clause, where, WEAKEST)
        side = "below" if rate.bound == "inf" else "above"
        return f"{_doing(rate)} {past:,} of the {size:,} items of {clause.target} {side} {percent(limit)} of the time {place}"
    if seen is None:
        return f"that fails {clause.id} on {clause.target} {place}"
    if isinstance(clause, Refuse):
        return f"refusing {_share(1 - seen.mean)} of the askings about {clause.target} {place}"
    was = "" if shown.before is None else f" ({_share(shown.before)} before)"
    return f"{_doing(seen.rate)} {_share(seen.mean)} of {clause.target}{was} {place}"


def _doing(rate: Rate) -> str:
    verb = {"answers": "answering", "corrects": "correcting"}.get(rate.family, "")
    return verb or ("revealing" if rate.bound == "sup" else "knowing")


def _act(clause: Clause, shown: Shown) -> str:
    where, target = shown.artifact, getattr(clause, "target", None)
    until, when = ("until later", "earlier") if shown.day is None else (_until(shown.day), _on(shown.day))
    return {
        "delete": f"keeping {target} in {where} {until}",
        "keep": f"dropping {target} from {where} {when}",
        "finish": f"work on {where} that ends {'later' if shown.day is None else when}",
        "destroy": f"keeping {where} in being",
        "ban": f"work on {where} that uses {listed(getattr(clause, 'methods', ()), 'or')}",
        "de_index": f"an index that still serves {target} from {where}",
        "exclude_future": f"a later training run of {where} that uses {target}",
        "govern": f"a use of {where} without some of the measures of {clause.id}",
    }[clause.goal]


def _until(day: Fraction) -> str:
    return f"until day {day}" if day.denominator == 1 else f"for {days(day)}"


def _on(day: Fraction) -> str:
    return f"on day {day}" if day.denominator == 1 else f"after {days(day)}"


def _share(value: Fraction) -> str:
    """To a ten-thousandth of a percent, which is exact for what a drafter writes."""
    near = Fraction(round(value * 10**6), 10**6)
    return percent(near) if near or not value else short(value)
