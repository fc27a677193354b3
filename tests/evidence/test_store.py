"""The object store: named by content, whole or absent, and every changed byte noticed."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unlearn_spec.evidence import tables
from unlearn_spec.evidence.canonical import EvidenceError
from unlearn_spec.evidence.store import Store
from unlearn_spec.evidence.tables import Cell, logical_digest

COLUMNS: dict[str, list[Cell]] = {
    "item": ["a", "bé", None, ""],
    "score": [0.5, -0.0, float("-inf"), None],
    "hit": [True, None, False, True],
    "rank": [1, -2, None, 2**40],
    "nothing": [None, None, None, None],
}


def objects(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())


@given(st.binary(max_size=300))
def test_what_is_put_is_got_under_the_name_of_its_bytes(data: bytes) -> None:
    with TemporaryDirectory() as folder:
        store = Store(Path(folder))
        digest = store.put_bytes(data)
        assert digest == "sha256:" + hashlib.sha256(data).hexdigest()
        assert store.put_bytes(data) == digest
        assert store.get_bytes(digest) == data
        assert list(store.digests()) == [digest]
        assert [path.name for path in objects(Path(folder))] == [digest[7:]]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_tables_round_trip_with_equal_bytes_and_logical_digest(data: st.DataObject) -> None:
    rows = data.draw(st.integers(0, 6))
    kinds = (st.text(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False))
    names = data.draw(st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=5, unique=True))
    columns = {
        name: data.draw(st.lists(st.none() | data.draw(st.sampled_from(kinds)), min_size=rows, max_size=rows))
        for name in names
    }
    with TemporaryDirectory() as folder:
        store = Store(Path(folder))
        digest = store.put_table(columns)
        assert store.put_table(dict(reversed(columns.items()))) == digest
        back = store.get_table(digest)
        assert list(back) == sorted(columns)
        assert back == columns
        assert logical_digest(back) == logical_digest(columns)


def test_every_flipped_byte_is_detected(tmp_path: Path) -> None:
    store = Store(tmp_path)
    rng = random.Random(1)
    for digest in (store.put_json({"a": 1}), store.put_table(COLUMNS)):
        (path,) = [path for path in objects(tmp_path) if path.name == digest[7:]]
        original = path.read_bytes()
        for index in range(len(original)):
            path.write_bytes(
                original[:index] + bytes([original[index] ^ 1 << rng.randrange(8)]) + original[index + 1 :]
            )
            with pytest.raises(EvidenceError, match="bytes were changed"):
                store.verify(digest)
        path.write_bytes(original[:-1])
        with pytest.raises(EvidenceError):
            store.get_bytes(digest)
        store.put_bytes(original)
        store.verify(digest)


def test_an_object_of_any_size_is_held_against_its_name_without_being_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    digest = store.put_bytes(b"small")
    (path,) = objects(tmp_path)
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("read whole"))
    store.verify(digest)
    os.truncate(path, 1 << 20)
    with pytest.raises(EvidenceError, match="does not match its name"):
        store.verify(digest)
    path.unlink()
    with pytest.raises(EvidenceError, match="missing"):
        store.verify(digest)


def test_a_cell_changed_in_any_way_changes_the_logical_digest() -> None:
    seen = {logical_digest(COLUMNS)}
    for name, cells in COLUMNS.items():
        for row in range(4):
            other: Cell = {"item": "z", "score": 9.0, "hit": cells[row] is not True, "rank": 5, "nothing": "x"}[name]
            changed = {**COLUMNS, name: [*cells[:row], other, *cells[row + 1 :]]}
            assert logical_digest(changed) not in seen
            seen.add(logical_digest(changed))
    assert logical_digest({"a": [1]}) != logical_digest({"a": [1.0]}) != logical_digest({"a": [True]})


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({}, "at least one column"),
        ({"a": [1], "b": []}, "differ in length"),
        ({"a": [1, "x"]}, "found int, str"),
        ({"a": [True, 1]}, "found bool, int"),
        ({"a": [0.0, float("nan")]}, "row 1: NaN"),
        ({"a": [2**63]}, "cannot be stored"),
        ({"a": ["\ud800"]}, "cannot be stored"),
        ({"a": [b"x"]}, "found bytes"),
    ],
)
def test_tables_that_have_no_one_meaning_are_refused(tmp_path: Path, columns: dict[str, list[Cell]], says: str) -> None:
    with pytest.raises(EvidenceError, match=says):
        Store(tmp_path).put_table(columns)
    assert objects(tmp_path) == []


def test_missing_and_malformed_names_are_clear_errors(tmp_path: Path) -> None:
    store = Store(tmp_path)
    absent = "sha256:" + "0" * 64
    assert not store.has(absent)
    for call in (store.get_bytes, store.verify, store.get_json, store.get_table):
        with pytest.raises(EvidenceError, match="is missing"):
            call(absent)
    with pytest.raises(EvidenceError, match="expected a digest"):
        store.get_bytes("sha256:../../etc/passwd")
    text = store.put_bytes(b"plain")
    with pytest.raises(EvidenceError, match="not JSON"):
        store.get_json(text)
    with pytest.raises(EvidenceError, match="not a table"):
        store.get_table(text)


def _written(*batches: pa.Table) -> bytes:
    """A table by another writer, which takes it batch by batch and does not say how it was held in memory."""
    out = pa.BufferOutputStream()
    with pq.ParquetWriter(out, batches[0].schema, compression="zstd", store_schema=False) as writer:
        for batch in batches:
            writer.write_table(batch)
        writer.add_key_value_metadata({"unlearn_spec.logical": "sha256:" + "0" * 64})
    return out.getvalue().to_pybytes()


def test_a_small_file_that_unpacks_to_much_is_refused_before_it_does(tmp_path: Path) -> None:
    store, many = Store(tmp_path), pa.array([0] * 1_000_000, pa.int32())
    text = pa.table({"a": pa.DictionaryArray.from_arrays(many, pa.array(["x" * 1_000_000]))})  # a terabyte
    numbers = [pa.table({"a": many.cast(pa.int64())})] * 101
    for bomb in (_written(text), _written(*numbers)):
        assert len(bomb) < 500_000
        with pytest.raises(EvidenceError, match="holds more than 100,000,000 cells or 4 GiB of text"):
            store.get_table(store.put_bytes(bomb))


def test_a_file_that_states_fewer_rows_than_it_holds_is_counted_by_what_it_holds(tmp_path: Path) -> None:
    store, many = Store(tmp_path), pa.table({"a": pa.array([0] * 50_000_001, pa.int64()), "b": pa.nulls(50_000_001, pa.int64())})
    whole = _written(many)
    rows = (100_000_002 >> shift & 127 | 128 * (shift < 21) for shift in range(0, 28, 7))  # as a number in the footer is written
    stated = b"\x16" + bytes(rows) + b"\x19"  # the rows of the file, before its row groups
    assert whole.count(stated) == 1
    less = whole.replace(stated, b"\x16\x82\x80\x80\x00\x19")  # 1
    assert pq.ParquetFile(pa.BufferReader(less)).metadata.num_rows == 1
    with pytest.raises(EvidenceError, match="holds more than 100,000,000 cells"):
        store.get_table(store.put_bytes(less))


def test_names_of_columns_are_any_text(tmp_path: Path) -> None:
    store, columns = Store(tmp_path), {"": [1, 2], "a": ["x", None], "a.b": ["y", "z"], "é": [0.5, None]}
    assert store.get_table(store.put_table(columns)) == columns


def test_what_would_not_be_read_again_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_TEXT", 5)
    monkeypatch.setattr(tables, "MOST_CELLS", 4)
    store = Store(tmp_path)
    for fits, beyond in (({"a": ["xyz", "é"]}, {"a": ["xyz", "éé"]}), ({"a": [1, 2], "b": [3, 4]}, {"a": [1] * 5})):
        assert store.get_table(store.put_table(fits)) == fits
        with pytest.raises(EvidenceError, match="holds more than"):
            store.put_table(beyond)
    assert len(objects(tmp_path)) == 2


@pytest.mark.parametrize(
    "table",
    [pa.table({"a": [[1]]}), pa.table({"a": [b"x"]}), pa.table([[1], [2]], ["a", "a"]), pa.table({"a": pa.array([1], pa.int8())})],
)
def test_columns_that_no_run_writes_are_no_table(tmp_path: Path, table: pa.Table) -> None:
    store = Store(tmp_path)
    with pytest.raises(EvidenceError, match="is not a table"):
        store.get_table(store.put_bytes(_written(table)))


def test_a_table_that_states_no_digest_of_its_cells_is_none(tmp_path: Path) -> None:
    out, store = pa.BufferOutputStream(), Store(tmp_path)
    pq.write_table(pa.table({"a": [1]}), out)
    with pytest.raises(EvidenceError, match="is not a table"):
        store.get_table(store.put_bytes(out.getvalue().to_pybytes()))


def test_a_text_that_is_no_text_is_no_table(tmp_path: Path) -> None:
    store, broken = Store(tmp_path), pa.array([b"\xff"]).view(pa.string())
    with pytest.raises(EvidenceError, match="is not a table"):
        store.get_table(store.put_bytes(_written(pa.table({"a": broken}))))


def test_a_place_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "objects").write_text("a file where the folder should be")
    with pytest.raises(EvidenceError, match="cannot write evidence"):
        Store(tmp_path).put_bytes(b"x")


def test_temporary_and_foreign_files_are_ignored_and_only_temporary_ones_swept(tmp_path: Path) -> None:
    store = Store(tmp_path)
    digest = store.put_bytes(b"x")
    folder = tmp_path / "objects" / digest[7:9]
    (folder / ".tmp-1-aa").write_bytes(b"half")
    (folder / "README").write_bytes(b"not ours")
    misplaced = folder / ("f" * 64)
    misplaced.write_bytes(b"")
    assert list(store.digests()) == [digest]
    assert (store.sweep(), store.sweep()) == (1, 0)
    assert (folder / "README").exists() and misplaced.exists()


WRITER = """
import sys
from pathlib import Path
from unlearn_spec.evidence.store import Store

store = Store(Path(sys.argv[1]))
print("go", flush=True)
for number in range(10**6):
    store.put_bytes(bytes([number % 251]) * 3_000_000 + str(number).encode())
"""


def test_a_writer_killed_at_any_moment_leaves_only_whole_objects(tmp_path: Path) -> None:
    rng = random.Random(5)
    for _ in range(6):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(rng.uniform(0, 0.1))
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
    store = Store(tmp_path)
    store.sweep()
    kept = list(store.digests())
    for digest in kept:
        store.verify(digest)
    assert len(objects(tmp_path)) == len(kept) > 0


def test_parquet_is_loaded_only_when_a_table_is_touched(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from unlearn_spec.evidence import canonical, ledger, store\n"
        "store.Store(Path(sys.argv[1])).put_json({'a': 1})\n"
        "print([m for m in ('pyarrow', 'numpy', 'torch') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
