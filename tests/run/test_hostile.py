"""Whatever lies in the inputs or the run folder: one plain line and status 2, nothing half-written, nothing told."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

sys.path.insert(0, str(Path(__file__).parent))

import tiny
from here import Here

from unlearn_spec.cli.report import report as report_command
from unlearn_spec.cli.verify import verify as command
from unlearn_spec.evidence.canonical import file_digest
from unlearn_spec.evidence.ledger import Ledger
from unlearn_spec.evidence.store import Store
from unlearn_spec.report.model import MAX_BYTES
from unlearn_spec.run.verify import RESULT, verify

Change = Callable[[Path], object]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("tiny")
    tiny.build(folder)
    return folder


@pytest.fixture
def here(base: Path, tmp_path: Path) -> Path:
    shutil.copytree(base, tmp_path / "in")
    return tmp_path / "in"


@pytest.fixture(scope="module")
def finished(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finished") / "run"
    verify(base / "policy.yaml", base / "bindings.yaml", folder, executor=Here())
    return folder


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unlearn_spec.run.verify.LocalExecutor", lambda workers: _Local())


class _Local(Here):
    def __enter__(self) -> _Local:
        return self

    def __exit__(self, *error: object) -> None:
        return None


def refused(folder: Path, out: Path, capsys: pytest.CaptureFixture[str], *, lines: int = 1) -> str:
    assert command(folder / "policy.yaml", folder / "bindings.yaml", out) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Traceback" not in shown.err
    assert len(shown.err.splitlines()) == lines, shown.err
    assert all(line.startswith("error: ") for line in shown.err.splitlines())
    assert not (out / RESULT).exists()
    return shown.err


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def data(folder: Path, content: bytes, name: str = "facts.jsonl") -> None:
    """Puts other content in the place of the facts; the policy means it."""
    before = file_digest(folder / "facts.jsonl")
    (folder / name).write_bytes(content)
    replace(folder / "policy.yaml", before, file_digest(folder / name))
    replace(folder / "bindings.yaml", "facts.jsonl", name)


def rows(folder: Path, **first: object) -> bytes:
    """The facts with some values of the first one changed."""
    found = [json.loads(line) for line in (folder / "facts.jsonl").read_text().splitlines()]
    found[0] |= first
    return "\n".join(map(json.dumps, found)).encode()


def audited(folder: Path, name: str = "") -> Path:
    return folder / "models" / "audited" / name


# --- inputs: found before a run folder is made -----------------------------------------------------------------------


def _loop(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    path.symlink_to(path.name)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _config(folder: Path, **changes: object) -> None:
    path = audited(folder, "config.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def _without_tokenizer(folder: Path) -> None:
    for path in audited(folder).glob("token*"):
        path.unlink()


def _nested(folder: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"prompt": [{"a": 1}], "answer": ["x"]}), folder / "nested.parquet")
    data(folder, (folder / "nested.parquet").read_bytes(), "facts.parquet")


UNUSABLE: dict[str, tuple[Change, str]] = {
    "missing file": (lambda f: (f / "facts.jsonl").unlink(), "bindings.yaml:11:17: B007 there is no file"),
    "loop of links": (lambda f: _loop(f / "facts.jsonl"), "bindings.yaml:11:17: B007 there is no file"),
    "loop of links as model": (lambda f: _loop(audited(f)), "bindings.yaml:6:22: B007 there is no folder"),
    "pipe": (lambda f: (_loop(f / "facts.jsonl"), (f / "facts.jsonl").unlink(), os.mkfifo(f / "facts.jsonl")), "B007"),
    "empty set": (lambda f: data(f, b"\n\n"), "B012"),
    "other bytes than the policy means": (lambda f: (f / "facts.jsonl").write_bytes(rows(f, answer="w2")), "not the set the policy means"),
    "not UTF-8": (lambda f: data(f, rows(f) + b"\n\xff"), "line 33 is not UTF-8 text"),
    "a line of 10 MB": (lambda f: data(f, rows(f, prompt="w1 " * 3_500_000)), "row 1 is longer than 1,000,000"),
    "an id twice": (lambda f: data(f, rows(f, id="fact1")), "row 2 has the same id as row 1"),
    "nested columns": (_nested, "row 1: `prompt` must be text"),
    "junk for Parquet": (lambda f: data(f, b"PAR1" + bytes(1000) + b"PAR1", "facts.parquet"), "not a readable Parquet file"),
    "pickle": (lambda f: audited(f, "pytorch_model.bin").write_bytes(b"x"), "pickled files can run code"),
    "code": (lambda f: audited(f, "modeling.py").write_text(""), "may not bring code"),
    "code asked for": (lambda f: _config(f, auto_map={"AutoModel": "x.y"}), "auto_map"),
    "weights cut short": (lambda f: _cut(audited(f, "model.safetensors")), "cut short or changed"),
    "weights without a header": (lambda f: audited(f, "model.safetensors").write_bytes(b"\xff" * 9), "not a safetensors file"),
    "layers without weights": (lambda f: _config(f, n_layer=10**7), "declares 10,000,000 layers"),
    "no tokenizer": (_without_tokenizer, "there is no tokenizer in it"),
    "another policy": (lambda f: replace(f / "bindings.yaml", "id: tiny", "id: other"), "bindings.yaml:2:14: B005"),
    "negative seed": (lambda f: replace(f / "bindings.yaml", "seed: 3", "seed: -3"), "bindings.yaml:3:7: B003"),
    "unknown device": (lambda f: replace(f / "bindings.yaml", "device: cpu", "device: tpu"), "bindings.yaml:4:9: B003"),
    "empty filter list": (lambda f: (f / "terms.txt").write_text("\n \n"), "a filter without terms blocks nothing"),
    "no bindings": (lambda f: (f / "bindings.yaml").unlink(), "bindings.yaml:1:1: Y001 cannot read this file"),
    "empty policy": (lambda f: (f / "policy.yaml").write_text(""), "policy.yaml:1:1: Y001"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNUSABLE)
def test_an_unusable_input_is_one_line_and_leaves_nothing(
    here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    change, said = UNUSABLE[name]
    change(here)
    assert said in refused(here, tmp_path / "run", capsys)
    assert not (tmp_path / "run").exists()


# --- inputs: found when the model is asked ------------------------------------------------------------------------------


def _nan(folder: Path) -> None:
    path = str(audited(folder, "model.safetensors"))
    weights = load_file(path)
    weights[sorted(weights)[0]][...] = float("nan")
    save_file(weights, path, metadata={"format": "pt"})


def _strange(folder: Path, kind: str) -> None:
    """Another kind of network, without references, which would be found to be of another kind than it."""
    _config(folder, model_type=kind)
    lines = (folder / "bindings.yaml").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith("references:")]
    assert len(kept) == len(lines) - 1
    (folder / "bindings.yaml").write_text("".join(kept), encoding="utf-8")


UNASKABLE: dict[str, tuple[Change, str]] = {
    "weights that are not numbers": (_nan, "hold values that are not numbers"),
    "unknown architecture": (lambda f: _strange(f, "nonsense"), "the model cannot be read"),
    "another architecture": (lambda f: _strange(f, "bert"), "this is not the model its config.json describes"),
    "broken tokenizer": (lambda f: audited(f, "tokenizer.json").write_text("{"), "the tokenizer cannot be read"),
    "a prompt beyond the context": (lambda f: data(f, rows(f, prompt="w1 " * 50)), "item fact0 has 50 tokens, the model's context 32"),
    "no prompt": (lambda f: data(f, rows(f, prompt=" ")), "item fact0"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNASKABLE)
def test_a_subject_that_cannot_be_asked_ends_the_run_without_a_result(
    here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    change, said = UNASKABLE[name]
    change(here)
    assert said in refused(here, tmp_path / "run", capsys)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a card")
def test_a_card_that_is_not_there(here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    replace(here / "bindings.yaml", "device: cpu", "device: cuda")
    assert "no usable CUDA device" in refused(here, tmp_path / "run", capsys)


# --- run folders --------------------------------------------------------------------------------------------------------


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Path:
    shutil.copytree(finished, tmp_path / "run")
    return tmp_path / "run"


def test_a_lost_result_is_written_again(base: Path, finished: Path, run: Path) -> None:
    (run / RESULT).unlink()
    verify(base / "policy.yaml", base / "bindings.yaml", run, executor=Here())
    assert (run / RESULT).read_bytes() == (finished / RESULT).read_bytes()


def test_a_changed_result_is_not_rendered(base: Path, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert report_command(run, "text", None) == 0
    capsys.readouterr()
    replace(run / RESULT, '"owner":"tests"', '"owner":"somebody"')
    assert report_command(run, "html", run.parent / "report.html") == 2
    assert "not the report that the run ended with" in capsys.readouterr().err
    assert not (run.parent / "report.html").exists()
    verify(base / "policy.yaml", base / "bindings.yaml", run, executor=Here())
    assert report_command(run, "text", None) == 0


def test_a_result_larger_than_any_report_is_not_read(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.truncate(run / RESULT, MAX_BYTES + 1)
    assert report_command(run, "text", None) == 2
    assert "larger than any report" in capsys.readouterr().err


def test_a_changed_ledger_row_is_noticed(base: Path, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import sqlite3

    with sqlite3.connect(run / "ledger.sqlite") as connection:
        connection.execute("UPDATE rows SET payload = replace(payload, 'sha256:0', 'sha256:1') WHERE kind = 'plan'")
        connection.execute("UPDATE rows SET payload = payload || ' ' WHERE kind = 'verdict'")
    connection.close()
    assert command(base / "policy.yaml", base / "bindings.yaml", run) == 2
    assert "does not match its hash" in capsys.readouterr().err
    assert report_command(run, "text", None) == 2


def test_an_object_put_in_the_place_of_another_is_not_believed(base: Path, finished: Path, run: Path) -> None:
    """A table of another unit, itself valid, under the digest of this one: its bytes do not fit the name."""
    with Ledger(run, read_only=True) as ledger:
        digests = list(dict.fromkeys(row.payload["object"] for row in ledger.rows() if row.kind == "unit_finished"))
    one, other = (run / "objects" / digest[7:9] / digest[7:] for digest in digests[:2])
    one.chmod(0o644)
    one.write_bytes(other.read_bytes())
    verify(base / "policy.yaml", base / "bindings.yaml", run, executor=Here())
    assert one.read_bytes() != other.read_bytes()
    assert (run / RESULT).read_bytes() == (finished / RESULT).read_bytes()


def test_two_processes_do_not_share_a_folder(base: Path, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Ledger(run):
        assert command(base / "policy.yaml", base / "bindings.yaml", run) == 2
    assert "is in use by another process" in capsys.readouterr().err


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_folder_without_permission(base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    refused(base, tmp_path / "closed" / "run", capsys)


def test_a_full_disk_is_told_and_the_run_goes_on_later(
    base: Path, finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put, left = Store.put_table, [3]

    def full(self: Store, columns: Any) -> str:
        left[0] -= 1
        if left[0] < 0:
            monkeypatch.setattr("os.fsync", _no_space)
        return put(self, columns)

    monkeypatch.setattr(Store, "put_table", full)
    assert "No space left on device" in refused(base, tmp_path / "run", capsys)
    monkeypatch.undo()
    verify(base / "policy.yaml", base / "bindings.yaml", tmp_path / "run", executor=Here())
    assert (tmp_path / "run" / RESULT).read_bytes() == (finished / RESULT).read_bytes()


def _no_space(descriptor: int) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.slow
def test_an_interruption_from_the_keyboard_is_one_line(base: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "unlearn_spec", "verify", "policy.yaml", "--bindings", "bindings.yaml"]
    child = subprocess.Popen(
        [*words, "--out", str(tmp_path / "run")],
        cwd=base,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # tests begun in the background inherit "ignore"
    )
    while not list((tmp_path / "run" / "objects").glob("*/*")):
        assert child.poll() is None
        time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert child.returncode == 130, err
    assert out == ""
    assert "Traceback" not in err
    assert err.splitlines()[-1].startswith("interrupted; the same command goes on with ")


# --- what must not be told ----------------------------------------------------------------------------------------------


def test_no_prompt_answer_document_or_folder_name_is_in_what_a_run_leaves_behind(
    here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each kind of material carries a word of its own; a model whose vocabulary holds them says them."""
    secret = tmp_path / "canaryfolder"
    here.rename(secret)
    found = [json.loads(line) for line in (secret / "facts.jsonl").read_text().splitlines()]
    for row in found:
        row.update(prompt=f"{row['prompt']} canaryprompt", answer="canaryanswer", paraphrases=["canaryother w3"])
    data(secret, "\n".join(map(json.dumps, found)).encode())
    before = file_digest(secret / "diaries.jsonl")
    diaries = [json.loads(line) for line in (secret / "diaries.jsonl").read_text().splitlines()]
    for row in diaries:
        row.update(prefix=f"canaryprefix {row['prefix']}", suffix=f"{row['suffix']} canarysuffix")
        row["text"] = f"{row['prefix']} {row['suffix']}"
    (secret / "diaries.jsonl").write_text("\n".join(map(json.dumps, diaries)))
    replace(secret / "policy.yaml", before, file_digest(secret / "diaries.jsonl"))
    for path in secret.glob("models/*/tokenizer.json"):  # the models say `canaryanswer` for one of their words
        for number, word in enumerate(("answer", "suffix", "prefix", "prompt", "other")):
            replace(path, f'"w{number}":', f'"canary{word}":')
    out = tmp_path / "run"
    assert command(secret / "policy.yaml", secret / "bindings.yaml", out) in (0, 1, 3)
    for format in ("html", "json", "text"):
        assert report_command(out, format, tmp_path / f"report.{format}") == 0
    shown = capsys.readouterr()
    store = Store(out)
    texts = [shown.out.encode(), shown.err.encode()]
    texts += [path.read_bytes() for path in (*out.rglob("*"), *tmp_path.glob("report.*")) if path.is_file()]
    texts += [repr(_table(store, digest)).encode() for digest in store.digests()]
    assert not [text[:80] for text in texts if b"canary" in text]
    assert not [text[:80] for text in texts if str(tmp_path).encode() in text]
    assert store.digests()


def _table(store: Store, digest: str) -> object:
    try:
        return store.get_table(digest)
    except Exception:
        return store.get_bytes(digest)
