"""A process killed while it creates the ledger blocks nobody."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from unlearn_spec.evidence.ledger import FILE_NAME, Ledger


@pytest.fixture
def cut_short(tmp_path: Path) -> Path:
    """A folder as a killed process leaves it: the file half-written, with the journal that undoes it."""
    whole, left = tmp_path / "whole.sqlite", tmp_path / "run"
    left.mkdir()
    connection = sqlite3.connect(whole, isolation_level=None)
    connection.execute("PRAGMA cache_size = 1")
    connection.execute("BEGIN")
    connection.execute("CREATE TABLE half (text TEXT)")
    connection.executemany("INSERT INTO half VALUES (?)", [("x" * 4000,)] * 50)
    for end in ("", "-journal"):
        shutil.copy(f"{whole}{end}", left / f"{FILE_NAME}{end}")
    connection.close()
    assert (left / f"{FILE_NAME}-journal").stat().st_size > 0
    return left


def test_a_creation_that_was_cut_short_is_begun_again(cut_short: Path) -> None:
    with Ledger(cut_short) as ledger:
        ledger.append("note", {"begun": "again"})
    with Ledger(cut_short, read_only=True) as ledger:
        assert [row.payload for row in ledger.rows()] == [{"begun": "again"}]


def test_it_reads_as_empty(cut_short: Path) -> None:
    with Ledger(cut_short, read_only=True) as ledger:
        assert ledger.rows() == ()
