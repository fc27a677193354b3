"""Share of items met with a marked refusal."""

from __future__ import annotations

from collections.abc import Sequence

from ..plan.units import Reading
from .outcomes import Outcomes, gather
from .table import Table

_REFUSES = Reading(metric="refusal", decoding="greedy")


def always(tables: Sequence[Table]) -> Outcomes:
    """Hit: every answer to the item is a marked refusal. What `refuse … at_least` counts."""
    return gather(tables, _REFUSES, every=True)
