"""Facts, clauses and claims about a world, at its own numbers or a little to either side."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from random import Random
from typing import Any

from frames import Data, Frame, Reading, percent
from lawful import ASKED
from worlds import DAYS, Removing

from unlearn_spec.policy.model import Policy
from unlearn_spec.policy.vocabulary import PROBES
from unlearn_spec.spec.reference import Rate, World

GOALS = (
    "suppress", "suppress", "suppress", "retain", "retain", "fall", "refuse", "answering", "rectify", "remove", "remove",
    "membership", "delete", "keep", "finish", "destroy", "ban", "de_index", "exclude_future", "govern",
)  # fmt: skip
SAYS = (
    "influence_removed", "as_if_never_trained", "not_revealed", "contains_no_information", "nothing_else_changed",
    "no_harmful_use",
)  # fmt: skip


# --- facts -----------------------------------------------------------------------------------------------------------


def sizes(draw: Random, frame: Frame) -> tuple[Data, list[Data]]:
    """The sets with sizes, and the relations with bounds, that are true of the frame's items; some left open."""
    information = {name: dict(info) for name, info in frame.data["information"].items()}
    for name, info in information.items():
        many = sum(frame.many[i] for i, sets in frame.items.items() if name in sets)
        info["size"] = draw.choice((many, many, many, [max(1, many - draw.randint(0, 3)), many + draw.randint(1, 3)]))
        if draw.random() < 0.1:
            del info["size"]
    relations = []
    for relation in frame.data["relations"]:
        (left, kind), (_, right) = relation.items()
        if kind == "overlaps":
            shared = sum(frame.many[i] for i, sets in frame.items.items() if {left, right} <= sets)
            low, high = max(0, shared - draw.randint(0, 3)), shared + draw.randint(0, 3)
            bounds = [{"between": [low, high]}] + ([{"exactly": shared}] * 2 + [{}] if shared else [])
            relation = relation | draw.choice(bounds)
        relations.append(relation)
    return information, relations


def _mean(
    frame: Frame, world: World, kind: Any, target: str, m: str, access: Any, asked: str, name: str, when: Any = "now"
) -> Fraction:
    items = world.members(target)
    total = sum(world.many[i] * world.rates[Rate(kind, i, m, access, asked, name, when)] for i in items)
    return Fraction(total, 1) / world.count(items)


def baselines(draw: Random, frame: Frame, world: World) -> list[Data]:
    found = []
    for number in range(draw.choice((0, 1, 1, 2))):
        target, m, access, asked = (
            draw.choice(frame.facts),
            draw.choice(frame.speaking),
            draw.choice(frame.accesses),
            draw.choice(PROBES),
        )
        reads = draw.choice(frame.readings)
        true = min(_mean(frame, world, "x_sup", target, m, access, asked, r.name, "before") for r in frame.readings)
        if reads.reveals_when and reads.decoding:
            true = _mean(frame, world, "x_sup", target, m, access, asked, reads.name, "before")
        low = percent(max(Fraction(0), true - draw.choice((0, 0, Fraction(1, 10)))))
        fact = {"id": f"b{number}", "target": target, "in": m, "access": access, "asked": asked, "mean_at_least": low}
        if reads.reveals_when and reads.decoding:
            fact |= {"reveals_when": reads.reveals_when, "decoding": reads.decoding}
        found.append(fact)
    return found


def references(draw: Random, frame: Frame, world: World) -> list[Data]:
    found = []
    for number in range(draw.choice((0, 0, 1, 2))):
        target, m, access, asked = (
            draw.choice(frame.facts),
            draw.choice(frame.speaking),
            draw.choice(frame.accesses),
            draw.choice(PROBES),
        )
        means = [_mean(frame, world, "x_sup", target, m, access, asked, r.name, "reference") for r in frame.readings]
        slack = draw.choice((Fraction(0), Fraction(1, 20)))
        between = [
            percent(max(Fraction(0), min(means) - slack)),
            percent(min(Fraction(1), max(means) + slack), up=True),
        ]
        found.append(
            {"id": f"r{number}", "target": target, "without": draw.choice(frame.examples), "in": m, "access": access,
             "asked": asked, "mean_between": between}
        )  # fmt: skip
    return found


# --- clauses ---------------------------------------------------------------------------------------------------------


def clauses(draw: Random, frame: Frame, policy: Policy, world: World, removing: Sequence[Removing]) -> list[Data]:
    found: list[Data] = []
    for _ in range(draw.randint(2, 6)):
        clause = _clause(draw, frame, policy, world, removing)
        if clause is not None:
            clause["id"] = f"c{len(found)}"
            _guard(draw, frame, clause, found)
            found.append(clause)
    return found or [{"id": "c0", "goal": "govern", "measures": ["terms"]}]


def _guard(draw: Random, frame: Frame, clause: Data, earlier: list[Data]) -> None:
    situations = frame.data["situations"]
    if situations and draw.random() < 0.35:
        one = draw.choice(situations)
        when = draw.choice((one, {"not": one}, {"any": list(situations)}, {"all": [one, {"not": situations[-1]}]}))
        clause.setdefault("scope", {})["when"] = when
        if earlier and draw.random() < 0.5:
            clause["overrides"] = [draw.choice(earlier)["id"]]


def _where(draw: Random, frame: Frame, among: Sequence[str]) -> list[str]:
    name = draw.choice(among)
    if name == "base" and draw.random() < 0.3:
        return ["base+derived"]
    return [name, *(other for other in among if other != name and draw.random() < 0.2)]


def _near(draw: Random, value: Fraction) -> Fraction:
    """The value itself, or a little beside it, within [0, 1]."""
    step = draw.choice((0, 0, 0, Fraction(1, 100), Fraction(-1, 100), Fraction(1, 5), Fraction(-1, 5)))
    return min(Fraction(1), max(Fraction(0), value + step))


def _clause(draw: Random, frame: Frame, policy: Policy, world: World, removing: Sequence[Removing]) -> Data | None:
    goal = draw.choice(GOALS)
    if goal in ("suppress", "retain", "fall", "refuse", "answering", "rectify"):
        return _with_additions(draw, frame, _about_rates(draw, frame, policy, world, goal))
    if goal in ("remove", "membership"):
        return _with_additions(draw, frame, _removal(draw, frame, world, removing, goal))
    holding = [store for store in frame.stores if policy.artifacts[store].holds]
    if goal in ("delete", "keep"):
        if not holding:
            return None
        store = draw.choice(holding)
        target = draw.choice(policy.artifacts[store].holds)
        days = f"{draw.choice(DAYS)} days"
        return {
            "goal": goal,
            "target": target,
            "scope": {"artifacts": [store]},
            "by" if goal == "delete" else "until": days,
        }
    if goal == "finish":
        days = f"{draw.choice((0, 2, 10, 12, 30, 42))} days"
        return {"goal": goal, "scope": {"artifacts": _where(draw, frame, frame.speaking)}, "by": days}
    if goal == "destroy":
        late = {"by": "30 days"} if draw.random() < 0.3 else {}
        return {"goal": goal, "scope": {"artifacts": _where(draw, frame, frame.speaking)}} | late
    if goal == "ban":
        methods = list(frame.data.get("methods", ()))
        if not methods:
            return None
        scope = {"scope": {"artifacts": _where(draw, frame, frame.speaking)}} if draw.random() < 0.7 else {}
        return {"goal": goal, "methods": [draw.choice(methods)]} | scope
    if goal == "de_index":
        if "shelf" not in frame.stores:
            return None
        return {"goal": goal, "target": draw.choice((*frame.facts, *frame.examples)), "scope": {"artifacts": ["shelf"]}}
    if goal == "exclude_future":
        return {"goal": goal, "target": draw.choice(frame.examples)}
    return {"goal": "govern", "measures": ["terms"]}


def _about_rates(draw: Random, frame: Frame, policy: Policy, world: World, goal: str) -> Data:
    target, reads = draw.choice(frame.facts), draw.choice(frame.readings)
    asked = draw.choice(ASKED if goal in ("suppress", "retain") else PROBES)
    scope: Data = {
        "artifacts": _where(draw, frame, frame.speaking),
        "access": draw.choice(frame.accesses),
        "asked": asked,
    }
    over = draw.choice(("mean", "mean", "mean", "each", "share"))
    share = Fraction(draw.choice((1, 2, 3, 4)), 5)
    clause: Data = {"goal": goal, "target": target, "scope": scope,
                    "over": {"share": percent(share)} if over == "share" else over}  # fmt: skip
    if goal != "rectify" and (about := draw.choice((None, "model", "process"))):
        clause["about"] = about
    if reads.decoding:
        scope["decoding"] = reads.decoding
    if reads.reveals_when and goal not in ("refuse", "answering"):
        clause["reveals_when"] = reads.reveals_when
    root = scope["artifacts"][0].partition("+")[0]
    about = clause.get("about", "model")
    level, up = _limit(draw, frame, world, reads, goal, target, root, scope, over, share, about)
    clause["limit"] = {"at_most" if goal == "suppress" else "at_least": percent(level, up=up)}
    if goal == "fall":
        clause |= {"goal": "retain", "limit": {"within": percent(level, up=True), "of": "before"}}
    if goal == "answering":
        clause |= {"goal": "retain", "reveals_when": {"metric": "not_refusal"}}
    if goal == "rectify":
        old, _ = _limit(draw, frame, world, reads, "suppress", target, root, scope, over, share, about)
        clause["limit"] = {"at_least": percent(level), "at_most": percent(old, up=True)}
    if draw.random() < 0.15:
        scope["audience"] = draw.choice(("public", "staff"))
        if scope["audience"] not in {who for a in frame.data["artifacts"].values() for who in a["seen_by"]}:
            del scope["audience"]
    for field in ("access", "asked"):
        if draw.random() < 0.06:
            scope.pop(field)
    if draw.random() < 0.06:
        del clause["over"]
    if draw.random() < 0.06:
        del scope["artifacts"]
    return clause


def _limit(
    draw: Random,
    frame: Frame,
    world: World,
    reads: Reading,
    goal: str,
    target: str,
    m: str,
    scope: Data,
    over: str,
    share: Fraction,
    about: Any,
) -> tuple[Fraction, bool]:
    """A limit at what the target's items do, and whether to round it up so that they still keep it."""
    kind = {
        "suppress": "x_sup",
        "retain": "x_inf",
        "fall": "x_inf",
        "refuse": "y_sup",
        "answering": "y_inf",
        "rectify": "z_inf",
    }[goal]
    name = reads.drawn if kind[0] == "y" else reads.name
    items = world.members(target)

    def rate(i: str, when: Any) -> Fraction:
        of = about if when == "now" else "model"
        return world.rates[Rate(kind, i, m, scope["access"], scope["asked"], name, when, of)]  # type: ignore[arg-type]

    values = [rate(i, "before") - rate(i, "now") if goal == "fall" else rate(i, "now") for i in items]
    from_above = goal in ("suppress", "fall", "refuse")
    if over == "mean":
        level = sum((world.many[i] * v for i, v in zip(items, values, strict=True)), Fraction(0)) / world.count(items)
    elif over == "each":
        level = max(values) if from_above else min(values)
    else:
        level = draw.choice(values)
    level = _near(draw, max(Fraction(0), level))
    return (1 - level, False) if goal == "refuse" else (level, from_above)


def _removal(draw: Random, frame: Frame, world: World, removing: Sequence[Removing], goal: str) -> Data | None:
    if goal == "membership":
        target, m = draw.choice(frame.examples), draw.choice(frame.speaking)
        fpr = draw.choice(("0.1%", "1%", "10%"))
        clause: Data = {"goal": "remove", "target": target, "scope": {"artifacts": [m]}, "measure": "membership", "about": "process",
                        "limit": {"tpr_at_most": draw.choice(("1%", "4%", "10%", "50%")), "at_fpr": fpr}}  # fmt: skip
        evidence: Data = {"kind": "test", "access": "logprobs", "samples": 40}
        if draw.random() < 0.7:
            evidence["controls"] = ["randomised_holdout"]
        return clause | {"evidence": evidence}
    if not removing:
        return None
    one = draw.choice(removing)
    limit = {"epsilon": str(float(one.epsilon)), "delta": percent(one.delta), "compared_with": one.reference}
    if draw.random() < 0.1:
        del limit["compared_with"]
    return {"goal": "remove", "target": one.target, "scope": {"artifacts": [one.artifact]}, "measure": "influence",
            "about": "process", "limit": limit}  # fmt: skip


def _with_additions(draw: Random, frame: Frame, clause: Data | None) -> Data | None:
    """A deadline, methods, evidence that needs raw items, a certificate: each now and then."""
    if clause is None:
        return None
    methods = list(frame.data.get("methods", ()))
    if draw.random() < 0.15:
        clause["by"] = f"{draw.choice((0, 2, 10, 30, 42))} days"
    if methods and draw.random() < 0.12:
        clause["using"] = draw.sample(methods, draw.randint(1, len(methods)))
    if clause["goal"] == "remove" and clause["measure"] == "influence" and methods and draw.random() < 0.3:
        clause["evidence"] = {"kind": "certificate", "record": "proof"}
    elif frame.stores and draw.random() < 0.2:
        clause["evidence"] = clause.get("evidence", {"kind": "test", "samples": 40}) | {"needs_raw_data": True}
        if draw.random() < 0.5:
            clause["evidence"]["at"] = f"{draw.choice(DAYS)} days"
    return clause


# --- claims ----------------------------------------------------------------------------------------------------------


def claims(draw: Random, frame: Frame, world: World, removing: Sequence[Removing]) -> list[Data]:
    found = []
    for number in range(draw.choice((0, 1, 1, 2))):
        says, m = draw.choice(SAYS), draw.choice(frame.speaking)
        claim: Data = {"id": f"s{number}", "says": says, "of": draw.choice(frame.facts), "in": [m]}
        reads, access, asked = draw.choice(frame.readings), draw.choice(frame.accesses), draw.choice(PROBES)
        both = reads.reveals_when and reads.decoding
        written = {"reveals_when": reads.reveals_when, "decoding": reads.decoding} if both else {}
        if says in ("influence_removed", "as_if_never_trained"):
            claim["of"] = draw.choice(frame.examples)
            if removing and draw.random() < 0.6:
                one = draw.choice(removing)
                claim |= {
                    "of": one.target,
                    "in": [one.artifact],
                    "epsilon": str(float(one.epsilon)),
                    "delta": percent(one.delta),
                }
        elif says == "not_revealed":
            level = _near(draw, _mean(frame, world, "x_sup", claim["of"], m, access, asked, reads.name))
            claim |= {"access": access, "asked": asked, "at_most": percent(level, up=True)} | written
        elif says == "contains_no_information" and "finetune" not in frame.accesses:
            continue
        elif says == "nothing_else_changed":
            claim |= {"access": access, "asked": asked, "within": draw.choice(("0%", "10%", "50%"))} | written
        elif says == "no_harmful_use":
            del claim["in"]
        found.append(claim)
    return found
