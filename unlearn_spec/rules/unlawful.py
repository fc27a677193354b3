"""Sets whose items nobody may possess, and sets that share items with them: no repair keeps these longer."""

from __future__ import annotations

from collections.abc import Mapping

from ..policy.model import Policy
from .legal.instruments import UNLAWFUL, plain
from .lineage import Lineage


def unlawful(policy: Policy) -> Mapping[str, str]:
    """Each set that is marked so under `handling`, and each within it, around it, built from it or sharing items with it.

    With each the set that is marked.
    """
    marked = [name for name, each in policy.information.items() if plain(each.handling or "") in UNLAWFUL]
    found: dict[str, str] = {}
    lineage = Lineage(policy)
    for name in marked:
        kin = lineage.related(name)
        near = {other for each in kin for other in (*lineage.enclosing(each), *lineage.enclosed(each))}
        near |= {
            other
            for relation in policy.relations
            if relation.kind == "overlaps" and relation.low
            for one, other in ((relation.left, relation.right), (relation.right, relation.left))
            if one in near
        }
        found = dict.fromkeys(near, name) | found
    return found
