"""What every world keeps (semantics.md §3), by the numbers of that text.

One function an axiom: whether it is kept, case by case. Letters are those of the text: s, t, u are sets, m is an artifact, n a
method, r a removal; x, y, z are rates.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import combinations, permutations, product
from typing import Any

from unlearn_spec.policy.model import Policy
from unlearn_spec.policy.vocabulary import access_rank

from .clauses import WEIGHTS, ZERO, Judge, reached
from .facts import left_out
from .order import beside, pairs, served_too, sums, under
from .world import Rate, Removal, World, at_most_exp, given

ORDER = ("AX1", "AX3", "AX4", "AX5", "AX6", "AX7", "AX8", "AX9", "AX10", "AX12", "AX16", "K1", "K2", "K3", "K4", "K5",
         "P1", "P2", "P3", "P4", "C1")  # fmt: skip
ON_REQUEST, READERS = {"AX9", "P1", "P2"}, ("AX3", "AX8", "AX10", "K4", "P4")
CELL = ("item", "artifact", "when", "about")
BEYOND = access_rank("finetune") + 1


def broken_axioms(policy: Policy, world: World, without: Collection[str] = (), also: Collection[str] = ()) -> tuple[str, ...]:
    """The axioms that a world breaks; of AX9, P1 and P2 those in `also`.

    One that says how others are read is named where, without it, others would not be broken; AX16 where it is left out and an
    item lies where no declaration allows one. AX2, AX11, AX13 and AX14 forbid no world whose items are written down.
    """

    def broken(*more: str) -> set[str]:
        out = {*without, *more}
        unasked = (out ^ {"AX16"}) | (ON_REQUEST - {*also})
        ground = Ground(Judge(policy, world, out))
        return {name for name, cases in AXIOMS.items() if name not in unasked and not all(cases(ground))}

    found = broken()
    read = {name for name in READERS if found and name not in without and broken(name) != found - {name}}
    return tuple(name for name in ORDER if name in found | read)


class Ground:
    """What several axioms ask for, worked out once."""

    def __init__(self, judge: Judge) -> None:
        self.judge, self.policy, self.world, self.out = judge, judge.policy, judge.world, judge.without

    @cached_property
    def every(self) -> dict[str, set[str]]:
        """Expo of each artifact."""
        return {m: exposed(self.judge, line) for m, line in self.judge.lineage.items()}

    @cached_property
    def met(self) -> dict[str, set[str]]:
        """Expo as K1, K3 and K5 count it: without K4, what an artifact was trained on itself."""
        return {m: exposed(self.judge, {m}) for m in self.judge.lineage} if "K4" in self.out else self.every

    @cached_property
    def places(self) -> list[tuple[str, str]]:
        """Every set on every artifact."""
        return list(product(self.judge.wholes, self.judge.lineage))

    @cached_property
    def exact(self) -> set[tuple[str, str]]:
        """The removals without remainder, against a plain retrain."""
        return {(s, m) for s, m in self.places if Removal(s, m, ZERO, ZERO) in self.world.removals}

    @cached_property
    def gone(self) -> set[tuple[str, str]]:
        """Gone: those, with every set that lies within one so removed."""
        return self._within(self.exact)

    @cached_property
    def ended(self) -> set[tuple[str, str]]:
        """Where K2 ends influence, and that of every set within."""

        def kin_gone(t: str, m: str) -> bool:
            around = self.judge.wholes[t]
            return all((u, m) in self.gone for u in made_from(self.judge, t, around) & self.every[m])

        return self._within({(t, m) for t, m in self.exact if kin_gone(t, m)})

    def _within(self, places: set[tuple[str, str]]) -> set[tuple[str, str]]:
        return {(s, m) for s, m in self.places if any((t, m) in places for t in self.judge.wholes[s])}

    @cached_property
    def reach(self) -> dict[str, int]:
        """The deepest access that a method used on an artifact reaches; beyond all where a policy lists no methods."""
        methods = self.policy.methods
        if methods is None:
            return dict.fromkeys(self.judge.lineage, BEYOND)
        return {m: max([access_rank(methods[n].reaches) for n in self.judge.methods_on(m)], default=-1)
                for m in self.judge.lineage}  # fmt: skip

    @cached_property
    def ordered(self) -> list[tuple[Rate, Rate]]:
        """The pairs of rates that AX3 and AX12 order; without AX3 those of one cell and one bound alone."""
        found = [(low, high) for low, high in pairs(self.world.rates, *CELL)
                 if under(self.judge, low, high) and not served_too(self.policy, low, high)]  # fmt: skip
        if "AX3" not in self.out:
            return found
        return [(low, high) for low, high in found
                if (low.access, low.asked, low.kind[1:]) == (high.access, high.asked, high.kind[1:])]  # fmt: skip


def more_reveals_more(ground: Ground) -> Iterator[bool]:
    """AX3."""
    rates = ground.world.rates
    return (rates[low] <= rates[high] for low, high in ground.ordered if low.kind[0] == high.kind[0])


def weights_stay_given(ground: Ground) -> Iterator[bool]:
    """AX4."""
    return (level(ground.policy, who, m, ground.out) < WEIGHTS for m, who in ground.world.recalled)


def removal_bounds_tests(ground: Ground) -> Iterator[bool]:
    """AX5."""
    for r in ground.world.removals:
        for (s, m, f), tpr in ground.world.tpr.items():
            if (s, m) == (r.target, r.artifact):
                yield at_most_exp(tpr - r.delta, f, r.epsilon)
                yield at_most_exp(1 - f - r.delta, 1 - tpr, r.epsilon)


def removal_ties_rates(ground: Ground) -> Iterator[bool]:
    """AX6."""
    judge, world = ground.judge, ground.world
    for rate, x, retrained in beside(world, "reference"):
        if rate.about != "process" or rate.artifact in world.destroyed:
            continue
        for r in world.removals:
            if (r.artifact, r.compared_with) != (rate.artifact, "retrain_without"):
                continue
            if left_out(judge, r.artifact) & judge.wholes[r.target]:
                for one, other in ((x, retrained), (1 - x, 1 - retrained)):
                    yield at_most_exp(one - r.delta, other, r.epsilon)
                    yield at_most_exp(other - r.delta, one, r.epsilon)


def unreached_stays(ground: Ground) -> Iterator[bool]:
    """AX7, and what methods take and cannot be used on."""
    world, methods = ground.world, ground.policy.methods
    if methods is None:
        return
    deepest = WEIGHTS if "P4" in ground.out else BEYOND
    for rate, x, was in beside(world, "before"):
        if rate.artifact not in world.destroyed and ground.reach[rate.artifact] < access_rank(rate.access) < deepest:
            yield x == was
    yield from (m not in methods[n].not_on for n, m in world.used)
    for m, day in world.finish.items():
        yield sum(methods[n].takes or 0 for n, on in world.used if on == m) <= day


def refusals_reveal_nothing(ground: Ground) -> Iterator[bool]:
    """AX12."""
    rates, inside = ground.world.rates, ground.world.inside
    yield from (rates[low] <= rates[high] for low, high in ground.ordered if low.kind[0] != high.kind[0])
    for z, x in pairs(rates, *CELL, "access", "reading"):
        if (z.kind, x.kind) == ("z_inf", "x_inf") and (z.asked == x.asked or "AX3" not in ground.out):
            yield not inside(z.asked, x.asked, x.access) or rates[z] + rates[x] <= 1


def obligor_controls(ground: Ground) -> Iterator[bool]:
    """C1."""
    policy, world = ground.policy, ground.world
    if policy.parties and policy.controls is not None:
        yield from ((policy.parties.obligor, m) in world.controls for m in world.acted_on)


def training_shapes(ground: Ground) -> Iterator[bool]:
    """K1."""
    return ((s, m) in ground.world.influenced for m, met in ground.met.items() for s in met if (s, m) not in ground.gone)


def removal_ends_influence(ground: Ground) -> Iterator[bool]:
    """K2."""
    return (place not in ground.world.influenced for place in ground.ended)


def removal_needs_the_weights(ground: Ground) -> Iterator[bool]:
    """K3."""
    for r in ground.world.removals:
        if r.target in ground.met[r.artifact]:
            yield r.artifact in ground.world.destroyed or ground.reach[r.artifact] >= WEIGHTS


def kin_keep_influence(ground: Ground) -> Iterator[bool]:
    """K5."""
    for s in ground.judge.wholes:
        kin = made_from(ground.judge, s)
        for m, met in ground.met.items():
            yield (s, m) in ground.world.influenced or all((t, m) in ground.gone for t in kin & met)


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


def in_range(ground: Ground) -> Iterator[bool]:
    """AX1."""
    policy, world = ground.policy, ground.world
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


def second_paths(ground: Ground) -> Iterator[bool]:
    """P3: whether a product shows no more than what it serves from elsewhere, and what is shown deeper down."""
    judge, world, artifacts = ground.judge, ground.world, ground.policy.artifacts
    yield from (0 <= part <= 1 for part in world.served.values())
    total = sums(world) if any(each.serves_from for each in artifacts.values()) else {}
    for low, high in pairs(total, *CELL):
        if low.kind[0] + high.kind[0] == "xx" and served_too(judge.policy, low, high) and under(judge, low, high):
            paths = product(artifacts[low.artifact].serves_from, world.members(low.item))
            served = ((i, world.served.get((low.artifact, path, i), 1)) for path, i in paths if path not in world.destroyed)
            yield total[low] <= total[high] + sum(world.many.get(i, 1) * part for i, part in served)


AXIOMS: Mapping[str, Callable[[Ground], Iterable[bool]]] = {
    "AX1": in_range,
    "AX3": more_reveals_more,
    "AX4": weights_stay_given,
    "AX5": removal_bounds_tests,
    "AX6": removal_ties_rates,
    "AX7": unreached_stays,
    "AX9": lambda ground: (ground.judge.obtainable(clause) for clause in ground.policy.clauses),
    "AX12": refusals_reveal_nothing,
    "AX16": lambda ground: (met_by_declaration(ground.judge, sets) for sets in ground.world.items.values()),
    "C1": obligor_controls,
    "K1": training_shapes,
    "K2": removal_ends_influence,
    "K3": removal_needs_the_weights,
    "K5": kin_keep_influence,
    "P1": lambda ground: (kept for name, kept in repeated(ground.policy, ground.world) if name == "P1"),
    "P2": lambda ground: (kept for name, kept in repeated(ground.policy, ground.world) if name == "P2"),
    "P3": second_paths,
}
