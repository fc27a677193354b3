"""`unlearn-spec diff`: how two versions of a policy differ, on standard output."""

from __future__ import annotations

import sys
from pathlib import Path

from ..rules.diff import diff as compare
from ..rules.diff_result import DiffResult


def diff(before: Path, after: Path, no_weaker: bool, format: str, worlds: bool, effort: int | None) -> int:
    """Compare two files, print what differs, return the exit code."""
    result = compare(before, after, no_weaker=no_weaker, effort=effort)
    sys.stdout.write(_rendered(result, format, worlds))
    return result.exit_code


def _rendered(result: DiffResult, format: str, worlds: bool) -> str:
    match format:
        case "json":
            from ..rules.render_diff import render_diff_json

            return render_diff_json(result)
        case "sarif":
            from ..rules.render_diff_annotated import render_diff_sarif

            return render_diff_sarif(result)
        case "github":
            from ..rules.render_diff_annotated import render_diff_github

            return render_diff_github(result)
        case _:
            from ..rules.render_diff import render_diff_text
            from ..rules.render_text import wants_colour

            return render_diff_text(result, colour=wants_colour(sys.stdout), worlds=worlds)
