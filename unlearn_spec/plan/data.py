"""Data files to items: JSON lines, CSV or Parquet, with a mapping from an item's fields to the file's columns.

Nothing is guessed: a column that is mapped must be there, a value of the wrong kind is an error that names file and
row and never shows the value. No format here can run code.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from ..evidence.canonical import bytes_digest
from ..verifiers.items import Item

Format = Literal["jsonl", "csv", "parquet"]
FORMATS: tuple[Format, ...] = get_args(Format)
FIELDS = ("id", "cluster", "prompt", "answer", "paraphrases", "text", "prefix", "suffix")
"""Fields of an item that a column can fill."""

MAX_BYTES = 1 << 30
MAX_ROWS = 1_000_000
MAX_CHARACTERS = 1_000_000
"""Of one row."""

_SUFFIXES: Mapping[str, Format] = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".csv": "csv", ".parquet": "parquet",
}  # fmt: skip


class DataError(ValueError):
    """A data file that cannot be used. The message names the file and, where there is one, the row."""


@dataclass(frozen=True)
class DataSpec:
    """Where items are and how their file is read."""

    file: Path
    format: Format
    fields: tuple[tuple[str, str], ...] = ()
    """(field of the item, column of the file). Empty: columns are named like the fields, and those present count."""
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


def format_of(file: Path) -> Format | None:
    """The format that a file's name announces."""
    return _SUFFIXES.get(file.suffix.lower())


def load_items(spec: DataSpec) -> tuple[Item, ...]:
    """The items of a file, in its order. Raises `DataError`."""
    return load_data(spec).items


def load_data(spec: DataSpec) -> Data:
    """The items of a file, in its order, with digests; the file is read once. Raises `DataError`.

    An item needs something to look for: an answer, a suffix or a text. Ids must differ; without a column `id` they are
    row numbers. Without a column `cluster` every item stands alone, but items of equal content share one. In CSV,
    `paraphrases` is a JSON list of texts.
    """
    raw = _read(spec.file)
    columns = dict(spec.fields) or {field: field for field in FIELDS}
    marked = {} if spec.only is None else {"": spec.only[0]}
    found: list[Item] = []
    first_row: dict[str, int] = {}
    for row, values in _ROWS[spec.format](spec.file, raw, columns | marked):
        if spec.only is not None and _mark(f"{spec.file}: row {row}", spec.only[0], values) != spec.only[1]:
            continue
        item = _item(f"{spec.file}: row {row}", row, values, columns, named=bool(spec.fields))
        if item.id in first_row:
            raise DataError(f"{spec.file}: row {row} has the same id as row {first_row[item.id]}; ids must differ")
        first_row[item.id] = row
        found.append(item)
        if len(found) > MAX_ROWS:
            raise DataError(f"{spec.file}: more than {MAX_ROWS:,} rows; split the set")
    if not found:
        which = "" if spec.only is None else f" with `{spec.only[0]}` {str(spec.only[1]).lower()}"
        raise DataError(f"{spec.file}: the file holds no items{which}")
    items = together(found)
    return Data(items, bytes_digest(raw), items_digest(items))


def together(items: Sequence[Item]) -> tuple[Item, ...]:
    """The items, with one cluster for all that share a content: an item repeated is not asked twice independently.

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
        content = (item.prompt, item.answer, item.text, item.prefix, item.suffix)
        one, other = sorted((find(first.setdefault(content, item.cluster)), find(item.cluster)), key=place.__getitem__)
        leader[other] = one
    return tuple(replace(item, cluster=find(item.cluster)) for item in items)


def items_digest(items: Sequence[Item]) -> str:
    """SHA-256 over ids, clusters and content of the items, in order."""
    digest = hashlib.sha256(b"unlearn-spec items 1\n")
    for item in items:
        fields = [
            item.id, item.cluster, item.prompt, item.answer, list(item.paraphrases), item.text, item.prefix, item.suffix,
        ]  # fmt: skip
        digest.update(json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    return f"sha256:{digest.hexdigest()}"


def drawn(items: Sequence[Item], take: int | None, seed: int) -> tuple[Item, ...]:
    """`take` items drawn without replacement, in the order of the set; all of them for None.

    Drawn are those whose hash of seed and id is lowest, so the draw depends on nothing else.
    """
    if take is None or take >= len(items):
        return tuple(items)
    ranked = sorted(items, key=lambda item: hashlib.sha256(f"{seed}\n{item.id}".encode()).digest())
    chosen = {item.id for item in ranked[:take]}
    return tuple(item for item in items if item.id in chosen)


# --- files to rows ---------------------------------------------------------------------------------------------------

Rows = Iterator[tuple[int, Mapping[str, Any]]]


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise DataError(f"{file}: cannot be read: {getattr(error, 'strerror', None) or 'not a usable file name'}") from None
    if len(raw) > MAX_BYTES:
        raise DataError(f"{file}: larger than 1 GiB; split the set")
    if not raw.strip():
        raise DataError(f"{file}: the file is empty")
    return raw


def _text(file: Path, raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise DataError(f"{file}: line {line} is not UTF-8 text; save the file as UTF-8") from None


def _json_lines(file: Path, raw: bytes, columns: Mapping[str, str]) -> Rows:
    for number, line in enumerate(_text(file, raw).split("\n"), start=1):
        if not line.strip():
            continue
        if len(line) > MAX_CHARACTERS:
            raise DataError(f"{file}: row {number} is longer than {MAX_CHARACTERS:,} characters")
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            hint = "; the file must hold one JSON object a line" if number == 1 else ""
            raise DataError(f"{file}: row {number} is not a JSON object{hint}") from None
        if not isinstance(value, dict):
            raise DataError(f"{file}: row {number} is not a JSON object")
        yield number, value


def _csv(file: Path, raw: bytes, columns: Mapping[str, str]) -> Rows:
    csv.field_size_limit(MAX_CHARACTERS)
    reader = csv.reader(io.StringIO(_text(file, raw), newline=""), strict=True)
    try:
        header = next(reader, [])
        if len(set(header)) != len(header):
            raise DataError(f"{file}: row 1 names a column twice")
        start = reader.line_num + 1
        for cells in reader:
            line, start = start, reader.line_num + 1
            if not cells:
                continue
            if len(cells) != len(header):
                raise DataError(f"{file}: row {line} has {len(cells)} cells, the header {len(header)}")
            yield line, _unlisted(file, line, dict(zip(header, cells, strict=True)), columns.get("paraphrases", ""))
    except csv.Error as error:
        raise DataError(f"{file}: row {reader.line_num} is not CSV: {error}") from None


def _unlisted(file: Path, row: int, cells: dict[str, Any], column: str) -> dict[str, Any]:
    """The cells, with the one that holds a JSON list read as such."""
    text = cells.get(column, "")
    if not text:
        return {name: cell for name, cell in cells.items() if name != column}
    try:
        return {**cells, column: json.loads(text)}
    except (ValueError, RecursionError):
        raise DataError(f"{file}: row {row}: `{column}` must be a JSON list of texts") from None


def _parquet(file: Path, raw: bytes, columns: Mapping[str, str]) -> Rows:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(pa.BufferReader(raw))
        wanted = [name for name in table.schema_arrow.names if name in columns.values()]
        rows = (row for batch in table.iter_batches(1024, columns=wanted) for row in batch.to_pylist())
        for number, values in enumerate(rows, start=1):
            yield number, {name: value for name, value in values.items() if value is not None}
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{file}: not a readable Parquet file: {type(error).__name__}") from None


_ROWS: Mapping[Format, Callable[[Path, bytes, Mapping[str, str]], Rows]] = {
    "jsonl": _json_lines, "csv": _csv, "parquet": _parquet,
}  # fmt: skip


# --- rows to items ---------------------------------------------------------------------------------------------------


def _item(where: str, row: int, values: Mapping[str, Any], columns: Mapping[str, str], *, named: bool) -> Item:
    if named:
        lost = sorted(set(columns.values()) - set(values) - {columns.get("paraphrases", "")})
        if lost:
            raise DataError(f"{where} has no `{lost[0]}`")
    texts = {
        field: _short_text(where, column, values[column], numbers=field in ("id", "cluster"))
        for field, column in columns.items()
        if field != "paraphrases" and column in values
    }
    name = texts.pop("id", str(row))
    cluster = texts.pop("cluster", "") or name
    if not name.strip():
        raise DataError(f"{where}: the id is empty")
    if sum(map(len, texts.values())) > MAX_CHARACTERS:
        raise DataError(f"{where} is longer than {MAX_CHARACTERS:,} characters")
    if not any(texts.get(field, "").strip() for field in ("answer", "suffix", "text")):
        raise DataError(f"{where} has no answer, no suffix and no text: nothing to look for")
    other = _paraphrases(where, columns.get("paraphrases", ""), values)
    return Item(id=name, cluster=cluster, paraphrases=other, **texts)


def _short_text(where: str, column: str, value: object, *, numbers: bool = False) -> str:
    if numbers and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise DataError(f"{where}: `{column}` must be text{' or a whole number' if numbers else ''}")
    if len(value) > MAX_CHARACTERS:
        raise DataError(f"{where}: `{column}` is longer than {MAX_CHARACTERS:,} characters")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise DataError(f"{where}: `{column}` holds half a surrogate pair, which is no character")
    return value


def _paraphrases(where: str, column: str, values: Mapping[str, Any]) -> tuple[str, ...]:
    written = values.get(column, ())
    if not isinstance(written, list | tuple):
        raise DataError(f"{where}: `{column}` must be a list of texts")
    found = tuple(_short_text(where, column, value) for value in written)
    if not all(text.strip() for text in found):
        raise DataError(f"{where}: `{column}` holds an empty text")
    return found


_MARKS: Mapping[object, bool] = {True: True, False: False, "true": True, "false": False, "1": True, "0": False}


def _mark(where: str, column: str, values: Mapping[str, Any]) -> bool:
    value = values.get(column)
    key = value.strip().lower() if isinstance(value, str) else value
    if not isinstance(key, str | bool) or key not in _MARKS:
        raise DataError(f"{where}: `{column}` must be true or false")
    return _MARKS[key]
