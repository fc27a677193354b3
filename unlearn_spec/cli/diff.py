"""`unlearn-spec diff`: how two versions of a policy differ, on standard output."""

from __future__ import annotations

import sys
from pathlib import Path

from ..rules.diff import diff as compare
from ..rules.render_diff import render_diff_json, render_diff_text
from ..rules.render_text import wants_colour


def diff(before: Path, after: Path, no_weaker: bool, format: str, worlds: bool, effort: int | None) -> int:
    """Compare two files, print what differs, return the exit code."""
    result = compare(before, after, no_weaker=no_weaker, effort=effort)
    colour = wants_colour(sys.stdout)
    text = render_diff_json(result) if format == "json" else render_diff_text(result, colour=colour, worlds=worlds)
    sys.stdout.write(text)
    return result.exit_code
