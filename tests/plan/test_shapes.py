"""Data in the shapes that people have: benchmarks' columns, saved folders, plain documents, clusters by place, windows."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from laboratory import Lab, documents, questions, small_policy, write_rows

from unlearn_spec.cli.plan import render
from unlearn_spec.evidence.canonical import folder_digest
from unlearn_spec.plan.bindings import BindingError
from unlearn_spec.plan.data import DataError, DataSpec, format_of, load_data, load_items
from unlearn_spec.plan.obligations import make_plan
from unlearn_spec.plan.windows import Window, windows
from unlearn_spec.verifiers.items import Item

DATA = Path(__file__).parents[2].parent / "shared" / "data"
WORDS = "the old mill by the river had been silent for twenty years when they came back"


def real(*parts: str) -> Path:
    path = DATA.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{path} is not here; it is not part of the project")
    return path


def saved(folder: Path, rows: list[dict[str, object]], *, parts: int = 2) -> Path:
    """A split as `datasets` 4 saves it: Arrow streams and a state file."""
    folder.mkdir(parents=True)
    size = -(-len(rows) // parts)
    names = [f"data-{part:05}-of-{parts:05}.arrow" for part in range(parts)]
    for part, name in enumerate(names):
        table = pa.Table.from_pylist(rows[part * size : (part + 1) * size])
        with pa.OSFile(str(folder / name), "wb") as file, pa.ipc.new_stream(file, table.schema) as stream:
            stream.write_table(table)
    (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": name} for name in names], "_split": "train"}))
    (folder / "dataset_info.json").write_text("{}")
    return folder


def test_a_saved_folder_gives_the_items_of_the_same_rows(tmp_path: Path) -> None:
    rows = questions(7)
    folder = saved(tmp_path / "set", rows)
    assert format_of(folder) == "datasets"
    found = load_data(DataSpec(folder, "datasets"))
    assert found.items == load_items(DataSpec(write_rows(tmp_path / "a.jsonl", rows), "jsonl"))
    assert found.file_digest == folder_digest(folder)


def test_what_is_wrong_with_a_saved_folder_is_said(tmp_path: Path) -> None:
    folder = saved(tmp_path / "set" / "train", questions(3), parts=1)
    (tmp_path / "set" / "dataset_dict.json").write_text('{"splits": ["train"]}')
    with pytest.raises(DataError, match=r"several splits; name one of them: .*train"):
        load_items(DataSpec(tmp_path / "set", "datasets"))
    state = json.loads((folder / "state.json").read_text())
    (folder / "state.json").write_text(json.dumps({**state, "_indices_files": [{"filename": "indices.arrow"}]}))
    with pytest.raises(DataError, match="flatten_indices"):
        load_items(DataSpec(folder, "datasets"))
    (folder / "state.json").write_text(json.dumps(state))
    (folder / "data-00000-of-00001.arrow").write_bytes(b"ARROW1 and then nothing")
    with pytest.raises(DataError, match="not a readable Arrow file"):
        load_items(DataSpec(folder, "datasets"))
    (folder / "data-00000-of-00001.arrow").unlink()
    with pytest.raises(DataError, match="names a file that is not there"):
        load_items(DataSpec(folder, "datasets"))


def test_json_is_a_list_or_an_object_a_line(tmp_path: Path) -> None:
    rows = questions(4)
    (tmp_path / "list.json").write_text(json.dumps(rows, indent=1))
    lines = write_rows(tmp_path / "lines.json", rows)
    assert load_items(DataSpec(tmp_path / "list.json", "json")) == load_items(DataSpec(lines, "json"))
    (tmp_path / "list.json").write_text('[{"answer": "a"}, 3]')
    with pytest.raises(DataError, match="row 2 is not a JSON object"):
        load_items(DataSpec(tmp_path / "list.json", "json"))
    (tmp_path / "list.json").write_text('[{"answer": "a"},\n {')
    with pytest.raises(DataError, match=r"not a JSON list \(line 2\)"):
        load_items(DataSpec(tmp_path / "list.json", "json"))


def test_a_folder_of_texts_is_a_set_of_documents(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt", "notes.md", "deep/c.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"text of {name}")
    assert format_of(tmp_path) == "text"
    found = load_items(DataSpec(tmp_path, "text"))
    assert [(item.id, item.text, item.cluster) for item in found] == [
        (name, f"text of {name}", name) for name in ("a.txt", "b.txt", "deep/c.txt")
    ]
    assert load_items(DataSpec(tmp_path / "b.txt", "text")) == (found[1],)
    with pytest.raises(DataError, match=r"holds no \.txt files"):
        (tmp_path / "empty").mkdir()
        (tmp_path / "empty" / "a.md").write_text("x")
        load_items(DataSpec(tmp_path / "empty", "text"))


def test_options_with_the_place_of_the_right_one(tmp_path: Path) -> None:
    rows = [
        {"question": "q ?", "choices": ["a", "b", "c", "d"], "answer": 2},
        {"question": "r ?", "choices": ["a", "b", "c", "d"], "answer": "B"},
    ]
    fields = (("prompt", "question"), ("choices", "choices"), ("right", "answer"))
    first, second = load_items(DataSpec(write_rows(tmp_path / "a.jsonl", rows), "jsonl", fields))
    assert (first.choices, first.right, first.answer) == (("a", "b", "c", "d"), 2, "c")
    assert (second.right, second.answer) == (1, "b")


def test_wrong_answers_hide_the_right_one_anywhere(tmp_path: Path) -> None:
    rows = [{"id": f"q{n}", "prompt": "q ?", "answer": f"yes {n}", "wrong": ["no", "never", "perhaps"]} for n in range(60)]
    found = load_items(DataSpec(write_rows(tmp_path / "a.jsonl", rows), "jsonl"))
    assert all(item.choices[item.right or 0] == item.answer and len(item.choices) == 4 for item in found)
    assert {item.right for item in found} == {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"choices": ["a", "b"], "right": 2}, "one of them the right one"),
        ({"choices": ["a"], "right": 0}, "2 to 26 options"),
        ({"choices": ["a", "a"], "right": 0}, "two options are the same text"),
        ({"choices": ["a", "b"]}, "must be its place counted from 0, or its letter"),
        ({"choices": ["a", "b"], "right": "both"}, "must be its place"),
        ({"choices": ["a", "b"], "wrong": ["c"], "answer": "a"}, "not both"),
        ({"wrong": ["c"], "prompt": "q"}, "without a right one"),
        ({"choices": "a, b", "right": 0}, "must be a list"),
        ({"answer": 2, "prompt": "q"}, "the field `right`"),
    ],
)
def test_options_that_cannot_be_chosen_from(tmp_path: Path, row: dict[str, object], why: str) -> None:
    with pytest.raises(DataError, match=why):
        load_items(DataSpec(write_rows(tmp_path / "a.jsonl", [row]), "jsonl"))


def test_rows_in_clusters_by_their_place(tmp_path: Path) -> None:
    rows = [{"prompt": f"q{n} ?", "answer": f"a{n}"} for n in range(6)]
    path = write_rows(tmp_path / "a.jsonl", rows)
    found = load_items(DataSpec(path, "jsonl", cluster_rows=3))
    assert [item.cluster for item in found] == ["rows 1-3"] * 3 + ["rows 4-6"] * 3
    with pytest.raises(DataError, match="6 rows do not make clusters of 4 rows"):
        load_items(DataSpec(path, "jsonl", cluster_rows=4))


@given(st.integers(1, 60), st.integers(2, 12), st.data())
@settings(max_examples=60, deadline=None)
def test_windows_leave_nothing_out(units: int, size: int, data: st.DataObject) -> None:
    stride = data.draw(st.integers(1, size))
    text = " \n".join(f"w{n}" for n in range(units))
    found = list(windows(Item("d", "d", text=text), Window("words", size, stride)))
    assert {word for item in found for word in item.text.split()} == set(text.split())
    assert all(len(item.text.split()) == min(size, units) for item in found)
    assert all(item.text in text and item.cluster == "d" for item in found)
    assert len({item.id for item in found}) == len(found)
    starts = [int(item.text.split()[0][1:]) for item in found]
    assert all(0 < later - earlier <= stride for earlier, later in pairwise(starts))


def test_a_window_with_a_prefix_asks_for_the_rest() -> None:
    first, *_, last = windows(Item("d", "d", text=WORDS), Window("words", 6, 5, prefix=4))
    assert (first.prefix, first.suffix) == ("the old mill by", " the river")
    assert last.text == first.text[:0] + " ".join(WORDS.split()[-6:])
    (only,) = windows(Item("d", "d", text="我住在巴黎"), Window("characters", 9, 9, prefix=3))
    assert (only.prefix, only.suffix) == ("我住在", "巴黎")


def test_windows_of_one_document_are_one_cluster_and_count_as_one_document(tmp_path: Path) -> None:
    lab = Lab(tmp_path, small_policy(SUPPRESS.partition("  - id: keep")[0].replace("target: facts", "target: diaries")))
    (tmp_path / "books").mkdir()
    for number in range(40):
        (tmp_path / "books" / f"{number}.txt").write_text(" ".join(f"w{number}-{n}" for n in range(50)))
    lab.bindings["data"]["diaries"] = {"file": "books", "window": {"words": 20, "stride": 15, "prefix": 10}}
    del lab.bindings["holdouts"]
    (test,) = make_plan(lab.document, lab.load()).obligations
    assert (test.n, test.clusters) == (40 * 3, 40)
    for entry, words in (
        ({"words": 20, "stride": 21}, "would leave text out"),
        ({"words": 20, "prefix": 20}, "leaves nothing of a window"),
        ({"stride": 3}, "one of the two"),
        ({"words": 20, "characters": 9}, "one of the two"),
    ):
        lab.bindings["data"]["diaries"]["window"] = entry
        with pytest.raises(BindingError, match=words):
            lab.load()
    lab.bindings["data"]["diaries"] = {"file": "data/facts.jsonl", "window": {"words": 20}}
    with pytest.raises(BindingError, match=r"row 1: windows are cut of a document's `text`"):
        lab.load()


def test_a_document_longer_than_a_row_may_be_is_cut_or_told(tmp_path: Path) -> None:
    (tmp_path / "book.txt").write_text("word " * 250_000)
    with pytest.raises(DataError, match="`window` cuts a document into parts"):
        load_items(DataSpec(tmp_path / "book.txt", "text"))
    found = load_data(DataSpec(tmp_path / "book.txt", "text", window=Window("words", 1000, 1000)))
    assert (len(found.items), found.rows) == (250, 1)


def test_windows_of_more_text_than_fits_are_told_before_they_are_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unlearn_spec.plan.rows.MAX_BYTES", 1000)
    (tmp_path / "book.txt").write_text("x" * 999)
    with pytest.raises(DataError, match="the windows hold more than 1,000 characters"):
        load_items(DataSpec(tmp_path / "book.txt", "text", window=Window("characters", 900, 1)))
    monkeypatch.setattr("unlearn_spec.plan.rows.MAX_BYTES", 1 << 30)
    monkeypatch.setattr("unlearn_spec.plan.rows.MAX_ROWS", 50)
    with pytest.raises(DataError, match="more than 50 windows"):
        load_items(DataSpec(tmp_path / "book.txt", "text", window=Window("characters", 900, 1)))


SUPPRESS = """
  - id: hide
    goal: suppress
    target: facts
    scope: {artifacts: [assistant], access: api, asked: direct, decoding: {method: greedy}}
    over: mean
    about: model
    limit: {at_most: "20%"}
    reveals_when: {metric: contains}
    evidence: {kind: test, access: api, population: these_items, decide: certify, power_at: "60%"}
  - id: keep
    goal: retain
    target: kept
    scope: {artifacts: [assistant], access: api, asked: direct, decoding: {method: greedy}}
    over: mean
    about: model
    limit: {within: "20%", of: before}
    reveals_when: {metric: contains}
    evidence: {kind: test, access: api, population: these_items, decide: not_refuted, power_at: "60%"}
"""


def test_an_original_that_is_the_audited_model_is_told(tmp_path: Path) -> None:
    lab = Lab(tmp_path, small_policy(SUPPRESS))
    lab.bindings["original"]["assistant"] = {"model": "models/audited"}
    guarded = make_plan(lab.document, lab.load())  # what was done may lie in the guards alone
    assert not [note for note in guarded.notes if note.kind == "untouched"]
    del lab.bindings["artifacts"]["assistant"]["system"]
    plan = make_plan(lab.document, lab.load())
    assert [note.about for note in plan.notes if note.kind == "untouched"] == [("assistant",)]
    assert "is the audited model itself" in " ".join(render(plan, lab.document).split())


def test_items_that_are_to_go_and_to_stay_are_counted_and_never_shown(tmp_path: Path) -> None:
    lab = Lab(tmp_path, small_policy(SUPPRESS))
    facts = questions()
    facts[1] = {**facts[0], "id": "again", "cluster": "c1", "prompt": f"  {facts[0]['prompt'].title()}"}
    shared = [{**row, "id": f"s{n}", "prompt": row["prompt"].upper()} for n, row in enumerate(facts[5:8])]
    write_rows(tmp_path / "data" / "facts.jsonl", facts)
    write_rows(tmp_path / "data" / "kept.jsonl", [*questions(57, first=1000, clusters=57), *shared])
    plan = make_plan(lab.document, lab.load())
    assert [(note.kind, note.about, note.items) for note in plan.notes] == [
        ("repeated", ("facts",), 1),
        ("both_sides", ("facts", "kept"), 3),
    ]
    text = " ".join(render(plan, lab.document).split())
    assert "1 item of facts repeats an earlier one" in text
    assert "3 items of facts, which is to go, are also in kept, which is to stay" in text
    assert facts[5]["answer"] not in text
    hide = next(test for test in plan.obligations if test.clause == "hide")
    assert hide.clusters == 19  # the repeated question joins two people's clusters: they are no longer independent


def test_a_member_in_other_letters_is_no_hold_out(tmp_path: Path) -> None:
    lab = Lab(tmp_path, small_policy(SUPPRESS))
    member = documents()[0]
    shouted = {field: value.upper() for field, value in member.items() if field in ("text", "prefix", "suffix")}
    write_rows(tmp_path / "data" / "holdout.jsonl", [{**member, **shouted, "id": "h0"}, *documents(60, first=2000)])
    with pytest.raises(BindingError, match="1 items of this hold-out are also in `diaries`"):
        lab.load()


def test_one_item_is_planned_and_known_to_be_too_few(tmp_path: Path) -> None:
    lab = Lab(tmp_path, small_policy(SUPPRESS).replace("size: 40, unit: question", "size: 1, unit: question"))
    write_rows(tmp_path / "data" / "facts.jsonl", questions(1))
    test = next(test for test in make_plan(lab.document, lab.load()).obligations if test.clause == "hide")
    assert (test.n, test.power) == (1, 0.0)
    assert (test.enough or 0) > 1


# --- real data -------------------------------------------------------------------------------------------------------


def test_tofu_by_its_own_columns() -> None:
    fields = (("prompt", "question"), ("answer", "answer"), ("paraphrases", "paraphrased_question"), ("wrong", "perturbed_answer"))
    found = load_data(DataSpec(real("tofu", "forget05_perturbed.json"), "json", fields, cluster_rows=20))
    assert len(found.items) == 200 and len({item.cluster for item in found.items}) == 10
    assert all(len(item.paraphrases) == 1 and len(item.choices) == 6 for item in found.items)


def test_lume_and_a_play() -> None:
    rows = load_data(DataSpec(real("lume", "forget_task1_task2.jsonl"), "jsonl", (("prompt", "input"), ("answer", "output"))))
    assert len(rows.items) > 100
    play = load_data(DataSpec(real("tinyshakespeare", "input.txt"), "text", window=Window("words", 200, 200, prefix=100)))
    assert len({item.cluster for item in play.items}) == play.rows == 1 and len(play.items) > 1000
