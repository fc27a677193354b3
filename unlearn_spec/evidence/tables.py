"""Tables of evidence: parquet (zstd) with a *logical* digest of the cells, which another version of the writer leaves as it is.

What a table unpacks to is counted while it is read: a few kilobytes can stand for a terabyte of the same words.
"""

from __future__ import annotations

import hashlib
import io
import math
import struct
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from .canonical import EvidenceError, json_digest

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

Cell = str | int | float | bool | None
Columns = Mapping[str, Sequence[Cell]]

MOST_CELLS = 100_000_000
"""Cells of a table."""
MOST_TEXT = 4 << 30
"""Bytes of text in a table."""
_TOO_LARGE = f"holds more than {MOST_CELLS:,} cells or {MOST_TEXT >> 30} GiB of text"
_LOGICAL = b"unlearn_spec.logical"
_ROWS = 1 << 12
"""Rows that are read at once."""


class TableError(Exception):
    """What is wrong with the bytes of a table, as a predicate: "is not a table"."""


def logical_digest(columns: Columns) -> str:
    """Digest of the cells column by column, independent of file format, writer version and column order."""
    return json_digest(
        [
            [name, kind, len(columns[name]), _cells_digest(name, kind, columns[name])]
            for name, kind in _kinds(columns).items()
        ]
    )


def _kinds(columns: Columns) -> dict[str, str]:
    """Column name → cell type, sorted by name, after checking the table's shape and cells."""
    if not columns:
        raise EvidenceError("a table needs at least one column")
    lengths = {len(cells) for cells in columns.values()}
    if len(lengths) > 1:
        raise EvidenceError(f"columns differ in length: { {name: len(cells) for name, cells in columns.items()} }")
    return {name: _kind(name, columns[name]) for name in sorted(columns)}


def _kind(name: str, cells: Sequence[Cell]) -> str:
    kinds = {type(cell) for cell in cells} - {type(None)}
    if not kinds:
        return "null"
    if kinds <= {str}:
        return "text"
    if kinds <= {bool}:
        return "bool"
    if kinds <= {int}:
        return "int"
    if not kinds <= {int, float}:
        found = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise EvidenceError(f"column {name!r} must hold one of text, bool, int, float (or None); found {found}")
    for row, cell in enumerate(cells):
        if isinstance(cell, float) and math.isnan(cell):
            raise EvidenceError(f"column {name!r}, row {row}: NaN; write None for a value that does not exist")
    return "float"


def _cells_digest(name: str, kind: str, cells: Sequence[Cell]) -> str:
    total = hashlib.sha256()
    try:
        for cell in cells:
            total.update(b"\0" if cell is None else b"\1" + _cell_bytes(kind, cell))
    except (struct.error, OverflowError, UnicodeEncodeError) as error:
        raise EvidenceError(f"column {name!r} holds a value that cannot be stored: {error}") from None
    return f"sha256:{total.hexdigest()}"


def _cell_bytes(kind: str, cell: str | int | float | bool) -> bytes:
    if kind == "text":
        text = cast(str, cell).encode()
        return struct.pack(">Q", len(text)) + text
    return struct.pack({"bool": ">?", "int": ">q", "float": ">d"}[kind], cell)


def to_parquet(columns: Columns) -> bytes:
    """The bytes of a table; `EvidenceError` for cells that have no one meaning, or too many of them."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    types = {"null": pa.null(), "text": pa.string(), "bool": pa.bool_(), "int": pa.int64(), "float": pa.float64()}
    logical = logical_digest(columns)
    kinds = _kinds(columns)
    fields = [(name, types[kind]) for name, kind in kinds.items()]
    arrays = [
        pa.array([float(cell) if kind == "float" and cell is not None else cell for cell in columns[name]], types[kind])
        for name, kind in kinds.items()
    ]
    text = sum(pc.sum(pc.binary_length(cells)).as_py() or 0 for cells in arrays if pa.types.is_string(cells.type))
    if sum(map(len, arrays)) > MOST_CELLS or text > MOST_TEXT:
        raise EvidenceError(f"a table {_TOO_LARGE}")
    table = pa.Table.from_arrays(arrays, schema=pa.schema(fields, metadata={_LOGICAL: logical.encode()}))
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", version="2.6")
    return buffer.getvalue()


def from_parquet(data: bytes) -> dict[str, list[Cell]]:
    """The columns of a table, sorted by name; `TableError` if it is none, unpacks to too much, or has another logical digest."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(pa.BufferReader(data))
        words = [field.name for field in schema if pa.types.is_string(field.type)]
        plain = (pa.types.is_null, pa.types.is_boolean, pa.types.is_int64, pa.types.is_float64)
        if len(set(schema.names)) < len(schema) or not all(f.name in words or any(is_(f.type) for is_ in plain) for f in schema):
            raise TableError("is not a table")
        stated = (schema.metadata or {}).get(_LOGICAL)
        if stated is None:
            raise TableError("is not a table")
        columns = _unpacked(pq.ParquetFile(pa.BufferReader(data), read_dictionary=words))
    except (pa.ArrowException, OSError, ValueError):  # a text that is not UTF-8
        raise TableError("is not a table") from None
    if stated.decode("ascii", "replace") != logical_digest(columns):
        raise TableError("does not have the logical digest it states")
    return columns


def _unpacked(file: ParquetFile) -> dict[str, list[Cell]]:
    """The cells column by column. Texts are read as numbers of words, and equal ones are one object.

    One column of one row group at a time: what a reader holds at once is of one chunk, and what the file says of its size is no bound.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    columns: dict[str, list[Cell]] = {name: [] for name in file.schema_arrow.names}
    rows = [file.metadata.row_group(group).num_rows for group in range(file.metadata.num_row_groups)]  # of the file it may say less
    if sum(map(abs, rows)) * len(columns) > MOST_CELLS:
        raise TableError(_TOO_LARGE)
    text = 0
    for group in range(len(rows)):
        for name, column in columns.items():
            for batch in file.iter_batches(_ROWS, [group], [name], use_threads=False):
                cells = batch.column(name)
                if not isinstance(cells, pa.DictionaryArray):
                    column += cells.to_pylist()
                    continue
                found = cells.indices.drop_null().value_counts()
                words = cells.dictionary.take(found.field("values"))
                text += pc.sum(pc.multiply(pc.binary_length(words).cast(pa.int64()), found.field("counts"))).as_py() or 0
                if text > MOST_TEXT:
                    raise TableError(_TOO_LARGE)
                named = dict(zip(found.field("values").to_pylist(), words.to_pylist(), strict=True))
                column += [named.get(place) for place in cells.indices.to_pylist()]
    return columns
