"""What the names of a policy reach (semantics.md §1, §2): artifacts, methods, readings, and where and for what clauses bind."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from unlearn_spec.policy.model import (
    AllOf,
    Clause,
    Condition,
    Decoding,
    Not,
    Policy,
    Rectify,
    Refuse,
    Retain,
    RevealsWhen,
    Suppress,
)

from .world import World

ITEMWISE = ("suppress", "retain", "refuse", "rectify", "delete", "keep", "de_index")
STORES = ("dataset", "index", "cache")
Spoken = tuple[str, Any]  # a reading, and of what: the process or the model


def lineage(policy: Policy, m: str, whole: bool = True) -> list[str]:
    """The artifact and, if `whole`, what it was derived from, directly or not."""
    parent = policy.artifacts[m].derived_from
    return [m, *(lineage(policy, parent) if whole and parent else ())]


def models(policy: Policy) -> list[str]:
    """The artifacts that answer: models, checkpoints, adapters, services."""
    return [name for name, each in policy.artifacts.items() if each.kind not in STORES]


def in_scope(policy: Policy, clause: Any) -> list[str]:
    """The artifacts that a clause names; if it names none, those that its goal could be about."""
    if clause.scope.artifacts is None and clause.goal in ("delete", "keep", "de_index"):
        return [name for name, each in policy.artifacts.items() if each.kind in STORES]
    anything = clause.goal in ("destroy", "ban", "exclude_future", "govern")
    named = clause.scope.artifacts or (policy.artifacts if anything else models(policy))
    return [m for m in policy.artifacts if {m, *(f"{each}+derived" for each in lineage(policy, m))} & {*named}]


def methods_on(policy: Policy, world: World, m: str, without: Collection[str]) -> list[str]:
    """The declared methods used on m; with AX8 left out, those used on what it was derived from count as well."""
    treated = lineage(policy, m, "AX8" in without)
    return [name for name in policy.methods or {} if any((name, each) in world.used for each in treated)]


def reading(reveals_when: RevealsWhen | None, decoding: Decoding | None) -> str:
    """The name of a reading: what is written of it, but not where an answer is cut, nor that one is drawn; "" if nothing is."""
    written = [each.model_dump(exclude_none=True, exclude={"max_new_tokens"}) for each in (reveals_when, decoding) if each]
    return "; ".join(" ".join(f"{key}={value}" for key, value in each.items() if (key, value) != ("samples", 1)) for each in written)


def drawn(read: str) -> str:
    """The part of a reading that says how answers are drawn: the reading of y."""
    last = read.rpartition("; ")[2]
    return last if last.startswith("method=") else ""


def readings(policy: Policy, of: str | None, m: str, reveals: RevealsWhen | None, drawn: Decoding | None) -> set[Spoken]:
    """The readings that a fact or claim speaks of, each of the process or of the model, as clauses use them on m.

    For its set or one connected with it; if they use none there, on m at all; if none on m, an open one of the process. What
    it states itself stands for all of these.
    """
    kin, found = connected(policy, of), {("", "process")}
    rated = [each for each in policy.clauses if isinstance(each, Suppress | Refuse | Retain | Rectify)
             and (each.scope.artifacts is None or m in in_scope(policy, each))]
    for among in (rated, [each for each in rated if each.target in kin]):
        shown = {(reading(each.reveals_when, each.scope.decoding), kind(each)) for each in among if not answers(each)}
        if among:  # clauses about refusals use a decoding alone
            found = shown or {(reading(None, each.scope.decoding), kind(each)) for each in among}
    return {(reading(reveals, drawn), about) for _, about in found} if reveals or drawn else found


def kind(clause: Any) -> str:
    """Whether a clause's rates are expectations of the process or, as if nothing is written, those of the released model."""
    return getattr(clause, "about", None) or "model"


def answers(clause: Any) -> bool:
    """Whether a clause is about how often an asking is answered."""
    metric = getattr(clause, "reveals_when", None)
    return clause.goal == "refuse" or (metric is not None and metric.metric in ("refusal", "not_refusal"))


def connected(policy: Policy, name: str | None) -> set[str]:
    """The set with those that `within` and `overlaps` connect it with."""
    found, links = {name} if name else set(), [(r.left, r.right) for r in policy.relations if r.kind != "disjoint_from"]
    for _ in links:
        found |= {each for link in links if found & {*link} for each in link}
    return found


def holds(condition: Condition | None, world: World) -> bool:
    """Whether a condition over situations is true."""
    if condition is None or isinstance(condition, str):
        return condition is None or condition in world.situations
    if isinstance(condition, Not):
        return not holds(condition.not_, world)
    if isinstance(condition, AllOf):
        return all(holds(part, world) for part in condition.all)
    return any(holds(part, world) for part in condition.any)


def binds(policy: Policy, clause: Clause, world: World) -> bool:
    """Whether the clause binds anywhere: its guard holds, and binding clauses do not suspend all of it."""
    return bool(bound_on(policy, clause, world))


def bound_on(policy: Policy, clause: Clause, world: World) -> dict[str, set[str]]:
    """Where the clause binds, and for which items: artifact by artifact ("*" if its scope is open), without those for which
    a clause binds that overrides it. What is not asked item by item is suspended, and suspends, as a whole.
    """
    items = {*world.members(getattr(clause, "target", None))} or {""}
    found = dict.fromkeys(in_scope(policy, clause) if clause.scope.artifacts else ["*"], items)
    for each in policy.clauses if holds(clause.scope.when, world) else ():
        if clause.id in each.overrides and not may_not_meet(policy, clause, each):
            for m, taken in bound_on(policy, each, world).items():
                for here in found if "*" in (m, *found) else {m} & {*found}:
                    itemwise = clause.goal in ITEMWISE and getattr(each, "target", None) is not None
                    found[here] = found[here] - taken if itemwise else set()
    return {m: left for m, left in found.items() if left} if holds(clause.scope.when, world) else {}


def may_not_meet(policy: Policy, one: Any, other: Any) -> bool:
    """Whether the targets of two clauses are known to share no item: examples and facts, or sets declared disjoint."""
    targets = [name for each in (one, other) if (name := getattr(each, "target", None)) is not None]
    if len(targets) < 2:
        return False
    kinds = {policy.information[name].kind for name in targets}
    ours, theirs = ({s for s in policy.information if within(policy, name, s)} for name in targets)
    apart = [{*r.sets} for r in policy.relations if r.kind == "disjoint_from"]
    return kinds == {"examples", "facts"} or any(a != b for sets in apart for a in sets & ours for b in sets & theirs)


def within(policy: Policy, part: str, whole: str) -> bool:
    """Whether `part` is declared within `whole`, directly or through sets between."""
    links = [each.right for each in policy.relations if (each.kind, each.left) == ("within", part)]
    return part == whole or any(within(policy, link, whole) for link in links)
