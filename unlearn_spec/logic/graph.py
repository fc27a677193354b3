"""Names and where they lead: looked up, so that asking of every name stays linear in the policy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def edges(pairs: Iterable[tuple[str | None, str]]) -> Mapping[str, tuple[str, ...]]:
    """Where each first name leads, in order; nothing leads from None."""
    found: dict[str, list[str]] = {}
    for start, end in pairs:
        if start is not None:
            found.setdefault(start, []).append(end)
    return {name: tuple(ends) for name, ends in found.items()}


def reached(beginnings: Iterable[str], *ways: Mapping[str, tuple[str, ...]]) -> set[str]:
    """Some names, and all that they lead to, directly or through others."""
    found, pending = set[str](), [*beginnings]
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            for way in ways:
                pending += way.get(name, ())
    return found
