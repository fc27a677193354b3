"""From tables of answers or scores to one yes or no per item. No model library: these are what statistics count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..plan.units import Reading
from .extraction import extractable
from .table import Table


@dataclass(frozen=True)
class Outcomes:
    """One draw per item: whether it was hit, and the cluster it belongs to. Three tuples of equal length."""

    items: tuple[str, ...]
    clusters: tuple[str, ...]
    hits: tuple[bool, ...]

    @property
    def k(self) -> int:
        """Items hit."""
        return sum(self.hits)

    @property
    def n(self) -> int:
        """Items."""
        return len(self.hits)

    @property
    def cluster_count(self) -> int:
        return len(set(self.clusters))

    @property
    def share(self) -> float:
        """k / n, in [0, 1]. Raises `ValueError` for no items."""
        if not self.hits:
            raise ValueError("there are no items to take a share of")
        return self.k / self.n


def revealed(table: Table, reading: Reading) -> tuple[bool, ...]:
    """Per row, whether it meets the reading.

    `exact`, `contains`, `refusal`: the column of that name; `not_refusal`: the negation of `refusal`;
    `multiple_choice`: the column `preferred`; `rouge_l`: at least `reading.at_least`;
    `extraction_probability`: as in `extraction.extractable`.
    Raises `ValueError` for a metric that no table decides or a missing `at_least`.
    """
    metric = reading.metric
    if metric in ("exact", "contains", "refusal"):
        return table.column(metric)
    if metric == "not_refusal":
        return tuple(not refused for refused in table.column("refusal"))
    if metric == "multiple_choice":
        return table.column("preferred")
    if reading.at_least is None and metric in ("rouge_l", "extraction_probability"):
        raise ValueError(f"the metric {metric} needs at_least")
    if metric == "rouge_l":
        return tuple(value >= reading.at_least for value in table.column("rouge_l"))
    if metric == "extraction_probability":
        assert reading.at_least is not None
        return tuple(extractable(log_p, reading.samples or 1, reading.at_least) for log_p in table.column("log_p"))
    raise ValueError(f"no table decides the metric {metric}")


def gather(tables: Sequence[Table], reading: Reading, *, every: bool, given: bool = True) -> Outcomes:
    """One draw per item over all its rows in all tables: hit if `every` row, or else any row, meets the reading.

    Without `given`, no answer counts to a probe that gave part of what was looked for.

    Items keep the order of first appearance. Raises `ValueError` if an item changes its cluster between rows.
    """
    clusters: dict[str, str] = {}
    hits: dict[str, bool] = {}
    for table in tables:
        rows = zip(table.column("item"), table.column("cluster"), revealed(table, reading), strict=True)
        told = table.column("given") if "given" in table and not given else (0,) * len(table)
        for (item, cluster, hit), words in zip(rows, told, strict=True):
            hit = hit and not words
            if clusters.setdefault(item, cluster) != cluster:
                raise ValueError(f"item {item} is in two clusters")
            hits[item] = (hits.get(item, True) and hit) if every else (hits.get(item, False) or hit)
    return Outcomes(tuple(clusters), tuple(clusters.values()), tuple(hits[item] for item in clusters))
