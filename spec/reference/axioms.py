"""Which axioms (semantics.md §3) and which declared facts a world breaks, over all that it mentions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, product
from typing import Any

from unlearn_spec.policy.model import Closeness, Policy, Remove
from unlearn_spec.policy.vocabulary import access_rank

from .clauses import obtainable, summed
from .reach import binds, drawn, in_scope, lineage, methods_on, readings, within
from .world import Rate, Removal, World, at_most_exp, given

WEIGHTS = access_rank("weights")
ORDER = ["AX1", "AX3", "AX4", "AX5", "AX6", "AX7", "AX8", "AX9", "AX10", "AX12", "AX16", "K1", "K2", "K3", "K4", "K5",
         "P1", "P2", "P3", "P4", "C1"]
ON_REQUEST, READERS = {"AX9", "P1", "P2"}, {"AX8", "AX10", "K4", "P4"}
REFUSING = [("x_sup", "y_sup"), ("x_inf", "y_inf"), ("z_inf", "y_inf"), ("z_inf", "x_inf")]  # AX12
Rates = Mapping[Rate, Fraction]


def broken_axioms(
    policy: Policy, world: World, without: Collection[str] = (), also: Collection[str] = ()
) -> tuple[str, ...]:
    """The axioms that the world breaks; AX9 (of the tests of binding clauses), P1 and P2 only if they are in `also`.

    AX8, AX10, K4 and P4 say how others are read: one is named where fewer are broken without it. AX16 is broken only
    where it is left out, by an undeclared overlap. Axioms that ORDER lacks limit no world whose items are written down.
    """
    def found(out: set[str]) -> set[str]:
        asked = {*ORDER} - (ON_REQUEST - {*also}) - READERS - (out ^ {"AX16"})
        return {name for name, broken in instances(policy, world, out).items() if name in asked and any(broken)}
    out, broken = {*without}, found({*without})
    read = {name for name in READERS - out if broken and found(out | {name}) < broken}
    return tuple(name for name in ORDER if name in broken | read)


def instances(policy: Policy, world: World, out: set[str]) -> dict[str, Iterable[bool]]:
    """For each axiom, of every instance whether it is broken, when the axioms in `out` are left out."""
    arts, rates, atoms, methods = policy.artifacts, world.rates, world.removals, policy.methods or {}
    trained = {m: {s for each in lineage(policy, m) for s in arts[each].trained_on} for m in arts}
    expo = {m: {*arts[m].trained_on} for m in arts} if "K4" in out else trained
    trained, expo = ({m: {s for s in policy.information if any(within(policy, s, t) or within(policy, t, s) for t in met)}
                      for m, met in each.items()} for each in (trained, expo))
    reach = {m: max((access_rank(methods[n].reaches) for n in methods_on(policy, world, m, out)), default=-1)
             for m in arts}
    exact = {(s, m) for s in policy.information for m in arts if Removal(s, m, Fraction(0), Fraction(0)) in atoms}
    gone = {(s, m) for s in policy.information for t, m in exact if within(policy, s, t)}
    kin = {s: made_from(policy, s) for s in policy.information}
    traces = [(s, m, {t for t in kin[s] if (t, m) not in gone}) for s in kin for m in arts]  # with what made of s stays
    maybe = {s: made_from(policy, s, {t for t in kin if within(policy, s, t)}) for s in kin}  # of s, or of a set around it
    parties, controls = policy.parties, policy.controls
    return {
        "AX1": out_of_range(policy, world),
        "AX3": (rates[low] > rates[high] for low, high in pairs(rates) if ordered(policy, world, low, high)),
        "AX4": (level(policy, who, m, out) >= WEIGHTS for m, who in world.recalled),
        "AX5": (not bounded(t, f, r) for r in atoms for (s, m, f), t in world.tpr.items()
                if (s, m) == (r.target, r.artifact)),
        "AX6": (not (bounded(x, was, r) and bounded(was, x, r)) for r in atoms if r.compared_with == "retrain_without"
                for rate, x, was in beside(rates, "reference")
                if (rate.artifact, rate.about) == (r.artifact, "process")),
        "AX7": () if policy.methods is None else (
            *(x != was for rate, x, was in beside(rates, "before") if reach[rate.artifact] < access_rank(rate.access)
              and rate.artifact not in world.destroyed and (access_rank(rate.access) < WEIGHTS or "P4" not in out)),
            *(sum(methods[n].takes or 0 for n in methods_on(policy, world, m, ())) > day
              for m, day in world.finish.items()),
            *(m in methods[n].not_on for n, m in world.used if n in methods)),
        "AX9": (binds(policy, each, world) and not obtainable(policy, each, world) for each in policy.clauses),
        "AX12": (rates[one] + rates[two] > 1 if two.kind == "x_inf" else rates[one] > rates[two]
                 for one, two in pairs(rates, "reading") if (one.access, one.asked) == (two.access, two.asked)
                 and (one.kind, two.kind) in REFUSING
                 and two.reading == (drawn(one.reading) if two.kind[0] == "y" else one.reading)),
        "AX16": (not (within(policy, a, b) or within(policy, b, a)
                      or any({a, b} == {r.left, r.right} for r in policy.relations))
                 for sets in world.items.values() for a, b in combinations(sorted(sets), 2)),
        "K1": (s in expo[m] and (s, m) not in gone | world.influenced for s, m, _ in traces),
        "K2": ((s, m) in world.influenced and (t, m) in exact and within(policy, s, t)
               and all((u, m) in gone for u in maybe[t] & trained[m]) for t, m, _ in traces for s in policy.information),
        "K3": (r.target in expo[r.artifact] and r.artifact not in world.destroyed and reach[r.artifact] < WEIGHTS
               for r in atoms if policy.methods is not None),
        "K5": ((s, m) not in world.influenced and bool(made & expo[m]) for s, m, made in traces),
        "P1": (policy.information[whole].built_from == low.item for low, whole in unrepeated(policy, world)),
        "P2": (low.asked == "in_context" for low, _ in unrepeated(policy, world)),
        "P3": unserved(policy, world),
        "C1": (parties is not None and controls is not None and (parties.obligor, m) not in world.controls
               for m in world.acted_on),
    }


def made_from(policy: Policy, s: str, around: Collection[str] = ()) -> set[str]:
    """Kin(S): the sets of examples built from S or from a set within S (or one `around` it), directly or not, and not
    declared within S.
    """
    sets, made = policy.information, set[str]()
    sources = {part for part in sets if within(policy, part, s)} | {*around}
    for _ in sets:
        made |= {name for name, each in sets.items() if each.kind == "examples" and each.built_from in made | sources}
    return {name for name in made if not within(policy, name, s)}


def level(policy: Policy, audience: str, m: str, out: Collection[str]) -> int:
    """The deepest access to m of the audience or, by AX10, of any audience inside it; −1 for none."""
    def inside(each: str | None) -> bool:
        wider = policy.people[each].within if each in policy.people and "AX10" not in out else None
        return each == audience or (wider is not None and inside(wider))
    return max((access_rank(deep) for each, deep in policy.artifacts[m].seen_by.items() if inside(each)), default=-1)


def bounded(x: Fraction, r: Fraction, by: Removal) -> bool:
    """Whether x is no further above r than (ε, δ)-closeness allows, for an event and for its complement."""
    return at_most_exp(x - by.delta, r, by.epsilon) and at_most_exp(1 - by.delta - r, 1 - x, by.epsilon)


def pairs(rates: Iterable[Rate], *across: str) -> Iterator[tuple[Rate, Rate]]:
    """The ordered pairs of rates that differ at most in kind, access, asking and what else is named."""
    groups: dict[tuple[str, ...], list[Rate]] = {}
    for rate in rates:
        item = "" if "item" in across else rate.item
        read = "" if "reading" in across else rate.reading
        groups.setdefault((item, rate.artifact, read, rate.when, rate.about), []).append(rate)
    return ((low, high) for group in groups.values() for low, high in product(group, repeat=2) if low != high)


def beside(rates: Rates, when: Any) -> Iterator[tuple[Rate, Fraction, Fraction]]:
    """Each rate of now with its value and the same rate's before unlearning or of the reference, if both are given."""
    now = ((rate, replace(rate, when=when, about="model")) for rate in rates if rate.when == "now")
    return ((rate, rates[rate], rates[other]) for rate, other in now if other in rates)


def totals(policy: Policy, world: World) -> dict[Rate, Fraction]:
    """Σ over each set, named as a rate of the set, of every rate of now that is given for all its items."""
    listed: dict[Rate, list[Rate]] = {}
    for rate in world.rates:
        for s in world.items[rate.item] if rate.when == "now" else ():
            listed.setdefault(replace(rate, item=s), []).append(rate)
    names = {s: len(world.members(s)) for s in policy.information}
    return {cell: summed(world, found) for cell, found in listed.items() if len(found) == names[cell.item]}


def unrepeated(policy: Policy, world: World) -> Iterator[tuple[Rate, str]]:
    """P1, P2: every rate at which a set is known, with each set revealed less often in context, no shallower."""
    sums, size = totals(policy, world), {s: world.count(world.members(s)) for s in policy.information}
    return ((low, high.item) for low, high in pairs(sums, "item")
            if (low.kind, high.kind, high.asked) == ("x_inf", "x_sup", "in_context")
            and access_rank(low.access) <= access_rank(high.access)
            and sums[low] * size[high.item] > sums[high] * size[low.item])


def ordered(policy: Policy, world: World, low: Rate, high: Rate) -> bool:
    """AX3: whether `low` may not exceed `high`, which is of the same item, artifact and reading."""
    level = low.access == high.access
    second_path = low.access == "product" and policy.artifacts[low.artifact].serves_from  # P3 leads deeper instead
    deeper = level or (access_rank(low.access) < access_rank(high.access) and not second_path)
    part, whole = world.inside(low.asked, high.asked, high.access), world.inside(high.asked, low.asked, low.access)
    return {"x_sup x_sup": deeper and part, "x_inf x_inf": level and whole, "x_inf x_sup": deeper and (part or whole),
            "y_sup y_sup": level and part, "y_inf y_inf": level and whole, "y_inf y_sup": level and (part or whole),
            }.get(f"{low.kind} {high.kind}", False)


def unserved(policy: Policy, world: World) -> Iterator[bool]:
    """P3: whether through the product appears more than deeper down, and more than the paths serve besides."""
    yield from (not 0 <= share <= 1 for share in world.served.values())
    sums = totals(policy, world) if any(each.serves_from for each in policy.artifacts.values()) else {}
    for low, high in pairs(sums):
        paths, deeper = policy.artifacts[low.artifact].serves_from, low.access == "product" != high.access
        if paths and deeper and low.kind == high.kind == "x_sup" and world.inside(low.asked, high.asked, high.access):
            served = (world.many.get(i, 1) * given(world.served, (low.artifact, path, i))
                      for path in paths for i in world.members(low.item))
            yield sums[low] > sums[high] + sum(served)


def out_of_range(policy: Policy, world: World) -> Iterator[bool]:
    """AX1: whether a number is out of range, a target empty, a destroyed copy at work, a weaker test or closeness missing."""
    yield from (not 0 <= value <= 1 for value in (*world.rates.values(), *world.tpr.values(), *world.tpr_elsewhere.values()))
    yield from (day < 0 for day in (*world.finish.values(), *world.kept.values()))
    yield from (not world.members(target) for each in policy.clauses if (target := getattr(each, "target", None)))
    yield from (value != 0 for r, value in world.rates.items() if r.when == "now" and r.artifact in world.destroyed)
    yield from (share > 0 for (_, path, _), share in world.served.items() if path in world.destroyed)
    yield from (day > given(world.finish, m) for (_, m), day in world.kept.items() if m in world.destroyed)
    tests = (pair for powers in (world.tpr, world.tpr_elsewhere) for pair in product(powers.items(), repeat=2))
    yield from (a > b for (one, a), (two, b) in tests if one[:2] == two[:2] and one[2] <= two[2])
    limits = [each.limit for each in policy.clauses if isinstance(each, Remove) and isinstance(each.limit, Closeness)]
    said: list[Any] = [*world.removals, *limits, *policy.claims]  # every ε and δ that the policy or the world mentions
    weaker = {(each.epsilon or Fraction(0), each.delta or Fraction(0)) for each in said}
    yield from (replace(r, epsilon=e, delta=d) not in world.removals for r in world.removals for e, d in weaker
                if r.epsilon <= e and r.delta <= d)


def broken_facts(policy: Policy, world: World) -> tuple[str, ...]:
    """The declared facts that the world breaks, by name."""
    return tuple(dict.fromkeys(name for name, true in facts(policy, world) if not true))


def under_removal(policy: Policy, m: str) -> set[str]:
    """The targets of which the reference of m has none, without those that lie within others."""
    gone = {each.target for each in policy.clauses
            if isinstance(each, Remove) and each.measure == "influence" and m in in_scope(policy, each)}
    return {s for s in gone if not any(within(policy, s, t) and not within(policy, t, s) for t in gone)}


def facts(policy: Policy, world: World) -> Iterator[tuple[str, bool]]:
    """Every declared fact and whether the world agrees; a rate that a fact speaks of must be given."""
    for name, each in policy.information.items():
        low, high = each.size or (0, None)
        many = world.count(world.members(name))
        yield f"size of {name}", low <= many and (high is None or many <= high)
    for sets in world.items.values():
        kinds = {policy.information[name].kind for name in sets}
        yield "examples and facts are different items", not {"examples", "facts"} <= kinds
    for r in policy.relations:
        left, right = {*world.members(r.left)}, {*world.members(r.right)}
        least, most = 1 if r.low is None else r.low, world.count(left) if r.high is None else r.high
        shared = any({*world.members(a)} & {*world.members(b)} for a, b in combinations(r.sets, 2))
        true = {"within": left <= right, "disjoint_from": not shared,
                "overlaps": least <= world.count(left & right) <= most}
        yield f"{r.left} {r.kind} {r.right}", true[r.kind]
    measured: list[Any] = [(each, "before", (each.mean_at_least, 1)) for each in policy.measured_before]
    measured += [(each, "reference", each.mean_between) for each in policy.reference_retrain
                 if under_removal(policy, each.in_) <= {each.without}]  # else it is about another model than the reference
    for fact, when, (low, high) in measured:
        items = world.members(fact.target)
        for read, _ in readings(policy, fact.target, fact.in_, fact.reveals_when, fact.decoding):
            cell = (Rate("x_sup", i, fact.in_, fact.access, fact.asked, read, when) for i in items)
            yield fact.id, low * world.count(items) <= summed(world, cell) <= high * world.count(items)
    spoken_of = {m for each in policy.clauses if each.goal == "destroy" for m in in_scope(policy, each)}
    yield "nothing is destroyed of which no clause says so", world.destroyed <= spoken_of
    if policy.controls is not None:
        yield "controls", world.controls == {(party, m) for party, held in policy.controls.items() for m in held}
    yield from (("exclusive " + ", ".join(group), len({*group} & world.situations) <= 1) for group in policy.exclusive)
