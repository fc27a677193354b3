"""What somebody may put into a run folder and chain, note and seal anew: each is one named step, never a crash or a wait."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import signed
from adversary import finished, first, planned, write_rows
from here import Here

from unlearn_spec.evidence.canonical import bytes_digest
from unlearn_spec.evidence.ledger import REPORT_NOTE
from unlearn_spec.evidence.store import Store
from unlearn_spec.run.audit import audit
from unlearn_spec.run.seal import RESULT, SEAL
from unlearn_spec.run.signing import STAMP, STATEMENT
from unlearn_spec.run.verify import verify


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    verify(*signed.build(folder / "in"), folder / "run", executor=Here())
    return folder / "run"


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Path:
    """A copy that may be changed."""
    shutil.copytree(made, tmp_path / "run")
    return tmp_path / "run"


# --- plans -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gate", ["positive", "degeneracy", "repeat"])
def test_a_plan_without_one_of_its_controls_is_caught(run: Path, gate: str) -> None:
    """A control that was never registered cannot fail, and what it would have voided stands."""

    def without(content: dict[str, Any]) -> None:
        test = content["obligations"][0]
        test["controls"] = [one for one in test["controls"] if one["gate"] != gate]

    found = planned(run, without)
    assert first(found) == (1, "plan")
    assert f"hidden@assistant has not the controls of its clause: {gate}" in found.first.words  # type: ignore[union-attr]


def test_a_plan_whose_attack_need_not_learn_anything_is_caught(run: Path) -> None:
    """As plans of earlier versions are."""

    def without(content: dict[str, Any]) -> None:
        test = next(one for one in content["obligations"] if one["clause"] == "not-relearned")
        test["controls"] = [one for one in test["controls"] if one["gate"] != "training_loss"]

    found = planned(run, without)
    assert first(found) == (1, "plan")
    assert "not-relearned@assistant has not the controls of its clause: training_loss" in found.first.words  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [("effect", "1", "`power_at` 100%"), ("decide", "not_refuted", "`decide` not_refuted"), ("refute_at", "1", "`refute_at` 100%"),
     ("verifier", "record", "which is not the evidence of its clause")],
)  # fmt: skip
def test_a_plan_with_other_registered_numbers_than_the_policy_is_caught(
    run: Path, field: str, value: str, said: str
) -> None:
    found = planned(run, lambda content: content["obligations"][0].update({field: value}))
    assert first(found) == (1, "plan")
    assert said in found.first.words  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("clause", "changes", "said"),
    [("not-extractable", {"access": "logprobs"}, "another access"), ("hidden", {"asked": "suite:other"}, "asks otherwise"),
     ("hidden", {"population": "wider"}, "another population"), ("not-extractable", {"verifier": "choice"}, "another verifier"),
     ("not-relearned", {"asked": "direct"}, "another access, or otherwise"), ("hidden", {"reading": {"metric": "exact"}}, "or reading")],
)  # fmt: skip
def test_a_plan_that_asks_or_reads_otherwise_than_its_clause_is_caught(
    run: Path, clause: str, changes: dict[str, Any], said: str
) -> None:
    """What is asked more kindly, and filed as the clause has it, would pass for an answer to the clause."""

    def kinder(content: dict[str, Any]) -> None:
        test = next(one for one in content["obligations"] if one["clause"] == clause)
        test.update({name: {**test[name], **value} if isinstance(value, dict) else value for name, value in changes.items()})

    found = planned(run, kinder)
    assert first(found) == (1, "plan")
    assert said in found.first.words  # type: ignore[union-attr]


@pytest.mark.parametrize("field", ["n", "clusters", "largest"])
@pytest.mark.parametrize("clause", ["hidden", "not-extractable", "not-relearned", "not-told", "kept"])
def test_a_plan_that_counts_other_items_or_clusters_than_were_measured_is_caught(run: Path, clause: str, field: str) -> None:
    """Every hash that carries no signature is made to fit: only counting again tells."""

    def more(content: dict[str, Any]) -> None:
        test = next(one for one in content["obligations"] if one["clause"] == clause)
        test[field] = test.get(field, 1) + 1

    found = planned(run, more)
    assert first(found) == (1, "verdicts")
    assert f"the plan's {clause}@assistant counts" in found.first.words  # type: ignore[union-attr]


def test_a_plan_that_looks_for_what_was_never_trained_in_place_of_the_target_is_caught(run: Path) -> None:
    def elsewhere(content: dict[str, Any]) -> None:
        tests = {one["clause"]: one for one in content["obligations"]}
        names = {one["key"]: one["unit"]["data"]["name"] for one in content["units"]}
        tests["not-extractable"]["audited"] = [key for key in tests["not-told"]["audited"] if names[key] == "holdout:diaries"]

    found = planned(run, elsewhere)
    assert first(found)[0] == 1


def test_a_plan_that_takes_a_model_for_another_is_caught(run: Path) -> None:
    """No evidence is forged: what a model that never had the target answered is read as the audited one's."""

    def kinder(content: dict[str, Any]) -> None:
        test = next(one for one in content["obligations"] if one["references"])
        test["audited"] = test["references"][: len(test["audited"])]

    found = planned(run, kinder)
    assert first(found) == (1, "plan")
    assert "takes as audited other models than are bound" in found.first.words  # type: ignore[union-attr]


def test_a_plan_that_leaves_out_the_original_or_asks_about_another_set_is_caught(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run, tmp_path / "other")
    assert first(planned(run, lambda content: content["obligations"][0].update(original=[]))) == (1, "plan")
    kept = next(one for one in finished(tmp_path / "other").plan.obligations if one.target != "diaries")
    found = planned(tmp_path / "other", lambda content: _about(content, kept.clause, "diaries"))
    assert first(found) == (1, "plan")
    assert "asks about another set than its clause" in found.first.words  # type: ignore[union-attr]


def _about(content: dict[str, Any], clause: str, target: str) -> None:
    next(one for one in content["obligations"] if one["clause"] == clause)["target"] = target


def test_a_plan_that_reads_what_it_does_not_plan_is_caught(run: Path) -> None:
    def strange(content: dict[str, Any]) -> None:
        content["gaps"][0]["bare"] = ["sha256:" + "0" * 64]

    assert first(planned(run, strange)) == (1, "plan")


def test_a_plan_whose_test_reads_an_unknown_unit_is_caught_before_its_names_are_read(run: Path) -> None:
    found = planned(run, lambda content: content["obligations"][0].update(audited=["x"]))
    assert first(found) == (1, "policy")
    assert "a unit that is not planned, x" in found.first.words  # type: ignore[union-attr]


@pytest.mark.parametrize("number", ["1e999999999", "1/0", "nan", "inf", "0x1"])
def test_a_number_that_no_plan_holds_is_told_at_once(run: Path, number: str) -> None:
    before = [(row.kind, row.text) for row in finished(run).rows]
    store = Store(run)
    old = next(json.loads(text)["plan"] for kind, text in before if kind == "plan")
    content = json.loads(store.get_bytes(old))
    content["obligations"][0]["alpha"] = number
    new = store.put_bytes(json.dumps(content).encode())
    write_rows(run, [(kind, text.replace(old, new)) for kind, text in before])
    found = audit(run)
    assert first(found) == (1, "ledger")
    assert "the registered plan cannot be read" in found.first.words  # type: ignore[union-attr]


# --- ledgers and reports ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["plan", "material", "unit_finished", "verdict", "note"])
@pytest.mark.parametrize(
    "text", ["", "x", "NaN", "[[]]", '{"a": 1}', "[" * 50_000, "9" * 5000, '{"a":"\\ud800"}', '{"a":0.5}']
)
def test_a_row_that_the_program_would_not_write_is_told(run: Path, kind: str, text: str) -> None:
    rows = [(row.kind, row.text) for row in finished(run).rows]
    place = next(place for place, row in enumerate(rows) if row[0] == kind)
    write_rows(run, [*rows[:place], (kind, text), *rows[place + 1 :]])
    found = audit(run)
    assert first(found) == (1, "ledger")
    assert f"row {place + 1} ({kind}) is not written as the program writes it" in found.first.words  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", ["plan", "material", "unit_finished", "verdict"])
def test_a_second_row_about_the_same_is_told(run: Path, kind: str) -> None:
    """Measuring a unit again until it pleases leaves two rows, which `append` refuses to write."""
    rows = [(row.kind, row.text) for row in finished(run).rows]
    again = next(row for row in rows if row[0] == kind)
    write_rows(run, [*rows, again])
    found = audit(run)
    assert first(found) == (1, "ledger")
    assert "records again what row" in found.first.words  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ['{"checked_on":"soon"}', '{"checked_on":3}', '{"report":[]}'])
def test_a_note_of_another_form_is_told(run: Path, text: str) -> None:
    rows = [("note", text), *((row.kind, row.text) for row in finished(run).rows)]
    write_rows(run, rows)
    assert first(audit(run)) == (1, "ledger")


@pytest.mark.parametrize("missing", ["plan", "policy", "bindings", "versions"])
def test_a_plan_row_without_one_of_its_fields_is_told(run: Path, missing: str) -> None:
    def less(text: str) -> str:
        return json.dumps({k: v for k, v in json.loads(text).items() if k != missing}, separators=(",", ":"))

    write_rows(run, [(row.kind, less(row.text) if row.kind == "plan" else row.text) for row in finished(run).rows])
    assert first(audit(run)) == (1, "ledger")


@pytest.mark.parametrize("data", [b"\xff", b"", b"[" * 50_000, b'{"policy":NaN}'])
def test_a_report_that_is_none_is_told(run: Path, data: bytes) -> None:
    rows = [(row.kind, row.text) for row in finished(run).rows if REPORT_NOTE not in row.text or row.kind != "note"]
    (run / RESULT).write_bytes(data)
    write_rows(run, [*rows, ("note", json.dumps({REPORT_NOTE: bytes_digest(data)}, separators=(",", ":")))])
    assert first(audit(run)) == (1, "report")


# --- folders ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", [SEAL, RESULT, STATEMENT, STAMP, "objects"])
def test_a_pipe_is_not_waited_for(run: Path, where: str) -> None:
    path = run / where if where != "objects" else next((run / where).glob("??/*"))
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    assert audit(run).exit_code == 1


def test_links_lead_nowhere_and_other_files_say_nothing(run: Path, tmp_path: Path) -> None:
    digest = next(iter(finished(run).finished.values()))
    path = run / "objects" / digest[7:9] / digest[7:]
    (tmp_path / "elsewhere").write_text("target material")
    path.unlink()
    path.symlink_to(tmp_path / "elsewhere")
    found = audit(run)
    assert first(found) == (1, "evidence")
    assert "target material" not in " ".join(step.words for step in found.steps)
    path.unlink()
    path.symlink_to("/dev/zero")
    assert first(audit(run)) == (1, "evidence")


def test_a_file_that_nothing_names_changes_nothing(run: Path) -> None:
    (run / "notes.txt").write_text("supported")
    (run / "objects" / "stray").write_text("x")
    assert audit(run).exit_code == 0
