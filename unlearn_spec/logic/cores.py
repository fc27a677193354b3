"""Canonical minimal cores: QuickXplain (Junker, AAAI 2004, §4) in source order, so equal input gives equal cores."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def minimal_core(
    members: Sequence[str], background: Sequence[str], satisfiable: Callable[[Sequence[str]], bool]
) -> tuple[str, ...]:
    """A subset of `members`, in order, that with `background` has no world, and of which no member can be dropped.

    Earlier members are preferred. `satisfiable(background + members)` must be False; an empty answer means that the
    background alone has no world.
    """
    if not satisfiable(background):
        return ()
    chosen = set(_explain(tuple(background), tuple(background), tuple(members), satisfiable))
    return tuple(member for member in members if member in chosen)


def _explain(
    background: tuple[str, ...],
    added: tuple[str, ...],
    members: tuple[str, ...],
    satisfiable: Callable[[Sequence[str]], bool],
) -> tuple[str, ...]:
    if added and not satisfiable(background):
        return ()
    if len(members) == 1:
        return members
    middle = len(members) // 2
    early, late = members[:middle], members[middle:]
    from_late = _explain(background + early, early, late, satisfiable)
    from_early = _explain(background + from_late, from_late, early, satisfiable)
    return from_early + from_late
