"""`unlearn-spec check`: diagnostics on standard output, the worst exit code of the files."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from ..rules.check import check as check_one
from ..rules.render_github import render_github
from ..rules.render_json import render_json_all
from ..rules.render_sarif import render_sarif
from ..rules.render_text import render_text, wants_colour

WORST_FIRST = (4, 2, 1, 3, 0)


def check(policies: Sequence[Path], format: str, without: Sequence[str], effort: int | None, worlds: bool = False) -> int:
    """Check each file, print what was found, return the exit code."""
    results = tuple(check_one(path, effort=effort, without=without, worlds=worlds) for path in policies)
    if format == "json":
        text = render_json_all(results)
    elif format == "sarif":
        text = render_sarif(results)
    elif format == "github":
        text = render_github(results)
    else:
        colour = wants_colour(sys.stdout)
        text = "\n".join(render_text(result, colour=colour) for result in results)
    sys.stdout.write(text)
    codes = {result.exit_code for result in results}
    return next(code for code in WORST_FIRST if code in codes)
