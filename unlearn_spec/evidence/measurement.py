"""Measurements as evidence: what was measured on which subject and data, item by item and in total.

A `Measurement` is a small JSON object; its item results are a table in the store, referred to by digest. Items and
clusters appear as keyed digests only: target material never enters the evidence.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, model_validator

from .canonical import EvidenceError, decimal_text
from .store import Cell, Store

_RESERVED = ("item", "cluster", "hit")
_KEYED_DIGEST = re.compile(r"hmac-sha256:[0-9a-f]{64}\Z")


def _finite(value: object) -> float:
    number = float(value) if isinstance(value, int | float | str) else math.nan
    if not math.isfinite(number):
        raise ValueError("expected a finite number")
    return number


def _keyed(value: object) -> str:
    if not (isinstance(value, str) and _KEYED_DIGEST.match(value)):
        raise ValueError("expected a keyed digest hmac-sha256:<64 hex digits>, never the text itself")
    return value


Finite = Annotated[float, BeforeValidator(_finite), PlainSerializer(decimal_text, return_type=str, when_used="json")]
"""A finite float; in JSON its shortest exact decimal text."""

KeyedDigest = Annotated[str, BeforeValidator(_keyed)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Number(_Frozen):
    """A named total, such as a mean or a threshold; its unit belongs in the name where it has one."""

    name: str
    value: Finite


class Column(_Frozen):
    """One float per item, in item order; None where an item has no such value. -∞ is a legal log-probability."""

    name: str
    values: tuple[float | None, ...]

    @model_validator(mode="after")
    def _usable(self) -> Column:
        if self.name in _RESERVED:
            raise ValueError(f"a value column cannot be called {self.name!r}")
        if any(value is not None and math.isnan(value) for value in self.values):
            raise ValueError(f"column {self.name!r} holds NaN; write None for a value that does not exist")
        return self


class ItemTable(_Frozen):
    """Results item by item: keyed digests of item and cluster, whether the item was hit, and named float columns."""

    items: tuple[KeyedDigest, ...]
    clusters: tuple[KeyedDigest, ...]
    """Same length as `items`; items with the same cluster are not independent of each other."""
    hits: tuple[bool | None, ...]
    """Whether the measured predicate held; None where the measurement has none or the item could not be judged."""
    columns: tuple[Column, ...] = ()

    @model_validator(mode="after")
    def _rectangular(self) -> ItemTable:
        lengths = {
            len(self.items),
            len(self.clusters),
            len(self.hits),
            *(len(column.values) for column in self.columns),
        }
        if len(lengths) != 1:
            raise ValueError("all columns of an item table must have the same length")
        if len({column.name for column in self.columns}) != len(self.columns):
            raise ValueError("column names of an item table must differ")
        return self

    def column(self, name: str) -> tuple[float | None, ...]:
        """The values of the column `name`; `EvidenceError` when there is none."""
        for column in self.columns:
            if column.name == name:
                return column.values
        raise EvidenceError(f"no column {name!r} among {[column.name for column in self.columns]}")


class Measurement(_Frozen):
    """One verifier's result for one obligation on one subject and data set."""

    id: str
    obligation: str
    verifier: str
    subject_digest: str
    data_digest: str
    table: str
    """Digest of the item table in the store."""
    n: int
    """Items in the table."""
    judged: int
    """Items whose hit is known: the n of a proportion."""
    hits: int
    clusters: int
    numbers: tuple[Number, ...] = ()
    seed: int
    versions: tuple[tuple[str, str], ...]
    """(library, version), sorted."""

    @model_validator(mode="after")
    def _counts(self) -> Measurement:
        if not 0 <= self.hits <= self.judged <= self.n or not 0 <= self.clusters <= self.n:
            raise ValueError("counts must satisfy 0 ≤ hits ≤ judged ≤ n and 0 ≤ clusters ≤ n")
        return self

    def number(self, name: str) -> float:
        """The total called `name`; `EvidenceError` when there is none."""
        for number in self.numbers:
            if number.name == name:
                return number.value
        raise EvidenceError(f"measurement {self.id} has no number {name!r}")


def put_items(store: Store, table: ItemTable) -> str:
    columns: dict[str, Sequence[Cell]] = {"item": table.items, "cluster": table.clusters, "hit": table.hits}
    return store.put_table(columns | {column.name: column.values for column in table.columns})


def get_items(store: Store, digest: str) -> ItemTable:
    """The item table of this digest, value columns sorted by name; `EvidenceError` when it is not one."""
    cells: Mapping[str, Any] = store.get_table(digest)
    try:
        return ItemTable(
            items=tuple(cells["item"]),
            clusters=tuple(cells["cluster"]),
            hits=tuple(cells["hit"]),
            columns=tuple(Column(name=name, values=tuple(cells[name])) for name in cells if name not in _RESERVED),
        )
    except (KeyError, ValueError) as error:
        raise EvidenceError(f"table {digest} is not an item table: {error}") from None


def measure(
    store: Store,
    table: ItemTable,
    *,
    id: str,
    obligation: str,
    verifier: str,
    subject_digest: str,
    data_digest: str,
    seed: int,
    numbers: Mapping[str, float] | None = None,
    versions: Mapping[str, str] | None = None,
) -> Measurement:
    """Stores the item table and returns the measurement that refers to it, with its counts taken from the table."""
    return Measurement(
        id=id,
        obligation=obligation,
        verifier=verifier,
        subject_digest=subject_digest,
        data_digest=data_digest,
        table=put_items(store, table),
        n=len(table.items),
        judged=sum(hit is not None for hit in table.hits),
        hits=sum(hit is True for hit in table.hits),
        clusters=len(set(table.clusters)),
        numbers=tuple(Number(name=name, value=value) for name, value in sorted((numbers or {}).items())),
        seed=seed,
        versions=tuple(sorted((versions or {}).items())),
    )


def put_measurement(store: Store, measurement: Measurement) -> str:
    """Keeps the measurement and returns its digest: the object to record with `Ledger.finish`."""
    return store.put_json(measurement.model_dump(mode="json"))


def get_measurement(store: Store, digest: str) -> Measurement:
    try:
        return Measurement.model_validate(store.get_json(digest))
    except ValueError as error:
        raise EvidenceError(f"evidence object {digest} is not a measurement: {error}") from None
