"""Data files to items, with a mapping from an item's fields to the file's columns.

JSON lines, JSON, CSV, Parquet, folders that `datasets` saved, plain documents. Nothing is guessed: a column that is mapped
must be there, a value of the wrong kind is an error that names file and row and never shows the value.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..verifiers.items import Item, lot
from . import rows as reading
from .item_rows import FIELDS, item_of
from .rows import FORMATS, DataError, Files, Format, files_digest, format_of, read_files, rows
from .windows import Window, WindowError, windows

__all__ = [
    "FIELDS", "FORMATS", "Data", "DataError", "DataSpec", "Format", "Window", "drawn", "format_of", "items_digest",
    "load_data", "load_items", "together",
]  # fmt: skip


@dataclass(frozen=True)
class DataSpec:
    """Where items are and how their file is read."""

    file: Path
    format: Format
    fields: tuple[tuple[str, str], ...] = ()
    """(field of the item, column of the file). Empty: columns are named like the fields, and those present count."""
    cluster_rows: int | None = None
    """So many rows, one after another, are one cluster: an author's questions in TOFU are 20."""
    window: Window | None = None
    """How documents are cut into windows; they stay whole without it."""
    only: tuple[str, bool] | None = None
    """(column, value): the rows that have this mark. Each row has `true` or `false` there (in CSV also 1 or 0)."""


@dataclass(frozen=True)
class Data:
    """The items of a file, and what identifies them."""

    items: tuple[Item, ...]
    file_digest: str
    """SHA-256 of the file's bytes, as `sha256sum` prints it."""
    digest: str
    """SHA-256 of the items, whatever file they came from."""
    rows: int = 0
    """Rows or documents that the file held, before any were cut into windows."""
    repeated: int = 0
    """Items alike in content to an earlier one."""


def load_items(spec: DataSpec) -> tuple[Item, ...]:
    """The items of a file, in its order. Raises `DataError`."""
    return load_data(spec).items


def load_data(spec: DataSpec) -> Data:
    """The items of a file, in its order, with digests; the file is read once. Raises `DataError`.

    An item needs something to look for: an answer, a suffix or a text. Ids must differ; without a column `id` they are
    row numbers. Without a column `cluster` every item stands alone, but items alike in content share one. In CSV,
    lists of texts are JSON.
    """
    files = read_files(spec.file)
    found = _found(spec, files)
    if not found:
        which = "" if spec.only is None else f" with `{spec.only[0]}` {str(spec.only[1]).lower()}"
        raise DataError(f"{spec.file}: the file holds no items{which}")
    if spec.cluster_rows is not None:
        found = _in_rows(spec, found, spec.cluster_rows)
    items = together(_cut(spec, found, spec.window)) if spec.window is not None else together(found)
    repeated = len(items) - len({item.alike for item in items})
    return Data(items, files_digest(files), items_digest(items), len(found), repeated)


def _found(spec: DataSpec, files: Files) -> list[Item]:
    columns = dict(spec.fields) or {field: field for field in FIELDS}
    marked = {} if spec.only is None else {"": spec.only[0]}
    named = bool(spec.fields) and spec.format != "text"  # documents bring their own two columns
    found: list[Item] = []
    first_row: dict[str, int] = {}
    for row, values in rows(spec.file, spec.format, files, columns | marked):
        if spec.only is not None and _mark(f"{spec.file}: row {row}", spec.only[0], values) != spec.only[1]:
            continue
        item = item_of(f"{spec.file}: row {row}", row, values, columns, named=named, whole=spec.window is not None)
        if item.id in first_row:
            raise DataError(f"{spec.file}: row {row} has the same id as row {first_row[item.id]}; ids must differ")
        first_row[item.id] = row
        found.append(item)
        if len(found) > reading.MAX_ROWS:
            raise DataError(f"{spec.file}: more than {reading.MAX_ROWS:,} rows; split the set")
    return found


def _in_rows(spec: DataSpec, items: Sequence[Item], size: int) -> list[Item]:
    """Clusters by place. A number of rows that does not divide is a file that was filtered: then places mean nothing."""
    if len(items) % size:
        raise DataError(f"{spec.file}: {len(items):,} rows do not make clusters of {size} rows; name a column for `cluster`")
    return [replace(item, cluster=f"rows {place // size * size + 1}-{place // size * size + size}") for place, item in enumerate(items)]


def _cut(spec: DataSpec, items: Sequence[Item], window: Window) -> list[Item]:
    found: list[Item] = []
    characters = 0
    for place, item in enumerate(items, start=1):
        try:
            for cut in windows(item, window):
                found.append(cut)
                characters += len(cut.text)
                if len(found) > reading.MAX_ROWS:
                    raise DataError(f"{spec.file}: more than {reading.MAX_ROWS:,} windows; split the set")
                if characters > reading.MAX_BYTES:
                    raise DataError(f"{spec.file}: the windows hold more than {reading.MAX_BYTES:,} characters; take a larger stride")
        except WindowError as error:
            raise DataError(f"{spec.file}: row {place}: {error}") from None
    return found


def together(items: Sequence[Item]) -> tuple[Item, ...]:
    """The items, with one cluster for all that are alike in content: an item repeated is not asked twice independently.

    Clusters that such items belonged to become one, named like the first of them.
    """
    leader: dict[str, str] = {}

    def find(cluster: str) -> str:
        while (above := leader.get(cluster, cluster)) != cluster:
            cluster = above
        return cluster

    place = {cluster: row for row, cluster in reversed(list(enumerate(item.cluster for item in items)))}
    first: dict[tuple[str, ...], str] = {}
    for item in items:
        one, other = sorted((find(first.setdefault(item.alike, item.cluster)), find(item.cluster)), key=place.__getitem__)
        leader[other] = one
    return tuple(replace(item, cluster=find(item.cluster)) for item in items)


def items_digest(items: Sequence[Item]) -> str:
    """SHA-256 over ids, clusters and content of the items, in order."""
    digest = hashlib.sha256(b"unlearn-spec items 1\n")
    for item in items:
        fields = [
            item.id, item.cluster, item.prompt, item.answer, list(item.paraphrases), item.text, item.prefix, item.suffix,
            *([list(item.choices), item.right] if item.choices else []),
        ]  # fmt: skip
        digest.update(json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    return f"sha256:{digest.hexdigest()}"


def drawn(items: Sequence[Item], take: int | None, seed: int) -> tuple[Item, ...]:
    """`take` items drawn without replacement, in the order of the set; all of them for None.

    Drawn are those whose hash of seed and id is lowest, so the draw depends on nothing else.
    """
    if take is None or take >= len(items):
        return tuple(items)
    ranked = sorted(items, key=lambda item: lot(seed, item.id))
    chosen = {item.id for item in ranked[:take]}
    return tuple(item for item in items if item.id in chosen)


def parted(items: Sequence[Item], part: int, parts: int, seed: int) -> tuple[Item, ...]:
    """The items of one part, from 1, cluster by cluster in the order of a hash of seed and cluster; all for part 0.

    Parts differ by one cluster at most, and one after another they are all clusters in random order.
    """
    if part == 0:
        return tuple(items)
    clusters = sorted({one.cluster for one in items}, key=lambda name: lot(seed, name, "looks\n"))
    mine = clusters[(part - 1) * len(clusters) // parts : part * len(clusters) // parts]
    place = {name: number for number, name in enumerate(mine)}
    return tuple(sorted((one for one in items if one.cluster in place), key=lambda one: place[one.cluster]))


_MARKS: Mapping[object, bool] = {True: True, False: False, "true": True, "false": False, "1": True, "0": False}


def _mark(where: str, column: str, values: Mapping[str, Any]) -> bool:
    value = values.get(column)
    key = value.strip().lower() if isinstance(value, str) else value
    if not isinstance(key, str | bool) or key not in _MARKS:
        raise DataError(f"{where}: `{column}` must be true or false")
    return _MARKS[key]
