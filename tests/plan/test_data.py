"""Data files: three formats give the same items; every mistake names file and row and never shows what is in it."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from laboratory import questions, write_rows

from unlearn_spec.plan import rows as module
from unlearn_spec.plan.data import DataError, DataSpec, drawn, format_of, items_digest, load_data, load_items
from unlearn_spec.verifiers.items import Item

ROWS = questions(6)


def as_csv(path: Path, rows: list[dict[str, Any]]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows([{**row, "paraphrases": json.dumps(row["paraphrases"])} for row in rows])
    return path


def as_parquet(path: Path, rows: list[dict[str, Any]]) -> Path:
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def test_formats_agree(tmp_path: Path) -> None:
    lines = load_data(DataSpec(write_rows(tmp_path / "a.jsonl", ROWS), "jsonl"))
    table = load_data(DataSpec(as_csv(tmp_path / "a.csv", ROWS), "csv"))
    columns = load_data(DataSpec(as_parquet(tmp_path / "a.parquet", ROWS), "parquet"))
    assert lines.items == table.items == columns.items
    assert lines.digest == table.digest == columns.digest
    assert len({lines.file_digest, table.file_digest, columns.file_digest}) == 3
    first = lines.items[0]
    assert (first.id, first.cluster, first.prompt) == ("q0", "c0", "what is number 0 ?")
    assert first.paraphrases == ("number 0 is",)


def test_columns_by_other_names(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "a.jsonl", [{"number": 3, "q": "who ?", "a": "Ada", "person": 7, "noise": None}])
    fields = (("id", "number"), ("prompt", "q"), ("answer", "a"), ("cluster", "person"))
    (item,) = load_items(DataSpec(path, "jsonl", fields))
    assert item == Item(id="3", cluster="7", prompt="who ?", answer="Ada")


def test_items_without_id_or_cluster_stand_alone(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "a.jsonl", [{"prompt": "a ?", "answer": "b"}, {"prompt": "c ?", "answer": "d"}])
    assert [(item.id, item.cluster) for item in load_items(DataSpec(path, "jsonl"))] == [("1", "1"), ("2", "2")]


SECRET = "xyzzy-plugh"


def rows(*values: Any) -> bytes:
    return "".join(json.dumps(value) + "\n" for value in values).encode()


BAD: list[tuple[str, str, bytes, str]] = [
    ("empty", "a.jsonl", b"", "empty"),
    ("blank", "a.jsonl", b" \n\n", "empty"),
    ("not utf-8", "a.jsonl", b'{"answer": "ok"}\n\xff\xfe', "line 2 is not UTF-8"),
    ("one document", "a.jsonl", json.dumps([{"answer": SECRET}], indent=1).encode(), "row 1 is not a JSON object"),
    ("a field twice", "a.jsonl", b'{"answer": "a", "answer": "b"}', "row 1 names a field twice"),
    ("a field twice in a list", "a.json", b'[{"answer": "a", "answer": "b"}]', "a row names a field twice"),
    ("a list", "a.jsonl", rows([SECRET]), "row 1 is not a JSON object"),
    ("cut off", "a.jsonl", rows({"answer": SECRET}) + b'{"answer": "', "row 2 is not"),
    ("bottomless", "a.jsonl", b"[" * 100_000, "row 1"),
    ("same id", "a.jsonl", rows({"id": 1, "answer": SECRET}, {"id": "1", "answer": "b"}), "row 2 has the same id as row 1"),
    ("nothing to find", "a.jsonl", rows({"id": 1, "prompt": SECRET}), "row 1 has no answer"),
    ("blank answer", "a.jsonl", rows({"id": 1, "prompt": SECRET, "answer": " "}), "row 1 has no answer"),
    ("a number", "a.jsonl", rows({"id": 1, "answer": 42}), "`answer` must be text"),
    ("empty id", "a.jsonl", rows({"id": " ", "answer": SECRET}), "id is empty"),
    ("half a pair", "a.jsonl", b'{"answer": "\\ud800"}\n', "surrogate"),
    ("paraphrases as text", "a.jsonl", rows({"answer": "b", "paraphrases": SECRET}), "must be a list"),
    ("empty paraphrase", "a.jsonl", rows({"answer": "b", "paraphrases": [""]}), "empty text"),
    ("long row", "a.jsonl", rows({"answer": "b" * 1_000_001}), "longer than 1,000,000"),
    ("ragged", "a.csv", f"id,answer\n1,{SECRET},3\n".encode(), "row 2 has 3 cells, the header 2"),
    ("header twice", "a.csv", b"id,id\n1,2\n", "names a column twice"),
    ("open quote", "a.csv", f'id,answer\n1,"{SECRET}\n'.encode(), "not CSV"),
    ("bad list", "a.csv", f"answer,paraphrases\nb,{SECRET}\n".encode(), "JSON list"),
    ("no rows", "a.csv", b"id,answer\n", "no items"),
    ("not parquet", "a.parquet", SECRET.encode(), "not a readable Parquet file"),
]


@pytest.mark.parametrize(("name", "content", "why"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_bad_file_is_one_clear_error(tmp_path: Path, name: str, content: bytes, why: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    form = format_of(path)
    assert form is not None
    with pytest.raises(DataError) as caught:
        load_items(DataSpec(path, form))
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and why in message and SECRET not in message


def test_a_mapped_column_must_be_there(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "a.jsonl", [{"id": 1, "answer": "b"}, {"id": 2, "reply": "c"}])
    with pytest.raises(DataError, match="row 2 has no `answer`"):
        load_items(DataSpec(path, "jsonl", (("id", "id"), ("answer", "answer"))))


def test_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_rows(tmp_path / "a.jsonl", ROWS)
    monkeypatch.setattr(module, "MAX_ROWS", 5)
    with pytest.raises(DataError, match="more than 5 rows"):
        load_items(DataSpec(path, "jsonl"))
    monkeypatch.setattr(module, "MAX_BYTES", 10)
    with pytest.raises(DataError, match="larger than"):
        load_items(DataSpec(path, "jsonl"))
    with pytest.raises(DataError, match="larger than"):
        load_items(DataSpec(tmp_path, "jsonl"))


def test_what_is_no_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        load_items(DataSpec(tmp_path / "absent.jsonl", "jsonl"))
    (tmp_path / "a.jsonl").write_text("{}")
    with pytest.raises(DataError, match="a folder, where one file is expected"):
        load_items(DataSpec(tmp_path, "jsonl"))


ITEMS = tuple(Item(id=str(number), cluster=str(number), answer="a") for number in range(50))


@given(st.integers(0, 60), st.integers(0, 5), st.permutations(ITEMS))
@settings(max_examples=40, deadline=None)
def test_a_draw_depends_on_seed_and_ids_alone(take: int, seed: int, shuffled: list[Item]) -> None:
    chosen = drawn(ITEMS, take, seed)
    assert len(chosen) == min(take, len(ITEMS))
    assert {item.id for item in chosen} == {item.id for item in drawn(shuffled, take, seed)}
    assert list(chosen) == [item for item in ITEMS if item in chosen]
    assert set(chosen) <= set(drawn(ITEMS, take + 1, seed))


def change(field: str) -> Callable[[Item], Item]:
    from dataclasses import replace

    return lambda item: replace(item, **{field: ("x",) if field == "paraphrases" else "x"})


@pytest.mark.parametrize("field", ["id", "cluster", "prompt", "answer", "paraphrases", "text", "prefix", "suffix"])
def test_every_field_is_in_the_digest(field: str) -> None:
    before = ITEMS[:2]
    assert items_digest((change(field)(before[0]), before[1])) != items_digest(before)
