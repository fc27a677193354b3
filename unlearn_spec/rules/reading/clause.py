"""A clause as one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from ...logic.scope import scoped_artifacts
from ...logic.suspension import remaining
from ...policy.clauses import (
    AllOf,
    AtLeast,
    Ban,
    Clause,
    Closeness,
    Condition,
    DeIndex,
    Delete,
    Destroy,
    ExcludeFuture,
    Finish,
    Govern,
    Keep,
    Not,
    Over,
    Rectify,
    Refuse,
    Remove,
    Retain,
    Scope,
    ShareOf,
    Suppress,
)
from ...policy.model import Policy
from ...wording.said import Part, Said, clauses, ended, listed, said
from .answers import MARKED, metric, readings
from .evidence import shown
from .parts import all_of, any_name, artifacts, day, name, target, target_with_closure


def reading(clause: Clause, policy: Policy) -> Said:
    """A clause as one sentence: every field that is written is in it; so are the defaults that the language states, and what
    is left open."""
    parts: list[Part] = [_demand(clause, policy), *_conditions(clause, policy), *readings(clause), *_reach(clause, policy)]
    parts.append(shown(clause.evidence, policy))
    if clause.note is not None:
        parts.append(said("read.note", note=clause.note))
    return ended(clauses(*parts))


# --- the demand ------------------------------------------------------------------------------------------------------


def _demand(clause: Clause, policy: Policy) -> Said:
    on = artifacts(clause, policy)
    by = "" if clause.by is None else said("read.deadline", day=day(clause.by, policy))
    match clause:
        case Suppress() | Refuse() | Retain() | Rectify():
            return _rate(clause, on, by, policy)
        case Remove():
            return _removal(clause, on, by, policy)
        case Delete():
            return said("demand.delete", target=target(clause.target, policy), on=on, duty=_duty(clause, "must"), by=by)
        case Keep():
            until = "" if clause.until is None else said("read.until", day=day(clause.until, policy))
            return said("demand.keep", target=target(clause.target, policy), on=on, duty=_duty(clause, "must"), until=until)
        case ExcludeFuture():
            return said("demand.exclude_future", target=target(clause.target, policy), on=on, duty=_duty(clause, "must_not"), by=by)
        case DeIndex():
            who = "" if clause.scope.audience is None else said("read.served_to", audience=clause.scope.audience)
            return said("demand.de_index", target=target(clause.target, policy), on=on, duty=_duty(clause, "may"), who=who, by=by)
        case Destroy():
            return said("demand.destroy", on=on, duty=_duty(clause, "must"), by=by)
        case Finish():
            return said("demand.finish", on=on, duty=_duty(clause, "must"), by=by)
        case Ban():
            return said("demand.ban", methods=any_name(clause.methods), on=on, duty=_duty(clause, "may"), by=by)
        case Govern():
            of = "" if clause.target is None else said("read.use_of", target=target(clause.target, policy))
            who = "" if clause.scope.audience is None else said("read.used_by", audience=clause.scope.audience)
            measures = all_of(clause.measures)
            where = "" if clause.scope.artifacts is None else said("read.use_in", on=on)
            return said("demand.govern", of=of, where=where, who=who, duty=_duty(clause, "must"), measures=measures, by=by)


def _rate(clause: Suppress | Refuse | Retain | Rectify, on: Said, by: Part, policy: Policy) -> Said:
    what, over, seen = target(clause.target, policy), _over(clause.over), _seen(clause.scope)
    match clause:
        case Suppress():
            how = metric(clause) if metric(clause) in MARKED else "revealed"
            duty, most = _duty(clause, "must_not"), clause.limit.at_most
            return said(f"demand.suppress.{how}", target=what, on=on, duty=duty, most=most, over=over, seen=seen, by=by)
        case Refuse():
            duty, least = _duty(clause, "must"), clause.limit.at_least
            return said("demand.refuse", target=what, on=on, duty=duty, least=least, over=over, seen=seen, by=by)
        case Retain():
            how, duty = metric(clause) if metric(clause) in MARKED else "known", _duty(clause, "must")
            return said(f"demand.retain.{how}", target=what, on=on, duty=duty, kept=_kept(clause), over=over, seen=seen, by=by)
        case Rectify():
            duty, least, most = _duty(clause, "must"), clause.limit.at_least, clause.limit.at_most
            return said("demand.rectify", target=what, on=on, duty=duty, least=least, most=most, over=over, seen=seen, by=by)


def _kept(clause: Retain) -> Said:
    if isinstance(clause.limit, AtLeast):
        return said("read.kept.at_least", share=clause.limit.at_least)
    return said("read.kept.within", share=clause.limit.within)


def _duty(clause: Clause, verb: Literal["must", "must_not", "may"]) -> Said:
    """What the clause's strength makes of the verb; `may` stands after a word such as nobody."""
    if clause.strength == "must":
        return said(f"duty_word.{verb}.must")
    if clause.weight is None:
        return said(f"duty_word.{verb}.should")
    return said(f"duty_word.{verb}.weighted", weight=clause.weight)


def _removal(clause: Remove, on: Said, by: Part, policy: Policy) -> Said:
    what, about = target_with_closure(clause.target, policy), said(f"read.about.{clause.about or 'unwritten'}")
    if isinstance(clause.limit, Closeness):
        return said(
            "demand.remove",
            target=what,
            on=on,
            duty=_duty(clause, "must"),
            epsilon=clause.limit.epsilon,
            delta=clause.limit.delta,
            reference=said(f"read.reference.{clause.limit.compared_with or 'unwritten'}"),
            about=about,
            by=by,
        )
    duty, caught, fpr = _duty(clause, "may"), clause.limit.tpr_at_most, clause.limit.at_fpr
    return said("demand.no_test", target=what, on=on, duty=duty, caught=caught, fpr=fpr, about=about, by=by)


def _over(over: Over | None) -> Said:
    match over:
        case "mean" | "each":
            return said(f"read.over.{over}")
        case ShareOf(share=share):
            return said("read.over.part", share=share)
        case _:
            return said("read.over.unwritten")


def _seen(scope: Scope) -> Said:
    access = said("read.access_open") if scope.access is None else said(f"read.access.{scope.access}")
    asked = said("read.asked_open") if scope.asked is None else said("read.asked", asked=scope.asked)
    who = "" if scope.audience is None else said("read.seen_by", audience=scope.audience)
    tongues = said("read.languages", names=all_of(scope.languages)) if scope.languages else ""
    precision = said("read.precision", names=listed(*scope.precision)) if scope.precision else ""
    return said("read.seen", access=access, who=who, asked=asked, languages=tongues, precision=precision)


# --- the rest of the sentence ----------------------------------------------------------------------------------------


def _conditions(clause: Clause, policy: Policy) -> Iterator[Said]:
    if clause.scope.when is not None:
        yield said("read.only_when", condition=_condition(clause.scope.when))
    over_it: dict[tuple[Part, Part], list[str]] = {}
    for other in policy.clauses:
        if clause.id in other.overrides:
            over_it.setdefault(_suspended_on(policy, clause, other), []).append(other.id)
    for (part, where), names in over_it.items():
        yield said("read.suspended", part=part, where=where, names=any_name(names))
    if clause.overrides:
        yield said("read.suspends", names=all_of(clause.overrides))
        if clause.until is not None:
            yield said("read.not_resumed")


def _suspended_on(policy: Policy, clause: Clause, by: Clause) -> tuple[Part, Part]:
    """For what and where one clause suspends another, if not for all of its target and on all of its scope."""
    own, other = getattr(clause, "target", None), getattr(by, "target", None)
    left = remaining(policy, clause, own, other)
    if left is not None and left == own:
        return said("read.suspended_nothing"), ""
    return ("" if left is None else said("read.suspended_shared", target=other or "")), _suspended_where(policy, clause, by)


def _suspended_where(policy: Policy, clause: Clause, by: Clause) -> Part:
    if clause.scope.artifacts is None or by.scope.artifacts is None:
        return ""
    here, there = scoped_artifacts(policy, clause), scoped_artifacts(policy, by)
    both = [one for one in here if one in there]
    if len(both) == len(here):
        return ""
    return said("read.suspended_at", names=all_of(both)) if both else said("read.suspended_nowhere")


def _condition(condition: Condition, inner: bool = False) -> Said:
    match condition:
        case str():
            return name(condition)
        case Not():
            return said("read.without", condition=_condition(condition.not_, inner=True))
        case AllOf():
            several, parts = len(condition.all) > 1, (_condition(part, inner=True) for part in condition.all)
            text = listed(*parts)
        case _:
            several, parts = len(condition.any) > 1, (_condition(part, inner=True) for part in condition.any)
            text = said("read.any_of", parts=tuple(parts))
    return said("read.bracketed", condition=text) if inner and several else text


def _reach(clause: Clause, policy: Policy) -> Iterator[Said]:
    if clause.using:
        yield said("read.using", methods=any_name(clause.using))
    if isinstance(clause, Delete) and policy.information[clause.target].closure is None:
        yield said("read.duplicates")
