"""`unlearn-spec check`: diagnostics on standard output, the worst exit code of the files."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from pathlib import Path

from ..rules.check import check as check_one
from ..rules.render_json import render_json_all
from ..rules.render_text import render_text, wants_colour

WORST_FIRST = (4, 2, 1, 3, 0)


def check(policies: Sequence[Path], format: str, without: Sequence[str], effort: int | None) -> int:
    """Check each file, print what was found, return the exit code."""
    gc.set_threshold(100_000, 50, 100)  # a large policy is many objects that live to the end
    results = tuple(check_one(path, effort=effort, without=without) for path in policies)
    if format == "json":
        text = render_json_all(results)
    else:
        colour = wants_colour(sys.stdout)
        text = "\n".join(render_text(result, colour=colour) for result in results)
    sys.stdout.write(text)
    codes = {result.exit_code for result in results}
    return next(code for code in WORST_FIRST if code in codes)
