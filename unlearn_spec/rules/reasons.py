"""Why clauses cannot hold together: the facts and numbers of a conflict, line by line, and what its axioms say there."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from ..logic.alone import reach
from ..logic.explanation import Core
from ..logic.formulas import Overlap, Size
from ..logic.suspension import binding
from ..logic.theory import Premise
from ..logic.worlds import short_percent
from ..policy.clauses import AtLeast, AtMost, Clause, Corrected
from ..policy.model import Policy
from .audiences import told_apart
from .context import Context
from .means import reaches_nothing
from .wording import count


def why(context: Context, core: Core, code: str) -> tuple[str, ...]:
    """The lines of one conflict."""
    counted = (*stands_on(context.policy, core), *_arithmetic(context, core))
    return (*counted, *told_apart(context, core), *_exceptions(context.policy, core), *_axioms(context, core, code))


def stands_on(policy: Policy, core: Core) -> tuple[str, ...]:
    """The facts of a conflict with their numbers, and its relations."""
    facts = (f"{premise.name}: {_told(policy, premise)}" for premise in core.facts)
    return (*facts, *(str(policy.relations[i]) for i in core.relations))


def _exceptions(policy: Policy, core: Core) -> Iterator[str]:
    """Which clauses of a conflict take items out of another one of it: what it asks on average is then asked of the rest."""
    bound = binding(policy, frozenset(core.situation))
    among = [clause for clause in policy.clauses if clause.id in core.clauses]
    for name in (clause.id for clause in among if bound.left_some(clause.id)):
        for other in (clause for clause in among if name in clause.overrides):
            yield f"{other.id} excepts some items from {name}: the rest must meet it alone"


def _axioms(context: Context, core: Core, code: str) -> Iterator[str]:
    """What the axioms say that a conflict stands on, where that is not plain."""
    if "AX6" in core.axioms:
        yield "closeness to retraining is about expected behaviour: what the retrained model does, a faithfully treated one still does"
    elif context.average:
        yield "one speaks of this one released model, the other of the average over trainings: a model may differ"
    if reaches_nothing(context, core):
        yield "where no used method reaches, behaviour stays as it was measured"
    if "K3" in core.axioms:
        yield "removal needs a method that reaches the weights"
    if "AX15" in core.axioms:
        yield "a certificate needs a method with a declared guarantee"
    if code == "C006":
        yield "the work takes at least the durations of the methods used, added up"
    if "AX12" in core.axioms:
        yield "a refusal reveals nothing and shows no knowledge, for the same prompt"


def _arithmetic(context: Context, core: Core) -> list[str]:
    """What the clauses of a conflict leave each other, exactly, where that is not enough."""
    found = []
    for name in core.clauses:
        clause, several = context.clause(name), len(core.clauses) > 1
        best = reach(context.theory, core.clauses, core.situation, name) if several else None
        side = None if best is None else _beyond(clause, best)
        if best is not None and side is not None:
            found.append(f"the other limits leave {name} {side} {_digits(best)} of {getattr(clause, 'target', '')}")
    return found


def _beyond(clause: Clause, best: Fraction) -> str | None:
    """On which side of a clause's limit the others leave it; None where they leave it what it asks."""
    limit = getattr(clause, "limit", None)
    if isinstance(limit, AtMost):
        return "at least" if best > limit.at_most else None
    return "at most" if isinstance(limit, AtLeast | Corrected) and best < limit.at_least else None


def _digits(value: Fraction) -> str:
    """A share with up to four significant digits; exact where it says no more."""
    exact = short_percent(value, 4)
    return exact if Fraction(exact.rstrip("%")) == value * 100 else f"about {exact}"


def _told(policy: Policy, premise: Premise) -> str:
    match premise.kind:
        case "size":
            assert isinstance(premise.formula, Size)
            fewest, most = policy.information[premise.formula.target].size or (0, 0)
            return count(fewest, "item") if fewest == most else f"{count(fewest)} to {count(most, 'item')}"
        case "relation":
            return shared(policy, premise)
        case "baseline":
            before = next(fact for fact in policy.measured_before if fact.id == premise.name)
            share = short_percent(before.mean_at_least)
            return f"{before.in_} revealed {before.target} at least {share} of the time through {before.access}, asked {before.asked}"
        case "reference":
            fact = next(fact for fact in policy.reference_retrain if fact.id == premise.name)
            low, high = (short_percent(value) for value in fact.mean_between)
            return f"a model trained without {fact.without} would reveal {fact.target} {low} to {high} of the time"
        case "control":
            return f"not listed under `controls` of {policy.parties.obligor}" if policy.parties else "declared"
        case _:
            return "declared"


def shared(policy: Policy, premise: Premise) -> str:
    """A declared overlap, in words."""
    overlap = premise.formula
    assert isinstance(overlap, Overlap)
    size = policy.information[overlap.right].size
    total = f" of the {count(size[0])}" if size is not None and size[0] == size[1] else ""
    least = count(overlap.low) if overlap.low == overlap.high else f"at least {count(overlap.low)}"
    return f"{least}{total} items of {overlap.right} are also in {overlap.left}"
