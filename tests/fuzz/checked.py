"""What must hold of the answer to any file whatever."""

from __future__ import annotations

import re
from pathlib import Path

from unlearn_spec.finding import Finding
from unlearn_spec.rules.check import CheckResult, check
from unlearn_spec.rules.codes import CODES
from unlearn_spec.rules.render_json import render_json
from unlearn_spec.rules.render_text import render_text

EFFORT = 400_000
"""Work for one question: little, so that a run tries many files."""
_BREAK = re.compile(r"\r\n|\r|\n|\x85|\u2028|\u2029")


def answer(raw: bytes, path: Path, *, solver: bool = True) -> CheckResult:
    """Check these bytes as a file and hold the result to its promises: an `AssertionError` says which it breaks."""
    path.write_bytes(raw)
    result = check(path, effort=EFFORT if solver else None, solver=solver)
    assert result.exit_code in (0, 1, 2, 3)
    lines = _BREAK.split(raw.decode("utf-8-sig", errors="replace"))
    for finding in result.findings:
        assert finding.code in CODES and finding.message.strip()
        for span in finding.spans:
            _inside(span.line, span.column, span.length, lines, finding)
    shown = render_text(result)
    assert "\x1b" not in shown and "\0" not in shown and "Traceback" not in shown
    assert render_json(result).isascii()
    return result


def _inside(line: int, column: int, length: int, lines: list[str], finding: Finding) -> None:
    assert 1 <= line <= len(lines) + 1, finding
    width = len(lines[line - 1]) if line <= len(lines) else 0
    assert 1 <= column <= width + 1 and 1 <= length <= max(1, width - column + 1), (finding, width)
