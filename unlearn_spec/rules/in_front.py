"""C006: a quick duty and a slow one on the same artifact, which is finished only once: the quick one can speak of a service
in front of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..finding import Fix
from ..logic.explanation import Core
from ..logic.repair import dissolves, with_clause
from ..logic.scope import scoped_artifacts
from ..policy.clauses import Clause, Finish, Rectify, Refuse, Retain, Suppress
from ..policy.edits import value_replaced, value_set
from ..policy.model import Artifact, Policy
from ..policy.vocabulary import Access, access_rank
from .context import Context
from .edits import all_or_none, fresh

_FRONT: Access = "api"
"""The deepest level that a service in front of a model decides about."""


def in_front(context: Context, core: Core) -> Iterator[Fix]:
    """A service of its own for each quick clause about answers that a slower clause on the same artifact holds up."""
    policy = context.policy
    clashing = [clause for clause in policy.clauses if clause.id in core.clauses]
    for quick in clashing:
        method = _in_time(policy, quick)
        behind = next((name for c in clashing if _slower(c, quick) for name in _shared(policy, quick, c)), None)
        if method is None or behind is None:
            continue
        front, level = fresh(f"{behind}_front", policy.artifacts), quick.scope.access or "product"
        hidden = policy.artifacts[behind]
        seen = {who: sees for who, sees in hidden.seen_by.items() if access_rank(sees) <= access_rank(level)}
        deeper = {who: sees for who, sees in hidden.seen_by.items() if who not in seen}
        if not seen:
            continue
        named = tuple(front if name == behind else name for name in scoped_artifacts(policy, quick))
        service = Artifact(kind="service", derived_from=behind, seen_by=seen)
        moved = quick.model_copy(update={"scope": quick.scope.model_copy(update={"artifacts": named})})
        left = hidden.model_copy(update={"seen_by": deeper})
        added = policy.model_copy(update={"artifacts": {**policy.artifacts, behind: left, front: service}})
        if dissolves(with_clause(added, moved), core, context.without):
            declared = f"{{kind: service, derived_from: {behind}, seen_by: {_audiences(seen)}}}"
            scope, rest = f"[{', '.join(named)}]", _audiences(deeper)
            snippet = f"artifacts:\n  {behind}: {{seen_by: {rest}}}\n  {front}: {declared}\nscope: {{artifacts: {scope}}}"
            put = f"put {method} in front of {behind}, as a service of its own that people see instead"
            source = context.document.source
            edits = all_or_none(
                value_replaced(source, ("artifacts", behind, "seen_by"), rest),
                value_set(source, ("artifacts", front), declared),
                value_set(source, (*context.path(quick.id), "scope", "artifacts"), scope),
            )
            yield Fix(f"{put}, and let {quick.id} speak of that", verified=True, snippet=snippet, edits=edits)


def _audiences(seen: Mapping[str, Access]) -> str:
    return f"{{{', '.join(f'{who}: {sees}' for who, sees in seen.items())}}}"


def _in_time(policy: Policy, clause: Clause) -> str | None:
    """The quickest listed method that can do in time, in front of a model, what a clause about answers asks for."""
    if not isinstance(clause, Suppress | Refuse | Retain | Rectify) or clause.by is None:
        return None
    wanted = access_rank(clause.scope.access or "product")
    if wanted > access_rank(_FRONT):
        return None
    able = {
        name: method.takes
        for name, method in (policy.methods or {}).items()
        if method.takes is not None
        and method.takes <= clause.by
        and access_rank(method.reaches) >= wanted
        and (not clause.using or name in clause.using)
    }
    return min(able, key=lambda name: able[name], default=None)


def _slower(clause: Clause, quick: Clause) -> bool:
    """Whether a clause asks for work that may end after another clause's deadline."""
    later = clause.by is None or (quick.by is not None and clause.by > quick.by)
    return clause.id != quick.id and later and not isinstance(clause, Finish)


def _shared(policy: Policy, one: Clause, other: Clause) -> Iterator[str]:
    there = scoped_artifacts(policy, other)
    return (name for name in scoped_artifacts(policy, one) if name in there)
