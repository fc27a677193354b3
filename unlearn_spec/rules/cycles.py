"""F002: information sets that are each within the next, around in a circle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..finding import Finding, Fix
from ..policy.clauses import Govern
from ..policy.load import Document
from .wording import listed


def forced_equal(document: Document) -> tuple[Finding, ...]:
    """F002: relations by which some sets contain each other, so that all are one and the same set.

    It matters because two names for one set are usually two sets and a slip of direction. Reads the `within` relations
    alone. Cannot see sets that their sizes make equal, nor whether one set was meant.
    """
    policy = document.policy
    inside: dict[str, list[str]] = {name: [] for name in policy.information}
    for relation in policy.relations:
        if relation.kind == "within":
            inside[relation.left].append(relation.right)
    return tuple(_finding(document, circle) for circle in circles(inside))


def _finding(document: Document, circle: Sequence[str]) -> Finding:
    policy, members = document.policy, frozenset(circle)
    spans = [
        document.source.value(("relations", i), f"{relation.left} within {relation.right}")
        for i, relation in enumerate(policy.relations)
        if relation.kind == "within" and {relation.left, relation.right} <= members
    ]
    speaking = [c.id for c in policy.clauses if not isinstance(c, Govern) and getattr(c, "target", None) in members]
    return Finding(
        "F002",
        "warning",
        f"{listed(circle)} lie within each other: are they the same set?",
        tuple(spans),
        why=("What is within a set that is within it again has exactly its items.",),
        fixes=(
            Fix("if they are one set, keep one name for it; otherwise drop the relation that points the wrong way"),
        ),
        clauses=tuple(speaking),
    )


def circles(edges: Mapping[str, Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """The groups of two or more names that all lead to each other, members and groups in the order of `edges`."""
    backwards: dict[str, list[str]] = {name: [] for name in edges}
    for name, targets in edges.items():
        for target in targets:
            backwards[target].append(name)
    group: dict[str, str] = {}
    for root in reversed(_finished(edges)):  # Kosaraju: whoever was left last reaches just its own group backwards
        pending = [root]
        while pending:
            name = pending.pop()
            if name not in group:
                group[name] = root
                pending += backwards[name]
    found: dict[str, list[str]] = {}
    for name in edges:
        found.setdefault(group[name], []).append(name)
    return tuple(tuple(members) for members in found.values() if len(members) > 1)


def _finished(edges: Mapping[str, Sequence[str]]) -> list[str]:
    """Every name, after all that it leads to and that was not seen before."""
    done: list[str] = []
    seen: set[str] = set()
    for start in edges:
        if start in seen:
            continue
        seen.add(start)
        pending = [(start, iter(edges[start]))]
        while pending:
            name, steps = pending[-1]
            step = next(steps, None)
            if step is None:
                done.append(name)
                pending.pop()
            elif step not in seen:
                seen.add(step)
                pending.append((step, iter(edges[step])))
    return done
