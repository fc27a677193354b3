"""`unlearn-spec check`: diagnostics on standard output, the worst exit code of the files."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from pathlib import Path

from ..rules.check import CheckResult
from ..rules.check import check as check_one
from ..rules.render_github import render_github
from ..rules.render_json import render_json_all
from ..rules.render_sarif import render_sarif
from ..rules.render_text import render_text, wants_colour

WORST_FIRST = (4, 2, 1, 3, 0)


def check(
    policies: Sequence[Path],
    format: str,
    without: Sequence[str],
    effort: int | None,
    *,
    worlds: bool = False,
    show_arithmetic: bool = False,
    solver: bool = True,
    double_check: bool = False,
    export: Path | None = None,
) -> int:
    """Check each file, print what was found, return the exit code."""
    gc.set_threshold(100_000, 50, 100)  # a large policy is many objects that live to the end
    if double_check:
        from ..logic.second_solver import SecondSolverMissing, available

        if not available():
            return _unusable(f"--double-check: {SecondSolverMissing()}")

    def result_of(path: Path) -> CheckResult:
        folder = _folder(export, path, policies)
        return check_one(
            path,
            effort=effort,
            without=without,
            worlds=worlds,
            solver=solver,
            double_check=double_check,
            export=folder,
        )

    try:
        results = tuple(result_of(path) for path in policies)
    except OSError as error:  # a policy that cannot be read is a finding
        return _unusable(f"--export: {error}")
    if format == "json":
        text = render_json_all(results)
    elif format == "sarif":
        text = render_sarif(results)
    elif format == "github":
        text = render_github(results)
    else:
        colour = wants_colour(sys.stdout)
        text = "\n".join(render_text(result, colour=colour, show_arithmetic=show_arithmetic) for result in results)
    sys.stdout.write(text)
    codes = {result.exit_code for result in results}
    return next(code for code in WORST_FIRST if code in codes)


def _folder(export: Path | None, policy: Path, policies: Sequence[Path]) -> Path | None:
    """Where one policy's questions go: below the folder, if there are several policies."""
    return export if export is None or len(policies) == 1 else export / f"{policies.index(policy) + 1}-{policy.stem}"


def _unusable(text: str) -> int:
    sys.stderr.write(f"error: {text}\n")
    return 2
