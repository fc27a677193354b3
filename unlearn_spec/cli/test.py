"""`unlearn-spec test`: run policy tests, the worst exit code of the files."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from ..rules.policy_tests import run_tests
from ..rules.render_policy_tests import render_tests_json, render_tests_text
from ..rules.render_text import wants_colour

WORST_FIRST = (4, 2, 1, 3, 0)


def test(files: Sequence[Path], format: str, effort: int | None) -> int:
    """Run each file, print what came out, return the exit code."""
    runs = tuple(run_tests(path, effort=effort) for path in files)
    if format == "json":
        text = render_tests_json(runs)
    else:
        colour = wants_colour(sys.stdout)
        text = "\n".join(render_tests_text(run, colour=colour) for run in runs)
    sys.stdout.write(text)
    codes = {run.exit_code for run in runs}
    return next(code for code in WORST_FIRST if code in codes)
