"""What a random policy speaks of: sets, relations, artifacts with their lineage, methods, people, situations. No clause yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from random import Random
from typing import Any

from unlearn_spec.policy.clauses import Decoding, RevealsWhen
from unlearn_spec.policy.vocabulary import ACCESS, Access
from unlearn_spec.spec.reference import reading

Data = dict[str, Any]
CONTAINS, EXACT = {"metric": "contains", "normalisation": "none"}, {"metric": "exact", "normalisation": "none"}
GREEDY, SAMPLED = {"method": "greedy"}, {"method": "sample", "temperature": "1"}


@dataclass(frozen=True)
class Reading:
    """What is written of when an answer counts and of how it is drawn; None: nothing."""

    reveals_when: Data | None
    decoding: Data | None

    @property
    def name(self) -> str:
        metric = RevealsWhen.model_validate(self.reveals_when) if self.reveals_when else None
        return reading(metric, Decoding.model_validate(self.decoding) if self.decoding else None)

    @property
    def drawn(self) -> str:
        return reading(None, Decoding.model_validate(self.decoding) if self.decoding else None)


READINGS = (
    (Reading(None, None),), (Reading(CONTAINS, GREEDY),), (Reading(CONTAINS, GREEDY), Reading(EXACT, GREEDY)),
    (Reading(CONTAINS, GREEDY), Reading(CONTAINS, SAMPLED)), (Reading(None, None), Reading(CONTAINS, None)),
)  # fmt: skip


@dataclass(frozen=True)
class Frame:
    data: Data
    """The blocks of a policy file but sizes, bounds of overlaps, facts, clauses and claims."""
    examples: tuple[str, ...]
    facts: tuple[str, ...]
    speaking: tuple[str, ...]
    """Artifacts that answer."""
    stores: tuple[str, ...]
    accesses: tuple[Access, ...]
    readings: tuple[Reading, ...]
    grid: int
    items: dict[str, frozenset[str]] = field(default_factory=dict)
    many: dict[str, int] = field(default_factory=dict)


def framed(draw: Random) -> Frame:
    examples = ("records", *(("copies",) if draw.random() < 0.4 else ()), *(("notes",) if draw.random() < 0.2 else ()))
    facts = ("facts", "wiki", "rest")[: draw.choice((1, 2, 2, 3))]
    relations = _relations(draw, examples, facts)
    information: Data = {name: {"kind": "examples"} for name in examples} | {name: {"kind": "facts"} for name in facts}
    for made in ("copies", "notes"):
        if made in information and draw.random() < 0.8:
            information[made]["built_from"] = draw.choice(examples[: examples.index(made)])
    if draw.random() < 0.5:
        information["facts"]["built_from"] = "records"
    if "wiki" in facts and draw.random() < 0.2:
        information["wiki"]["built_from"] = "facts"
    accesses = _accesses(draw)
    artifacts, speaking, stores = _artifacts(draw, examples, facts, accesses)
    data: Data = {
        "unlearn_spec": "1.0", "policy": {"id": "wide", "version": 1, "status": "draft"}, "clock": {"starts": "request"},
        "information": information, "relations": relations, "artifacts": artifacts,
    }  # fmt: skip
    if draw.random() < 0.7:
        data["methods"] = _methods(draw, tuple(artifacts))
    if draw.random() < 0.4:
        data["people"] = {"staff": {"within": "public"}, "public": {}}
    if draw.random() < 0.3:
        data["parties"] = {"obligor": "acme"}
        data["controls"] = {"acme": [name for name in artifacts if draw.random() < 0.8]}
    data["situations"] = ["hold", "order"][: draw.choice((0, 1, 1, 2))]
    if len(data["situations"]) == 2 and draw.random() < 0.5:
        data["exclusive"] = [["hold", "order"]]
    large = draw.random() < 0.4
    items, many = _items(draw, examples, facts, relations, large)
    return Frame(
        data,
        examples,
        facts,
        speaking,
        stores,
        accesses,
        draw.choice(READINGS),
        draw.choice((2, 4, 5, 10)),
        items,
        many,
    )


def _relations(draw: Random, examples: tuple[str, ...], facts: tuple[str, ...]) -> list[Data]:
    found: list[Data] = []
    if "copies" in examples and draw.random() < 0.3:
        found.append({"copies": "within", "of": "records"})
    for other in facts[1:]:
        left, right = ("facts", other) if draw.random() < 0.6 else ("wiki", other)
        kind = draw.choice(("within", "overlaps", "overlaps", "disjoint_from", None))
        if kind is not None and left != right:
            found.append({left: kind, {"within": "of"}.get(kind, "with"): right})
    return found


def _accesses(draw: Random) -> tuple[Access, ...]:
    chosen = {draw.choice(ACCESS[:4]), draw.choice(ACCESS), draw.choice(ACCESS[4:]), "product"}
    if draw.random() < 0.5:
        chosen.add("finetune")
    return tuple(access for access in ACCESS if access in chosen)


def _artifacts(
    draw: Random, examples: tuple[str, ...], facts: tuple[str, ...], accesses: tuple[Access, ...]
) -> tuple[dict[str, Data], tuple[str, ...], tuple[str, ...]]:
    def some(names: tuple[str, ...], share: float) -> list[str]:
        return [name for name in names if draw.random() < share]

    def seen() -> Data:
        return {who: draw.choice(accesses) for who in (some(("public", "staff"), 0.7) or ["public"])}

    found: dict[str, Data] = {"base": {"kind": "model", "trained_on": some(examples, 0.7), "seen_by": seen()}}
    if draw.random() < 0.4:
        more = some(examples, 0.3)
        found["small"] = {
            "kind": draw.choice(("model", "adapter")),
            "derived_from": "base",
            "trained_on": more,
            "seen_by": seen(),
        }
    speaking = tuple(found)
    if draw.random() < 0.3:
        held = some((*examples, *facts), 0.5)
        found["desk"] = {"kind": "service", "serves_from": ["shelf"], "seen_by": seen()}
        found["shelf"] = {"kind": "index", "holds": held, "seen_by": seen()}
        speaking = (*speaking, "desk")
    for name in some(("store", "vault"), 0.5):
        found[name] = {"kind": "dataset", "holds": some((*examples, *facts), 0.7), "seen_by": {"staff": "product"}}
    return found, speaking, tuple(name for name in found if name in ("shelf", "store", "vault"))


def _methods(draw: Random, artifacts: tuple[str, ...]) -> Data:
    found: Data = {}
    for name, reaches in (("filter", ACCESS[:3]), ("tune", ACCESS[1:]), ("retrain", ACCESS[4:])):
        if draw.random() < 0.6:
            found[name] = {"reaches": draw.choice(reaches), "takes": f"{draw.choice((0, 2, 10, 30))} days"}
            if draw.random() < 0.4:
                found[name]["guarantee"] = {
                    "epsilon": draw.choice(("0", "0.5", "1")),
                    "delta": draw.choice(("0%", "1%", "20%")),
                }
            if draw.random() < 0.2:
                found[name]["not_on"] = [draw.choice(artifacts)]
    return found or {"filter": {"reaches": "product"}}


def _items(
    draw: Random, examples: tuple[str, ...], facts: tuple[str, ...], relations: list[Data], large: bool
) -> tuple[dict[str, frozenset[str]], dict[str, int]]:
    """Memberships that the relations allow, an item for every set, and how many items each name stands for."""
    rows = [
        next((left, kind, other) for left, kind in r.items() if kind in KINDS for other in [_other(r)])
        for r in relations
    ]
    names, items = [*examples, *facts], {}
    for number in range(draw.randint(1, 4)):
        pool = facts if draw.random() < 0.7 else examples
        items[f"i{number}"] = {name for name in pool if draw.random() < 0.5}
    for name in names:
        if not any(name in sets for sets in items.values()):
            items[f"of-{name}"] = {name}
    for _ in names:
        for left, kind, right in rows:
            for sets in items.values():
                if kind == "within" and left in sets:
                    sets.add(right)
                if kind == "disjoint_from" and {left, right} <= sets:
                    sets.discard(right)
    while any(not any(name in sets for sets in items.values()) for name in names):
        for name in names:
            if not any(name in sets for sets in items.values()):
                items[f"lone-{name}"] = {
                    name,
                    *(right for left, kind, right in rows if (left, kind) == (name, "within")),
                }
    found = {item: frozenset(sets) for item, sets in items.items()}
    many = {item: draw.choice((1, 7, 30)) if large else draw.choice((1, 1, 1, 2)) for item in found}
    return found, many


KINDS = ("within", "overlaps", "disjoint_from")


def _other(relation: Data) -> str:
    return str(relation.get("of", relation.get("with")))


def percent(value: Fraction, places: int = 4, *, up: bool = False) -> str:
    """A share as a percentage with so many decimals at most, rounded down or up."""
    scaled = value * 100 * 10**places
    whole = -((-scaled.numerator) // scaled.denominator) if up else scaled.numerator // scaled.denominator
    text = f"{whole:0{places + 1}d}"
    return f"{text[:-places]}.{text[-places:]}".rstrip("0").rstrip(".") + "%"
