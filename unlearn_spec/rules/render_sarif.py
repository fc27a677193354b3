"""Check results as SARIF 2.1.0 (OASIS, 2020): one run for all files, every code a rule, acceptances as suppressions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from importlib.metadata import version
from pathlib import PurePath
from typing import Any, Final
from urllib.parse import quote

from ..finding import Edit, Finding, Fix, Span
from .check import CheckResult
from .codes import CODES, FAMILIES, Code

_LEVEL: Final = {"error": "error", "warning": "warning", "info": "note", "undetermined": "none"}
SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render_sarif(results: Sequence[CheckResult]) -> str:
    """The log as JSON text: the same bytes for the same results, no time and no machine in it."""
    used = [code for code in CODES if any(finding.code == code for result in results for finding in result.findings)]
    place = {code: index for index, code in enumerate(used)}
    driver = {
        "name": "unlearn-spec",
        "version": version("unlearn-spec"),
        "rules": [_rule(CODES[code]) for code in used],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "artifacts": [{"location": _location(result.file)} for result in results],
        "invocations": [{"executionSuccessful": not any(result.exit_code == 2 for result in results)}],
        "results": [_result(finding, place) for result in results for finding in result.findings],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, ensure_ascii=True, indent=2) + "\n"


def _rule(code: Code) -> dict[str, Any]:
    return {
        "id": code.code,
        "name": "".join(word.capitalize() for word in code.name.split("-")),
        "shortDescription": {"text": code.meaning},
        "help": {"text": f"unlearn-spec explain {code.code} prints what it means, how it is decided and how to mend it."},
        "defaultConfiguration": {"level": _LEVEL[code.severity]},
        "properties": {"family": FAMILIES[code.code[0]], "since": code.since},
    }


def _result(finding: Finding, place: dict[str, int]) -> dict[str, Any]:
    first, *others = finding.spans or (None,)
    said = [finding.message, *finding.why]
    found: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": place[finding.code],
        "kind": "open" if finding.severity == "undetermined" else "fail",
        "level": _LEVEL[finding.severity],
        "message": {"text": "\n".join(said)},
        "partialFingerprints": {"finding/v1": _fingerprint(finding)},
        "properties": {
            "clauses": list(finding.clauses),
            "axioms": list(finding.axioms),
            "situation": list(finding.situation),
        },
    }
    if first is not None:
        found["locations"] = [{"physicalLocation": _physical(first)}]
    if others:
        found["relatedLocations"] = [
            {"id": number, "physicalLocation": _physical(span), **({"message": {"text": span.label}} if span.label else {})}
            for number, span in enumerate(others, 1)
            if span is not None
        ]
    changes = [_fix(fix) for fix in finding.fixes if fix.edits]
    if changes:
        found["fixes"] = changes
    advice = [fix.text + (f": {fix.snippet}" if fix.snippet else "") for fix in finding.fixes]
    if advice:
        found["properties"]["advice"] = advice
    if finding.accepted:
        found["suppressions"] = [{"kind": "inSource", "status": "accepted", "justification": finding.accepted}]
    if finding.open_question:
        found["properties"]["openQuestion"] = finding.open_question
    return found


def _fix(fix: Fix) -> dict[str, Any]:
    by_file: dict[str, list[Edit]] = {}
    for edit in fix.edits:
        by_file.setdefault(edit.span.file, []).append(edit)
    changes = [
        {
            "artifactLocation": _location(file),
            "replacements": [{"deletedRegion": _region(e.span), "insertedContent": {"text": e.text}} for e in edits],
        }
        for file, edits in by_file.items()
    ]
    return {"description": {"text": fix.text}, "artifactChanges": changes}


def _physical(span: Span) -> dict[str, Any]:
    return {"artifactLocation": _location(span.file), "region": _region(span)}


def _region(span: Span) -> dict[str, int]:
    return {"startLine": span.line, "startColumn": span.column, "endLine": span.line, "endColumn": span.column + span.length}


def _location(file: str) -> dict[str, Any]:
    """The file as a relative reference; of an absolute path outside the working folder its name alone, not who keeps it where."""
    path = PurePath(file)
    if path.is_absolute():
        from pathlib import Path

        here = Path.cwd()
        path = path.relative_to(here) if path.is_relative_to(here) else PurePath(path.name)
    return {"uri": quote(path.as_posix(), safe="/")}


def _fingerprint(finding: Finding) -> str:
    """Stays when lines move: what was found, about which clauses, in which words."""
    return sha256("\0".join((finding.code, *finding.clauses, finding.message)).encode()).hexdigest()[:32]
