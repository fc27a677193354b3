"""How a conflict can be mended, in the drafter's words. Whatever is marked as re-checked was applied, and the conflict was gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from ..finding import Edit, Fix
from ..logic.conflicts import linked
from ..logic.explanation import Core
from ..logic.repair import Change, dissolves, single_numbers, together, with_clause, without_clause
from ..logic.situations import cases
from ..logic.suspension import with_overriders
from ..policy.clauses import Ban, Clause, Delete, Destroy, Keep
from ..policy.edits import field_removed, value_replaced
from ..policy.model import Method, Policy
from ..policy.vocabulary import Access
from .context import Context
from .edits import all_or_none, field_edits, override_edits
from .in_front import in_front
from .per_unit import smaller
from .unlawful import unlawful
from .wording import listed

NO_NUMBER = "no single number settles this"


def fixes(context: Context, core: Core, code: str) -> tuple[Fix, ...]:
    """What would dissolve one conflict: other numbers first, of clauses that only should hold before those that must."""
    found = []
    for repair in single_numbers(context.theory, core, context.involved):
        rest = f" ({listed(repair.leaves)} would then have to change too)" if repair.leaves else ""
        change = repair.changes[0]
        if not _prolongs(context, core.clauses, change):
            fix = Fix(f"{written(change)}{rest}", verified=True, edits=_edits(context, repair.changes))
            found.append((change.field, fix))
    if code == "C006":
        found.sort(key=lambda entry: entry[0] != "by")
    numbers = [fix for _, fix in found]
    if code == "C003" and "AX7" in core.axioms:
        numbers += _list_a_method(context, core)
    if code == "C012":
        numbers += smaller(context, core)
    if code == "C008":
        numbers += _own_copy(context, core)
    suspending, lifting = list(_overrides(context, core)), list(_lifted(context, core))
    if code == "C006":
        return (*in_front(context, core), *numbers, *suspending, *lifting)
    return (*suspending, *numbers, *lifting, *([] if numbers or suspending else _give_up(context, core)))


def without_numbers(found: Sequence[Fix]) -> tuple[str, ...]:
    """A line that says so where no number helps."""
    numbers = [fix for fix in found if fix.verified and " on " in fix.text]
    return () if numbers else (NO_NUMBER,)


def settling_all(context: Context, cores: Sequence[Core]) -> Mapping[Core, Fix]:
    """For each group of conflicts that share clauses, the lightest changes that settle them all: told with the first."""
    found = {}
    for group in linked([core for core in cores if core.family is None]):
        first = group[0]
        if len(group) > 1 and all(core.situation == first.situation for core in group):
            situations = tuple(dict.fromkeys(situation for core in group for situation in core.situations))
            named = {name for core in group for name in core.clauses}
            names = tuple(clause.id for clause in context.policy.clauses if clause.id in named)
            repair = together(context.policy, names, situations, context.without)
            if repair is not None and not any(_prolongs(context, names, change) for change in repair.changes):
                changes = listed([written(change) for change in repair.changes])
                text = f"to settle all {len(group)} conflicts among these clauses: {changes}"
                found[first] = Fix(text, verified=True, edits=_edits(context, repair.changes))
    return found


def written(change: Change) -> str:
    """`at_most 33.4% on forget-facts`, or that the clause goes."""
    return f"{change.field} {change.value} on {change.clause}" if change.field else f"drop {change.clause}"


def _edits(context: Context, changes: Sequence[Change]) -> tuple[Edit, ...]:
    """The changes as edits; none if a clause goes, because what refers to it would have to go too."""
    if not all(change.field for change in changes):
        return ()
    source = context.document.source
    return all_or_none(*(field_edits(source, context.path(c.clause), c.field, c.value) for c in changes))


def _prolongs(context: Context, names: Sequence[str], change: Change) -> bool:
    """Whether a change to one of some clauses would have items kept longer that nobody may possess."""
    policy, clause = context.policy, context.clause(change.clause)
    if change.field not in ("by", "") or not isinstance(clause, Delete | Destroy):
        return False
    barred = unlawful(policy)
    kept = (c.target for c in policy.clauses if c.id in names and isinstance(c, Keep))
    return any(target in barred for target in (clause.target if isinstance(clause, Delete) else "", *kept))


def _give_up(context: Context, core: Core) -> list[Fix]:
    """Where no number helps: the clause that costs least to give up. Of a clause that fails alone, what is missing for it."""
    if len(core.clauses) == 1:
        return _means(context, core)
    repair = together(context.policy, core.clauses, core.situations, context.without)
    if repair is None:
        return []
    changes = repair.changes
    if any(_prolongs(context, core.clauses, change) for change in changes):
        kept = (c.id for c in context.policy.clauses if c.id in core.clauses and isinstance(c, Keep))
        changes = tuple(Change(name) for name in kept if _dropped(context, core, name))[:1]
    lifted = any(isinstance(context.clause(change.clause), Ban) for change in changes)
    if lifted or not changes:  # a ban is offered by itself
        return []
    named = listed([change.clause for change in changes])
    return [
        Fix(listed([written(change) for change in changes]), verified=True, edits=_edits(context, changes)),
        Fix(f"or word {named} anew"),
    ]


def _dropped(context: Context, core: Core, name: str) -> bool:
    """Whether the conflict is gone with one of its clauses."""
    rest = replace(core, clauses=tuple(other for other in core.clauses if other != name))
    return dissolves(without_clause(context.policy, name), rest, context.without)


def _lifted(context: Context, core: Core) -> Iterator[Fix]:
    """For each `ban` of a conflict: one method less on it, where that dissolves the conflict, or else no ban."""
    policy = context.policy
    for clause in policy.clauses:
        if not isinstance(clause, Ban) or clause.id not in core.clauses:
            continue
        spared = False
        for name in clause.methods if len(clause.methods) > 1 else ():
            rest = tuple(other for other in clause.methods if other != name)
            if dissolves(with_clause(policy, clause.model_copy(update={"methods": rest})), core, context.without):
                place = (*context.path(clause.id), "methods")
                edits = value_replaced(context.document.source, place, f"[{', '.join(rest)}]")
                yield Fix(f"take {name} out of {clause.id}", verified=True, edits=edits)
                spared = True
        if not spared and _dropped(context, core, clause.id):
            yield Fix(f"drop {clause.id}", verified=True)


def _list_a_method(context: Context, core: Core) -> list[Fix]:
    access: Access = context.clause(core.clauses[0]).scope.access or "product"
    policy = context.policy
    more = policy.model_copy(update={"methods": {**(policy.methods or {}), "unnamed": Method(reaches=access)}})
    return [Fix(f"list a method that reaches {access}", verified=True)] if dissolves(more, core, context.without) else []


def _means(context: Context, core: Core) -> list[Fix]:
    """What is missing for a clause that fails alone, in words: no one can tell which method will do before it is declared."""
    if "C1" in core.axioms:
        return [Fix("list the artifact under `controls` of whoever is to do this, or take the clause back")]
    if {"AX7", "AX15", "K3"}.intersection(core.axioms) or context.clause(core.clauses[0]).using:
        return [Fix("list a method that can do this there, or take the clause back")]
    return [Fix("correct what is declared, or take the clause back")]


def _own_copy(context: Context, core: Core) -> list[Fix]:
    """Speaking of the copy that the obligor runs, where that dissolves the conflict."""
    policy = context.policy
    clause = next(c for c in policy.clauses if c.id == core.clauses[0])
    altered = clause.model_copy(update={"scope": clause.scope.model_copy(update={"audience": None})})
    if not dissolves(with_clause(policy, altered), core, context.without):
        return []
    text = f"leave out `audience: {clause.scope.audience}`: {clause.id} then speaks of the copy that you run, not of theirs"
    edits = field_removed(context.document.source, (*context.path(clause.id), "scope", "audience"))
    return [Fix(text, verified=True, edits=edits)]


def _overrides(context: Context, core: Core) -> Iterator[Fix]:
    """`overrides:` on a clause of a conflict, where that dissolves it and empties none; a duty to keep before all others.

    On a guarded clause, in a conflict that needs a situation; and on a duty to keep, against what deletes.
    """
    policy, names = context.policy, frozenset(core.clauses)
    clashing = [clause for clause in policy.clauses if clause.id in names]
    for clause in sorted(clashing, key=lambda clause: not isinstance(clause, Keep)):
        others = _suspended(policy, core, clause, clashing)
        if not others:
            continue
        altered = clause.model_copy(update={"overrides": (*clause.overrides, *others)})
        changed = with_clause(policy, altered)
        if dissolves(changed, core, context.without) and all(_binds(changed, name) for name in others):
            snippet = f"overrides: [{', '.join(altered.overrides)}]"
            edits = override_edits(context.document.source, context.path(clause.id), others)
            yield Fix(f"let {clause.id} suspend {listed(others)} while it applies", verified=True, snippet=snippet, edits=edits)


def _suspended(policy: Policy, core: Core, clause: Clause, clashing: Sequence[Clause]) -> tuple[str, ...]:
    """The clauses of a conflict that one of them could suspend; none if one suspends it already, or if it must not last."""
    keeps = isinstance(clause, Keep)
    if isinstance(clause, Keep) and clause.target in unlawful(policy):
        return ()
    exception = bool(core.situation) and clause.scope.when is not None
    if not exception and not keeps:
        return ()
    named = tuple(c.id for c in clashing if c is not clause and (exception or (keeps and isinstance(c, Delete))))
    return () if any(_suspends(policy, name, clause.id) for name in named) else named


def _binds(policy: Policy, name: str) -> bool:
    """Whether some situation leaves something of a clause that others override."""
    found = cases(with_overriders(policy, (name,)))
    return found is None or any(name in case.binding.names for case in found)


def _suspends(policy: Policy, name: str, other: str) -> bool:
    """Whether a clause overrides another, directly or through others."""
    overridden = {clause.id: clause.overrides for clause in policy.clauses}
    return any(one == other or _suspends(policy, one, other) for one in overridden[name])
