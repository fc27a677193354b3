"""`unlearn-spec report RUN` renders what `verify` left, or says in one line why it cannot."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from unlearn_spec.cli.report import load
from unlearn_spec.cli.report import report as command
from unlearn_spec.report import FORMATS, Format, canonical, render
from unlearn_spec.report.model import Report


@pytest.fixture
def run(tmp_path: Path, report: Report) -> Path:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "result.json").write_text(canonical(report), encoding="utf-8")
    return folder


@pytest.mark.parametrize("format", FORMATS)
def test_writes_the_rendering_and_nothing_else(run: Path, tmp_path: Path, report: Report, format: Format) -> None:
    out = tmp_path / "report.out"
    assert command(run, format, out) == 0
    assert out.read_bytes() == render(report, format).encode()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.out", "run"]


@pytest.mark.parametrize("format", FORMATS)
def test_prints_the_same_without_a_file(
    run: Path, report: Report, format: Format, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert command(run, format, None) == 0
    assert capfdbinary.readouterr().out == render(report, format).encode()


def test_json_is_the_file_that_verify_wrote(run: Path, tmp_path: Path) -> None:
    assert command(run, "json", tmp_path / "again.json") == 0
    assert (tmp_path / "again.json").read_bytes() == (run / "result.json").read_bytes()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "the verification has not finished"),
        (b"{", "not a conformance report"),
        (b"{}", "policy: Field required"),
        (b"\xff\xfe", "not UTF-8 text"),
        (b'{"overall": "\\u202e<script>"}', "not a conformance report"),
    ],
)
def test_an_unusable_run_is_one_line_and_status_2(
    tmp_path: Path, content: bytes | None, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (tmp_path / "result.json").write_bytes(content)
    out = tmp_path / "out.html"
    assert command(tmp_path, "html", out) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1 and error.startswith("error: ")
    assert not out.exists()


def test_a_missing_folder_an_unknown_format_and_an_unwritable_file(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(tmp_path / "nowhere", "html", None) == 2
    assert command(run, "docx", None) == 2
    assert command(run, "html", tmp_path / "no" / "such" / "folder.html") == 2
    assert command(run, "html", run) == 2  # a folder cannot be replaced by a file
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 4
    assert "no such folder" in lines[0] and "html, json, text" in lines[1] and "cannot be written" in lines[2]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run"]


@pytest.mark.parametrize("name", ["result.json", "ledger.sqlite", "seal.json", "statement.dsse.json", "objects/ab/cd"])
def test_no_report_takes_the_place_of_a_file_of_its_run(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    (tmp_path / "again").symlink_to(run)
    assert command(run, "html", run / name) == command(run, "json", tmp_path / "again" / name) == 2
    assert all("belongs to the run" in line for line in capsys.readouterr().err.splitlines())
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before
    assert command(run, "text", run / "report.txt") == 0


def test_a_device_or_pipe_is_not_replaced_by_a_report(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert command(run, "html", pipe) == 2 and pipe.is_fifo()
    assert "it is no file" in capsys.readouterr().err


def test_a_file_in_place_of_the_result_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "result.json").mkdir()
    assert command(tmp_path, "text", None) == 2


def test_load_returns_the_typed_report(run: Path, report: Report) -> None:
    assert load(run) == report
