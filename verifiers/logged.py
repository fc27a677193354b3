"""Evaluations that somebody else made: their logs of scores, item by item, read as tables. Nothing is measured here.

Two forms are read: the `TOFU_EVAL.json` that OpenUnlearning writes (an object of metrics, each with `value_by_index`), and
the `samples_TASK_….jsonl` that lm-evaluation-harness writes with `--log_samples` (an item a line). What a log says is taken
as it stands; whether it is true is for whoever relies on it to judge.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .items import Item
from .table import Table, Value, from_rows

LogFormat = Literal["openunlearning", "lm_eval"]
MAX_LOG = 1 << 28

Scores = Mapping[str, float]
"""Row of the log (its index, or the hash of its document) to the score in [0, 1]."""


class LogError(ValueError):
    """A log that cannot be read as what it is said to be. The message shows nothing of its items."""


@dataclass(frozen=True)
class Log:
    """The bytes of a log; stands where a model would."""

    form: LogFormat
    raw: bytes

    def scores(self, column: str) -> Scores:
        """The scores of one metric. Raises `LogError`.

        `openunlearning`: `forget_Q_A_ROUGE` and its kin give ROUGE-L recall (`rougeL_recall`: rouge_score, stemmed).
        `lm_eval`: `TASK METRIC`, such as `wmdp_bio acc`; the file does not name its task, so that name is taken on trust.
        """
        return _open_unlearning(self.raw, column) if self.form == "openunlearning" else _lm_eval(self.raw, column)

    def matched(self, column: str, items: Sequence[Item]) -> tuple[tuple[str, float], ...]:
        """Row and score of each item, all items of the set being given, in its order. Raises `LogError`.

        An OpenUnlearning log counts rows from 0 in the set's order; a harness log names them by the hash of the document,
        which is then the item's id. A log of more or fewer items is another set's.
        """
        found = self.scores(column)
        rows = [str(place) for place in range(len(items))] if self.form == "openunlearning" else [item.id for item in items]
        if set(rows) != set(found):
            shared = len(set(rows) & set(found))
            hint = "; ids of items must be the log's `doc_hash`" if self.form == "lm_eval" and not shared else ""
            raise LogError(f"it has {len(found)} items of {column}, the set {len(items)}, and {shared} of them agree{hint}")
        return tuple((row, found[row]) for row in rows)


def logged(log: Log, column: str, whole: Sequence[Item], wanted: Sequence[Item]) -> Table:
    """A `logged` table with one row for each wanted item: `item`, `cluster`, `row` of the log, and `rouge_l` in [0, 1]
    (OpenUnlearning) or `preferred` (the harness). Raises `LogError`."""
    by_item = dict(zip((item.id for item in whole), log.matched(column, whole), strict=True))
    names = ("item", "cluster", "row", measure_of(log.form))
    return from_rows("logged", names, (_row(names, item, *by_item[item.id]) for item in wanted))


def measure_of(form: LogFormat) -> str:
    """The column of a table that holds a log's scores."""
    return "rouge_l" if form == "openunlearning" else "preferred"


def agrees(table: Table, log: Log, column: str) -> bool:
    """Whether a table says what the log says, row by row. Raises `LogError`."""
    scores = log.scores(column)
    rows = zip(table.column("row"), table.column(measure_of(log.form)), strict=True)
    return all(row in scores and scores[row] == float(value) for row, value in rows)


def _row(names: Sequence[str], item: Item, row: str, score: float) -> dict[str, Value]:
    value: Value = score if names[-1] == "rouge_l" else score == 1
    return dict(zip(names, (item.id, item.cluster, row, value), strict=True))


def _open_unlearning(raw: bytes, column: str) -> Scores:
    document = _parsed(raw.decode("utf-8", "replace"), "the log")
    metric = document.get(column) if isinstance(document, dict) else None
    rows = metric.get("value_by_index") if isinstance(metric, dict) else None
    if not column.endswith("_ROUGE") or not isinstance(rows, dict) or not rows:
        raise LogError(f"it has no scores of {column}; ROUGE recall by item is read, such as forget_Q_A_ROUGE")
    return {
        str(index): _score(row.get("rougeL_recall") if isinstance(row, dict) else None, index) for index, row in rows.items()
    }


def _lm_eval(raw: bytes, column: str) -> Scores:
    _, _, metric = column.rpartition(" ")
    found: dict[str, float] = {}
    for number, line in enumerate(raw.decode("utf-8", "replace").splitlines(), start=1):
        if not line.strip():
            continue
        row = _parsed(line, f"row {number}")
        name = row.get("doc_hash") if isinstance(row, dict) else None
        if not isinstance(name, str) or metric not in row:
            raise LogError(f"row {number} has no doc_hash or no {metric}")
        if name in found:
            raise LogError(f"row {number} has the document of an earlier row; log one filter, and documents that differ")
        found[name] = _score(row[metric], number)
        if found[name] not in (0, 1):
            raise LogError(f"row {number}: {metric} is neither 0 nor 1; only metrics of right or wrong are read")
    return found


def _parsed(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise LogError(f"{what} is not JSON") from None


def _score(value: object, where: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or not 0 <= value <= 1:
        raise LogError(f"row {where} has no score between 0 and 1")
    return float(value)
