"""`unlearn-spec audit`: re-verifies a finished run, or a report beside it, with no model and no network."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from textwrap import wrap

from ..report.wording import visible
from ..run.audit import Audit, AuditError, Held, Step, audit
from ..run.copies import CopyError, closest, format_of, read_copy, run_of

WIDTH = 100
_MARK = {"holds": "holds", "broken": "DOES NOT HOLD", "open": "CANNOT BE TOLD", "absent": "none"}
_VERDICT = {0: "It holds.", 1: "It does not hold", 3: "It cannot be told"}


def run_audit(path: Path, held: Held | None = None, *, run: Path | None = None, format: str = "text") -> int:
    """Audits a run folder, or a report file and the run that it lies in or beside, and prints what was found.

    Exit status: 0 everything holds; 1 something does not; 2 there is nothing to audit; 3 it cannot be told.
    """
    try:
        data = None if path.is_dir() or not path.exists() else read_copy(path)
        folder = run or (path if data is None else run_of(path, data))
        found = audit(folder, held)
        if data is not None:
            found = _with_copy(found, path, data)
    except (AuditError, CopyError) as error:
        sys.stderr.write(f"error: {visible(str(error))}\n")
        return 2
    sys.stdout.write(_json(found) if format == "json" else _text(found))
    return found.exit_code


def _with_copy(found: Audit, path: Path, data: bytes) -> Audit:
    """The audit with a step about the file; none if the run's own report was not reached."""
    if found.report is None:
        return found
    name = format_of(found.report, data)
    if name is None:
        step = Step("copy", "broken", f"{path.name}: {closest(found.report, data)}")
    else:
        step = Step("copy", "holds", f"{path.name} is the run's report as {name}, byte for byte.")
    return Audit((*found.steps, step), found.report)


def _text(found: Audit) -> str:
    lines = []
    for step in found.steps:
        first, *others = wrap(visible(step.words), WIDTH - 27, break_long_words=False) or [""]
        lines.append(f"{step.name:<11}{_MARK[step.outcome]:<16}{first}")
        lines += [" " * 27 + line for line in others]
    first_step = found.first
    words = _VERDICT[found.exit_code]
    unsigned = next((f" {step.words}" for step in found.steps if step.outcome == "absent"), "")
    ending = f"{words}{unsigned}" if first_step is None else f"{words}: {first_step.name}: {visible(first_step.words)}"
    return "\n".join([*lines, "", *wrap(ending, WIDTH, break_long_words=False)]) + "\n"


def _json(found: Audit) -> str:
    content = {
        "unlearn_spec_audit": "1.0",
        "holds": {0: True, 1: False, 3: None}[found.exit_code],
        "first": None if found.first is None else found.first.name,
        "steps": [{"name": step.name, "outcome": step.outcome, "words": step.words} for step in found.steps],
    }
    return json.dumps(content, indent=2, sort_keys=True) + "\n"
