"""What every world keeps (semantics.md §3), by the numbers of that text, and what a policy declares of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, permutations, product
from typing import Any

from unlearn_spec.policy.model import Policy
from unlearn_spec.policy.vocabulary import access_rank

from .clauses import WEIGHTS, ZERO, Judge, drawn, reached
from .world import Rate, Removal, World, at_most_exp, given

ORDER = ("AX1", "AX3", "AX4", "AX5", "AX6", "AX7", "AX8", "AX9", "AX10", "AX12", "AX16", "K1", "K2", "K3", "K4", "K5",
         "P1", "P2", "P3", "P4", "C1")  # fmt: skip
ON_REQUEST, READERS = {"AX9", "P1", "P2"}, ("AX3", "AX8", "AX10", "K4", "P4")
CELL = ("item", "artifact", "when", "about")


def broken_axioms(policy: Policy, world: World, without: Collection[str] = (), also: Collection[str] = ()) -> tuple[str, ...]:
    """The axioms that a world breaks; of AX9, P1 and P2 those in `also`.

    One that says how others are read is named where, without it, others would not be broken; AX16 where it is left out and an
    item lies where no declaration allows one. AX2, AX11, AX13 and AX14 forbid no world whose items are written down.
    """

    def broken(*more: str) -> set[str]:
        out = {*without, *more}
        held = instances(Judge(policy, world, out))
        return {name for name, cases in held.items() if name not in (out ^ {"AX16"}) | (ON_REQUEST - {*also}) and not all(cases)}

    found = broken()
    read = {name for name in READERS if found and name not in without and broken(name) != found - {name}}
    return tuple(name for name in ORDER if name in found | read)


def instances(judge: Judge) -> dict[str, Iterable[bool]]:
    """Of each axiom whether it is kept, case by case."""
    policy, world, out, sets, line = judge.policy, judge.world, judge.without, judge.wholes, judge.lineage
    rates, methods, top = world.rates, policy.methods, access_rank("finetune") + 1
    every = {m: exposed(judge, line[m]) for m in line}
    met = {m: exposed(judge, {m}) for m in line} if "K4" in out else every
    kin = {s: made_from(judge, s) for s in sets}
    exact = {(s, m) for s, m in product(sets, line) if Removal(s, m, ZERO, ZERO) in world.removals}
    gone = {(s, m) for s, m in product(sets, line) if any((t, m) in exact for t in sets[s])}
    ended = {(t, m) for t, m in exact if all((u, m) in gone for u in made_from(judge, t, sets[t]) & every[m])}
    reach = {m: top if methods is None else max([access_rank(methods[n].reaches) for n in judge.methods_on(m)], default=-1)
             for m in line}
    ordered = [(low, high) for low, high in pairs(rates, *CELL) if under(judge, low, high) and not served_too(policy, low, high)
               and ("AX3" not in out or (low.access, low.asked, low.kind[1:]) == (high.access, high.asked, high.kind[1:]))]
    return {
        "AX1": in_range(policy, world),
        "AX3": (rates[low] <= rates[high] for low, high in ordered if low.kind[0] == high.kind[0]),
        "AX4": (level(policy, who, m, out) < WEIGHTS for m, who in world.recalled),
        "AX5": (at_most_exp(tpr - r.delta, f, r.epsilon) and at_most_exp(1 - f - r.delta, 1 - tpr, r.epsilon)
                for r in world.removals for (s, m, f), tpr in world.tpr.items() if (s, m) == (r.target, r.artifact)),
        "AX6": (at_most_exp(a - r.delta, b, r.epsilon) for rate, x, y in beside(world, "reference") if rate.about == "process"
                for r in world.removals if (r.artifact, r.compared_with) == (rate.artifact, "retrain_without")
                and r.artifact not in world.destroyed and left_out(judge, r.artifact) & sets[r.target]
                for a, b in ((x, y), (y, x), (1 - x, 1 - y), (1 - y, 1 - x))),
        "AX7": (*(x == was for rate, x, was in beside(world, "before") if rate.artifact not in world.destroyed
                  and reach[rate.artifact] < access_rank(rate.access) < (WEIGHTS if "P4" in out else top)),
                *(m not in methods[n].not_on for n, m in world.used if methods is not None),
                *(sum(methods[n].takes or 0 for n, on in world.used if on == m) <= day
                  for m, day in world.finish.items() if methods is not None)),
        "AX9": (judge.obtainable(clause) for clause in policy.clauses),
        "AX12": (*(rates[low] <= rates[high] for low, high in ordered if low.kind[0] != high.kind[0]),
                 *(rates[z] + rates[x] <= 1 for z, x in pairs(rates, *CELL, "access", "reading") if (z.kind, x.kind) == ("z_inf", "x_inf")
                   and (z.asked == x.asked or "AX3" not in out) and world.inside(z.asked, x.asked, x.access))),
        "AX16": (met_by_declaration(judge, each) for each in world.items.values()),
        "C1": ((policy.parties.obligor, m) in world.controls
               for m in world.acted_on if policy.parties and policy.controls is not None),
        "K1": ((s, m) in world.influenced for m in line for s in met[m] if (s, m) not in gone),
        "K2": ((s, m) not in world.influenced for s, m in product(sets, line) if any((t, m) in ended for t in sets[s])),
        "K3": (r.artifact in world.destroyed or reach[r.artifact] >= WEIGHTS
               for r in world.removals if r.target in met[r.artifact]),
        "K5": ((s, m) in world.influenced for s, m in product(sets, line) for t in kin[s] & met[m] if (t, m) not in gone),
        "P1": (kept for name, kept in repeated(policy, world) if name == "P1"),
        "P2": (kept for name, kept in repeated(policy, world) if name == "P2"),
        "P3": second_paths(judge),
    }  # fmt: skip


def exposed(judge: Judge, line: Collection[str]) -> set[str]:
    """Expo: the sets that artifacts of a line were trained on, and those within or around one of them."""
    trained = {s for m in line for s in judge.policy.artifacts[m].trained_on}
    return {s for s in judge.wholes if trained & (judge.wholes[s] | judge.parts[s])}


def made_from(judge: Judge, s: str, around: Collection[str] = ()) -> set[str]:
    """Kin of a set; Kin° with the sets around it."""
    made = {u for u, sources in judge.sources.items() if sources & {*judge.parts[s], *around}} - judge.parts[s]
    return {u for u in made if judge.policy.information[u].kind == "examples"}


def level(policy: Policy, audience: str, m: str, out: Collection[str]) -> int:
    """How deep an audience sees an artifact; −1: not at all."""
    inside = [] if "AX10" in out else [(each.within, who) for who, each in policy.people.items()]
    who = reached(audience, inside)
    return max([access_rank(access) for each, access in policy.artifacts[m].seen_by.items() if each in who], default=-1)


def met_by_declaration(judge: Judge, sets: Collection[str]) -> bool:
    """Whether any two of an item's sets are declared to meet: in a part of both, or in parts of theirs that overlap."""
    overlap = {(a, b) for r in judge.policy.relations if r.kind == "overlaps" for a, b in permutations(r.sets)}
    parts = {s: judge.parts[s] & {*sets} for s in sets}
    return all(parts[s] & parts[t] or overlap & {*product(parts[s], parts[t])} for s, t in combinations(sets, 2))


def pairs(rates: Iterable[Rate], *alike: str) -> Iterator[tuple[Rate, Rate]]:
    """The pairs of rates, either way round, that are alike in these fields."""
    groups: dict[tuple[str, ...], list[Rate]] = {}
    for rate in rates:
        groups.setdefault(tuple(getattr(rate, name) for name in alike), []).append(rate)
    return (pair for group in groups.values() for pair in permutations(group, 2))


def beside(world: World, when: Any) -> list[tuple[Rate, Fraction, Fraction]]:
    """The rates of now of which the world says what they were before, or are of the reference."""
    now = {rate: replace(rate, when=when, about="model") for rate in world.rates if rate.when == "now"}
    return [(rate, world.rates[rate], world.rates[other]) for rate, other in now.items() if other in world.rates]


def under(judge: Judge, low: Rate, high: Rate) -> bool:
    """Whether AX3 and AX12 put one rate below another, be it through cells that the world does not mention."""
    letters, ends, inside = low.kind[0] + high.kind[0], (low.kind[2:], high.kind[2:]), judge.world.inside
    read = low.reading if letters in ("xx", "yy") else drawn(low.reading)
    if letters not in ("xx", "yy", "xy", "zy") or high.reading != read or ends == ("sup", "inf"):
        return False
    if ends == ("inf", "inf"):
        return low.access == high.access and inside(high.asked, low.asked, low.access)
    deeper = low.access == high.access or (letters[0] == "x" and access_rank(low.access) < access_rank(high.access))
    if ends == ("sup", "sup"):
        return deeper and inside(low.asked, high.asked, high.access)
    probes = (low.asked, high.asked, "direct")
    return deeper and any(inside(p, low.asked, low.access) and inside(p, high.asked, high.access) for p in probes)


def served_too(policy: Policy, low: Rate, high: Rate) -> bool:
    """Whether P3 stands in the place of AX3: out of a product that serves from elsewhere."""
    return bool(policy.artifacts[low.artifact].serves_from) and low.access == "product" != high.access


def in_range(policy: Policy, world: World) -> Iterator[bool]:
    """AX1."""
    yield from (0 <= x <= 1 for each in (world.rates, world.tpr, world.tpr_elsewhere) for x in each.values())
    yield from (day >= 0 for day in (*world.finish.values(), *world.kept.values()))
    yield from (bool(world.members(target)) for c in policy.clauses if (target := getattr(c, "target", None)))
    for tpr in (world.tpr, world.tpr_elsewhere):
        yield from (f <= power for (_, _, f), power in tpr.items())
        yield from (tpr[one] <= tpr[two] for one, two in product(tpr, tpr) if one[:2] == two[:2] and one[2] <= two[2])
    said: list[Any] = [c.limit for c in policy.clauses if c.goal == "remove" and c.measure == "influence"]
    close = {(each.epsilon or ZERO, each.delta or ZERO) for each in (*said, *policy.claims, *world.removals)}
    weaker = ((r, e, d) for r in world.removals for e, d in close if r.epsilon <= e and r.delta <= d)
    yield from (replace(r, epsilon=e, delta=d) in world.removals for r, e, d in weaker)
    yield from (x == 0 for rate, x in world.rates.items() if rate.when == "now" and rate.artifact in world.destroyed)
    yield from (day <= given(world.finish, m) for (_, m), day in world.kept.items() if m in world.destroyed)
    yield from (part == 0 for (_, path, _), part in world.served.items() if path in world.destroyed)


def sums(world: World) -> dict[Rate, Fraction]:
    """The sum of a rate of now over each set of whose items the world says it; the set stands for the item."""
    listed: dict[Rate, list[Fraction]] = {}
    for rate, x in world.rates.items():
        for s in world.items[rate.item] if rate.when == "now" else ():
            listed.setdefault(replace(rate, item=s), []).append(world.many.get(rate.item, 1) * x)
    return {cell: sum(each, ZERO) for cell, each in listed.items() if len(each) == len(world.members(cell.item))}


def repeated(policy: Policy, world: World) -> Iterator[tuple[str, bool]]:
    """P1 and P2: whether what is known is said in context."""
    means = {cell: total / world.count(world.members(cell.item)) for cell, total in sums(world).items()}
    for known, told in pairs(means, "artifact", "when"):
        deeper = access_rank(known.access) <= access_rank(told.access)
        if deeper and (known.kind, told.kind, told.asked) == ("x_inf", "x_sup", "in_context"):
            if policy.information[told.item].built_from == known.item:
                yield "P1", means[known] <= means[told]
            if known.asked == "in_context":
                yield "P2", means[known] <= means[told]


def second_paths(judge: Judge) -> Iterator[bool]:
    """P3: whether a product shows no more than what it serves from elsewhere, and what is shown deeper down."""
    world, artifacts = judge.world, judge.policy.artifacts
    yield from (0 <= part <= 1 for part in world.served.values())
    total = sums(world) if any(each.serves_from for each in artifacts.values()) else {}
    for low, high in pairs(total, *CELL):
        if low.kind[0] + high.kind[0] == "xx" and served_too(judge.policy, low, high) and under(judge, low, high):
            paths = product(artifacts[low.artifact].serves_from, world.members(low.item))
            served = ((i, world.served.get((low.artifact, path, i), 1)) for path, i in paths if path not in world.destroyed)
            yield total[low] <= total[high] + sum(world.many.get(i, 1) * part for i, part in served)


def broken_facts(policy: Policy, world: World) -> tuple[str, ...]:
    """What a policy declares and a world contradicts."""
    return tuple(dict.fromkeys(name for name, true in facts(Judge(policy, world)) if not true))


def facts(judge: Judge) -> Iterator[tuple[str, bool]]:
    policy, world = judge.policy, judge.world
    for name, info in policy.information.items():
        yield f"size of {name}", info.size is None or info.size[0] <= world.count(world.members(name)) <= info.size[1]
    for r in policy.relations:
        shared = [i for i, sets in world.items.items() if len(sets & {*r.sets}) > 1]
        least, most = 1 if r.low is None else r.low, world.count(world.items) if r.high is None else r.high
        kept = {"within": {*world.members(r.left)} <= {*shared}, "disjoint_from": not shared,
                "overlaps": least <= world.count(shared) <= most}  # fmt: skip
        yield f"{r.left} {r.kind} {r.right}", kept[r.kind]
    kinds = [{policy.information[s].kind for s in sets} for sets in world.items.values()]
    yield "examples and facts are different items", not any({"examples", "facts"} <= each for each in kinds)
    told: list[tuple[Any, ...]] = [(fact, "before", fact.mean_at_least, 1) for fact in policy.measured_before]
    told += [(fact, "reference", *fact.mean_between) for fact in policy.reference_retrain if of_the_reference(judge, fact)]
    for fact, when, low, high in told:
        items = world.members(fact.target)
        for spoken in judge.readings(fact.target, fact.in_, fact):
            rates = judge.rates(items, "x_sup", fact.in_, fact.access, fact.asked, *spoken, when)
            yield fact.id, judge.enough(items, [x - low for x in rates]) and judge.enough(items, [high - x for x in rates])
    ended = {m for c in policy.clauses if c.goal == "destroy" for m in judge.scope(c)}
    yield "nothing is destroyed of which no clause says so", world.destroyed <= ended
    if policy.controls is not None:
        yield "controls", world.controls == {(who, m) for who, held in policy.controls.items() for m in held}
    yield from ((f"exclusive {', '.join(group)}", len(world.situations & {*group}) <= 1) for group in policy.exclusive)


def of_the_reference(judge: Judge, fact: Any) -> bool:
    """Whether the model of which a fact speaks lacks all targets under removal, or all that facts leave out, and nothing else."""
    targets = left_out(judge, fact.in_)
    return fact.without in targets and all(fact.without in judge.wholes[s] for s in targets)


def left_out(judge: Judge, m: str) -> set[str]:
    """What the reference of an artifact lacks."""
    clauses: list[Any] = [c for c in judge.policy.clauses if c.goal == "remove" and c.measure == "influence"]
    targets = {c.target for c in clauses if m in judge.scope(c)}
    return targets or {fact.without for fact in judge.policy.reference_retrain if fact.in_ == m}
