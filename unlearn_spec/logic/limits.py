"""What two clauses promise apart from the theory: for whom, in which languages, how firmly, how far the target reaches.

No axiom speaks of these. They are compared one by one, by simple order: the wider promise covers the narrower one.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from fractions import Fraction

from ..policy.clauses import (
    Clause,
    DeIndex,
    Delete,
    Destroy,
    ExcludeFuture,
    Finish,
    Keep,
    Rectify,
    Refuse,
    Remove,
    Retain,
    Suppress,
)
from ..policy.model import Closure, NearDuplicates, Policy
from .lineage import audiences_around
from .scope import scoped_artifacts

_TIMED = Suppress | Refuse | Retain | Rectify | Remove | Delete | Finish | Keep
"""Goals whose deadline the theory knows."""


def not_covered(wide: tuple[Policy, Clause], narrow: tuple[Policy, Clause]) -> tuple[str, ...]:
    """The fields, by name, in which the first clause promises less than the second, whatever their limits say."""
    (_, one), (_, other) = wide, narrow
    around = [audiences_around(policy, other.scope.audience) for policy, _ in (wide, narrow)]
    checks = {
        "scope.audience": one.scope.audience is None or all(one.scope.audience in each for each in around),
        "scope.languages": _spans(one.scope.languages, other.scope.languages),
        "scope.precision": _spans(one.scope.precision, other.scope.precision),
        "about": not isinstance(other, Remove) or other.about in (None, getattr(one, "about", None)),
        "strength": one.strength == "must" or other.strength == "should",
        "until": isinstance(one, Keep) or _lasts(one.until, other.until),
        "by": isinstance(other, _TIMED) or _in_time(one.by, other.by),
        "closure": _reaches(_closure(*wide), _closure(*narrow)),
        "exceptions": _exceptions(*wide) <= _exceptions(*narrow),
        "scope.decoding.max_new_tokens": _as_long(one, other),
    }
    return tuple(name for name, covered in checks.items() if not covered)


def for_some(clause: Clause) -> bool:
    """Whether a clause holds for some audience, some languages or some precisions only."""
    return bool(clause.scope.audience or clause.scope.languages or clause.scope.precision)


def still_destroyed(policy: Policy, clause: Clause, others: Iterable[Clause]) -> bool:
    """Whether, of what a clause destroys, others speak too: if none did, nothing could be destroyed, whatever they ask."""
    if not isinstance(clause, Destroy):
        return True
    spoken = {artifact for other in others if isinstance(other, Destroy) for artifact in scoped_artifacts(policy, other)}
    return spoken.issuperset(scoped_artifacts(policy, clause))


def covering(policy: Policy) -> Callable[[Clause, Clause], bool]:
    """Whether one clause of a policy promises no less than another in every field of `not_covered` that no axiom speaks of.

    `about` is left out: of a removal the theory has one number, whether the process or the model is spoken of.
    """
    known: dict[tuple[Hashable, Hashable], bool] = {}

    def covers(wide: Clause, narrow: Clause) -> bool:
        key = _promised(policy, wide), _promised(policy, narrow)
        if key not in known:
            known[key] = key[0] == key[1] or not {*not_covered((policy, wide), (policy, narrow))} - {"about"}
        return known[key]

    return covers


def _promised(policy: Policy, clause: Clause) -> Hashable:
    """What `not_covered` looks at: clauses that agree in it cover each other."""
    scope, length = clause.scope, clause.scope.decoding.max_new_tokens if clause.scope.decoding is not None else None
    return (
        clause.goal, scope.audience, scope.languages, scope.precision, clause.strength, clause.until, clause.by,
        _closure(policy, clause), frozenset(_exceptions(policy, clause)), length,
    )  # fmt: skip


def _spans(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Nothing written is everything."""
    return not one or (bool(other) and set(other) <= set(one))


def _lasts(one: Fraction | None, other: Fraction | None) -> bool:
    """No end is the longest."""
    return one is None or (other is not None and one >= other)


def _in_time(one: Fraction | None, other: Fraction | None) -> bool:
    """No deadline is the latest."""
    return other is None or (one is not None and one <= other)


def _exceptions(policy: Policy, clause: Clause) -> set[str]:
    target = getattr(clause, "target", None)
    return set(policy.information[target].exceptions) if target is not None else set()


def _as_long(one: Clause, other: Clause) -> bool:
    """Longer answers have more room to reveal; whether they keep or refuse more is not known, so there they must agree."""
    ours, theirs = (c.scope.decoding.max_new_tokens if c.scope.decoding is not None else None for c in (one, other))
    if not isinstance(one, Suppress):
        return ours == theirs
    return ours is None or (theirs is not None and ours >= theirs)


def _closure(policy: Policy, clause: Clause) -> Closure | None:
    if not isinstance(clause, Remove | Delete | ExcludeFuture | DeIndex):
        return None
    return policy.information[clause.target].closure or Closure(exact_duplicates=True)


def _reaches(one: Closure | None, other: Closure | None) -> bool:
    """Whether everything that belongs to the second target belongs to the first."""
    if one is None or other is None:
        return True
    flags = [name for name in Closure.model_fields if name != "near_duplicates"]
    return all(getattr(one, n) or not getattr(other, n) for n in flags) and _nearer(one, other)


def _nearer(one: Closure, other: Closure) -> bool:
    ours, theirs = one.near_duplicates, other.near_duplicates
    if not isinstance(theirs, NearDuplicates):
        return True
    return isinstance(ours, NearDuplicates) and ours.metric == theirs.metric and ours.at_least <= theirs.at_least
