"""`unlearn-spec compare RUN_A RUN_B`: what changed between two verifications, verdict by verdict, with the reason."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from textwrap import wrap

from ..report.model import Report, ReportError, digest, parse
from ..report.phrases import OUTCOME_NAME
from ..report.wording import visible
from ..run.compare import Comparison, compare, told
from .report import load

WIDTH = 100


def run_compare(before: Path, after: Path, format: str = "text") -> int:
    """Compares two finished runs, or reports in JSON. Neither is audited here.

    Exit status: 0 every clause has the same outcome; 1 some has not; 2 one of the two cannot be read.
    """
    try:
        first, second = _read(before), _read(after)
    except ReportError as error:
        sys.stderr.write(f"error: {visible(str(error))}\n")
        return 2
    found = compare(first, second)
    sys.stdout.write(_json(first, second, found) if format == "json" else _text(found))
    return 0 if found.same else 1


def _read(path: Path) -> Report:
    if not path.is_file():
        return load(path)
    try:
        return parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise ReportError(f"{path}: cannot be read as a report in JSON") from None
    except ReportError as error:
        raise ReportError(f"{path}: {error}") from None


def _text(found: Comparison) -> str:
    lines = ["What they were about"]
    lines += _items(f"{one.sort}: {one.words}" for one in found.inputs) or ["  the same in both"]
    lines += ["", "Verdict by verdict"]
    for change in found.changes:
        lines += _filled(told(change), 2)
        lines += [line for reason in change.reasons for line in _filled(f"- {reason}", 4)]
    if not found.changes:
        lines.append("  neither has a verdict")
    before, after = (OUTCOME_NAME[one] for one in found.overall)
    lines += [
        "",
        f"Overall, the worst of each: {before}, then {after}."
        if before != after
        else f"Overall, the worst of each: {after} in both.",
    ]
    return "\n".join(lines) + "\n"


def _items(texts: Iterable[str]) -> list[str]:
    return [line for text in texts for line in _filled(text, 2)]


def _filled(text: str, indent: int) -> list[str]:
    return wrap(
        visible(" ".join(text.split())),
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 2),
        break_on_hyphens=False,
    )


def _json(first: Report, second: Report, found: Comparison) -> str:
    content = {
        "unlearn_spec_comparison": "1.0",
        "before": digest(first),
        "after": digest(second),
        "same": found.same,
        **dataclasses.asdict(found),
    }
    return json.dumps(content, indent=2, sort_keys=True) + "\n"
