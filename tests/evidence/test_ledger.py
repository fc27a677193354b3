"""The ledger: chained, idempotent, one writer, and unharmed by a killed process."""

from __future__ import annotations

import contextlib
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from unlearn_spec.evidence.canonical import EvidenceError, json_digest
from unlearn_spec.evidence.ledger import FILE_NAME, GENESIS, Ledger
from unlearn_spec.evidence.store import Store

A, B = json_digest("a"), json_digest("b")

WORKER = """
import sys
from pathlib import Path
from unlearn_spec.evidence.ledger import Ledger
from unlearn_spec.evidence.store import Store

root = Path(sys.argv[1])
store = Store(root)
with Ledger(root) as ledger:
    store.sweep()
    ledger.append("plan", {"units": 60})
    print("open", flush=True)
    for unit in range(60):
        if ledger.finished(f"unit-{unit}") is None:
            ledger.append("note", {"text": f"computing {unit}"})
            ledger.finish(f"unit-{unit}", store.put_json({"unit": unit, "padding": "x" * 20000}))
"""


def start(root: Path, code: str = WORKER) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, str(root)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_rows_are_chained_and_survive_reopening(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        assert ledger.root() == GENESIS
        first = ledger.append("plan", {"units": 2})
        ledger.finish("u1", A)
        root = ledger.root()
    assert not list(tmp_path.glob("*-wal")), "a closed ledger is one file"
    with Ledger(tmp_path) as ledger:
        assert (ledger.root(), ledger.rows()[0].hash) == (root, first)
        assert ledger.finished("u1") == A
        assert ledger.finished("u2") is None


def test_repeating_a_row_is_a_no_op_and_contradicting_it_an_error(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        ledger.append("plan", {"b": 1, "a": 2})
        ledger.append("plan", {"a": 2, "b": 1})
        ledger.finish("u", A)
        ledger.finish("u", A)
        assert len(ledger.rows()) == 2
        with pytest.raises(EvidenceError, match=r"row 2: unit_finished u is already recorded"):
            ledger.finish("u", B)
        with pytest.raises(EvidenceError, match="fresh run folder"):
            ledger.append("plan", {"a": 3})
        assert len(ledger.rows()) == 2


def test_the_content_digest_ignores_order_time_and_notes_but_nothing_else(tmp_path: Path) -> None:
    digests = set()
    for name, order in (("x", "uvw"), ("y", "wvu")):
        with Ledger(tmp_path / name) as ledger:
            for key in order:
                ledger.append("note", {"text": name})
                ledger.finish(key, A)
            ledger.append("verdict", {"key": "clause", "object": B})
            digests.add(ledger.content_digest())
    assert len(digests) == 1
    with Ledger(tmp_path / "z") as ledger:
        for key in "uvw":
            ledger.finish(key, A)
        assert ledger.content_digest() not in digests


@pytest.mark.parametrize(
    ("change", "row"),
    [
        ("UPDATE rows SET payload = replace(payload, 'u2', 'u9') WHERE number = 3", 3),
        ("UPDATE rows SET kind = 'note' WHERE number = 2", 2),
        ("DELETE FROM rows WHERE number = 2", 2),
        ("UPDATE rows SET payload = payload || ' ' WHERE number = 1", 1),
        ("UPDATE rows SET payload = 'nonsense' WHERE number = 4", 4),
        ("UPDATE rows SET number = -number WHERE number = 3", 1),
    ],
)
def test_a_changed_row_is_named(tmp_path: Path, change: str, row: int) -> None:
    with Ledger(tmp_path) as ledger:
        ledger.append("plan", {"units": 3})
        for key in ("u1", "u2", "u3"):
            ledger.finish(key, A)
    connection = sqlite3.connect(tmp_path / FILE_NAME)
    with connection:
        connection.execute(change)
    connection.close()
    for read_only in (True, False):
        with pytest.raises(EvidenceError, match=rf"row {row} "):
            Ledger(tmp_path, read_only=read_only)


@pytest.mark.parametrize("at", ["", "yesterday", "<script>", "2026-11-27", "2026-11-27T10:00:00", "2026-11-27T10:00:00+01:00"])
def test_a_time_that_the_program_would_not_write_is_told(tmp_path: Path, at: str) -> None:
    """Times are in no hash, and the audit shows them."""
    with Ledger(tmp_path) as ledger:
        ledger.append("note", {"a": 1})
    with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME)) as rows, rows:
        rows.execute("UPDATE rows SET at = ?", (at,))
    with pytest.raises(EvidenceError, match=r"row 1 .note. is not written as the program writes it"):
        Ledger(tmp_path, read_only=True)


def test_a_flipped_byte_is_found_or_changes_no_row(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        ledger.append("plan", {"units": 8})
        for unit in range(8):
            ledger.finish(f"unit-{unit}", A)
        hashed = [(row.kind, row.text, row.hash) for row in ledger.rows()]
    path = tmp_path / FILE_NAME
    original = path.read_bytes()
    rng = random.Random(3)
    used = [index for index, byte in enumerate(original) if byte]
    found = 0
    for index in rng.sample(used, 250):
        path.write_bytes(original[:index] + bytes([original[index] ^ 1 << rng.randrange(8)]) + original[index + 1 :])
        try:
            with Ledger(tmp_path, read_only=True) as ledger:
                assert [(row.kind, row.text, row.hash) for row in ledger.rows()] == hashed
        except EvidenceError:
            found += 1
    assert found > 150


@pytest.mark.parametrize("payload", [{"key": "u"}, {"key": 3, "object": A}, {"key": "u", "object": "md5:1"}, "u"])
def test_malformed_rows_are_refused_and_nothing_is_written(tmp_path: Path, payload: object) -> None:
    with Ledger(tmp_path) as ledger:
        with pytest.raises(EvidenceError):
            ledger.append("unit_finished", payload)  # type: ignore[arg-type]
        with pytest.raises(EvidenceError):
            ledger.append("note", {"share": 0.5})  # type: ignore[dict-item]
        with pytest.raises(EvidenceError):
            ledger.append("gossip", {})  # type: ignore[arg-type]
        assert ledger.rows() == ()


def test_reading_needs_a_ledger_and_cannot_write(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="holds no ledger"):
        Ledger(tmp_path, read_only=True)
    assert list(tmp_path.iterdir()) == []
    Ledger(tmp_path).close()
    with Ledger(tmp_path, read_only=True) as ledger, pytest.raises(EvidenceError, match="reading only"):
        ledger.finish("u", A)


def test_other_files_are_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    path.write_bytes(b"not a database at all, but long enough to look at" * 20)
    with pytest.raises(EvidenceError, match="not a ledger"):
        Ledger(tmp_path)
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE other (x)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(EvidenceError, match="not a ledger"):
        Ledger(tmp_path)
    assert path.read_bytes() == before


def test_a_second_process_is_refused_while_the_first_lives(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        ledger.finish("u", A)
        other = start(tmp_path)
        _, shown = other.communicate(timeout=60)
        assert other.returncode != 0
        assert "in use by another process" in shown.splitlines()[-1]
        with pytest.raises(EvidenceError, match="in use by another process"):
            Ledger(tmp_path)
        ledger.finish("v", A)
    with Ledger(tmp_path, read_only=True) as ledger:
        assert len(ledger.rows()) == 2


def test_a_process_killed_while_holding_the_ledger_blocks_nobody(tmp_path: Path) -> None:
    holder = start(
        tmp_path,
        "import sys, time\nfrom pathlib import Path\nfrom unlearn_spec.evidence.ledger import Ledger\n"
        f"ledger = Ledger(Path(sys.argv[1]))\nledger.finish('u', '{A}')\nprint('held', flush=True)\ntime.sleep(60)",
    )
    assert holder.stdout is not None and holder.stdout.readline() == "held\n"
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    with Ledger(tmp_path, read_only=True) as ledger:
        assert ledger.finished("u") == A, "a reader sees rows that were never folded into the file"
    with Ledger(tmp_path) as ledger:
        assert ledger.finished("u") == A


def test_killing_at_random_moments_and_resuming_loses_nothing(tmp_path: Path) -> None:
    rng = random.Random(11)
    for _ in range(8):
        worker = start(tmp_path / "killed")
        assert worker.stdout is not None
        worker.stdout.readline()
        time.sleep(rng.uniform(0, 0.12))
        worker.send_signal(signal.SIGKILL)
        worker.communicate()
    for root in (tmp_path / "killed", tmp_path / "smooth"):
        worker = start(root)
        _, shown = worker.communicate(timeout=60)
        assert worker.returncode == 0, shown
    digests = []
    for root in (tmp_path / "killed", tmp_path / "smooth"):
        store = Store(root)
        with Ledger(root, read_only=True) as ledger:
            digests.append(ledger.content_digest())
            for unit in range(60):
                result = ledger.finished(f"unit-{unit}")
                assert result is not None and store.get_json(result)["unit"] == unit
        assert len(list(store.digests())) == 60
        assert store.sweep() == 0
    assert digests[0] == digests[1]
