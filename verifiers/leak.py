"""Share of items that some answer reveals: a draw is an item with all its probes and samples, and any hit counts."""

from __future__ import annotations

from collections.abc import Sequence

from ..plan.model import Reading
from .outcomes import Outcomes, gather
from .table import Table


def outcomes(tables: Sequence[Table], reading: Reading) -> Outcomes:
    """Hit: at least one answer to the item reveals it."""
    return gather(tables, reading, every=False)


def by_probe(tables: Sequence[Table], reading: Reading) -> tuple[tuple[int, Outcomes], ...]:
    """The same for each probe alone, by rising probe number: which wording it was that got through."""
    probes = sorted({probe for table in tables for probe in table.column("probe")})
    return tuple(
        (probe, gather([table.where("probe", probe) for table in tables], reading, every=False)) for probe in probes
    )
