"""A comparison of two versions as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from ..logic.witness import Shown
from ..policy.clauses import Clause, Refuse
from .diff_result import ClauseDiff, DiffResult
from .excerpt import only_in
from .render_json import finding_data
from .render_text import WIDTH, in_lines, render_finding
from .snippet import as_test_file, day, share
from .terminal import folded, visible

_KIND = {"kept": "", "renamed": "renamed", "added": "added", "removed": "removed"}


def render_diff_text(result: DiffResult, *, colour: bool = False, worlds: bool = False, width: int = WIDTH) -> str:
    """The summary, then every finding, clause by clause, the evidence demanded, and what the files declare differently."""
    head = folded(visible(result.summary), width)
    blocks = ["\n".join(head)]
    sources = {source.file: source for source in result.sources}
    for finding in result.findings:
        file = finding.spans[0].file if finding.spans else ""
        blocks.append(render_finding(only_in(finding, file), sources.get(file), colour=colour, width=width))
    if result.clauses:
        blocks.append("\n".join(("clauses", *_clauses(result))))
    if result.evidence:
        changes = (f"  {change.clause}: {visible(change.text)} ({change.order})" for change in result.evidence)
        blocks.append("\n".join(("evidence demanded", *changes)))
    if result.declared:
        blocks.append("\n".join(("declared differently", *(f"  {visible(change.text)}" for change in result.declared))))
    if result.accepted:
        blocks.append("\n".join(folded(visible(f"accepted: {accepted(result)}"), width)))
    if worlds:
        blocks += [text.rstrip() for text in worlds_as_tests(result)]
    last = f"{visible(result.after)} against {visible(result.before)}: {closing(result)}"
    return in_lines("\n\n".join([*blocks, last]))


def accepted(result: DiffResult) -> str:
    """Which entries stand, and in which version."""
    where = {"both": "both", "before": result.names[0], "after": result.names[1]}
    return "; ".join(f"{e.code} on {e.clause} until {e.until} ({where[e.where]})" for e in result.accepted)


def closing(result: DiffResult) -> str:
    """The answer, in a word or few."""
    return result.answer or "not compared as a whole"


def _clauses(result: DiffResult) -> Iterator[str]:
    name_width = max(len(entry.clause) for entry in result.clauses)
    for entry in result.clauses:
        parts = [part for part in (_KIND[entry.kind], entry.note) if part]
        note = f" ({', '.join(parts)})" if parts else ""
        yield f"  {entry.clause:<{name_width}}  {entry.answer or 'not compared'}{note}"


def worlds_as_tests(result: DiffResult) -> Iterator[str]:
    """A test file for each world that passes one version and fails a clause of the other."""
    if result.documents is None:
        return
    for entry in result.clauses:
        for shown, file, name, other in (
            (entry.lost, result.before, entry.was, result.names[1]),
            (entry.gained, result.after, entry.clause, result.names[0]),
        ):
            if shown is not None and shown.world is not None and name is not None:
                text = as_test_file(shown.policy, file, shown.world, f"{name} fails, {other} passes", expect_fail=(name,))
                if text is not None:
                    yield text


def render_diff_json(result: DiffResult) -> str:
    """`{before, after, answer, summary, clauses, evidence, declared, accepted, findings, worlds, exit_code}` with a final line break."""
    return json.dumps(_data(result), ensure_ascii=True, indent=2) + "\n"


def _data(result: DiffResult) -> dict[str, Any]:
    return {
        "before": result.before,
        "after": result.after,
        "answer": result.answer,
        "summary": result.summary,
        "clauses": [_clause(entry, result) for entry in result.clauses],
        "evidence": [
            {"clause": c.clause, "field": c.field, "before": c.before, "after": c.after, "order": c.order}
            for c in result.evidence
        ],
        "declared": [
            {"block": d.block, "name": d.name, "field": d.field, "before": d.before, "after": d.after}
            for d in result.declared
        ],
        "accepted": [
            {"code": e.code, "clause": e.clause, "until": e.until.isoformat(), "where": e.where} for e in result.accepted
        ],
        "findings": [finding_data(finding) for finding in result.findings],
        "worlds": list(worlds_as_tests(result)),
        "exit_code": result.exit_code,
    }


def _clause(entry: ClauseDiff, result: DiffResult) -> dict[str, Any]:
    before, after = ((), ()) if result.documents is None else (document.policy.clauses for document in result.documents)
    return {
        "clause": entry.clause,
        "kind": entry.kind,
        "was": entry.was,
        "answer": entry.answer,
        "note": entry.note,
        "lost": _shown(entry.lost, _refuses(before, entry.was)),
        "gained": _shown(entry.gained, _refuses(after, entry.clause)),
    }


def _refuses(clauses: Iterable[Clause], name: str | None) -> bool:
    return any(clause.id == name and isinstance(clause, Refuse) for clause in clauses)


def _shown(shown: Shown | None, refusals: bool) -> dict[str, Any] | None:
    if shown is None:
        return None
    mean = None if shown.seen is None else 1 - shown.seen.mean if refusals else shown.seen.mean
    return {
        "artifact": shown.artifact,
        "situation": list(shown.situation),
        "mean": None if mean is None else share(mean).strip('"'),
        "day": None if shown.day is None else day(shown.day).strip('"'),
    }
