"""What clauses demand and claims say of a world (semantics.md §2), and what the policy's names reach."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any, cast

from unlearn_spec.policy.model import (
    AllOf,
    Claim,
    Clause,
    Closeness,
    Condition,
    Decoding,
    Guarantee,
    Not,
    Policy,
    Rectify,
    Refuse,
    Retain,
    RevealsWhen,
    Suppress,
    Within,
)
from unlearn_spec.policy.vocabulary import access_rank

from .world import Rate, Removal, Unmentioned, World, at_most_exp, given

ASKING_NOTHING = ("retain", "keep", "govern")  # C1: every other goal asks for an act
TIMED = ("suppress", "retain", "refuse", "rectify", "remove", "destroy", "de_index", "finish")  # `by`: the work is done
STORES = ("dataset", "index", "cache")
REFERENCES: Any = ("retrain_without", "retrain_then_same_steps")
TIMES: Any = ("now", "before")
Rows = dict[str, Callable[[], bool]]


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


def readings(policy: Policy, of: str | None, m: str, reveals: RevealsWhen | None, drawn: Decoding | None) -> set[str]:
    """The readings that a fact or claim speaks of: its own or, if it states none, those that clauses use on m.

    For its set or one connected with it; if they use none there, on m at all; if they use none on m, an open one.
    """
    if reveals or drawn:
        return {reading(reveals, drawn)}
    kin = connected(policy, of)
    rated = [each for each in policy.clauses if isinstance(each, Suppress | Refuse | Retain | Rectify)
             and (each.scope.artifacts is None or m in in_scope(policy, each))]
    for among in ([each for each in rated if each.target in kin], rated):
        shown = {reading(each.reveals_when, each.scope.decoding) for each in among if not answers(each)}
        if among:  # clauses about refusals use a decoding alone
            return shown or {reading(None, each.scope.decoding) for each in among}
    return {""}


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
    """Whether the clause binds on some artifact: its guard holds, and no binding clause suspends it everywhere."""
    return bool(bound_on(policy, clause, world))


def bound_on(policy: Policy, clause: Clause, world: World) -> list[str]:
    """The artifacts of its scope on which the clause binds: not where a clause binds that overrides it.

    A scope that is left open cannot be suspended, or suspend, in part.
    """
    scope = in_scope(policy, clause) if clause.scope.artifacts else ["*"]
    for each in policy.clauses if holds(clause.scope.when, world) else ():
        taken = bound_on(policy, each, world) if clause.id in each.overrides else []
        scope = [] if taken and "*" in (*scope, *taken) else [m for m in scope if m not in taken]
    return scope if holds(clause.scope.when, world) else []


def complies(policy: Policy, clause: Any, world: World, without: Collection[str] = ()) -> bool:
    """Whether the world does what the clause demands wherever it binds."""
    on = bound_on(policy, clause, world)
    return not on or meets(policy, clause, world, without, None if "*" in on else on)


def meets(policy: Policy, clause: Any, world: World, without: Collection[str] = (),
          on: Collection[str] | None = None) -> bool:
    """Whether the world does what the clause demands (of some artifacts), be it binding or not; open: it promises least."""
    if clause.goal == "exclude_future":
        return clause.target in world.excluded
    if clause.goal == "govern":
        return clause.id in world.governed
    everywhere = clause.scope.artifacts is not None  # left open, it promises but one artifact
    done = (demand(policy, clause, m, world) and additions(policy, clause, m, world, without)
            for m in in_scope(policy, clause) if on is None or m in on)
    return all(done) if everywhere else any(done)


def demand(policy: Policy, clause: Any, m: str, world: World) -> bool:
    """Whether the row of the clause's goal is true of one artifact."""
    limit: Any = getattr(clause, "limit", None)
    over, metric = getattr(clause, "over", None), getattr(clause, "reveals_when", None)
    items = world.members(clause.target) if hasattr(clause, "target") else []
    known = "y_inf" if metric and metric.metric == "not_refusal" else "x_inf"

    def rates(kind: Any, when: Any = "now") -> list[Fraction]:  # open: the least of each chain, and an expectation
        about = (getattr(clause, "about", None) if when == "now" else None) or "process"
        access, asked = clause.scope.access or "product", clause.scope.asked or "direct"
        read = reading(None if kind[0] == "y" else metric, clause.scope.decoding)
        place: Any = (m, access, asked, read, when, about)
        return [given(world.rates, Rate(kind, item, *place)) for item in items]

    def kept(margins: list[Fraction]) -> bool:  # by how much each item is on the right side of the limit
        alike = [world.many.get(item, 1) for item in items]
        if over in (None, "mean"):  # open: the mean
            return sum(n * margin for n, margin in zip(alike, margins, strict=True)) >= 0
        right = sum(n for n, margin in zip(alike, margins, strict=True) if margin >= 0)
        return right >= (1 if over == "each" else over.share) * sum(alike)

    def falls() -> list[Fraction]:
        return [was - now for was, now in zip(rates(known, "before"), rates(known), strict=True)]

    rows: Rows = {
        "suppress": lambda: kept([limit.at_most - x for x in rates("x_sup")]),
        "retain": lambda: kept([limit.within - fall for fall in falls()] if isinstance(limit, Within)
                               else [x - limit.at_least for x in rates(known)]),
        "refuse": lambda: kept([1 - limit.at_least - y for y in rates("y_sup")]),
        "rectify": lambda: (kept([z - limit.at_least for z in rates("z_inf")])
                            and kept([limit.at_most - x for x in rates("x_sup")])),
        "remove": lambda: (any(Removal(clause.target, m, limit.epsilon, limit.delta, q) in world.removals
                               for q in REFERENCES if limit.compared_with in (None, q))  # open: one of them
                           if isinstance(limit, Closeness)
                           else given(power(clause, world), (clause.target, m, limit.at_fpr)) <= limit.tpr_at_most),
        "delete": lambda: all(given(world.kept, (item, m)) <= clause.by for item in items),
        "keep": lambda: all(given(world.kept, (item, m)) >= clause.until for item in items),
        "finish": lambda: True,  # its deadline is `by`
        "destroy": lambda: m in world.destroyed,
        "de_index": lambda: all(given(world.served, (name, m, item)) == 0 for item in items
                                for name, each in policy.artifacts.items() if m in each.serves_from),
        "ban": lambda: not any((method, m) in world.used for method in clause.methods),
    }
    return rows[clause.goal]()


def power(clause: Any, world: World) -> Mapping[tuple[str, str, Fraction], Fraction]:
    """The powers of membership tests of the clause's kind: with non-members from the same lottery, or from elsewhere."""
    same = clause.evidence is not None and "randomised_holdout" in clause.evidence.controls
    return world.tpr if same else world.tpr_elsewhere


def summed(world: World, cell: Iterable[Rate]) -> Fraction:
    """Σ of the rates over the items that they are of."""
    return sum((world.many.get(rate.item, 1) * given(world.rates, rate) for rate in cell), Fraction(0))


def additions(policy: Policy, clause: Any, m: str, world: World, without: Collection[str]) -> bool:
    """Whether what `by`, `using` and a certificate as evidence (AX15) add to the demand is true of one artifact."""
    on_time = clause.goal not in TIMED or clause.by is None or given(world.finish, m) <= clause.by
    as_meant = not clause.using or any((method, m) in world.used for method in clause.using)
    limit = clause.limit if isinstance(getattr(clause, "limit", None), Closeness) else None
    methods = [cast(Any, policy.methods)[name] for name in methods_on(policy, world, m, without)]
    proven = [each.guarantee for each in methods if each.guarantee and m not in each.not_on]
    close = [each for each in proven if not limit or covers(policy, each, clause.target, limit, world)]
    asked = limit is not None and policy.methods is not None and "AX15" not in without
    certificate = asked and clause.evidence is not None and clause.evidence.kind == "certificate"
    return on_time and as_meant and (not certificate or bool(close))


def covers(policy: Policy, guarantee: Guarantee, target: str, limit: Closeness, world: World) -> bool:
    """AX15: whether a guarantee for one unit, k of which make up the target, is (kε, k·e^((k−1)ε)·δ) within the limit."""
    info, per = policy.information[target], guarantee.per
    counted: dict[str | None, int] = {None: 1}
    for unit, many in info.other_units.items():
        counted[unit] = many
    if info.unit:
        counted.setdefault(info.unit, world.count(world.members(target)))
    if per not in counted:
        return False  # nothing says how many of these units make up the target
    k = counted[per]
    spread = at_most_exp(-limit.delta, -k * guarantee.delta, (k - 1) * guarantee.epsilon)
    return k * guarantee.epsilon <= limit.epsilon and spread


def unmet_presuppositions(policy: Policy, clause: Any, world: World) -> tuple[str, ...]:
    """AX4 if the clause presupposes copies called back, C1 if artifacts acted on, that in the world are not."""
    scope, who = in_scope(policy, clause) if clause.scope.artifacts else [], clause.scope.audience
    abroad = who is not None and access_rank(clause.scope.access or "product") >= access_rank("weights")
    acting = clause.goal not in ASKING_NOTHING and policy.parties is not None and policy.controls is not None
    lacking = {"AX4": abroad and any((m, who) not in world.recalled for m in scope),
               "C1": acting and any(m not in world.acted_on for m in scope)}
    return tuple(name for name, lacks in lacking.items() if lacks)


def obtainable(policy: Policy, clause: Any, world: World) -> bool:
    """AX9: whether evidence that needs the raw items finds them all in a store when the work is done and it may be had."""
    if not clause.evidence or not clause.evidence.needs_raw_data or not hasattr(clause, "target"):
        return True
    raw = policy.information[clause.target].built_from or clause.target
    stores = [name for name, each in policy.artifacts.items() if raw in each.holds]
    if not stores:
        return True  # where the raw items are is not said
    on = bound_on(policy, clause, world)
    days = [max(given(world.finish, m), clause.evidence.at or Fraction(0)) for m in in_scope(policy, clause)
            if m in on or "*" in on]
    items = world.members(raw)
    return all(any(all(given(world.kept, (item, store)) >= day for item in items) for store in stores) for day in days)


def follows(policy: Policy, claim: Claim, world: World) -> bool:
    """Whether the claim is true in the world, of each artifact that it names or, if it names none, of all models."""
    of, items, zero = claim.of or "", world.members(claim.of), Fraction(0)
    named = claim.in_ or models(policy)
    spoken = {m: readings(policy, claim.of, m, claim.reveals_when, claim.decoding) for m in named}
    any_reading = claim.of is None and claim.reveals_when is None and claim.decoding is None

    def revealed_at_most(limit: Fraction, access: Any, asked: Any) -> bool:
        cells = [[Rate("x_sup", i, m, access, asked, read) for i in items] for m in named for read in spoken[m]]
        return all(summed(world, cell) <= limit * world.count(items) for cell in cells)

    def unchanged() -> bool:  # in every cell that the world mentions and the claim does not exclude
        known = [rate for rate in world.rates if rate.kind == "x_inf" and rate.about == "process" and rate.when in TIMES
                 and rate.artifact in named and rate.item in items and (any_reading or rate.reading in spoken[rate.artifact])
                 and claim.access in (None, rate.access) and claim.asked in (None, rate.asked)]
        if len({(rate.item, rate.artifact) for rate in known}) < len(items) * len(named):
            raise Unmentioned(f"the world does not mention every rate that {claim.id} speaks of")
        now, before = ([given(world.rates, replace(rate, when=when)) for rate in known] for when in TIMES)
        return all(was - is_ <= (claim.within or 0) for was, is_ in zip(before, now, strict=True))

    removed = all(Removal(of, m, claim.epsilon or zero, claim.delta or zero) in world.removals for m in named)
    free = not any((of, m) in world.influenced for m in named)
    rows: Rows = {
        "influence_removed": lambda: free if claim.epsilon is None and claim.delta is None else removed,
        "as_if_never_trained": lambda: removed,
        "not_revealed": lambda: revealed_at_most(claim.at_most or zero, claim.access, claim.asked),
        "contains_no_information": lambda: revealed_at_most(zero, "finetune", "adversarial"),
        "nothing_else_changed": unchanged,
        "no_harmful_use": lambda: of in world.harmless,
    }
    return rows[claim.says]()
