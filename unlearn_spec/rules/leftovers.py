"""A012, A013, A014: copies and paths that the clauses leave as they are. By lineage and names, without the solver."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..finding import Finding, Fix
from ..logic.scope import MODELS
from ..policy.clauses import Clause, DeIndex, Delete, ExcludeFuture, Keep, Refuse, Remove, Suppress
from ..policy.edits import item_added, value_replaced
from ..policy.load import Document
from .edits import fresh
from .lineage import Lineage, target_of
from .names import kebab
from .unlisting import closing, still_listed


def leftover_findings(document: Document) -> tuple[Finding, ...]:
    """A012, A013 and A014, code by code."""
    lineage = Lineage(document.policy)
    return (
        *influence_left(document, lineage),
        *influence_meant(document, lineage),
        *copy_left(document, lineage),
        *copy_meant(document, lineage),
        *path_left(document, lineage),
    )


def influence_left(document: Document, lineage: Lineage) -> Iterator[Finding]:
    """A012: the influence of a set is removed, and a model that was trained on it, or a copy made from one, is left out.

    It matters because treating a parent does not treat what was made from it before (AX8), and a checkpoint kept for
    rollback carries what the new model no longer should. Cannot see copies that are not listed, nor whether one was made
    from the treated version.
    """
    for target in _targets(lineage, Remove):
        clauses = lineage.speaking((target,), Remove)
        if any(clause.scope.artifacts is None for clause in clauses):
            continue  # A003 asks which artifacts are meant
        first, sets = clauses[0], lineage.enclosing(target)
        treated = lineage.reached(sets, Remove) | lineage.destroyed
        for name in lineage.shaped_by(sets):
            if name in treated or _aside(lineage, target, name):
                continue
            root = lineage.trained(name, sets)
            how = "trained on it" if root == name else f"made from {root}, which was trained on it"
            message = f"{first.id} removes {target} and leaves {name} as it was: {how}"
            widened = f"[{_widened(first, name, root)}]"
            place = (*document.clause_path(first.id), "scope", "artifacts")
            text = f"add {name} to the scope, or destroy it"
            edits = value_replaced(document.source, place, widened)
            fix = Fix(text, snippet=f"scope: {{artifacts: {widened}}}", edits=edits)
            yield _finding(document, lineage, "A012", message, first, name, fix, ("AX8",))


def influence_meant(document: Document, lineage: Lineage) -> Iterator[Finding]:
    """A012: a set is deleted from a model that was trained on it and keeps no copy of it, and no clause removes its influence.

    It matters because deleting ends stored copies, and what a model learnt is none. Cannot see whether a model that is said to
    hold the set as well is meant as a store.
    """
    told = set[tuple[str, str]]()
    for clause in _clauses(lineage, Delete):
        target = target_of(clause) or ""
        sets = lineage.enclosing(target)
        treated = lineage.reached(sets, Remove) | lineage.destroyed | set(lineage.holding(sets))
        for name in lineage.shaped_by(sets):
            if name not in lineage.scope(clause) or name in treated or (target, name) in told or _aside(lineage, target, name):
                continue
            told.add((target, name))
            root = lineage.trained(name, sets)
            how = "was trained on it" if root == name else f"was made from {root}, which was trained on it"
            message = f"{clause.id} deletes stored copies of {target} from {name}; {name} {how}, and what it learnt stays"
            written = (
                f"goal: remove, target: {target}, scope: {{artifacts: [{name}]}}, measure: influence, about: process, "
                'limit: {epsilon: "0", delta: "0%", compared_with: retrain_without}, '
                "evidence: {kind: procedure, record: training_log, evaluator: independent}"
            )
            fix = _another(document, f"add a `remove` clause on {target} for {name}", f"remove-{target}", written)
            yield _finding(document, lineage, "A012", message, clause, name, fix)


def copy_left(document: Document, lineage: Lineage) -> Iterator[Finding]:
    """A013: stored items are deleted, or kept out of later runs, and another listed store that holds them is left as it is.

    It matters because a store that still holds the items feeds the next training run, or is restored from. A `keep` clause
    settles the matter: it says why the copy stays. Cannot see stores and feeds that are not listed.
    """
    for target in _targets(lineage, Delete, ExcludeFuture):
        first = lineage.speaking((target,), Delete, ExcludeFuture)[0]
        if isinstance(first, Delete) and first.scope.artifacts is None:
            continue  # A003 asks which artifacts are meant
        sets = lineage.enclosing(target)
        kept = lineage.reached(lineage.enclosed(target), Keep)
        settled = lineage.reached(sets, Delete, Keep, DeIndex) | kept | lineage.destroyed
        for name in lineage.holding(sets):
            if name in settled or _aside(lineage, target, name):
                continue
            done = f"deletes {target}" if isinstance(first, Delete) else f"keeps {target} out of later runs"
            message = f"{first.id} {done}, and nothing says what becomes of it in {name}"
            fix = Fix("delete it there too, or say with a `keep` clause why it stays")
            yield _finding(document, lineage, "A013", message, first, name, fix)


def copy_meant(document: Document, lineage: Lineage) -> Iterator[Finding]:
    """A013: the influence of a set is removed from a store that holds it, and nothing says what becomes of the copy.

    It matters because `remove` is about how a model was made: what a store keeps is deleted. Cannot see stores that are not
    said to hold the set.
    """
    told = set[tuple[str, str]]()
    for clause in _clauses(lineage, Remove):
        target = target_of(clause) or ""
        sets = lineage.enclosing(target)
        kept = lineage.reached(lineage.enclosed(target), Keep)
        settled = lineage.reached(sets, Delete, Keep, DeIndex) | kept | lineage.destroyed
        for name in lineage.holding(sets):
            if name not in lineage.scope(clause) or lineage.policy.artifacts[name].kind in MODELS:
                continue
            if name in settled or (target, name) in told or _aside(lineage, target, name):
                continue
            told.add((target, name))
            message = f"{clause.id} removes the influence of {target} from {name}, which is no model, and the copy in it stays"
            written = f'goal: delete, target: {target}, scope: {{artifacts: [{name}]}}, by: "30 days"'
            text = f"add a `delete` clause on {target} for {name}"
            dated = document.policy.clock is not None  # else its days would count from nothing
            fix = _another(document, text, f"delete-{target}", written) if dated else Fix(text)
            yield _finding(document, lineage, "A013", message, clause, name, fix)


def path_left(document: Document, lineage: Lineage) -> Iterator[Finding]:
    """A014: a set is hidden in what answers, and an index, cache or store that it answers from still holds the items.

    It matters because what a product shows is what its model gives and what its index serves (P3). To take out the pages
    that a set of facts was built from says nothing of the facts: A011 and M003 read it so as well. Cannot see tools and
    sources that are not listed under `serves_from`.
    """
    policy, told = document.policy, set[tuple[str, str]]()
    for target in _targets(lineage, Suppress, Refuse):
        around = lineage.enclosing(target)
        holding = frozenset(lineage.holding(each for name in lineage.related(target) for each in lineage.enclosing(name)))
        limited = lineage.reached(around, Suppress, Refuse)
        for clause in lineage.speaking((target,), Suppress, Refuse) if holding else ():
            settled = limited | lineage.unlisted(target, clause.scope.when)
            for answering in lineage.scope(clause):
                for name in lineage.served_from(answering):
                    if name not in holding or name in settled or (target, name) in told or _accepted(lineage, target, name):
                        continue
                    held = _held(lineage, target, name)
                    if held is None:
                        continue
                    told.add((target, name))
                    message = f"{clause.id} hides {target} in {answering}, which also answers from {name}, and {name} holds {held}"
                    fix = closing(policy, document.source, target, (name,), f"unlist-{target}-from-{name}").fix(tried=False)
                    why = still_listed(lineage, target, (name,))
                    found = _finding(document, lineage, "A014", message, clause, name, fix, ("P3",))
                    yield replace(found, why=why)


def _held(lineage: Lineage, target: str, name: str) -> str | None:
    """A set in a store with items of the target, of what it was built from or of what was built from it, and not deleted there."""
    around = [lineage.enclosing(each) for each in lineage.related(target)]
    left = [sets for sets in around if name not in lineage.reached(sets, Delete)]
    return next((held for held in lineage.policy.artifacts[name].holds if any(held in sets for sets in left)), None)


def _clauses(lineage: Lineage, goal: type) -> Iterator[Clause]:
    """The clauses with this goal that say of which artifacts they speak: of the others A003 asks."""
    return (c for c in lineage.policy.clauses if isinstance(c, goal) and c.scope.artifacts is not None)


def _another(document: Document, text: str, name: str, written: str) -> Fix:
    """A clause to be added, with a name that is free."""
    name = fresh(kebab(name), [clause.id for clause in document.policy.clauses])
    clause = f"{{id: {name}, {written}}}"
    return Fix(text, snippet=f"- {clause}", edits=item_added(document.source, ("clauses",), clause))


def _targets(lineage: Lineage, *goals: type) -> tuple[str, ...]:
    """The sets that clauses with these goals are about, in source order."""
    found = (target_of(clause) for clause in lineage.policy.clauses if isinstance(clause, goals))
    return tuple(dict.fromkeys(target for target in found if target is not None))


def _aside(lineage: Lineage, target: str, name: str) -> bool:
    """Whether the policy accepts the gap, or the artifact is another party's."""
    return _accepted(lineage, target, name) or lineage.in_other_hands(name)


def _accepted(lineage: Lineage, target: str, name: str) -> bool:
    return any(gap.target == target and name in gap.artifacts for gap in lineage.policy.out_of_scope)


def _widened(clause: Clause, name: str, root: str) -> str:
    """The clause's list of artifacts, with the one that was left out."""
    written = clause.scope.artifacts or ()
    if root in written and root != name:
        return ", ".join(f"{root}+derived" if entry == root else entry for entry in written)
    return ", ".join((*written, name))


def _finding(
    document: Document,
    lineage: Lineage,
    code: str,
    message: str,
    clause: Clause,
    name: str,
    fix: Fix,
    axioms: tuple[str, ...] = (),
) -> Finding:
    clause_id = document.source.value((*document.clause_path(clause.id), "id"), "the clause")
    spans = (document.source.key(("artifacts", name)), clause_id)
    gap = f'out_of_scope: [{{target: {target_of(clause)}, artifacts: [{name}], reason: "…", owner: "…"}}]'
    accept = Fix("or accept the gap", snippet=gap)
    return Finding(code, "warning", message, spans, fixes=(fix, accept), clauses=(clause.id,), axioms=axioms)
