"""A report can be made again on another day, and is the same to the byte."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import tiny
from test_resume import Here

from unlearn_spec.evidence.ledger import Ledger
from unlearn_spec.run import verify as run


def test_a_run_repeated_on_another_day_gives_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs, made = tiny.build(tmp_path / "tiny"), []
    for day in (date(2026, 5, 1), date(2026, 11, 30)):
        monkeypatch.setattr(run, "date", _standing(day))
        folder = tmp_path / day.isoformat()
        run.verify(*inputs, folder, executor=Here())
        made.append((folder / run.RESULT).read_bytes())
        with Ledger(folder, read_only=True) as ledger:
            first = next(row for row in ledger.rows() if row.kind == "note")
        assert first.payload == {"checked_on": day.isoformat()}
    assert made[0] == made[1]


def test_a_run_goes_on_with_the_day_it_began(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    check = run.check_document
    monkeypatch.setattr(run, "check_document", lambda document, today: asked.append(today) or check(document, today=today))
    inputs = tiny.build(tmp_path / "tiny")
    for day in (date(2026, 5, 1), date(2026, 11, 30)):
        monkeypatch.setattr(run, "date", _standing(day))
        run.verify(*inputs, tmp_path / "run", executor=Here())
    assert asked == [date(2026, 5, 1)] * 2


def _standing(day: date) -> type[date]:
    class Standing(date):
        @classmethod
        def today(cls) -> date:
            return day

    return Standing
