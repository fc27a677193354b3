"""`unlearn-spec report RUN --annex`: who holds the data gets the items back; nobody else, and nowhere else."""

from __future__ import annotations

import json
import re
import shutil
import stat
import sys
from collections.abc import Callable
from datetime import date
from html import unescape
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import tiny
from here import Here

from unlearn_spec.cli import app
from unlearn_spec.cli.audit import run_audit
from unlearn_spec.cli.report import annex as command
from unlearn_spec.cli.report import load
from unlearn_spec.cli.report import report as write
from unlearn_spec.evidence.canonical import file_digest
from unlearn_spec.plan.data import DataSpec, load_items
from unlearn_spec.report import FORMATS, LANGUAGES, canonical, render
from unlearn_spec.report.annex import Annex, Shown
from unlearn_spec.report.annex import digest as own_digest
from unlearn_spec.report.model import Redacted, Report, digest
from unlearn_spec.report.render import TRANSLATED
from unlearn_spec.run.annex import make_annex
from unlearn_spec.run.materials import redacted
from unlearn_spec.run.verify import verify
from unlearn_spec.verifiers.items import item_key
from unlearn_spec.wording.language import words

FACTS_ONLY = """\
unlearn_spec_bindings: "1.0"
policy: {id: tiny, version: 1}
seed: 9
device: cpu
data: {facts: {file: facts.jsonl}}
"""


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return tiny.build(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def run(inputs: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("done") / "run"
    verify(*inputs, folder, executor=Here())
    return folder


@pytest.fixture
def copy(inputs: tuple[Path, Path], tmp_path: Path) -> Path:
    """The policy and the data without any model; their folder."""
    shutil.copytree(inputs[0].parent, tmp_path / "held", ignore=shutil.ignore_patterns("models"))
    return tmp_path / "held"


def distinct(report: Report) -> int:
    """Items revealed; two tests may reveal the same one."""
    return len({hit.item for hit in report.revealed})


def shown(annex: Annex) -> list[Shown]:
    return [item for clause in annex.clauses for test in clause.tests for item in test.shown]


def test_every_digest_gets_its_question_and_text_back(inputs: tuple[Path, Path], run: Path) -> None:
    report = load(run)
    annex = make_annex(report, *inputs)
    assert annex.report == digest(report)
    assert [clause.clause.id for clause in annex.clauses] == ["hidden"]
    assert sorted(item.item for item in shown(annex)) == sorted(hit.item for hit in report.revealed) != []
    rows = {row["id"]: row for row in map(json.loads, (inputs[0].parent / "facts.jsonl").read_text().splitlines())}
    lengths = {hit.item: hit.length for hit in report.revealed}
    for item in shown(annex):
        assert all((rows[id]["prompt"], rows[id]["answer"]) == (item.question, item.secret) for id in item.ids)
        assert lengths[item.item] == item.length == len(item.secret)


def test_the_file_is_for_its_owner_alone_and_says_what_the_report_does_not(
    inputs: tuple[Path, Path], run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    out = tmp_path / "annex.html"
    assert command(run, *inputs, out) == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    said = capsys.readouterr()
    lines = f"{out}: {distinct(load(run))} items shown, 0 known by digest only\nSHA-256 of the file: {file_digest(out)[7:]}\n"
    assert said.out == "" and said.err == lines
    page = unescape(out.read_text(encoding="utf-8"))
    assert "Restricted annex" in page and digest(load(run)) in page
    secrets = {item.secret for item in shown(make_annex(load(run), *inputs))}
    assert all(f">{secret}<" in page for secret in secrets)
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before
    for elsewhere in (*(render(load(run), format) for format in FORMATS), said.err.replace(str(out), "")):
        assert not re.search(r"\bw\d+\b", elsewhere), "every word of the target begins with w"


def test_it_says_how_long_it_is_kept_on_what_ground_and_what_it_holds(
    inputs: tuple[Path, Path], run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pages = []
    for number, ground in enumerate(("Art. 17(3)(e) <b>claims</b>", "Art. 5(2)", None)):
        out = tmp_path / f"annex{number}.html"
        assert command(run, *inputs, out, readers="the court", kept_until=date(2031, 1, 31), ground=ground) == 0
        pages.append(out.read_text(encoding="utf-8"))
    assert "31 January 2031" in pages[0] and "the court" in pages[0] and "<b>claims" not in pages[0]
    assert pages[2].count("to be filled in by hand") == 1
    own = [re.findall(r"Digest of what it holds</dt><dd><code>(sha256:[0-9a-f]{64})<", page) for page in pages]
    assert len({digests[0] for digests in own}) == 3


def test_in_every_language_it_holds_the_same_and_the_audit_of_report_and_run_holds_beside_it(
    inputs: tuple[Path, Path], run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(run, tmp_path / "run")
    pages = {}
    for language in LANGUAGES:
        out = tmp_path / f"annex.{language}.html"
        assert command(tmp_path / "run", *inputs, out, language=language, kept_until=date(2031, 1, 31), ground="Art. 5(2)") == 0
        for format in TRANSLATED:
            assert write(tmp_path / "run", format, tmp_path / f"{format}.{language}", language) == 0
            assert run_audit(tmp_path / f"{format}.{language}") == 0
        pages[language] = unescape(out.read_text(encoding="utf-8"))
        assert run_audit(tmp_path / "run") == 0
        assert run_audit(out) == 1 and "it is not this run's report" in capsys.readouterr().out
    own = {found for page in pages.values() for found in re.findall(r"<code>(sha256:[0-9a-f]{64})</code>", page)}
    annex = make_annex(load(run), *inputs, kept_until=date(2031, 1, 31), ground="Art. 5(2)")
    assert own == {digest(load(run)), load(run).integrity.policy, own_digest(annex)}
    read = load(run).clause(annex.clauses[0].clause.id)
    for language, page in pages.items():
        say = words(language)
        said = (say("annex_file.warning"), "31 January 2031" if language == "en" else say.date(date(2031, 1, 31)), "Art. 5(2)")
        assert all(one in page for one in said) and 'lang="en"' not in page.replace('<html lang="en">', "")
        assert (read.sentence in page) == (language == "en")
        assert all(f">{item.secret}<" in page for item in shown(annex))


def test_whoever_holds_the_data_needs_no_model(copy: Path, run: Path) -> None:
    (copy / "facts-only.yaml").write_text(FACTS_ONLY)
    annex = make_annex(load(run), copy / "policy.yaml", copy / "facts-only.yaml")
    assert (annex.shown, annex.unresolved) == (distinct(load(run)), 0)


def test_what_is_not_bound_stays_a_digest(copy: Path, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (copy / "others-only.yaml").write_text(FACTS_ONLY.replace("facts", "others"))
    out = copy / "annex.html"
    assert command(run, copy / "policy.yaml", copy / "others-only.yaml", out) == 0
    report, page = load(run), out.read_text(encoding="utf-8")
    assert f": 0 items shown, {distinct(report)} known by digest only" in capsys.readouterr().err
    assert all(hit.item in page for hit in report.revealed)
    assert not re.search(r"\bw\d+\b", page)


def test_a_digest_of_no_bound_item_is_listed_as_such(inputs: tuple[Path, Path], run: Path) -> None:
    report = load(run)
    stray = Redacted(obligation=report.revealed[0].obligation, item="hmac-sha256:" + "0" * 64, length=7)
    annex = make_annex(report.model_copy(update={"revealed": (stray, *report.revealed)}), *inputs)
    assert annex.unresolved == 1 and annex.shown == distinct(report)
    assert annex.clauses[0].tests[0].unresolved == (stray,)


def test_documents_are_found_by_what_they_begin_with(inputs: tuple[Path, Path], run: Path) -> None:
    report = load(run)
    items = load_items(DataSpec(inputs[0].parent / "diaries.jsonl", "jsonl"))
    hits = tuple(
        Redacted(obligation="not-extractable@assistant", item=redacted(item_key(items), item), length=len(item.suffix))
        for item in items[:3]
    )
    found = shown(make_annex(report.model_copy(update={"revealed": hits}), *inputs))
    assert [(item.ids, item.question, item.secret) for item in found] == [
        ((row["id"],), row["prefix"], row["suffix"]) for row in map(tiny.diary, range(3))
    ]


def refused(
    run: Path, policy: Path, bindings: Path, out: Path, capsys: pytest.CaptureFixture[str], said: str
) -> None:
    existed = out.is_symlink() or out.exists()
    assert command(run, policy, bindings, out) == 2
    output = capsys.readouterr()
    assert said in output.err and output.err.startswith("error: ") and "Traceback" not in output.err
    assert output.out == ""
    assert existed or not out.exists()


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("policy.yaml", "owner: tests", "owner: others", "not the text of the policy that the report is about"),
        ("policy.yaml", "goal: suppress", "goal: forget", "S003"),
        ("facts.jsonl", '"answer": "w1"', '"answer": "w2"', "this is not the set the policy means"),
        ("facts-only.yaml", "version: 1", "version: 2", "B005"),
        ("facts-only.yaml", "facts.jsonl", "gone.jsonl", "B007"),
        (
            "facts-only.yaml",
            "{file: facts.jsonl}",
            "{file: facts.jsonl, fields: {id: id, prompt: prompt, answer: answer}}",
            "these are not the items that were measured as facts",
        ),
    ],
)
def test_another_policy_or_other_data_are_refused(
    copy: Path, run: Path, capsys: pytest.CaptureFixture[str], name: str, old: str, new: str, said: str
) -> None:
    (copy / "facts-only.yaml").write_text(FACTS_ONLY)
    text = (copy / name).read_text()
    assert old in text
    (copy / name).write_text(text.replace(old, new, 1))
    refused(run, copy / "policy.yaml", copy / "facts-only.yaml", copy / "annex.html", capsys, said)


def test_nothing_is_overwritten_and_the_run_folder_stays_free_of_target_material(
    inputs: tuple[Path, Path], run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken, dangling = tmp_path / "taken.html", tmp_path / "dangling.html"
    taken.write_text("mine")
    dangling.symlink_to(tmp_path / "nowhere.html")
    refused(run, *inputs, taken, capsys, "exists already and is not overwritten")
    refused(run, *inputs, dangling, capsys, "exists already and is not overwritten")
    refused(run, *inputs, Path("/dev/stdout"), capsys, "exists already and is not overwritten")
    refused(run, *inputs, run / "annex.html", capsys, "lies in the run folder")
    refused(run, *inputs, tmp_path / "no" / "such" / "annex.html", capsys, "cannot be written")
    refused(tmp_path / "no-run", *inputs, tmp_path / "annex.html", capsys, "no such folder")
    assert taken.read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dangling.html", "taken.html"]


def test_a_report_that_contradicts_itself_is_refused(
    inputs: tuple[Path, Path], run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = load(run)
    stray = Redacted(obligation="nobody@assistant", item="hmac-sha256:" + "0" * 64, length=7)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "result.json").write_text(canonical(report.model_copy(update={"revealed": (stray,)})))
    refused(tmp_path / "run", *inputs, tmp_path / "annex.html", capsys, "'nobody@assistant'")


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[object, str, str]]:
    def call(*arguments: object) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["unlearn-spec", "report", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            app.main()
        return end.value.code, *capsys.readouterr()

    return call


def test_the_report_comes_along_only_if_asked_for(
    inputs: tuple[Path, Path], run: Path, tmp_path: Path, cli: Callable[..., tuple[object, str, str]]
) -> None:
    held = ("--policy", inputs[0], "--bindings", inputs[1])
    assert cli(run, "--annex", tmp_path / "1.html", *held)[:2] == (0, "")
    assert cli(run, "--annex", tmp_path / "2.html", *held, "--format", "json")[:2] == (0, canonical(load(run)))
    assert cli(run, "--annex", tmp_path / "4.html", *held, "--language", "fr", "--format", "html")[1] == render(load(run), "html", "fr")
    assert '<html lang="fr">' in (tmp_path / "4.html").read_text(encoding="utf-8")
    assert cli(run, "--annex", tmp_path / "3.html", *held, "--out", tmp_path / "report.txt")[:2] == (0, "")
    assert (tmp_path / "report.txt").read_text() == render(load(run), "text")
    assert cli(run)[:2] == (0, render(load(run), "text"))
    assert cli(run, "--annex", tmp_path / "1.html", *held, "--out", tmp_path / "no.txt")[0] == 2
    assert not (tmp_path / "no.txt").exists()


def test_annex_policy_and_bindings_go_together(
    inputs: tuple[Path, Path], run: Path, tmp_path: Path, cli: Callable[..., tuple[object, str, str]]
) -> None:
    for arguments in (
        ("--annex", tmp_path / "a.html"),
        ("--annex", tmp_path / "a.html", "--policy", inputs[0]),
        ("--policy", inputs[0], "--bindings", inputs[1]),
    ):
        status, out, err = cli(run, *arguments)
        assert (status, out) == (2, "") and "--" in err and "Traceback" not in err
    assert list(tmp_path.iterdir()) == []
