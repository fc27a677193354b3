"""What clauses demand and claims say of a world (semantics.md §2): on which artifacts, of which items and rates.

Letters are those of the text: s, t, u are sets, m, n artifacts (n a method, where it is used), i an item; x, y, z are rates.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from graphlib import TopologicalSorter
from itertools import combinations
from typing import Any, cast, get_args

from unlearn_spec.policy.clauses import AllOf, AnyOf, Closeness, Not, Within
from unlearn_spec.policy.model import Claim, Guarantee, Policy
from unlearn_spec.policy.vocabulary import Reference, access_rank

from .world import Rate, Removal, Unmentioned, World, at_most_exp, given

RATES = {"suppress": "x_sup", "retain": "x_inf", "refuse": "y_sup", "rectify": "z_inf"}
BY_ITEM = (*RATES, "delete", "keep", "de_index")
TIMED = (*RATES, "remove", "destroy", "de_index", "finish")
ANYWHERE = ("destroy", "ban", "exclude_future", "govern")
STORES, SPEAKING = ("dataset", "index", "cache"), ("model", "checkpoint", "adapter", "service")
ZERO, WEIGHTS = Fraction(0), access_rank("weights")
Left = dict[str, set[frozenset[str]]]  # by artifact: in which of the targets the items are


def reached(start: Any, steps: Collection[tuple[Any, Any]]) -> set[Any]:
    """The start and all that steps lead to from there."""
    found = {start}
    while more := {there for here, there in steps if here in found} - found - {None}:
        found |= more
    return found


def reading(reveals_when: Any, decoding: Any) -> str:
    """A name for a reading: where an answer is cut is no part of it, and one draw is meant where none is written."""
    written = [each.model_dump(exclude_none=True, exclude={"max_new_tokens"}) for each in (reveals_when, decoding) if each]
    return "; ".join(" ".join(f"{k}={v}" for k, v in each.items() if (k, v) != ("samples", 1)) for each in written)


def drawn(read: str) -> str:
    """The decoding of a reading alone."""
    last = read.rpartition("; ")[2]
    return last if last.startswith("method=") else ""


def rate_of(clause: Any) -> str:
    """The kind of rate that a clause limits; an empty one if none."""
    metric = clause.goal == "retain" and clause.reveals_when and clause.reveals_when.metric
    return "y_inf" if metric == "not_refusal" else RATES.get(clause.goal, "")


def spoken_by(clause: Any, kind: str) -> tuple[str, Any]:
    """The reading that a clause uses, of y the decoding alone, and whether it is about the process or the model."""
    reveals = None if kind[0] == "y" else clause.reveals_when
    return reading(reveals, clause.scope.decoding), getattr(clause, "about", None) or "model"


class Judge:
    """A policy held against a world, without the axioms named.

    lineage: what an artifact is derived from. wholes, parts: the sets around and within one; each with itself. sources: what a set
    or one around it was built from, and what is around that, step by step.
    """

    def __init__(self, policy: Policy, world: World, without: Collection[str] = ()) -> None:
        self.policy, self.world, self.without = policy, world, without
        within = [(r.left, r.right) for r in policy.relations if r.kind == "within"]
        parents = [(m, each.derived_from) for m, each in policy.artifacts.items()]
        built = [(s, info.built_from) for s, info in policy.information.items()]
        self.lineage = {m: reached(m, parents) for m in policy.artifacts}
        self.wholes = {s: reached(s, within) for s in policy.information}
        self.sources = {s: {t for one in self.wholes[s] for t in reached(policy.information[one].built_from, built + within)}
                        for s in policy.information}  # fmt: skip
        self.parts = {s: {part for part in policy.information if s in self.wholes[part]} for s in policy.information}

    def scope(self, clause: Any) -> list[str]:
        """The artifacts that a clause names; all that fit where it names none."""
        if (named := clause.scope.artifacts) is None:
            kinds = STORES if clause.goal in ("delete", "keep", "de_index") else SPEAKING
            return [m for m, each in self.policy.artifacts.items() if clause.goal in ANYWHERE or each.kind in kinds]
        return [m for m, line in self.lineage.items() if m in named or any(f"{root}+derived" in named for root in line)]

    def holds(self, when: Any) -> bool:
        if isinstance(when, Not):
            return not self.holds(when.not_)
        if isinstance(when, AllOf | AnyOf):
            parts = [self.holds(each) for each in (when.all if isinstance(when, AllOf) else when.any)]
            return all(parts) if isinstance(when, AllOf) else any(parts)
        return when is None or when in self.world.situations

    def apart(self, one: str | None, other: str | None) -> bool:
        """Whether two targets are known to share no item."""
        if one is None or other is None:
            return False
        told = [{*r.sets} for r in self.policy.relations if r.kind == "disjoint_from"]
        around = [(a, b) for sets in told for a in sets & self.wholes[one] for b in sets & self.wholes[other]]
        kinds = {self.policy.information[one].kind, self.policy.information[other].kind}
        return kinds == {"examples", "facts"} or any(a != b for a, b in around)

    def bound_on(self, clause: Any) -> dict[str, set[str]]:
        """The artifacts on which a clause binds, with the items that the binding clauses above it leave of its target."""
        names = reached(clause.id, [(name, o.id) for o in self.policy.clauses for name in o.overrides])
        clauses: dict[str, Any] = {c.id: c for c in (*self.policy.clauses, clause) if c.id in names}
        above = {name: [o for o in clauses.values() if name in o.overrides] for name in names}
        cells = self.memberships(clauses.values())
        left: dict[str, Left] = {}
        for name in TopologicalSorter({name: [o.id for o in above[name]] for name in names}).static_order():
            left[name] = self.left_to(clauses[name], [(o, left[o.id]) for o in above[name]], cells)
        sets = {s for cell in cells for s in cell}
        members = self.world.members(getattr(clause, "target", None))
        there = {m: cells for m, cells in left[clause.id].items() if m in self.scope(clause)}
        bound = {m: {i for i in members if self.world.items[i] & sets in cells} for m, cells in there.items()}
        return {m: items for m, items in bound.items() if items or clause.goal not in BY_ITEM}

    def left_to(self, clause: Any, above: Collection[tuple[Any, Left]], cells: set[frozenset[str]]) -> Left:
        """Where a clause binds, and for items of which sets, once the clauses above it have taken what they bind for."""
        if not self.holds(clause.scope.when):
            return {}
        anywhere, target = clause.scope.artifacts is None, getattr(clause, "target", None)
        own = {cell for cell in cells if target is None or target in cell}
        found: Left = {}
        for m in self.policy.artifacts if anywhere else self.scope(clause):
            over = [(o, there) for o, places in above for n, there in places.items() if anywhere or n == m]
            if clause.goal in BY_ITEM:
                taken = {cell for o, there in over for cell in (there if getattr(o, "target", None) else own)}
                found |= {m: own - taken} if own - taken else {}
            elif not any(own & there for _, there in over):
                found[m] = own
        return found

    def memberships(self, clauses: Iterable[Any]) -> set[frozenset[str]]:
        """In which of the clauses' targets an item is: one of the world's; beside a whole, any for which relations leave room."""
        sets, wholes = sorted({c.target for c in clauses if getattr(c, "target", None)}), any(c.goal not in BY_ITEM for c in clauses)
        if wholes and len(sets) > 12:
            raise Unmentioned(f"what {len(sets)} sets leave of each other")
        rooms = (frozenset(some) for n in range(len(sets) + 1) for some in combinations(sets, n)) if wholes else ()
        return {frozenset(each.intersection(sets)) for each in self.world.items.values()} | {
            some for some in rooms
            if all(self.wholes[s].intersection(sets) <= some for s in some) and not any(self.apart(*two) for two in combinations(some, 2))
        }  # fmt: skip

    def complies(self, clause: Any) -> bool:
        """Whether a clause is kept as far as it binds."""
        bound = self.bound_on(clause)
        return not bound or self.meets(clause, bound)

    def meets(self, clause: Any, bound: Mapping[str, Collection[str]] | None = None) -> bool:
        """Whether a clause is kept: on these artifacts for these items, or whole."""
        if bound is None:
            bound = dict.fromkeys(self.scope(clause), self.world.members(getattr(clause, "target", None)))
        kept = (self.demanded(clause, m, items) and self.added(clause, m) for m, items in bound.items())
        return any(kept) if clause.scope.artifacts is None else all(kept)

    def demanded(self, clause: Any, m: str, items: Collection[str]) -> bool:
        """The table of clauses, row by row."""
        world, known, limit = self.world, rate_of(clause), cast(Any, getattr(clause, "limit", None))
        cell = (m, clause.scope.access or "product", clause.scope.asked or "direct")

        def rates(kind: str, when: str = "now") -> list[Fraction]:
            return self.rates(items, kind, *cell, *spoken_by(clause, kind), when)

        def kept(slack: Iterable[Fraction]) -> bool:
            return self.enough(items, slack, clause.over)

        def removed() -> bool:
            references = [q for q in get_args(Reference) if limit.compared_with in (None, q)]
            return any(Removal(clause.target, m, limit.epsilon, limit.delta, q) in world.removals for q in references)

        def caught() -> Fraction:  # where the hold-out is to be randomised, non-members come from the same lottery
            same = clause.evidence is not None and "randomised_holdout" in clause.evidence.controls
            return given(world.tpr if same else world.tpr_elsewhere, (clause.target, m, limit.at_fpr))

        rows: dict[str, Callable[[], bool]] = {
            "suppress": lambda: kept(limit.at_most - x for x in rates("x_sup")),
            "retain": lambda: kept(x - limit.at_least for x in rates(known)),
            "retain within": lambda: kept(limit.within - was + x for was, x in zip(rates(known, "before"), rates(known), strict=True)),
            "refuse": lambda: kept(1 - limit.at_least - y for y in rates("y_sup")),
            "rectify": lambda: kept(z - limit.at_least for z in rates("z_inf")) and kept(limit.at_most - x for x in rates("x_sup")),
            "remove": lambda: removed() if clause.measure == "influence" else caught() <= limit.tpr_at_most,
            "delete": lambda: all(given(world.kept, (i, m)) <= clause.by for i in items),
            "keep": lambda: all(given(world.kept, (i, m)) >= clause.until for i in items),
            "de_index": lambda: all(given(world.served, (n, m, i)) == 0 for n, each in self.policy.artifacts.items()
                                    if m in each.serves_from for i in items),
            "destroy": lambda: m in world.destroyed,
            "finish": lambda: True,  # `by` says all
            "ban": lambda: not any((n, m) in world.used for n in clause.methods),
            "exclude_future": lambda: clause.target in world.excluded,
            "govern": lambda: clause.id in world.governed,
        }  # fmt: skip
        return rows[clause.goal + " within" * isinstance(limit, Within)]()

    def rates(self, items: Iterable[str], kind: Any, m: str, access: Any, asked: str, read: str, about: Any, when: Any) -> list[Fraction]:
        cell: Any = (m, access, asked, read, when, about if when == "now" else "model")
        return [given(self.world.rates, Rate(kind, i, *cell)) for i in items]

    def enough(self, items: Collection[str], slack: Iterable[Fraction], over: Any = "mean") -> bool:
        """Whether the mean, or a share of the items, is on the right side of a limit; given by how much each item is."""
        pairs = [(self.world.many.get(i, 1), s) for i, s in zip(items, slack, strict=True)]
        if over in (None, "mean"):
            return sum(n * s for n, s in pairs) >= 0
        return sum(n for n, s in pairs if s >= 0) >= (1 if over == "each" else over.share) * self.world.count(items)

    def added(self, clause: Any, m: str) -> bool:
        """Whether what `by`, `using` and a certificate (AX15) add is so."""
        limit, proof = getattr(clause, "limit", None), clause.evidence and clause.evidence.kind == "certificate"
        if clause.goal in TIMED and clause.by is not None and given(self.world.finish, m) > clause.by:
            return False
        if clause.using and not any((n, m) in self.world.used for n in clause.using):
            return False
        if not proof or not isinstance(limit, Closeness) or self.policy.methods is None or "AX15" in self.without:
            return True
        able = [each for n in self.methods_on(m) if m not in (each := self.policy.methods[n]).not_on]
        return any(each.guarantee and self.covers(each.guarantee, clause.target, limit) for each in able)

    def covers(self, guarantee: Guarantee, target: str, limit: Closeness) -> bool:
        """Whether a guarantee, stretched over the units of a target, is as close as the limit."""
        info, per, k = self.policy.information[target], guarantee.per, 1
        if per is not None:
            k = self.world.count(self.world.members(target)) if per == info.unit else info.other_units.get(per, 0)
        spread = (k - 1) * guarantee.epsilon
        return k > 0 and k * guarantee.epsilon <= limit.epsilon and at_most_exp(-limit.delta, -k * guarantee.delta, spread)

    def methods_on(self, m: str) -> set[str]:
        """The methods used on an artifact; without AX8 those on what it is derived from too."""
        return {n for n, on in self.world.used if on in (self.lineage[m] if "AX8" in self.without else {m})}

    def unmet_presuppositions(self, clause: Any) -> tuple[str, ...]:
        """AX4 and C1, where what a clause presupposes of an artifact that it names is not so."""
        named = self.scope(clause) if clause.scope.artifacts is not None else []
        deep = clause.scope.audience and access_rank(clause.scope.access or "product") >= WEIGHTS
        abroad = deep and any((m, clause.scope.audience) not in self.world.recalled for m in named)
        acting = self.policy.parties and self.policy.controls is not None and clause.goal not in ("retain", "keep", "govern")
        return ("AX4",) * bool(abroad) + ("C1",) * bool(acting and {*named} - self.world.acted_on)

    def obtainable(self, clause: Any) -> bool:
        """AX9: whether some store keeps what a clause's evidence needs until the work is done and the test has run."""
        target, world = getattr(clause, "target", None), self.world
        if not target or not clause.evidence or not clause.evidence.needs_raw_data:
            return True
        bound, raw = self.bound_on(clause), self.policy.information[target].built_from or target
        stores = [name for name, each in self.policy.artifacts.items() if raw in each.holds]
        days = (max(given(world.finish, m), clause.evidence.at or ZERO) for m in bound)
        kept = (any(all(given(world.kept, (i, store)) >= day for i in world.members(raw)) for store in stores) for day in days)
        return not stores or not bound or (any(kept) if clause.scope.artifacts is None else all(kept))

    def readings(self, of: str | None, m: str, said: Any) -> set[tuple[str, Any]]:
        """Of which readings a fact or a claim speaks, each of the process or of the model."""
        near = reached(of, [(a, b) for r in self.policy.relations if r.kind != "disjoint_from" for a in r.sets for b in r.sets])
        rated: list[Any] = [c for c in self.policy.clauses if rate_of(c) and m in self.scope(c)]
        rated = [c for c in rated if c.target in near] or rated
        used = {spoken_by(c, "x") for c in rated if rate_of(c)[0] != "y"} or {spoken_by(c, "y") for c in rated} or {("", "process")}
        stated = said.reveals_when or said.decoding
        return {(reading(said.reveals_when, said.decoding), about) for _, about in used} if stated else used

    def follows(self, claim: Claim) -> bool:
        """Whether what is claimed is so, of each artifact."""
        named = claim.in_ or [n for n, each in self.policy.artifacts.items() if each.kind in SPEAKING]
        return claim.of in self.world.harmless if claim.says == "no_harmful_use" else all(self.said(claim, m) for m in named)

    def said(self, claim: Claim, m: str) -> bool:
        """The table of claims, row by row."""
        world, speaks = self.world, self.readings(claim.of, m, claim)
        items = [i for i, sets in world.items.items() if (claim.of in sets if claim.of else not sets)]

        def revealed_at_most(limit: Any, access: Any, asked: Any) -> bool:
            cells = [self.rates(items, "x_sup", m, access, asked, *spoken, "now") for spoken in speaks]  # asks for every number
            return all(self.enough(items, [limit - x for x in cell]) for cell in cells)

        def falls() -> list[Fraction]:  # in every cell that the world mentions, unless the claim says in which
            known = [r for r in world.rates if (r.kind, r.when, r.artifact) == ("x_inf", "now", m) and r.item in items
                     and (r.reading, r.about) in speaks and claim.access in (None, r.access) and claim.asked in (None, r.asked)]
            if {r.item for r in known} != {*items}:
                raise Unmentioned(f"what {claim.id} speaks of")
            return [given(world.rates, replace(r, when="before", about="model")) - world.rates[r] for r in known]

        gone = Removal(claim.of or "", m, claim.epsilon or ZERO, claim.delta or ZERO) in world.removals
        rows: dict[str, Callable[[], bool]] = {
            "influence_removed": lambda: gone if (claim.epsilon, claim.delta) != (None, None) else (claim.of, m) not in world.influenced,
            "as_if_never_trained": lambda: gone,
            "not_revealed": lambda: revealed_at_most(claim.at_most, claim.access, claim.asked),
            "contains_no_information": lambda: revealed_at_most(0, "finetune", "adversarial"),
            "nothing_else_changed": lambda: all(fall <= (claim.within or 0) for fall in falls()),
        }
        return rows[claim.says]()
