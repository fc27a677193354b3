"""Share of items still answered rightly, and how that changed, item by item, since before unlearning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..plan.units import Reading
from .outcomes import Outcomes, gather
from .table import Table


@dataclass(frozen=True)
class Paired:
    """The same items before and after, in the same order."""

    items: tuple[str, ...]
    clusters: tuple[str, ...]
    before: tuple[bool, ...]
    after: tuple[bool, ...]

    @property
    def lost(self) -> int:
        """Items right before and wrong now."""
        return sum(old and not new for old, new in zip(self.before, self.after, strict=True))

    @property
    def gained(self) -> int:
        """Items wrong before and right now."""
        return sum(new and not old for old, new in zip(self.before, self.after, strict=True))

    @property
    def drop(self) -> float:
        """Share before minus share now, in [−1, 1]."""
        return (self.lost - self.gained) / len(self.items)


def outcomes(tables: Sequence[Table], reading: Reading) -> Outcomes:
    """Hit: every answer to the item, to each probe and in each sample, is right."""
    return gather(tables, reading, every=True)


def paired(original: Sequence[Table], audited: Sequence[Table], reading: Reading) -> Paired:
    """Both models on the items they share. Raises `ValueError` if they were asked about different items."""
    old, new = outcomes(original, reading), outcomes(audited, reading)
    if dict(zip(old.items, old.clusters, strict=True)) != dict(zip(new.items, new.clusters, strict=True)):
        raise ValueError("the two models were asked about different items")
    now = dict(zip(new.items, new.hits, strict=True))
    return Paired(old.items, old.clusters, old.hits, tuple(now[item] for item in old.items))
