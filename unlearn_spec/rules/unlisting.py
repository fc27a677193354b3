"""The clause that takes a set out of what an index, a cache or a memory serves. By names and lineage, without the solver."""

from __future__ import annotations

from collections.abc import Sequence

from ..finding import Edit, Fix
from ..logic.scope import MODELS
from ..policy.clauses import DeIndex, Scope
from ..policy.edits import item_added
from ..policy.model import Policy
from ..policy.source import Source
from ..record import Record
from .edits import fresh
from .lineage import Lineage
from .names import kebab
from .wording import listed


class SecondPath(Record):
    """Paths that alone keep a limit on what is revealed through the product from holding."""

    target: str
    paths: tuple[str, ...]
    policy: Policy
    """With the clause that closes them."""
    clause: str
    edits: tuple[Edit, ...]

    @property
    def of_stores(self) -> bool:
        """Whether no path is a model: what one says is not taken out of it as out of an index."""
        return not any(self.policy.artifacts[name].kind in MODELS for name in self.paths)

    def fix(self, *, tried: bool) -> Fix:
        """The clause that closes them. `tried`: it was applied, and the limit held."""
        text = f"take {self.target} out of {listed(self.paths)} too"
        return Fix(text, verified=tried, snippet=f"- {self.clause}", edits=self.edits)


def closing(policy: Policy, source: Source, target: str, paths: tuple[str, ...], name: str = "") -> SecondPath:
    """The clause that takes a set out of some paths, as it would be written."""
    name = fresh(kebab(name or f"unlist-{target}"), [clause.id for clause in policy.clauses])
    clause = DeIndex(id=name, goal="de_index", target=target, scope=Scope(artifacts=paths))
    closed = policy.model_copy(update={"clauses": (*policy.clauses, clause)})
    text = f"{{id: {name}, goal: de_index, target: {target}, scope: {{artifacts: [{', '.join(paths)}]}}}}"
    return SecondPath(target, paths, closed, text, item_added(source, ("clauses",), text))


def still_listed(lineage: Lineage, target: str, paths: Sequence[str]) -> tuple[str, ...]:
    """Clauses that take out of such a path what the target was built from, or what was built from it, but not the target."""
    others = lineage.related(target) - lineage.enclosing(target)
    return tuple(
        f"{clause.id} takes {clause.target} out of {listed(there)}, not {target}."
        for clause in lineage.speaking(others, DeIndex)
        if isinstance(clause, DeIndex) and (there := tuple(name for name in lineage.scope(clause) if name in paths))
    )
