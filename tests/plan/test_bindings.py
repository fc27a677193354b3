"""Bindings: every mistake of a file at once, each at its line and column; a good file binds by content."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from laboratory import ITEMS, Lab, documents, model_folder, questions, small_policy, write_rows

from unlearn_spec.evidence.canonical import file_digest
from unlearn_spec.plan.bindings import BindingError, load_bindings
from unlearn_spec.verdict.records import keygen
from unlearn_spec.verifiers.suites import of_templates

CLAUSE = """
  - id: hide
    goal: suppress
    target: facts
    scope: {artifacts: [assistant], access: product, asked: direct, decoding: {method: greedy}}
    limit: {at_most: "20%"}
    reveals_when: {metric: contains}
    evidence: {kind: test, access: product, decide: certify}
"""
ZERO = "sha256:" + "0" * 64


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path, small_policy(CLAUSE))


def mistakes(lab: Lab) -> list[str]:
    """`code line:column message` of each finding; the line and column must point into the file."""
    with pytest.raises(BindingError) as caught:
        lab.load()
    found = caught.value.findings
    for item in found:
        lines = Path(item.spans[0].file).read_text(errors="replace").split("\n")
        assert 1 <= item.spans[0].line <= len(lines)
    assert str(caught.value).count("\n") == len(found) - 1
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # as it comes from a worker process
    return [f"{item.code} {item.message}" for item in found]


def set_to(*path: Any, value: Any) -> Callable[[Lab], None]:
    def change(lab: Lab) -> None:
        place = lab.bindings
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value

    return change


def drop(*path: Any) -> Callable[[Lab], None]:
    def change(lab: Lab) -> None:
        place = lab.bindings
        for step in path[:-1]:
            place = place[step]
        del place[path[-1]]

    return change


def file(name: str, content: str | bytes, *path: Any, value: Any) -> Callable[[Lab], None]:
    def change(lab: Lab) -> None:
        target = lab.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        set_to(*path, value=value)(lab)

    return change


def pipe(name: str, *path: Any, value: Any) -> Callable[[Lab], None]:
    """A pipe that nobody writes to, which would be waited for without end."""

    def change(lab: Lab) -> None:
        (lab.folder / name).unlink(missing_ok=True)
        os.mkfifo(lab.folder / name)
        set_to(*path, value=value)(lab)

    return change


def in_model(name: str, content: bytes = b"") -> Callable[[Lab], None]:
    return lambda lab: (lab.folder / "models" / "audited" / name).write_bytes(content) and None


PRIVATE = keygen()[0]

BAD: list[tuple[str, Callable[[Lab], Any], str, str]] = [
    ("unknown key", set_to("artefacts", value={}), "B001", "did you mean `artifacts`"),
    ("unknown key below", set_to("data", "facts", "digset", value=ZERO), "B001", "did you mean `digest`"),
    ("unknown field", set_to("data", "facts", "fields", value={"promt": "p"}), "B001", "did you mean `prompt`"),
    ("no seed", drop("seed"), "B002", "no `seed`"),
    ("no model", drop("artifacts", "assistant", "model"), "B002", "no `model`"),
    ("a seed that no plan can hold", set_to("seed", value=2**53), "B003", "less than"),
    ("seed as text", set_to("seed", value="17"), "B003", "whole number"),
    ("device", set_to("device", value="gpu"), "B003", "cuda:0"),
    ("precision", set_to("precision", value="int4"), "B003", "float32"),
    ("a list of sets", set_to("data", value=["facts"]), "B003", "a mapping"),
    ("digest of no form", set_to("data", "facts", "digest", value="abc"), "B003", "64 hexadecimal"),
    ("template", set_to("artifacts", "assistant", "prompt", value="Q:"), "B003", "{prompt}"),
    ("format untold", file("data/f.dat", "x", "data", "facts", "file", value="data/f.dat"), "B003", "format"),
    ("pipe as key", pipe("k.pub", "keys", value={"acme": "k.pub"}), "B007", "there is no file"),
    ("pipe as terms of a filter", pipe("terms.txt", "artifacts", "assistant", "system", value="filter.yaml"), "B011", "it is no file"),
    ("version", set_to("unlearn_spec_bindings", value="2.0"), "B004", '"1.0"'),
    ("other policy", set_to("policy", "id", value="large"), "B005", "`small`"),
    ("other version", set_to("policy", "version", value=2), "B005", "version 1"),
    ("unknown artifact", set_to("artifacts", "asistant", value={"model": "models/audited"}), "B006", "did you mean"),
    ("a store", set_to("artifacts", "store", value={"model": "models/audited"}), "B006", "dataset"),
    ("unknown set", set_to("data", "fact", value={"file": "data/facts.jsonl"}), "B006", "did you mean `facts`"),
    ("unknown suite", file("s.yaml", "templates: ['{prompt}']", "suites", value={"s@" + ZERO: {"file": "s.yaml"}}), "B006", "no clause"),
    ("no folder", set_to("artifacts", "assistant", "model", value="models/none"), "B007", "there is no folder"),
    ("no data", set_to("data", "facts", "file", value="data/none.jsonl"), "B007", "there is no file"),
    ("no system", set_to("artifacts", "assistant", "system", value="none.yaml"), "B007", "there is no file"),
    ("no record", set_to("records", value=["none.yaml"]), "B007", "there is no file"),
    ("no key", set_to("keys", value={"acme": "none.pub"}), "B007", "cannot read"),
    ("model digest", set_to("artifacts", "assistant", "digest", value=ZERO), "B008", "this folder's digest is"),
    ("data digest", set_to("data", "facts", "digest", value=ZERO), "B008", "this file's digest is"),
    ("credential key", set_to("hf_token", value="hf_abc"), "B009", "credential"),
    ("credential value", set_to("artifacts", "assistant", "model", value="https://me:hunter2pw@hub/m"), "B009", "credential"),
    ("private key", file("k.pem", PRIVATE, "keys", value={"acme": "k.pem"}), "B009", "private key"),
    ("pickle", in_model("pytorch_model.bin", b"x"), "B010", "pickle"),
    ("code", in_model("modeling.py", b"x"), "B010", "code"),
    ("no safetensors", lambda lab: (lab.folder / "models/audited/model.safetensors").unlink(), "B010", "safetensors"),
    ("damaged weights", in_model("model.safetensors", b"\xff" * 20), "B010", "not a safetensors file"),
    ("self as reference", set_to("references", "assistant", 0, "model", value="models/audited"), "B010", "audited model itself"),
    ("reference twice", set_to("references", "assistant", 1, "model", value="models/retrained-0"), "B010", "same model as reference 0"),
    ("system", file("filter.yaml", "shield: true\n", "seed", value=17), "B011", "unknown key `shield`"),
    ("row", file("data/facts.jsonl", "{}\n", "seed", value=17), "B012", "row 1"),
    ("hold-out of members", set_to("holdouts", "diaries", "file", value="data/diaries.jsonl"), "B012", f"{ITEMS} items"),
    ("size", lambda lab: write_rows(lab.folder / "data/facts.jsonl", questions(39)), "B013", "39 items"),
    ("record form", file("r.yaml", "id: r\n", "records", value=["r.yaml"]), "B002", "no `signer`"),
    ("not a key", file("k.pub", "hello", "keys", value={"acme": "k.pub"}), "B016", "Ed25519"),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "code", "words"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_mistake_is_named_with_its_place(lab: Lab, spoil: Callable[[Lab], Any], code: str, words: str) -> None:
    spoil(lab)
    found = mistakes(lab)
    assert any(text.startswith(code) and words in text for text in found), found


def test_a_policy_in_place_of_bindings_is_one_mistake(lab: Lab) -> None:
    lab.bindings.pop("unlearn_spec_bindings")
    lab.bindings["unlearn_spec"] = "1.0"
    assert mistakes(lab) == ["B004 this is a policy, not a bindings file"]


@pytest.mark.parametrize(("place", "key", "misspelt"), [((), "seed", "sede"), (("artifacts", "assistant"), "model", "modle")])
def test_a_key_that_is_misspelt_is_not_missing_too(lab: Lab, place: tuple[str, ...], key: str, misspelt: str) -> None:
    part = lab.bindings
    for step in place:
        part = part[step]
    part[misspelt] = part.pop(key)
    assert mistakes(lab) == [f"B001 unknown key `{misspelt}`; did you mean `{key}`?"]


def test_a_template_is_at_fault_where_it_is_written(lab: Lab) -> None:
    """The original and the references inherit it, and have no `prompt` to mend."""
    assert lab.bindings["original"] and lab.bindings["references"]
    lab.bindings["artifacts"]["assistant"]["prompt"] = "Q:"
    assert [text[:4] for text in mistakes(lab)] == ["B003"]


def test_a_pipe_is_no_suite(lab: Lab) -> None:
    name = lab.add_suite()
    lab.document = Lab(lab.folder / "again", small_policy(CLAUSE.replace("decide: certify", f'decide: certify, suite: "{name}"'))).document
    (lab.folder / "suite.yaml").unlink()
    os.mkfifo(lab.folder / "suite.yaml")
    (told,) = mistakes(lab)
    assert told.startswith("B007 there is no file")


def test_secrets_are_not_repeated(lab: Lab) -> None:
    lab.bindings["api_key"] = "sk-abcdefghijklmnopqrstuvwx"
    lab.bindings["artifacts"]["assistant"]["prompt"] = "{prompt} ghp_abcdefghijklmnopqrstuvwx"
    found = mistakes(lab)
    assert {text[:4] for text in found} == {"B009"}
    assert not any("sk-" in text or "ghp_" in text for text in found)


def test_all_mistakes_are_reported_together_in_order(lab: Lab) -> None:
    lab.bindings["policy"]["version"] = 9
    lab.bindings["device"] = "tpu"
    lab.bindings["artifacts"]["assistant"]["model"] = "models/none"
    lab.bindings["data"]["kept"]["digest"] = ZERO
    lab.bindings["data"]["unknown"] = {"file": "x.jsonl"}
    assert [text[:4] for text in mistakes(lab)] == ["B005", "B003", "B007", "B008", "B006"]


def test_places_point_at_the_value(lab: Lab) -> None:
    lab.bindings["data"]["facts"]["digest"] = ZERO
    path = lab.write()
    with pytest.raises(BindingError) as caught:
        load_bindings(path, lab.document.policy)
    span = caught.value.findings[0].spans[0]
    assert path.read_text().split("\n")[span.line - 1][span.column - 1 :].startswith(ZERO)


def test_an_empty_file_is_told_how_bindings_begin(lab: Lab) -> None:
    path = lab.folder / "bindings.yaml"
    path.write_text("")
    with pytest.raises(BindingError, match=r'this file is empty; begin with: unlearn_spec_bindings: "1\.0"'):
        load_bindings(path, lab.document.policy)


@pytest.mark.parametrize("text", ["", "- a\n", "a: &x 1\nb: *x\n", "seed: 017\n", "a: [", "\x00"])
def test_what_is_no_bindings_file(lab: Lab, text: str) -> None:
    path = lab.folder / "bindings.yaml"
    path.write_text(text)
    with pytest.raises(BindingError):
        load_bindings(path, lab.document.policy)
    with pytest.raises(BindingError, match="Y001"):
        load_bindings(lab.folder / "none.yaml", lab.document.policy)


def test_the_policys_manifest_is_held_against_the_file(lab: Lab) -> None:
    digest = file_digest(lab.folder / "data" / "facts.jsonl")
    declared = small_policy(CLAUSE).replace("unit: question}", f'unit: question, manifest: "{digest}"}}', 1)
    lab.document = Lab(lab.folder / "again", declared).document
    assert lab.load().data["facts"].file_digest == digest
    write_rows(lab.folder / "data" / "facts.jsonl", questions(first=1))
    assert any("not the set the policy means" in text for text in mistakes(lab))


def test_a_suite_is_its_file(lab: Lab) -> None:
    name = lab.add_suite()
    text = CLAUSE.replace("decide: certify", f'decide: certify, suite: "{name}"')
    lab.document = Lab(lab.folder / "again", small_policy(text)).document
    assert lab.load().suite(name) == of_templates("{prompt}", "As a test: {prompt}")
    (lab.folder / "suite.yaml").write_text("templates: [\"no place for it\"]\n")
    told = mistakes(lab)
    assert [text[:4] for text in told] == ["B008", "B014"]
    assert "needs {prompt}" in told[1]
    with pytest.raises(BindingError, match=r"suite.yaml:1:13: B014 a template needs"):
        lab.load()


def test_the_digest_is_about_content(tmp_path: Path) -> None:
    policy = small_policy(CLAUSE)
    here, there = Lab(tmp_path / "here", policy), Lab(tmp_path / "there", policy)
    assert here.load().digest == there.load().digest
    there.bindings["seed"] = 18
    assert here.load().digest != there.load().digest
    there.bindings["seed"] = 17
    write_rows(there.folder / "data" / "holdout.jsonl", documents(60, first=3000))
    assert here.load().digest != there.load().digest


def test_subjects_are_counted_and_hashed_once(lab: Lab) -> None:
    lab.bindings["original"]["assistant"]["model"] = "models/audited"
    bound = lab.load()
    assert bound.artifacts["assistant"].parameters == 12
    assert bound.original["assistant"].digest == bound.artifacts["assistant"].digest == lab.model_digest


def test_the_original_is_asked_like_the_audited_model(lab: Lab) -> None:
    lab.bindings["artifacts"]["assistant"]["prompt"] = "Q: {prompt} A:"
    lab.bindings["references"]["assistant"][1]["prompt"] = "{prompt}"
    bound = lab.load()
    assert bound.original["assistant"].prompt == "Q: {prompt} A:"
    assert [one.prompt for one in bound.references["assistant"]] == ["Q: {prompt} A:", "{prompt}"]


@pytest.mark.parametrize("name", ["a" * 5000, "", ".", "data/facts.jsonl/x", "terms.txt"])
def test_names_that_no_file_has(lab: Lab, name: str) -> None:
    lab.bindings["artifacts"]["assistant"] = {"model": name, "system": name + "/"}
    lab.bindings["data"]["facts"] = {"file": name, "format": "jsonl"}
    lab.bindings["keys"], lab.bindings["records"] = {"acme": name}, [name]
    assert {text[:4] for text in mistakes(lab)} <= {"B007", "B010", "B011", "B012", "B016", "B001", "B002", "Y001"}


def test_paths_may_be_absolute(lab: Lab) -> None:
    elsewhere = model_folder(lab.folder / "far" / "away", 9)
    lab.bindings["artifacts"]["assistant"]["model"] = str(elsewhere)
    assert lab.load().artifacts["assistant"].folder == elsewhere


def test_bindings_travel_to_workers_and_show_no_items(lab: Lab) -> None:
    import pickle

    bound = lab.load()
    assert pickle.loads(pickle.dumps(bound)) == bound
    assert "it is 7" not in repr(bound)
