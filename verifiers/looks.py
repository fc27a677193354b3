"""What looks at a rounded copy or inside a model found: one yes or no an item and look. No model library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..plan.units import InspectUnit, QuantizeUnit, Reading
from .outcomes import Outcomes, gather
from .table import Table


@dataclass(frozen=True)
class Look:
    """One way of looking: a format that weights are rounded to, or a view, and the block that is viewed."""

    way: str
    layer: int = 0
    """Counted from 1; 0 where no block is singled out."""

    @property
    def in_excess(self) -> bool:
        """Whether it finds something everywhere, so that only what exceeds its controls counts."""
        return self.way == "linear_probe"

    def __str__(self) -> str:
        return f"{self.way}@{self.layer}" if self.layer else self.way


def looks(unit: QuantizeUnit | InspectUnit) -> tuple[Look, ...]:
    """The looks that a unit takes, in order."""
    if isinstance(unit, QuantizeUnit):
        return (Look(unit.format),)
    return tuple(Look(unit.view, layer) for layer in unit.layers or (0,))


def within(table: Table) -> tuple[Look, ...]:
    """The looks whose rows a `quantize` or `inspect` table holds, in order."""
    if "format" in table:
        return tuple(Look(way) for way in dict.fromkeys(table.column("format")))
    pairs = zip(table.column("view"), table.column("layer"), strict=True)
    return tuple(Look(*pair) for pair in dict.fromkeys(pairs))


def outcomes(table: Table, look: Look, reading: Reading) -> Outcomes:
    """Items that this look reveals, of a `quantize` or `inspect` table.

    Through the logit lens without a reading in probabilities: items all of whose secret's tokens are the most probable
    ones. By a linear probe: items the first token of whose answer is named.
    """
    if look.way == "linear_probe":
        return _column(table, look, "named")
    rows = table.where("layer", look.layer) if look.layer else table
    if look.way == "logit_lens" and reading.metric != "extraction_probability":
        hits = tuple(share >= 1 for share in rows.column("argmax_match"))
        return Outcomes(rows.column("item"), rows.column("cluster"), hits)
    return gather([rows], reading, every=False)


def control_task(table: Table, look: Look) -> Outcomes:
    """Items that a linear probe names after the labels it was taught were dealt out again at random."""
    return _column(table, look, "control")


def revealed(tables: Sequence[Table], reading: Reading) -> Outcomes:
    """Items that any look in the tables reveals. What a linear probe names is not revealed: no item, if it looks alone."""
    found = [(look, outcomes(table, look, reading)) for table in tables for look in within(table)]
    hits = {
        item for look, one in found if not look.in_excess for item, hit in zip(one.items, one.hits, strict=True) if hit
    }
    first = found[0][1]
    return replace(first, hits=tuple(item in hits for item in first.items))


def _column(table: Table, look: Look, name: str) -> Outcomes:
    rows = table.where("layer", look.layer)
    return Outcomes(rows.column("item"), rows.column("cluster"), rows.column(name))
