"""Somebody who may write a whole run folder: changes what they like and recomputes every hash that carries no signature."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from unlearn_spec.evidence.canonical import bytes_digest
from unlearn_spec.evidence.ledger import FILE_NAME, GENESIS, REPORT_NOTE, Ledger, Row
from unlearn_spec.evidence.store import Store
from unlearn_spec.report.model import RESULT, canonical, parse
from unlearn_spec.rules.check import check_document
from unlearn_spec.run.audit import Audit, audit
from unlearn_spec.run.conclude import conclude, seen_in
from unlearn_spec.run.finished import Finished, read_finished
from unlearn_spec.run.seal import seal
from unlearn_spec.run.verify import json_bytes

Change = Callable[[dict[str, Any]], None]


def nothing(content: dict[str, Any]) -> None:
    pass


def finished(run: Path) -> Finished:
    return read_finished(run, Store(run))


def kinder_table(run: Path, clause: str) -> tuple[str, str]:
    """Stores a copy of a table in which the audited model reveals nothing; digests before and after."""
    store, known = Store(run), finished(run)
    obligation = next(one for one in known.plan.obligations if one.clause == clause)
    before = known.finished[obligation.audited[0]]
    table = store.get_table(before)
    return before, store.put_table({**table, "contains": [False] * len(table["contains"])})


def forge(run: Path, swap: dict[str, str], *, verdicts: Change = nothing, report: Change = nothing) -> None:
    """Swaps objects wherever they are named, edits verdicts and report, and makes chain, digests, note and seal fit."""
    store, known = Store(run), finished(run)

    def swapped(text: str) -> str:
        for old, new in swap.items():
            text = text.replace(old, new)
        return text

    kept = json.loads(swapped(store.get_bytes(known.verification).decode()))
    verdicts(kept)
    # as the program would write it
    verification = store.put_bytes(json.dumps(kept, separators=(",", ":"), ensure_ascii=False).encode())
    rows = [row for row in known.rows if not (row.kind == "note" and REPORT_NOTE in row.payload)]
    swap = {**swap, known.verification: verification}
    content = _written_again(run, rows, lambda row: json.loads(_swapped(row.text, swap)))
    told = json.loads(swapped((run / RESULT).read_text()))
    told["integrity"]["ledger"] = content
    report(told)
    end(run, canonical(parse(json.dumps(told))))


def forge_everything(run: Path, clause: str) -> None:
    """Changes evidence and draws every conclusion again, as the program itself would: nothing unsigned can tell."""
    store, known = Store(run), finished(run)
    old, new = kinder_table(run, clause)
    objects = {key: new if digest == old else digest for key, digest in known.finished.items()}
    materials = known.materials(store)
    concluded = conclude(known.plan, materials, seen_in(store, known.plan, objects, materials.document.policy))
    verification = store.put_bytes(json_bytes(concluded.verification))
    rows = [row for row in known.rows if not (row.kind == "note" and REPORT_NOTE in row.payload)]
    swap = {old: new, known.verification: verification}
    content = _written_again(run, rows, lambda row: json.loads(_swapped(row.text, swap)))
    findings = check_document(materials.document, today=known.day).findings
    end(run, canonical(concluded.report(findings, content)))


def _swapped(text: str, swap: dict[str, str]) -> str:
    for old, new in swap.items():
        text = text.replace(old, new)
    return text


def _written_again(run: Path, rows: list[Row], payload: Callable[[Row], Any]) -> str:
    (run / FILE_NAME).unlink()
    with Ledger(run) as ledger:
        for row in rows:
            ledger.append(row.kind, payload(row))  # type: ignore[arg-type]
        return ledger.content_digest()


def write_rows(run: Path, rows: list[tuple[str, str]]) -> None:
    """Puts these rows (kind, text) in the place of the ledger's, well chained, and seals the run anew."""
    (run / FILE_NAME).unlink()
    with Ledger(run):
        pass
    previous = GENESIS
    with sqlite3.connect(run / FILE_NAME) as connection:
        for number, (kind, text) in enumerate(rows, 1):
            previous = bytes_digest(f"{previous}\n{kind}\n{text}".encode())
            connection.execute("INSERT INTO rows VALUES (?, ?, ?, ?, '2026-01-01T00:00:00+00:00')", (number, kind, text, previous))
    connection.close()
    seal(run)


def end(run: Path, text: str) -> None:
    """Puts another report in the place of the run's, notes it and seals the run anew."""
    with Ledger(run) as ledger:
        ledger.append("note", {REPORT_NOTE: bytes_digest(text.encode())})
    (run / RESULT).write_text(text)
    seal(run)


def planned(run: Path, change: Callable[[dict[str, Any]], None]) -> Audit:
    """The audit of a run whose plan was changed, and everything unsigned that names it."""
    store = Store(run)
    old = next(row.payload["plan"] for row in finished(run).rows if row.kind == "plan")
    content = json.loads(store.get_bytes(old))
    change(content)
    forge(run, {old: store.put_bytes(json.dumps(content, separators=(",", ":")).encode())})
    return audit(run)


def first(found: Audit) -> tuple[int, str]:
    """The exit code, and the first step that does not hold."""
    assert found.first is not None
    return found.exit_code, found.first.name
