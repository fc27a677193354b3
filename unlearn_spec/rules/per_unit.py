"""C012: a guarantee that covers one record is asked to cover all that a person gave."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from ..finding import Fix
from ..logic.explanation import Core
from ..logic.group_privacy import for_group, most_units
from ..logic.repair import dissolves
from ..logic.scope import scoped_artifacts
from ..logic.worlds import short_percent
from ..policy.clauses import Clause, Closeness, Remove
from ..policy.model import Guarantee, Policy
from . import wording
from .context import Context

STEP = Fraction(1, 1000)
"""Of a smaller ε that is offered."""
MEANT = 50
"""The largest ε that the language knows; beyond it nothing is left of δ."""


def covering_one(policy: Policy, clause: Clause) -> tuple[str, Guarantee] | None:
    """The strongest listed guarantee that meets the clause's limit for one unit, with its method."""
    if not isinstance(clause, Remove) or not isinstance(clause.limit, Closeness):
        return None
    scoped = scoped_artifacts(policy, clause)
    found = [
        (name, method.guarantee)
        for name, method in (policy.methods or {}).items()
        if method.guarantee is not None
        and method.guarantee.per is not None
        and not set(scoped) <= set(method.not_on)
        and method.guarantee.epsilon <= clause.limit.epsilon
        and method.guarantee.delta <= clause.limit.delta
    ]
    return min(found, key=lambda one: (one[1].epsilon, one[1].delta), default=None)


def per_unit(context: Context, core: Core) -> str:
    """C012. Flags a certificate that only holds for one unit, where the target is many of them or nothing says how many.

    Cannot see how the proof counts units, nor a sharper bound for groups than the general one.
    """
    clause = context.clause(core.clauses[0])
    found = covering_one(context.policy, clause)
    assert found is not None and isinstance(clause, Remove) and isinstance(clause.limit, Closeness)
    name, guarantee = found
    own = f"{wording.decimal(guarantee.epsilon)} and δ {short_percent(guarantee.delta)} for one {guarantee.per}"
    units = units_of(context.policy, clause.target, guarantee)
    lead = f"{clause.id} cannot hold: {name} proves ε {own}"
    if units is None:
        return f"{lead}, and nothing says how many of these make up {clause.target}"
    asked = f"{clause.id} asks for {wording.decimal(clause.limit.epsilon)} and {short_percent(clause.limit.delta)}"
    return f"{lead}; {clause.target} is {units:,} of them, which leaves {_for_group(guarantee, units)}; {asked}"


def units_of(policy: Policy, target: str, guarantee: Guarantee) -> int | None:
    """How many of the guarantee's units make up the target at least; None if nothing says so."""
    info = policy.information[target]
    if guarantee.per == info.unit:
        return info.size[0] if info.size is not None else None
    return info.other_units.get(guarantee.per or "")


def smaller(context: Context, core: Core) -> list[Fix]:
    """What would make the certificate possible: smaller numbers for each unit, or fewer units. Numbers are applied and checked."""
    clause = context.clause(core.clauses[0])
    found = covering_one(context.policy, clause)
    if found is None or not isinstance(clause, Remove) or not isinstance(clause.limit, Closeness):
        return []
    name, guarantee = found
    per, units = guarantee.per or "", units_of(context.policy, clause.target, guarantee)
    if units is None:
        return [Fix(f"say how many units (`{per}`) the items of {clause.target} come from", snippet=f"other_units: {{{per}: …}}")]
    fixes = [
        Fix(f"a proof of {name} with {words} for each {per}", verified=True)
        for altered, words in _smaller(guarantee, clause.limit, units)
        if dissolves(_proving(context.policy, name, altered), core, context.without)
    ]
    most = most_units((guarantee.epsilon, guarantee.delta), (clause.limit.epsilon, clause.limit.delta))
    return [
        *fixes[:1],
        Fix(f"a cap on one target, counted by `{per}`: {name} covers {most:,}"),
        Fix(f"or a proof for the target as a whole, without `per: {per}`"),
    ]


def _smaller(guarantee: Guarantee, limit: Closeness, units: int) -> Iterator[tuple[Guarantee, str]]:
    """The guarantee with the one number that is too large made small enough, in friendly steps."""
    epsilon = limit.epsilon / units // STEP * STEP
    if epsilon < guarantee.epsilon:
        yield guarantee.model_copy(update={"epsilon": epsilon}), f"epsilon {wording.decimal(epsilon)}"
        return
    words = wording.percent(limit.delta / for_group(guarantee.epsilon, Fraction(1), units)[1], "down")
    delta = Fraction(words.rstrip("%")) / 100
    yield guarantee.model_copy(update={"delta": delta}), f"delta {words}"


def _proving(policy: Policy, name: str, guarantee: Guarantee) -> Policy:
    """The policy with another guarantee of one method."""
    methods = dict(policy.methods or {})
    return policy.model_copy(
        update={"methods": {**methods, name: methods[name].model_copy(update={"guarantee": guarantee})}}
    )


def _for_group(guarantee: Guarantee, units: int) -> str:
    """What the guarantee leaves for so many units, in words."""
    epsilon, beyond = units * guarantee.epsilon, (units - 1) * guarantee.epsilon > MEANT
    delta = Fraction(int(guarantee.delta > 0)) if beyond else for_group(guarantee.epsilon, guarantee.delta, units)[1]
    return f"ε {wording.decimal(epsilon)} and δ {short_percent(min(delta, Fraction(1)))}"
