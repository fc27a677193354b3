"""What two versions of a policy declare differently: sets, artifacts, audiences, methods, facts, claims, acceptances.

And what evidence they demand, by simple order. None of this is decided by the solver: it is read off the files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any, Final, Literal

from pydantic import BaseModel

from ..policy.clauses import Clause
from ..policy.evidence import Evidence
from ..policy.model import Policy, Relation, as_of
from ..policy.vocabulary import access_rank
from ..record import Record
from .wording import days, decimal, listed, percent

Order = Literal["weaker", "stronger", "different"]


class Declared(Record):
    """One difference: an entry of a block that was added, removed, or changed in a field."""

    block: str
    name: str
    field: str
    """Empty for an entry that is there in one version only."""
    before: str
    after: str

    @property
    def text(self) -> str:
        if not self.field:
            return f"{self.block}: {self.name} {'added' if not self.before else 'removed'}"
        name = f" {self.name}," if self.name else ""
        return f"{self.block}:{name} {self.field} {self.before or '(nothing)'} → {self.after or '(nothing)'}"


class Demanded(Record):
    """One field of a clause's evidence that differs."""

    clause: str
    field: str
    before: str
    after: str
    order: Order

    @property
    def text(self) -> str:
        name = f"{self.field} " if self.field else ""
        return f"{name}{self.before or '(nothing)'} → {self.after or '(nothing)'}"


class InForce(Record):
    """An `accept` entry that still stands, in one version or in both."""

    code: str
    clause: str
    until: date
    where: Literal["both", "before", "after"]


def accepted(before: Policy, after: Policy, today: date) -> tuple[InForce, ...]:
    """Every `accept` entry of either version that stands on the day `today`."""
    old, new = (
        dict.fromkeys((e.code, e.clause, e.until) for e in policy.accept if as_of(e, today)) for policy in (before, after)
    )

    def where(entry: tuple[str, str, date]) -> Literal["both", "before", "after"]:
        if entry in old:
            return "both" if entry in new else "before"
        return "after"

    return tuple(InForce(*entry, where(entry)) for entry in old | new)


# --- declarations ----------------------------------------------------------------------------------------------------


def declared_differently(before: Policy, after: Policy) -> tuple[Declared, ...]:
    """Every difference outside the clauses, block by block in the order of the language."""
    return tuple(
        difference
        for (block, one), other in zip(_blocks(before).items(), _blocks(after).values(), strict=True)
        for difference in _differences(block, one, other)
    )


def _blocks(policy: Policy) -> Mapping[str, Mapping[str, Mapping[str, Any] | None]]:
    """Each block as entries by name; an entry's fields, or None if it has none of its own."""
    head = policy.policy
    return {
        "policy": {"": {"confidence": head.confidence, "status": head.status, "purpose": head.purpose}},
        "clock": _only(policy.clock),
        "information": {name: _fields(info) for name, info in policy.information.items()},
        "relations": {_sets(relation): {"relation": _relation(relation)} for relation in policy.relations},
        "people": {name: _fields(people) for name, people in policy.people.items()},
        "parties": _only(policy.parties),
        "controls": {name: {"artifacts": held} for name, held in (policy.controls or {}).items()},
        "artifacts": {name: _fields(artifact) for name, artifact in policy.artifacts.items()},
        "situations": dict.fromkeys(policy.situations),
        "exclusive": dict.fromkeys(listed(sorted(group)) for group in policy.exclusive),
        "methods": {name: _fields(method) for name, method in (policy.methods or {}).items()},
        "measured_before": {fact.id: _fields(fact) for fact in policy.measured_before},
        "reference_retrain": {fact.id: _fields(fact) for fact in policy.reference_retrain},
        "budget": _only(policy.budget),
        "claims": {claim.id: _fields(claim) for claim in policy.claims},
        "out_of_scope": {f"{e.target} in {listed(e.artifacts)}": None for e in policy.out_of_scope},
        "open_questions": {f"{e.field} of {e.clause}": None for e in policy.open_questions},
        "accept": {f"{e.code} on {e.clause}": {"until": e.until} for e in policy.accept},
    }


def _only(entry: BaseModel | None) -> Mapping[str, Mapping[str, Any]]:
    """A block that is one entry without a name."""
    return {} if entry is None else {"": _fields(entry)}


def _fields(entry: BaseModel) -> dict[str, Any]:
    """An entry's fields as written; remarks left out, which bear on nothing."""
    return {
        field.alias or name: getattr(entry, name)
        for name, field in type(entry).model_fields.items()
        if name not in ("id", "description", "because", "from_report", "text")
    }


def _sets(relation: Relation) -> str:
    pair = (relation.left, relation.right)
    return listed(pair if relation.kind == "within" else sorted(pair))


def _relation(relation: Relation) -> str:
    if relation.kind != "overlaps":
        return relation.kind.replace("_", " ")
    if relation.low is None:
        return "overlap"
    return (
        f"overlap in {relation.low}"
        if relation.low == relation.high
        else f"overlap in {relation.low} to {relation.high}"
    )


def _differences(
    block: str, before: Mapping[str, Mapping[str, Any] | None], after: Mapping[str, Mapping[str, Any] | None]
) -> Iterator[Declared]:
    for name, entry in before.items():
        if name not in after:
            yield Declared(block, name, "", "there", "")
            continue
        ours, theirs = entry or {}, after[name] or {}
        for field in dict.fromkeys((*ours, *theirs)):
            for inner, one, other in _apart(field, ours.get(field), theirs.get(field)):
                yield Declared(block, name, inner, written(inner, one), written(inner, other))
    for name in after:
        if name not in before:
            yield Declared(block, name, "", "", "there")


def _apart(field: str, one: Any, other: Any) -> Iterator[tuple[str, Any, Any]]:
    """Where two values of a field differ: within it, if both have parts."""
    if one == other:
        return
    if type(one) is type(other) and isinstance(one, BaseModel | dict):
        ours, theirs = (each if isinstance(each, dict) else _fields(each) for each in (one, other))
        for inner in dict.fromkeys((*ours, *theirs)):
            yield from _apart(f"{field}.{inner}", ours.get(inner), theirs.get(inner))
    else:
        yield field, one, other


def field_changes(before: tuple[Policy, Clause], after: tuple[Policy, Clause], name: str) -> str:
    """How a field of a clause, or of its target, differs; part by part, if it has parts. Empty if it does not."""
    one, other = (_field(*side, name) for side in (before, after))
    parts = (
        f"{inner[len(name) + 1 :]} {written(inner, was) or 'not written'} → {written(inner, now) or 'not written'}".strip()
        for inner, was, now in _apart(name, one, other)
    )
    return listed(parts)


def _field(policy: Policy, clause: Clause, name: str) -> Any:
    value: Any = policy.information[getattr(clause, "target", "")] if name in ("closure", "exceptions") else clause
    for part in name.split("."):
        value = getattr(value, part, None)
    return value


def written(field: str, value: Any) -> str:
    """A value as a drafter would write it; empty for one that is not written."""
    match value:
        case None | () | False:
            return "" if value is not False else "false"
        case Fraction():
            last = field.rpartition(".")[2]
            if last in ("takes", "days", "at", "by", "until"):
                return days(value)
            plain = last in ("epsilon", "temperature", "learning_rate", "gpu_hours")
            return decimal(value) if plain else percent(value)
        case BaseModel():
            parts = ((name, written(name, inner)) for name, inner in _fields(value).items())
            return "{" + ", ".join(f"{name}: {text}" for name, text in parts if text) + "}"
        case dict():
            return "{" + ", ".join(f"{name}: {written('', inner)}" for name, inner in value.items()) + "}"
        case (int(low), int(high)) if field == "size":
            return str(low) if low == high else f"{low} to {high}"
        case tuple():
            return "[" + ", ".join(written(field, inner) for inner in value) + "]"
        case date():
            return value.isoformat()
        case bool():
            return "true"
        case _:
            return str(value)


# --- evidence demanded -----------------------------------------------------------------------------------------------

_KINDS: Final = {"attestation": 0, "procedure": 1, "certificate": 2}
"""A signed statement shows less than an audited process, and that less than a proof. A test shows something else."""


def evidence_changes(pairs: Sequence[tuple[Clause, Clause]]) -> tuple[Demanded, ...]:
    """Differences in the evidence of clauses that are in both versions, each ordered by itself."""
    return tuple(
        Demanded(after.id, *change) for before, after in pairs for change in _demands(before.evidence, after.evidence)
    )


def _demands(before: Evidence | None, after: Evidence | None) -> Iterator[tuple[str, str, str, Order]]:
    if before is None or after is None:
        if before is not after:
            ours, theirs = (written("kind", None if e is None else e.kind) for e in (before, after))
            yield "", ours, theirs, "weaker" if after is None else "stronger"
        return
    for name in Evidence.model_fields:
        one, other = getattr(before, name), getattr(after, name)
        if one != other:
            yield name, written(name, one), written(name, other), _order(name, one, other)


def _order(field: str, one: Any, other: Any) -> Order:
    """Which of two demands is the weaker one, where their field has an order."""
    if field in ("needs_raw_data", "at", "record"):
        return "different"
    if field == "stop":
        return "different"  # the error of the whole test is the same
    if field == "suite" and one is not None and other is not None:
        return "different"
    if field in ("controls", "quantize", "inspect"):
        ours, theirs = set(one), set(other)
        return "weaker" if theirs < ours else "stronger" if ours < theirs else "different"
    if one is None or other is None:
        return "weaker" if other is None else "stronger"
    rank = _RANKS.get(field)
    if rank is None:
        return "different"
    low, high = rank(one), rank(other)
    return "different" if low is None or high is None or low == high else "weaker" if high < low else "stronger"


_RANKS: Final[Mapping[str, Any]] = {
    "kind": _KINDS.get,
    "access": access_rank,
    "population": ("these_items", "wider").index,
    "samples": int,
    "confidence": Fraction,
    "decide": ("not_refuted", "certify").index,
    "power_at": lambda value: -value,  # finding a smaller effect is harder
    "refute_at": lambda value: -value,
    "evaluator": ("internal", "independent").index,
    "relearn": lambda attack: None,
    "runs": int,
    "ensemble": lambda comparison: None,
    "canaries": lambda audit: None,
}
"""Higher is more."""
