"""The worlds that show how two versions differ, in a clause's own words: the subject of "… passes the one and fails the other"."""

from __future__ import annotations

from fractions import Fraction

from msgspec.structs import replace

from ..logic.compare import Comparison, Loss
from ..logic.counted_again import decided, objections
from ..logic.formulas import Rate
from ..logic.meaning import RateGoal, rate_of
from ..logic.scope import WEAKEST
from ..logic.witness import Shown
from ..logic.worlds import short_percent
from ..policy.clauses import Clause, Closeness, Rectify, Refuse, Remove, Retain, Suppress
from .snippet import within
from .wording import days, decimal, listed, percent


def confirmed(comparison: Comparison) -> Comparison:
    """The comparison without the worlds in which the reference does not see the clause fail, or sees an axiom broken."""
    return replace(
        comparison,
        changes=tuple(
            replace(change, lost=_kept(change.lost, change.before), gained=_kept(change.gained, change.after))
            for change in comparison.changes
        ),
    )


def _kept(loss: Loss | None, name: str | None) -> Loss | None:
    """A loss that a world shows, on one artifact, with that world only if the reference confirms it."""
    shown = loss.shown if loss is not None else None
    if loss is None or shown is None or shown.world is None or name is None:
        return loss
    policy = shown.policy
    clause = next(clause for clause in policy.clauses if clause.id == name)
    there = clause.model_copy(update={"scope": clause.scope.model_copy(update={"artifacts": (shown.artifact,)})})
    own = policy.model_copy(update={"clauses": tuple(there if c.id == name else c for c in policy.clauses)})
    holds = decided(own, within(own, shown.world), (name,))
    if not objections(policy, within(policy, shown.world), {}) and holds.get(name) is False:
        return loss
    return replace(loss, shown=replace(shown, seen=None, before=None, world=None, beyond=None, day=None, power=None, met=False))


def limited(clause: Clause, artifact: str) -> tuple[Rate, str] | None:
    """The rate that a clause limits there, and over which set; None for clauses without rates."""
    return (rate_of(clause, artifact, WEAKEST), clause.target) if isinstance(clause, RateGoal) else None


def told(clause: Clause, shown: Shown, how: str) -> str:
    """The subject of "… passes the one and fails the other": a world in the clause's own words. `how`: with which reading."""
    where = shown.artifact
    if shown.met and (other := _besides(clause, shown)):
        return other
    match clause:
        case Suppress() | Refuse() | Retain() | Rectify():
            return f"a model {_rate(clause, shown, how)}"
        case Remove() if isinstance(clause.limit, Closeness):
            limit = clause.limit
            close = f"(ε {decimal(limit.epsilon)}, δ {percent(limit.delta)})"
            then = " that then takes the same steps" if limit.compared_with == "retrain_then_same_steps" else ""
            return f"a process for {where} that is not {close}-close to one without {clause.target}{then}"
        case Remove():
            power = "more" if shown.power is None else _share(shown.power)
            return f"{where} where a test finds {power} of the members of {clause.target}"
        case _:
            return _act(clause, shown)


def _besides(clause: Clause, shown: Shown) -> str:
    """What fails where the state that the clause demands is reached: its deadline, or the method it names."""
    if clause.by is not None and shown.day is not None and shown.day > clause.by:
        return f"work on {shown.artifact} that ends {_on(shown.day)}"
    if clause.using and not set(clause.using) & set(_used(shown)):
        return f"work on {shown.artifact} without {listed(clause.using, 'or')}"
    return ""


def _used(shown: Shown) -> tuple[str, ...]:
    return dict(shown.world.used).get(shown.artifact, ()) if shown.world is not None else ()


def _rate(clause: Suppress | Refuse | Retain | Rectify, shown: Shown, how: str) -> str:
    seen, where, beyond = shown.seen, shown.artifact, shown.beyond
    access, asked = clause.scope.access or "product", clause.scope.asked or "direct"
    place = f"in {where} through {access}, asked {asked}{how},"
    if beyond is not None and beyond.past:
        items = f"{beyond.past:,} of the {beyond.size:,} items of {clause.target}"
        if beyond.rate.family == "drops":
            return f"knowing {items} over {percent(beyond.limit)} less often than before {place}"
        side = "below" if beyond.rate.bound == "inf" else "above"
        return f"{_doing(clause, beyond.rate)} {items} {side} {percent(beyond.limit)} of the time {place}"
    if seen is None:
        return f"that fails {clause.id} on {clause.target} {place}"
    if isinstance(clause, Refuse):
        return f"refusing {_share(1 - seen.mean)} of the askings about {clause.target} {place}"
    was = "" if shown.before is None else f" ({_share(shown.before)} before)"
    return f"{_doing(clause, seen.rate)} {_share(seen.mean)} of {clause.target}{was} {place}"


def _doing(clause: Clause, rate: Rate) -> str:
    if isinstance(clause, Rectify) and rate.family == "reveals":
        return "giving the old statement on"
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
        "ban": f"work on {where} that uses {listed(_banned(clause, shown), 'or')}",
        "de_index": f"an index that still serves {target} from {where}",
        "exclude_future": f"a later training run of {where} that uses {target}",
        "govern": f"a use of {where} without {listed(_lacking(clause, shown), 'or') or f'some of the measures of {clause.id}'}",
    }[clause.goal]


def _banned(clause: Clause, shown: Shown) -> tuple[str, ...]:
    """The methods that are used against the ban; all that it names where no world says."""
    banned = getattr(clause, "methods", ())
    return tuple(name for name in banned if name in _used(shown)) or banned


def _lacking(clause: Clause, shown: Shown) -> tuple[str, ...]:
    """The measures that are not in place."""
    flags = shown.world.flags if shown.world is not None else ()
    away = {flag.of[-1] for flag, holds in flags if flag.name == "governed" and shown.artifact in flag.of and not holds}
    return tuple(name for name in getattr(clause, "measures", ()) if name in away)


def _until(day: Fraction) -> str:
    return f"until day {day}" if day.denominator == 1 else f"for {days(day)}"


def _on(day: Fraction) -> str:
    return f"on day {day}" if day.denominator == 1 else f"after {days(day)}"


def _share(value: Fraction) -> str:
    """To a ten-thousandth of a percent, which is exact for what a drafter writes."""
    near = Fraction(round(value * 10**6), 10**6)
    return percent(near) if near or not value else short_percent(value)
