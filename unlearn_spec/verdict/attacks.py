"""What a leak test shows beside its verdict: hits by family of attacks, and how they grow with the number of answers.

Description only: no fact is made of it, and no verdict stands on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from ..plan.model import Obligation
from ..plan.units import Reading
from ..policy.clauses import Clause, Suppress
from ..statistics.bounded import clustered_rate_lower, clustered_rate_upper
from ..verifiers.metrics.leak_at_k import leak_at_k
from ..verifiers.outcomes import gather, revealed
from ..verifiers.table import Table
from .measured import LABEL, Judge, Seen, interval, reading_for
from .model import Interval


@dataclass(frozen=True)
class FamilyHits:
    """The items that one family of attacks revealed."""

    family: str
    gives: bool
    """Whether some of its probes gave part of the answer, which then counted for nothing."""
    intervals: tuple[Interval, ...]
    """Audited, original, never trained, as far as measured; bounds at α over the number of families (Bonferroni)."""


def by_family(obligation: Obligation, clause: Clause, seen: Seen) -> tuple[FamilyHits, ...]:
    """Hits of each family of a suite, in its order; nothing for a suite without families or another test."""
    if not isinstance(clause, Suppress) or obligation.verifier != "leak":
        return ()
    reading = reading_for(clause, obligation)
    audited = [seen.tables[key] for key in seen.of(obligation, "audited")]
    families = tuple(dict.fromkeys(name for table in audited if "family" in table for name in table.column("family")))
    if families in ((), ("",)):
        return ()
    share = obligation.alpha / len(families)
    return tuple(
        FamilyHits(
            family=name,
            gives=any(words for table in audited for words in table.where("family", name).column("given")),
            intervals=tuple(
                interval(role, found, share) for role in LABEL if (found := seen.outcomes(obligation, role, _of(name, reading)))
            ),
        )
        for name in families
    )


def _of(family: str, reading: Reading) -> Judge:
    """Outcomes of the items that this family asked about."""
    return lambda tables: gather([table.where("family", family) for table in tables], reading, every=False)


def at_k(obligation: Obligation, clause: Clause, seen: Seen) -> tuple[Interval, ...]:
    """The share of items that k answers to each probe reveal, labelled `1`, `2`, `4`, … up to those drawn.

    For each item the unbiased estimate over all subsets of k samples, a sample being a hit if any probe's answer is;
    their mean over the items, with bounds from clusters at α over the number of k (`statistics.bounded`: values in [0, 1]
    of any law). Nothing where a single answer was drawn, none must be hidden, or a log tells of scores alone.
    """
    if not isinstance(clause, Suppress) or obligation.verifier != "leak":
        return ()
    audited = [seen.tables[key] for key in seen.of(obligation, "audited")]
    if not all("sample" in table for table in audited):
        return ()
    items = _samples(audited, reading_for(clause, obligation))
    most = min((len(hits) for _, hits in items), default=0)
    if most < 2:
        return ()
    steps = (*(2**power for power in range(most.bit_length()) if 2**power < most), most)
    clusters = [cluster for cluster, _ in items]
    return tuple(_interval(k, [leak_at_k(hits, k) for _, hits in items], clusters, obligation.alpha / len(steps)) for k in steps)


def _samples(tables: Sequence[Table], reading: Reading) -> list[tuple[str, list[bool]]]:
    """For each item its cluster, and for each sample whether some probe's answer revealed the item."""
    found: dict[str, tuple[str, dict[int, bool]]] = {}
    for table in tables:
        columns = (table.column(name) for name in ("item", "cluster", "sample"))
        for item, cluster, sample, hit in zip(*columns, revealed(table, reading), strict=True):
            _, samples = found.setdefault(item, (cluster, {}))
            samples[sample] = samples.get(sample, False) or hit
    return [(cluster, list(samples.values())) for cluster, samples in found.values()]


def _interval(k: int, values: Sequence[float], clusters: Sequence[str], alpha: Fraction) -> Interval:
    return Interval(
        label=str(k),
        point=sum(values) / len(values),
        low=clustered_rate_lower(values, clusters, alpha),
        high=clustered_rate_upper(values, clusters, alpha),
        n=len(values),
        clusters=len(set(clusters)),
    )
