"""What would carry a claim of removal: changes of clauses and of the claim, each applied, and the claim asked again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from ..finding import Edit, Fix
from ..logic.claimed import artifact_of, carried, parts
from ..logic.lineage import exposures, may_stem_from
from ..logic.repair import TRIED, with_clause
from ..logic.scope import scoped_artifacts
from ..logic.statements import claim_formula
from ..policy.clauses import Clause, Closeness, Remove, Scope
from ..policy.edits import field_removed, item_added, value_set
from ..policy.evidence import Evidence
from ..policy.model import Claim, Policy
from ..record import Record
from .claims_removed import NO_REMOVAL, Lacking, Obstacle, asked, exact, promised
from .context import Context
from .edits import all_or_none, field_edits, fresh
from .names import kebab
from .wording import decimal, listed, percent

REMOVE = "restate the claim as what the outputs show, or add a `remove` clause with a reference and process evidence"
RESTATE = "or restate the claim as what the outputs show"
_SHOWN = Evidence(kind="procedure", record="training_log", evaluator="independent")
"""What shows that a removal was done: no list of attacks can."""


class _Step(Record):
    """One change of the clauses."""

    policy: Policy
    text: str = ""
    edits: tuple[Edit, ...] = ()
    snippet: str = ""


def mended(context: Context, lack: Lacking) -> tuple[Fix, ...]:
    """Ways to carry the claim, those first that keep it as it is; what cannot be tried is not offered."""
    found = (*_by_clauses(context, lack), *_narrower(context, lack), *_weaker(context, lack))
    first = lack.found[0][0] if lack.found else Obstacle("nothing")
    if found:
        return (*found, *([Fix(RESTATE)] if first.kind in NO_REMOVAL else ()))
    if first.kind in ("guard", "suspended"):
        return (Fix(f"say so only while {first.clause} binds"),)
    if first.kind == "aside":
        return (Fix(f"settle the conflict that {first.clause} is in, then check again"),)
    return (Fix(REMOVE),)


def follows(context: Context, policy: Policy, claim: Claim) -> bool:
    """Whether a changed policy carries a claim; False where too many clauses leave that untried."""
    if len(policy.clauses) > TRIED:
        return False
    return carried(policy, claim_formula(policy, claim), context.aside, context.without)


def _by_clauses(context: Context, lack: Lacking) -> Iterator[Fix]:
    """All that the clauses lack, made good one after the other."""
    policy, steps = context.policy, list[_Step]()
    unremoved = [entry for entry in lack.found if entry[0].kind in NO_REMOVAL]
    for obstacle, names in unremoved or lack.found:
        step = _step(context, policy, lack, obstacle, names)
        if step is None:
            return
        policy, steps = step.policy, [*steps, step]
    if not steps or not follows(context, policy, lack.claim):
        return
    snippet = "\n".join(step.snippet for step in steps if step.snippet)
    edits = all_or_none(*(step.edits for step in steps))
    yield Fix("; ".join(step.text for step in steps), verified=True, snippet=snippet, edits=edits)


def _step(context: Context, policy: Policy, lack: Lacking, obstacle: Obstacle, names: tuple[str, ...]) -> _Step | None:
    name, source = obstacle.clause, context.document.source
    clause = next((c for c in policy.clauses if c.id == name), None)
    if obstacle.kind in NO_REMOVAL:
        return _added(context, policy, lack, lack.claim.of or "", names, asked(lack.claim))
    if clause is None or obstacle.kind in ("aside", "unproven"):
        return None
    path = context.path(name)
    match obstacle.kind:
        case "scope" | "open":
            wider = (*(clause.scope.artifacts or ()), *names)
            edits = item_added(source, (*path, "scope", "artifacts"), ", ".join(names))
            text = f"add {listed(names)} to the scope of {name}"
            return _Step(with_clause(policy, _scoped(clause, artifacts=wider)), text, edits)
        case "guard":
            edits = field_removed(source, (*path, "scope", "when"))
            return _Step(with_clause(policy, _scoped(clause, when=None)), f"take the `when` off {name}", edits)
        case "suspended":
            over = next(c for c in policy.clauses if c.id == obstacle.other)
            others, place = tuple(one for one in over.overrides if one != name), (*context.path(over.id), "overrides")
            edits = value_set(source, place, f"[{', '.join(others)}]") if others else field_removed(source, place)
            rest = over.model_copy(update={"overrides": others})
            return _Step(with_clause(policy, rest), f"take {name} out of what {over.id} overrides", edits)
        case "kept" | "stem":
            return _added(context, policy, lack, obstacle.other, names, (Fraction(0), Fraction(0)))
        case "reference":
            limit = promised(clause).model_copy(update={"compared_with": "retrain_without"})
            edits = field_edits(source, path, "compared_with", "retrain_without", "limit")
            return _Step(with_clause(policy, clause.model_copy(update={"limit": limit})), f"compare {name} with `retrain_without`", edits)
        case _:
            limit, wanted = promised(clause), asked(lack.claim)
            epsilon, delta = _as_written(min(limit.epsilon, wanted[0]), min(limit.delta, wanted[1]))
            limit = limit.model_copy(update={"epsilon": epsilon, "delta": delta})
            numbers = (("epsilon", decimal(epsilon)), ("delta", percent(delta)))
            edits = all_or_none(*(field_edits(source, path, field, value, "limit") for field, value in numbers))
            text = f"epsilon {decimal(epsilon)} and delta {percent(delta)} on {name}"
            return _Step(with_clause(policy, clause.model_copy(update={"limit": limit})), text, edits)


def _scoped(clause: Clause, **changed: object) -> Clause:
    return clause.model_copy(update={"scope": clause.scope.model_copy(update=changed)})


def _added(
    context: Context, policy: Policy, lack: Lacking, target: str, names: tuple[str, ...], closeness: tuple[Fraction, Fraction]
) -> _Step:
    """A `remove` clause of its own; where no influence is to be left at all, one for each set made from the target as well."""
    targets = dict.fromkeys((target,))
    if exact(lack.claim):
        met = [name for artifact in names for name in exposures(policy, artifact)]
        targets.update(dict.fromkeys(name for name in may_stem_from(policy, target) if name in met))
    text = f"add a `remove` clause on {listed(tuple(targets))} for {listed(names)}"
    written, (epsilon, delta) = [], _as_written(*closeness)
    for one in targets:
        name = fresh(kebab(f"remove-{one}"), [clause.id for clause in policy.clauses])
        limit = Closeness(epsilon=epsilon, delta=delta, compared_with="retrain_without")
        clause = Remove(
            id=name,
            goal="remove",
            target=one,
            scope=Scope(artifacts=names),
            measure="influence",
            about="process",
            limit=limit,
            evidence=_SHOWN,
        )
        policy = policy.model_copy(update={"clauses": (*policy.clauses, clause)})
        written.append(
            f"{{id: {name}, goal: remove, target: {one}, scope: {{artifacts: [{', '.join(names)}]}}, measure: influence, "
            f'about: process, limit: {{epsilon: "{decimal(epsilon)}", delta: "{percent(delta)}", compared_with: retrain_without}}, '
            "evidence: {kind: procedure, record: training_log, evaluator: independent}}"
        )
    edits = all_or_none(*(item_added(context.document.source, ("clauses",), one) for one in written))
    return _Step(policy, text, edits, "\n".join(f"- {one}" for one in written))


def _narrower(context: Context, lack: Lacking) -> Iterator[Fix]:
    """The claim about those artifacts only on which it follows."""
    claimed = dict.fromkeys(artifact_of(part) for part in parts(context.policy, lack.claim))
    left = tuple(name for name in claimed if name not in lack.artifacts)
    if left and follows(context, context.policy, lack.claim.model_copy(update={"in_": left})):
        edits = written(context, lack.claim, {"in": f"[{', '.join(left)}]"})
        yield Fix(f"name only {listed(left)} in {lack.claim.id}", verified=True, edits=edits)


def _weaker(context: Context, lack: Lacking) -> Iterator[Fix]:
    """The claim of no more than what a clause promises, on the artifacts that it speaks of."""
    name = next((obstacle.clause for obstacle, _ in lack.found if obstacle.kind == "closeness"), None)
    if name is None:
        return
    clause, claim = context.clause(name), lack.claim
    there = scoped_artifacts(context.policy, clause)
    claimed = dict.fromkeys(artifact_of(part) for part in parts(context.policy, claim))
    on = tuple(artifact for artifact in claimed if artifact in there)
    promise = _as_written(promised(clause).epsilon, promised(clause).delta)
    weaker = claim.model_copy(update={"epsilon": promise[0], "delta": promise[1], "in_": on})
    if on and follows(context, context.policy, weaker):
        epsilon, delta = decimal(promise[0]), percent(promise[1])
        narrower = {} if on == claim.in_ else {"in": f"[{', '.join(on)}]"}
        edits = written(context, claim, {"epsilon": f'"{epsilon}"', "delta": f'"{delta}"', **narrower})
        text = f"claim no more than epsilon {epsilon} and delta {delta}, on the artifacts of {name}"
        yield Fix(text, verified=True, edits=edits)


def _as_written(epsilon: Fraction, delta: Fraction) -> tuple[Fraction, Fraction]:
    """The two numbers as a fix writes them: what is tried is what is read back."""
    return Fraction(decimal(epsilon)), Fraction(percent(delta).rstrip("%")) / 100


def written(context: Context, claim: Claim, fields: Mapping[str, str]) -> tuple[Edit, ...]:
    """Fields of a claim as edits: all of them, or none."""
    place = next(i for i, one in enumerate(context.policy.claims) if one.id == claim.id)
    source = context.document.source
    return all_or_none(*(value_set(source, ("claims", place, field), value) for field, value in fields.items()))
