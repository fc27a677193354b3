"""Files to rows: each format gives mappings from column to value, with the number that a message names a row by.

No format here can run code, and nothing of what is read stands in a message.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args

from ..evidence.canonical import bytes_digest, json_digest

Format = Literal["jsonl", "json", "csv", "parquet", "datasets", "text"]
FORMATS: tuple[Format, ...] = get_args(Format)

MAX_BYTES = 1 << 30
MAX_ROWS = 1_000_000
MAX_CHARACTERS = 1_000_000
"""Of one row."""
MAX_FILES = 100_000

LISTS = ("paraphrases", "choices", "wrong")
"""Fields of an item that hold several texts; in CSV, a JSON list."""

_SUFFIXES: Mapping[str, Format] = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json", ".csv": "csv", ".parquet": "parquet", ".txt": "text",
}  # fmt: skip
_STATE = "state.json"
"""In a folder that `datasets` saved: names the files of one split."""
_SPLITS = "dataset_dict.json"
"""In a folder of several splits."""


class DataError(ValueError):
    """A data file that cannot be used. The message names the file and, where there is one, the row."""


Rows = Iterator[tuple[int, Mapping[str, Any]]]
Files = Mapping[str, bytes]
"""Relative name to bytes; a single file has the name ``."""


def format_of(file: Path) -> Format | None:
    """The format that a name announces; of a folder, what lies in it. A folder of neither kind holds documents."""
    if file.is_dir():
        return "datasets" if (file / _STATE).is_file() or (file / _SPLITS).is_file() else "text"
    return _SUFFIXES.get(file.suffix.lower())


def read_files(file: Path) -> Files:
    """All bytes of a file or folder, hidden files left out. Raises `DataError`; also for more than 1 GiB."""
    if not file.is_dir():
        return {"": _read(file, MAX_BYTES)}
    names = {
        path.relative_to(file).as_posix(): path
        for path in sorted(file.rglob("*"))
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(file).parts)
    }
    if len(names) > MAX_FILES:
        raise DataError(f"{file}: more than {MAX_FILES:,} files; split the set")
    found: dict[str, bytes] = {}
    left = MAX_BYTES
    for name, path in names.items():
        found[name] = _read(path, left)
        left -= len(found[name])
    if not found:
        raise DataError(f"{file}: the folder holds no files")
    return found


def files_digest(files: Files) -> str:
    """Of a file, SHA-256 as `sha256sum` prints it; of a folder, as `evidence.canonical.folder_digest` has it."""
    if set(files) == {""}:
        return bytes_digest(files[""])
    return json_digest({name: bytes_digest(raw) for name, raw in files.items()})


def rows(file: Path, form: Format, files: Files, columns: Mapping[str, str]) -> Rows:
    """The rows of what was read, in order. `columns`: field of an item to column, as far as a format has to know it."""
    return _ROWS[form](file, files, columns)


def _read(file: Path, limit: int) -> bytes:
    if not file.is_file():  # a pipe would be waited for, and a device never ends
        raise DataError(f"{file}: cannot be read: no such file")
    try:
        with file.open("rb") as stream:
            raw = stream.read(limit + 1)
    except (OSError, ValueError) as error:
        raise DataError(f"{file}: cannot be read: {getattr(error, 'strerror', None) or 'not a usable file name'}") from None
    if len(raw) > limit:
        raise DataError(f"{file}: larger than 1 GiB; split the set")
    return raw


def _single(file: Path, files: Files) -> bytes:
    if "" not in files:
        raise DataError(f"{file}: a folder, where one file is expected")
    if not files[""].strip():
        raise DataError(f"{file}: the file is empty")
    return files[""]


def _text(file: Path, raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise DataError(f"{file}: line {line} is not UTF-8 text; save the file as UTF-8") from None


def _json_lines(file: Path, files: Files, columns: Mapping[str, str]) -> Rows:
    for number, line in enumerate(_text(file, _single(file, files)).split("\n"), start=1):
        if not line.strip():
            continue
        if len(line) > MAX_CHARACTERS:
            raise DataError(f"{file}: row {number} is longer than {MAX_CHARACTERS:,} characters")
        try:
            value = json.loads(line, object_pairs_hook=_once)
        except _TwiceError:
            raise DataError(f"{file}: row {number} names a field twice") from None
        except (ValueError, RecursionError):
            hint = "; the file must hold one JSON object a line" if number == 1 else ""
            raise DataError(f"{file}: row {number} is not a JSON object{hint}") from None
        if not isinstance(value, dict):
            raise DataError(f"{file}: row {number} is not a JSON object")
        yield number, value


class _TwiceError(ValueError):
    pass


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of which each key counts: of two alike, programs disagree which does."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _TwiceError
    return found


def _csv(file: Path, files: Files, columns: Mapping[str, str]) -> Rows:
    csv.field_size_limit(MAX_CHARACTERS)
    reader = csv.reader(io.StringIO(_text(file, _single(file, files)), newline=""), strict=True)
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
            cell = dict(zip(header, cells, strict=True))
            for name in dict.fromkeys(columns.get(field, "") for field in LISTS):
                cell = _unlisted(file, line, cell, name)
            yield line, cell
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


def _parquet(file: Path, files: Files, columns: Mapping[str, str]) -> Rows:
    import pyarrow as pa
    import pyarrow.parquet as pq

    raw = _single(file, files)
    try:
        table = pq.ParquetFile(pa.BufferReader(raw))
        wanted = [name for name in table.schema_arrow.names if name in columns.values()]
        rows = (row for batch in table.iter_batches(1024, columns=wanted) for row in batch.to_pylist())
        for number, values in enumerate(rows, start=1):
            yield number, {name: value for name, value in values.items() if value is not None}
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{file}: not a readable Parquet file: {type(error).__name__}") from None


def _json(file: Path, files: Files, columns: Mapping[str, str]) -> Rows:
    """One JSON list of objects; or, as many a `.json` file really is, one object a line."""
    raw = _single(file, files)
    if not raw.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"["):
        yield from _json_lines(file, files, columns)
        return
    try:
        listed = json.loads(_text(file, raw), object_pairs_hook=_once)
    except _TwiceError:
        raise DataError(f"{file}: a row names a field twice") from None
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        raise DataError(f"{file}: not a JSON list{'' if line is None else f' (line {line})'}") from None
    for number, value in enumerate(listed, start=1):
        if not isinstance(value, dict):
            raise DataError(f"{file}: row {number} is not a JSON object")
        yield number, value


def _datasets(file: Path, files: Files, columns: Mapping[str, str]) -> Rows:
    """A split that the library `datasets` saved to disk: Arrow streams, in the order of its state file."""
    import pyarrow as pa

    if _SPLITS in files and _STATE not in files:
        splits = _state(file, files[_SPLITS], "splits")
        named = ", ".join(str(file / str(name)) for name in splits[:5])
        raise DataError(f"{file}: the folder holds several splits; name one of them: {named}")
    if _STATE not in files:
        raise DataError(f"{file}: not a folder that `datasets` saved: it has no {_STATE}")
    if _state(file, files[_STATE], "_indices_files", optional=True):
        raise DataError(f"{file}: the rows are reordered by an index; save the set again with `flatten_indices()`")
    number = 0
    for entry in _state(file, files[_STATE], "_data_files"):
        name = entry.get("filename") if isinstance(entry, dict) else None
        if not isinstance(name, str) or name not in files:
            raise DataError(f"{file}: {_STATE} names a file that is not there")
        try:
            with pa.ipc.open_stream(pa.BufferReader(files[name])) as stream:
                wanted = [column for column in stream.schema.names if column in columns.values()]
                for batch in stream:
                    for values in batch.select(wanted).to_pylist():
                        number += 1
                        yield number, {column: value for column, value in values.items() if value is not None}
        except (pa.ArrowException, OSError, ValueError) as error:
            raise DataError(f"{file}: {name} is not a readable Arrow file: {type(error).__name__}") from None


def _state(file: Path, raw: bytes, key: str, *, optional: bool = False) -> list[Any]:
    try:
        found = json.loads(_text(file, raw)).get(key)
    except (ValueError, RecursionError, AttributeError):
        raise DataError(f"{file}: its description cannot be read") from None
    if found is None and optional:
        return []
    if not isinstance(found, list) or not found:
        raise DataError(f"{file}: its description has no `{key}`")
    return found


def _documents(file: Path, files: Files, columns: Mapping[str, str]) -> Rows:
    """Plain text: the file, or each `.txt` file of a folder, is a document, and its name is its id."""
    named = {"": _single(file, files)} if "" in files else {n: raw for n, raw in files.items() if n.lower().endswith(".txt")}
    if not named:
        raise DataError(f"{file}: the folder holds no .txt files")
    for number, (name, raw) in enumerate(named.items(), start=1):
        yield number, {columns.get("id", "id"): name or file.name, columns.get("text", "text"): _text(file / name, raw)}


_ROWS: Mapping[Format, Callable[[Path, Files, Mapping[str, str]], Rows]] = {
    "jsonl": _json_lines, "json": _json, "csv": _csv, "parquet": _parquet, "datasets": _datasets, "text": _documents,
}  # fmt: skip
