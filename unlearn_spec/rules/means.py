"""Which method a conflict waits for, and which it forbids: told as far as it was found, in the drafter's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..logic.explanation import Core
from ..logic.meaning import RateGoal
from ..logic.repair import dissolves
from ..logic.scope import scoped_artifacts
from ..logic.smt import Undecided
from ..logic.work import Means, Work, least_work
from ..policy.clauses import Ban, Remove
from ..policy.model import Method, Policy
from ..policy.vocabulary import Access, access_rank
from .context import Context
from .wording import days, listed

LATE = ": the listed methods cannot do this in time"
_THIS = "that can do this"


def waiting_for(context: Context, core: Core) -> str:
    """What the time goes to in a conflict with a deadline: the quickest methods that do what the rest of it asks."""
    work = least_work(context.policy, core, context.without)
    if work is None:
        return LATE
    time, limit = days(work.days), f"the limit is {days(work.limit)}"
    if len(work.methods) == 1:
        which, what = _which(context.policy, core, work)
        return f": on {work.artifact}, the {which} method {what}, {work.methods[0]}, needs {time}; {limit}"
    both = "both" if len(work.methods) == 2 else "all"
    if work.needed:
        return f": on {work.artifact}, {listed(work.methods)} are {both} needed and take {time} together; {limit}"
    return f": on {work.artifact}, the quickest methods {_THIS}, {listed(work.methods)}, take {time} together; {limit}"


def forbidden(context: Context, core: Core) -> str:
    """That a conflict forbids what the rest of it needs, and in what these methods are the only ones; or nothing."""
    try:
        return _forbidden(context, core)
    except Undecided:
        return ""


def _forbidden(context: Context, core: Core) -> str:
    policy = context.policy
    bans = [clause for name in core.clauses if isinstance(clause := context.clause(name), Ban)]
    for artifact in dict.fromkeys(name for ban in bans for name in scoped_artifacts(policy, ban)):
        here = [ban for ban in bans if artifact in scoped_artifacts(policy, ban)]
        means = Means(policy, core, artifact, context.without, lifting=[ban.id for ban in bans])
        banned = [name for name in means.listed if any(name in ban.methods for ban in here)]
        if not means.suffice(()) or means.suffice(banned):
            continue
        able = [name for name in banned if means.suffice([other for other in banned if other != name])]
        by = listed([ban.id for ban in here if not set(able).isdisjoint(ban.methods)])
        if len(able) == 1:
            what = next((words for words, names in _kinds(policy, core, artifact) if names == able), _THIS)
            return f": on {artifact}, {able[0]} is the only method {what}, and it is banned by {by}"
        if able:
            return f": on {artifact}, one of {listed(able)} is needed, and they are banned by {by}"
    return ""


def reaches_nothing(context: Context, core: Core) -> bool:
    """Whether a conflict needs that behaviour stays where no method reaches: one that reached it all would dissolve it."""
    if "AX7" not in core.axioms or "K3" in core.axioms:
        return False
    everywhere = {**(context.policy.methods or {}), "unnamed": Method(reaches="finetune")}
    try:
        return dissolves(context.policy.model_copy(update={"methods": everywhere}), core, context.without)
    except Undecided:
        return False


def _which(policy: Policy, core: Core, work: Work) -> tuple[str, str]:
    """`only` or `quickest`, and among which methods: told by what they have, where that is as true of what is listed."""
    for words, names in _kinds(policy, core, work.artifact):
        if names == list(work.methods):
            return "only", words
        if names and _quickest(policy.methods or {}, names) == work.methods[0]:
            return "quickest", words
    return ("only" if work.needed else "quickest"), _THIS


def _quickest(methods: Mapping[str, Method], names: list[str]) -> str:
    return min(names, key=lambda name: methods[name].takes or 0)


def _kinds(policy: Policy, core: Core, artifact: str) -> Iterator[tuple[str, list[str]]]:
    """What a conflict may need a method for on an artifact, with all that have it there, banned or not."""
    listed_here = {name: method for name, method in (policy.methods or {}).items() if artifact not in method.not_on}
    if "AX15" in core.axioms:
        yield "with a guarantee", [name for name, method in listed_here.items() if method.guarantee is not None]
        return
    deep = _deepest(policy, core, artifact)
    if deep is not None:
        yield f"reaching {deep}", [n for n, m in listed_here.items() if access_rank(m.reaches) >= access_rank(deep)]


def _deepest(policy: Policy, core: Core, artifact: str) -> Access | None:
    """The deepest access at which a conflict asks an artifact to behave otherwise; the weights, where it asks for removal."""
    asked: list[Access] = []
    for clause in policy.clauses:
        if clause.id in core.clauses and artifact in scoped_artifacts(policy, clause):
            if isinstance(clause, RateGoal):
                asked.append(clause.scope.access or "product")
            elif isinstance(clause, Remove) and "K3" in core.axioms:
                asked.append("weights")
    return max(asked, key=access_rank, default=None)
