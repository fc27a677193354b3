"""Measurements survive the store unchanged and never hold target material."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from unlearn_spec.evidence.canonical import EvidenceError, keyed_digest
from unlearn_spec.evidence.measurement import (
    Column,
    ItemTable,
    get_items,
    get_measurement,
    measure,
    put_items,
    put_measurement,
)
from unlearn_spec.evidence.store import Store

KEY = b"k" * 16
ITEMS = tuple(keyed_digest(KEY, text) for text in ("one", "two", "three"))
TABLE = ItemTable(
    items=ITEMS,
    clusters=(ITEMS[0], ITEMS[0], ITEMS[2]),
    hits=(True, False, None),
    columns=(Column(name="log_p", values=(-0.1, float("-inf"), None)),),
)


def test_a_measurement_round_trips_through_the_store(tmp_path: Path) -> None:
    store = Store(tmp_path)
    measurement = measure(
        store, TABLE, id="m", obligation="c@a", verifier="leak", subject_digest="s", data_digest="d", seed=3,
        numbers={"z": 0.1 + 0.2, "a": 1}, versions={"torch": "2", "numpy": "2"},
    )  # fmt: skip
    assert (measurement.n, measurement.judged, measurement.hits, measurement.clusters) == (3, 2, 1, 2)
    digest = put_measurement(store, measurement)
    assert put_measurement(store, measurement) == digest
    assert get_measurement(store, digest) == measurement
    assert get_measurement(store, digest).number("z") == 0.1 + 0.2
    assert get_items(store, measurement.table) == TABLE
    assert TABLE.column("log_p")[1] == float("-inf")
    assert json.loads(store.get_bytes(digest))["numbers"][1]["value"] == "0.30000000000000004"


def test_lookups_by_name_say_what_is_missing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    measurement = measure(
        store, TABLE, id="m", obligation="o", verifier="v", subject_digest="s", data_digest="d", seed=0
    )
    with pytest.raises(EvidenceError, match="no number 'mean'"):
        measurement.number("mean")
    with pytest.raises(EvidenceError, match="no column 'p'"):
        TABLE.column("p")


@pytest.mark.parametrize(
    "change",
    [
        {"items": ("the secret itself", *ITEMS[1:])},
        {"hits": (True,)},
        {"columns": (Column(name="x", values=(1.0,)),)},
        {"columns": TABLE.columns * 2},
    ],
)
def test_malformed_item_tables_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as refusal:
        ItemTable.model_validate({**dict(TABLE), **change})
    assert "the secret itself" not in str(refusal.value)


@pytest.mark.parametrize(("name", "values"), [("hit", (1.0,)), ("x", (float("nan"),))])
def test_malformed_columns_are_refused(name: str, values: tuple[float, ...]) -> None:
    with pytest.raises(ValidationError):
        Column(name=name, values=values)


def test_other_objects_are_not_taken_for_measurements(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(EvidenceError, match="not a measurement"):
        get_measurement(store, store.put_json({"id": "m"}))
    with pytest.raises(EvidenceError, match="not an item table"):
        get_items(store, store.put_table({"x": [1.0]}))
    with pytest.raises(EvidenceError, match="not an item table"):
        get_items(store, store.put_table({"item": ["plain"], "cluster": ["plain"], "hit": [True]}))
    assert put_items(store, TABLE) == put_items(store, TABLE)
