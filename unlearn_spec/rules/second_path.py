"""What an index, a cache or a memory may still serve where the model itself is limited, and the clause that would end it."""

from __future__ import annotations

from dataclasses import dataclass

from ..finding import Edit, Fix
from ..logic.claimed import carried
from ..logic.formulas import Formula
from ..policy.edits import item_added
from ..policy.model import DeIndex, Policy, Scope
from .claims_told import TRIED
from .context import Context, listed
from .edits import fresh
from .names import kebab


@dataclass(frozen=True)
class SecondPath:
    """Paths that alone keep a limit on what is revealed through the product from holding."""

    target: str
    paths: tuple[str, ...]
    policy: Policy
    """With the clause that closes them."""
    clause: str
    edits: tuple[Edit, ...]

    @property
    def fix(self) -> Fix:
        """The clause that closes them: it was applied, and the limit held."""
        text = f"take {self.target} out of {listed(self.paths)} too"
        return Fix(text, verified=True, snippet=f"- {self.clause}", edits=self.edits)


def second_path(context: Context, artifact: str, target: str, limit: Formula) -> SecondPath | None:
    """The paths an artifact serves from, if a limit holds as soon as nothing of the target is served there."""
    policy = context.policy
    declared = policy.artifacts.get(artifact)
    paths = declared.serves_from if declared is not None and target in policy.information else ()
    closed = {
        name
        for clause in policy.clauses
        if isinstance(clause, DeIndex) and clause.target == target and clause.scope.when is None
        for name in clause.scope.artifacts or ()
    }
    open_ = tuple(name for name in paths if name not in closed)
    if not open_ or len(policy.clauses) > TRIED:
        return None
    name = fresh(kebab(f"unlist-{target}"), [clause.id for clause in policy.clauses])
    closing = DeIndex(id=name, goal="de_index", target=target, scope=Scope(artifacts=open_))
    mended = policy.model_copy(update={"clauses": (*policy.clauses, closing)})
    if not carried(mended, limit, context.aside, context.without):
        return None
    text = f"{{id: {name}, goal: de_index, target: {target}, scope: {{artifacts: [{', '.join(open_)}]}}}}"
    return SecondPath(target, open_, mended, text, item_added(context.document.source, ("clauses",), text))


def still_listed(context: Context, path: SecondPath | None) -> tuple[str, ...]:
    """Clauses that take out of such a path what the target was built from, but not the target."""
    if path is None:
        return ()
    built_from = context.policy.information[path.target].built_from
    return tuple(
        f"{clause.id} takes {clause.target} out of {listed(there)}, not {path.target}."
        for clause in context.policy.clauses
        if isinstance(clause, DeIndex) and clause.target == built_from
        if (there := tuple(name for name in clause.scope.artifacts or () if name in path.paths))
    )
