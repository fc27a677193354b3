"""`unlearn-spec overlap`: numbers and places for people and programs, never the texts; unusable files are one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import unlearn_spec
from unlearn_spec.cli.overlap import run
from unlearn_spec.verifiers.forms import WORDS, Form

SECRET = "the harbour at Lindqvist was closed for eleven days"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    answers = [
        {"id": "told", "answer": f"She wrote that {SECRET.upper()}, it seems."},
        {"id": "short", "answer": "No."},
        {"id": "other", "answer": "I know nothing about any harbour that was closed."},
    ]
    (tmp_path / "answers.jsonl").write_text("".join(json.dumps(answer) + "\n" for answer in answers))
    (tmp_path / "a.txt").write_text("Nothing here.")
    (tmp_path / "b.txt").write_text(f"In spring\n{SECRET}.")
    (tmp_path / "ä😀.txt").write_text(SECRET)
    return tmp_path


def test_text_shows_the_longest_first_and_no_text(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder / "answers.jsonl", [folder / "a.txt", folder / "b.txt"], 4, WORDS, "text") == 0
    assert capsys.readouterr().out == (
        f"told: longest run 9, at 4 of 14; in {folder / 'b.txt'} at 3; 54.5% of n-grams\n"
        "short: longest run 0; too short\n"
        "other: longest run 0; 0.0% of n-grams\n"
        "1 of 3 texts share a run of at least 4 words (casefold_nfkc_space)\n"
    )


def test_json_holds_the_same(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(folder / "answers.jsonl", [folder / "b.txt"], 5, Form("character", "none"), "json")
    shown = json.loads(capsys.readouterr().out)
    assert (shown["least"], shown["unit"], shown["normalisation"]) == (5, "character", "none")
    told, short, other = shown["texts"]
    run(folder / "b.txt", [folder / "ä😀.txt"], 5, WORDS, "json")
    out = capsys.readouterr().out
    assert out.isascii() and json.loads(out)["texts"][0]["document"].endswith("ä😀.txt"), "JSON in any encoding"
    assert told["longest"] == 0 and short["document"] is None
    assert other["longest"] == len("t was closed") and other["document"].endswith("b.txt")


def test_the_function_gives_the_numbers_by_id(folder: Path) -> None:
    found = unlearn_spec.overlap(folder / "answers.jsonl", [folder / "b.txt"], least=4)
    assert (found["told"].longest, found["told"].document_start) == (9, 2)


@pytest.mark.parametrize(
    ("answers", "corpus", "message"),
    [
        ("none.jsonl", "a.txt", "none.jsonl"),
        ("answers.bin", "a.txt", "the name does not say which format"),
        ("answers.jsonl", "none.txt", "none.txt: cannot be read"),
        ("answers.jsonl", "c.txt", "c.txt: not a text in UTF-8"),
    ],
)
def test_unusable_files_are_told_in_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], answers: str, corpus: str, message: str
) -> None:
    (folder / "c.txt").write_bytes(b"\xff\xff")
    assert run(folder / answers, [folder / corpus], 13, WORDS, "text") == 2
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.count("\n") == 1 and message in shown.err


def test_no_run_is_as_long_as_asked_for(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder / "answers.jsonl", [folder / "b.txt"], 10**20, WORDS, "text") == 0
    assert "told: longest run 0; too short" in capsys.readouterr().out


def test_one_text_file_need_not_be_in_a_list(folder: Path) -> None:
    answers, book = folder / "answers.jsonl", folder / "b.txt"
    assert unlearn_spec.overlap(answers, str(book), least=4) == unlearn_spec.overlap(answers, [book], least=4)
