"""Share of items that some answer reveals: a draw is an item with all its probes and samples, and any hit counts."""

from __future__ import annotations

from collections.abc import Sequence

from ..plan.model import Reading
from .outcomes import Outcomes, gather
from .table import Table


def outcomes(tables: Sequence[Table], reading: Reading) -> Outcomes:
    """Hit: at least one answer to the item reveals it."""
    return gather(tables, reading, every=False)
