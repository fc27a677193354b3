"""What an OpenUnlearning log's scores come to, with intervals: a description of somebody else's numbers, deciding nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ..statistics.auc_difference import auc_difference_interval
from ..statistics.intervals import Interval, auc_interval, clustered_mean_interval
from .logged import LogError

_MEANS = {"_Q_A_Prob": "prob", "_Q_A_ROUGE": "rougeL_recall"}
"""Ending of a metric that is a mean of shares, and the field of its rows."""
ERROR = Fraction(1, 40)


@dataclass(frozen=True)
class Described:
    """One metric of a log."""

    metric: str
    means: str
    """What the number is, in words."""
    items: int
    interval: Interval
    """Each bound at the error that was asked for."""


def summary(
    raw: bytes, *, against: bytes | None = None, cluster_rows: int = 1, alpha: Fraction = ERROR, seed: int = 0
) -> tuple[Described, ...]:
    """Every probability, ROUGE recall and membership AUC of a log, in its order, with bounds at `alpha` each.

    `cluster_rows`: so many rows, one after another, are one cluster (20 an author in TOFU); clusters are what is drawn.
    An AUC is of forget against hold-out items; a low score is a member's, as in OpenUnlearning, so that 1 tells all members.
    `against`: a log of another model on the same items; AUCs are then differences to it. Raises `LogError`.
    """
    document, other = _document(raw), None if against is None else _document(against)
    return tuple(_described(document, other, cluster_rows, alpha, seed))


def _described(
    document: Mapping[str, Any], other: Mapping[str, Any] | None, rows: int, alpha: Fraction, seed: int
) -> list[Described]:
    found = []
    for name, metric in document.items():
        field = next((field for ending, field in _MEANS.items() if name.endswith(ending)), None)
        if field is not None:
            values = _values(metric, field, name)
            interval = clustered_mean_interval(values, _clusters(values, rows), alpha, seed=seed, bounds=(0, 1))
            found.append(Described(name, f"mean {field}", len(values), interval))
        elif name.startswith("mia_"):
            members, others = _attack(document, name)
            of = {"positive_clusters": _clusters(members, rows), "negative_clusters": _clusters(others, rows)}
            means = "AUC, forget against hold-out"
            if other is None:
                interval = auc_interval(members, others, alpha, **of)
            else:
                interval = auc_difference_interval((members, others), _attack(other, name), alpha, **of)
                means = "AUC minus the other model's"
            found.append(Described(name, means, len(members) + len(others), interval))
    return found


def _attack(document: Mapping[str, Any], name: str) -> tuple[list[float], list[float]]:
    """Scores of forget and hold-out items, high for members: the log's are losses."""
    metric = document.get(name)
    if not isinstance(metric, dict):
        raise LogError(f"it has no {name}")
    members, others = ([-v for v in _values(metric.get(part), "score", name)] for part in ("forget", "holdout"))
    return members, others


def _clusters(values: Sequence[float], rows: int) -> list[int]:
    if rows < 1 or len(values) % rows:
        raise LogError(f"{len(values)} rows do not make clusters of {rows}")
    return [place // rows for place in range(len(values))]


def _document(raw: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        raise LogError("the log is not JSON") from None
    if not isinstance(found, dict):
        raise LogError("the log is no object of metrics")
    return found


def _values(metric: object, field: str, name: str) -> list[float]:
    rows = metric.get("value_by_index") if isinstance(metric, dict) else None
    values = [row.get(field) for row in rows.values() if isinstance(row, dict)] if isinstance(rows, dict) else []
    if not values or not all(isinstance(value, int | float) and value == value for value in values):
        raise LogError(f"{name} has no {field} for each item")
    return [float(value) for value in values if value is not None]
