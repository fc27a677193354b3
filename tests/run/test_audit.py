"""`unlearn-spec audit`: an untouched run holds; whatever was changed, the first thing that does not hold is named."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import signed
import tiny
from adversary import end, finished, first, forge, forge_everything, kinder_table
from here import Here
from tampering import flips

from unlearn_spec.cli.audit import run_audit
from unlearn_spec.evidence.ledger import FILE_NAME, Ledger
from unlearn_spec.evidence.store import Store
from unlearn_spec.report import FORMATS, encode, render
from unlearn_spec.report.model import RESULT, parse
from unlearn_spec.run import audit as audit_module
from unlearn_spec.run.audit import AuditError, Held, audit
from unlearn_spec.run.copies import run_of
from unlearn_spec.run.seal import SEAL, seal
from unlearn_spec.run.verify import verify

STEPS = ["seal", "evidence", "ledger", "policy", "report", "signature", "versions", "plan", "verdicts", "numbers"]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return signed.build(tmp_path_factory.mktemp("signed"))


@pytest.fixture(scope="module")
def made(inputs: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "run"
    verify(*inputs, folder, executor=Here())
    return folder


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Path:
    """A copy that may be changed."""
    shutil.copytree(made, tmp_path / "run")
    return tmp_path / "run"


def test_an_untouched_run_holds_step_by_step(made: Path, inputs: tuple[Path, Path]) -> None:
    found = audit(made, Held(policy=inputs[0]))
    assert [(step.name, step.outcome) for step in found.steps] == [
        (name, "absent" if name == "signature" else "holds") for name in STEPS
    ]
    assert found.exit_code == 0 and found.first is None
    rows = finished(made).rows
    assert f"by the clock of the machine, from {rows[0].at} to {rows[-1].at}." in found.steps[STEPS.index("ledger")].words
    kinds = {row.payload["key"].split()[0] for row in finished(made).rows if row.kind == "material"}
    assert kinds == {"policy", "bindings", "record", "signer", "blind", "names"}


def test_the_audit_writes_nothing_and_reads_only_the_run(made: Path, tmp_path: Path) -> None:
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in made.rglob("*") if path.is_file()}
    shutil.copytree(made, tmp_path / "elsewhere")
    assert audit(tmp_path / "elsewhere").exit_code == audit(made).exit_code == 0
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in made.rglob("*") if path.is_file()} == before


def test_no_model_library_is_needed(made: Path) -> None:
    text = (
        "import sys; sys.modules['torch'] = sys.modules['transformers'] = None; "
        f"from unlearn_spec.cli.audit import run_audit; from pathlib import Path; sys.exit(run_audit(Path({str(made)!r})))"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert done.stdout.rsplit("\n\n")[-1].startswith("It holds. The run is not signed")


def test_any_single_changed_byte_is_caught(run: Path) -> None:
    """The long version: `python tests/run/tampering.py RUN --flips 1000`."""
    found = list(flips(run, 200, seed=20260601))
    assert [flip for flip in found if flip.exit_code != 1] == []
    assert {flip.step for flip in found} == {"seal", "evidence"}
    assert audit(run).exit_code == 0


@pytest.mark.parametrize("name", [FILE_NAME, RESULT])
def test_no_byte_of_what_is_said_can_change_even_under_a_new_seal(run: Path, name: str) -> None:
    """Without the seal the chain and the report's digest still hold all that is said; only idle bytes may pass."""
    before = (run / name).read_bytes()
    said = before if name == RESULT else b"unit_finished"
    place = before.index(said[:13]) + 5
    (run / name).write_bytes(before[:place] + b"X" + before[place + 1 :])
    seal(run)
    assert first(audit(run)) in {(1, "ledger"), (1, "report")}


def test_changed_evidence_under_new_hashes_is_caught_by_deciding_again(run: Path) -> None:
    old, new = kinder_table(run, "hidden")
    forge(run, {old: new})
    found = audit(run)
    assert first(found) == (1, "verdicts")
    assert "the run's verdicts" in found.first.words or "its evidence gives" in found.first.words  # type: ignore[union-attr]


def test_a_kinder_verdict_under_new_hashes_is_caught_and_named(run: Path) -> None:
    def kinder(content: dict[str, Any]) -> None:
        content["verdicts"][0]["outcome"] = "supported"

    def told(content: dict[str, Any]) -> None:
        content["results"][0]["verdict"]["outcome"] = "supported"

    forge(run, {}, verdicts=kinder, report=told)
    found = audit(run)
    assert first(found) == (1, "verdicts")
    assert "hidden on assistant is supported; its evidence gives inconclusive" in found.first.words  # type: ignore[union-attr]


def test_a_kinder_number_in_the_report_alone_is_caught_and_named(run: Path) -> None:
    def told(content: dict[str, Any]) -> None:
        content["results"][0]["verdict"]["intervals"][0]["high"] = 0.01

    forge(run, {}, report=told)
    found = audit(run)
    assert first(found) == (1, "numbers")
    assert "the report (hidden on assistant) says 0.01 at results[0].verdict.intervals[0].high" in found.first.words  # type: ignore[union-attr]


def test_members_that_are_told_less_easily_in_the_report_alone_are_caught_and_named(run: Path) -> None:
    forge(run, {}, report=lambda content: content["told_apart"][0].update(p_value=1.0))
    found = audit(run)
    assert first(found) == (1, "numbers")
    assert "the report says 1.0 at told_apart[0].p_value" in found.first.words  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("conclusion", "Holds."),
        ("not_covered", []),
        ("findings", []),
        ("revealed", []),
        ("records", []),
        ("axioms", []),
        ("told_apart", []),
    ],
)
def test_what_the_report_leaves_out_or_rewords_is_caught(run: Path, field: str, value: Any) -> None:
    def told(content: dict[str, Any]) -> None:
        content["results"][0][field] = value
        if field != "conclusion":
            del content["results"][0][field]
            assert content[field] != value
            content[field] = value

    forge(run, {}, report=told)
    assert first(audit(run)) == (1, "numbers")


def test_a_plan_with_more_error_than_the_policy_leaves_is_caught(run: Path) -> None:
    known, store = finished(run), Store(run)
    before = store.get_bytes(next(row.payload["plan"] for row in known.rows if row.kind == "plan"))
    content = json.loads(before)
    content["obligations"][0]["alpha"] = "1/2"
    old = next(row.payload["plan"] for row in known.rows if row.kind == "plan")
    forge(run, {old: store.put_bytes(json.dumps(content, separators=(",", ":")).encode())})
    found = audit(run)
    assert first(found) == (1, "plan")
    assert "an error of 50%; the policy leaves" in found.first.words  # type: ignore[union-attr]


def test_another_text_of_the_policy_is_caught(run: Path) -> None:
    known, store = finished(run), Store(run)
    text = store.get_bytes(known.plan.policy).decode()
    forge(
        run, {f'"object":"{known.plan.policy}"': f'"object":"{store.put_bytes(text.replace("50%", "90%").encode())}"'}
    )
    found = audit(run)
    assert first(found) == (1, "policy")
    assert "is not the one it was planned for" in found.first.words  # type: ignore[union-attr]


def test_who_decides_again_what_they_forged_is_not_caught_without_a_signature(run: Path) -> None:
    """The limit of hashes: see the tests of signatures for what catches this."""
    before = (run / RESULT).read_bytes()
    forge_everything(run, "hidden")
    assert (run / RESULT).read_bytes() != before
    assert audit(run).exit_code == 0


@pytest.mark.parametrize("units", [0, 7])
def test_an_interrupted_run_cannot_be_told(inputs: tuple[Path, Path], tmp_path: Path, units: int) -> None:
    with pytest.raises(KeyboardInterrupt):
        verify(*inputs, tmp_path / "run", executor=Here(units))
    found = audit(tmp_path / "run")
    assert first(found) == (3, "ledger")
    assert f"{units} of 28 units measured" in found.first.words  # type: ignore[union-attr]
    objects = [path for path in (tmp_path / "run" / "objects").rglob("*") if path.is_file()]
    objects[0].write_bytes(b"x" + objects[0].read_bytes()[1:])
    assert first(audit(tmp_path / "run")) == (1, "evidence")


def test_a_missing_seal_is_no_clean_bill(run: Path, inputs: tuple[Path, Path]) -> None:
    (run / SEAL).unlink()
    assert first(audit(run)) == (3, "ledger")
    verify(*inputs, run, executor=Here())
    assert audit(run).exit_code == 0


def test_a_removed_object_is_named_by_the_row_that_wants_it(run: Path) -> None:
    digest = next(iter(finished(run).finished.values()))
    (run / "objects" / digest[7:9] / digest[7:]).unlink()
    found = audit(run)
    assert first(found) == (1, "ledger")
    assert digest in found.first.words  # type: ignore[union-attr]


def test_the_evidence_of_another_version_of_the_policy_is_told(
    inputs: tuple[Path, Path], run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(inputs[0].parent, tmp_path / "second")
    policy, bindings = tmp_path / "second" / "policy.yaml", tmp_path / "second" / "bindings.yaml"
    for path in (policy, bindings):
        path.write_text(path.read_text().replace("version: 1", "version: 2"))
    verify(policy, bindings, tmp_path / "later", executor=Here())
    found = audit(run, Held(policy=policy))
    assert first(found) == (1, "policy")
    assert "about tiny, version 1; the policy given is tiny, version 2" in found.first.words  # type: ignore[union-attr]
    shutil.copy(run / RESULT, tmp_path / "later" / RESULT)
    seal(tmp_path / "later")
    assert first(audit(tmp_path / "later")) == (1, "report")
    for name in (RESULT, FILE_NAME, SEAL):  # and the other way round: the report of one with the evidence of the other
        shutil.copy(run / name, tmp_path / "later" / name)
    assert audit(tmp_path / "later").exit_code in (0, 1)
    shutil.rmtree(tmp_path / "later" / "objects")
    assert first(audit(tmp_path / "later")) == (1, "ledger")
    assert run_audit(run, Held(policy=bindings)) == 2
    assert "error: " in capsys.readouterr().err


def test_a_run_in_which_no_clause_was_verified_holds_and_says_so(tmp_path: Path) -> None:
    policy, bindings = tiny.build(tmp_path / "in")
    text = bindings.read_text()
    bindings.write_text(text[: text.index("artifacts:")])
    result = verify(policy, bindings, tmp_path / "run", executor=Here())
    assert {one.verdict.outcome for one in result.report.results} == {"not_tested", "not_testable"}
    found = audit(tmp_path / "run")
    assert found.exit_code == 0
    assert any("No clause was verified" in step.words for step in found.steps)


@pytest.mark.parametrize("text", ["", "nonsense", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_a_key_that_is_none_says_nothing_of_the_run(made: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "key.pub").write_text(text)
    with pytest.raises(AuditError, match=r"key.pub: the key is not a public key in PEM form"):
        audit(made, Held(keys=(tmp_path / "key.pub",)))


def test_a_report_with_other_fields_is_broken_only_if_this_source_wrote_it(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = json.loads((run / RESULT).read_text())
    content["records"][0].pop("key")
    end(run, json.dumps(content, sort_keys=True, separators=(",", ":")) + "\n")
    assert first(audit(run)) == (1, "report")
    here = audit_module.versions_here()
    monkeypatch.setattr(audit_module, "versions_here", lambda: replace(here, code="sha256:" + "0" * 64))
    assert first(audit(run)) == (3, "report")


@pytest.mark.parametrize("name", ["unlearn-spec", "axioms"])
def test_another_program_or_axiom_set_cannot_tell(run: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    here = audit_module.versions_here()
    other = (
        replace(here, axioms="0" * 12) if name == "axioms" else replace(here, libraries={**here.libraries, name: "9"})
    )
    monkeypatch.setattr(audit_module, "versions_here", lambda: other)
    found = audit(run)
    assert first(found) == (3, "versions")
    assert "install that version" in found.first.words  # type: ignore[union-attr]


def test_another_scipy_is_told_and_excuses_a_difference_only_as_untold(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = audit_module.versions_here()
    other = replace(here, libraries={**here.libraries, "scipy": "0.1"})
    monkeypatch.setattr(audit_module, "versions_here", lambda: other)
    found = audit(run)
    assert found.exit_code == 0 and "0.1 here" in found.steps[STEPS.index("versions")].words
    old, new = kinder_table(run, "hidden")
    forge(run, {old: new})
    assert first(audit(run)) == (3, "verdicts")


# --- files rendered from a run ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("where", "format"), [*(("inside", format) for format in FORMATS), ("beside", "html"), ("beside", "json")])
def test_a_rendered_report_is_held_against_its_run(
    run: Path, format: Any, where: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = (run if where == "inside" else run.parent) / f"copy.{format}"
    text = render(parse((run / RESULT).read_text()), format)
    file.write_text(text)
    assert run_audit(file) == 0
    assert f"copy.{format} is the run's report as {format}" in capsys.readouterr().out.replace("\n" + " " * 27, " ")
    file.write_bytes(text.replace("\n", "\r\n").encode())
    assert run_audit(file) == 1
    assert "ends them otherwise" in " ".join(capsys.readouterr().out.split()) or format in ("json", "statement")
    file.write_text(text.replace("inconclusive", "supported", 1))
    assert run_audit(file) == 1
    assert "DOES NOT HOLD" in capsys.readouterr().out


@pytest.mark.parametrize("format", FORMATS)
def test_a_report_of_any_format_finds_the_run_beside_it(run: Path, format: Any) -> None:
    data = encode(parse((run / RESULT).read_text()), format)
    file = run.parent / f"copy.{format}"
    assert run_of(file, data) == run


def test_of_several_runs_beside_it_a_report_finds_its_own(
    inputs: tuple[Path, Path], run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = inputs[1].read_text()
    (inputs[1].parent / "other.yaml").write_text(text.replace("seed: 3", "seed: 4"))
    verify(inputs[0], inputs[1].parent / "other.yaml", tmp_path / "another", executor=Here())
    page = tmp_path / "page.html"
    page.write_text(render(parse((tmp_path / "another" / RESULT).read_text()), "html"))
    assert run_audit(page) == 0
    assert run_audit(page, run=run) == 1
    (tmp_path / "notes.txt").write_text("nothing of the kind")
    assert run_audit(tmp_path / "notes.txt") == 2
    assert "name the folder with --run" in capsys.readouterr().err


def test_json_says_the_same(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_audit(run, format="json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["holds"] is True and told["first"] is None and [step["name"] for step in told["steps"]] == STEPS
    (run / RESULT).write_bytes(b"{}")
    assert run_audit(run, format="json") == 1
    assert json.loads(capsys.readouterr().out)["first"] == "seal"


def test_a_folder_that_cannot_be_looked_into_holds_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.is_file

    def closed(path: Path) -> bool:
        if path.parent.name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    for name in ("closed", "open"):
        (tmp_path / name).mkdir()
        (tmp_path / name / FILE_NAME).touch()
    monkeypatch.setattr(Path, "is_file", closed)
    assert run_of(tmp_path / "page.html", b"") == tmp_path / "open"


# --- nothing to audit ------------------------------------------------------------------------------------------------


def test_what_is_no_run_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_audit(tmp_path) == run_audit(tmp_path / "gone") == 2
    assert capsys.readouterr().err == f"error: {tmp_path}: holds no run\nerror: {tmp_path / 'gone'}: no such folder\n"
    with pytest.raises(AuditError):
        audit(tmp_path)


@pytest.mark.parametrize(
    "hostile",
    [b"", b"\xff\xfe", b"[" * 100_000, b'{"files": 3}', b'{"unlearn_spec_seal":"1.0","files":{"../x":"sha256:0"}}'],
)
def test_a_hostile_seal_or_ledger_is_told_in_one_line(run: Path, hostile: bytes) -> None:
    (run / SEAL).write_bytes(hostile)
    assert first(audit(run)) == (1, "seal")
    (run / SEAL).unlink()
    (run / FILE_NAME).write_bytes(hostile)
    found = audit(run)
    assert found.exit_code in (1, 3) and "\n" not in found.first.words  # type: ignore[union-attr]


def test_a_ledger_of_unknown_rows_is_told(run: Path) -> None:
    (run / SEAL).unlink()
    (run / FILE_NAME).unlink()
    with Ledger(run) as ledger:
        ledger.append("note", {"a": 1})
        ledger.append("plan", {"plan": "sha256:" + "0" * 64})
    assert first(audit(run)) == (1, "ledger")
