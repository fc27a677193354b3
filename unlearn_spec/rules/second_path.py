"""What an index, a cache or a memory may still serve where the model itself is limited. Asks the solver."""

from __future__ import annotations

from ..logic.claimed import carried
from ..logic.formulas import Formula
from ..logic.repair import TRIED
from .context import Context
from .lineage import Lineage
from .unlisting import SecondPath, closing


def second_path(context: Context, artifact: str, target: str, limit: Formula) -> SecondPath | None:
    """The paths an artifact serves from, if a limit holds as soon as nothing of the target is served there."""
    policy = context.policy
    declared = policy.artifacts.get(artifact)
    paths = declared.serves_from if declared is not None and target in policy.information else ()
    if not paths or len(policy.clauses) > TRIED:
        return None
    closed = Lineage(policy).unlisted(target)
    open_ = tuple(name for name in paths if name not in closed)
    if not open_:
        return None
    path = closing(policy, context.document.source, target, open_)
    return path if carried(path.policy, limit, context.aside, context.without) else None
