"""`unlearn-spec check`: diagnostics on standard output, the worst exit code of the files."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from ..rules.check import CheckResult
from ..rules.check import check as check_one
from ..rules.options import DEFAULT, Options

WORST_FIRST = (4, 2, 1, 3, 0)


def check(
    policies: Sequence[Path], format: str = "text", options: Options = DEFAULT, *, show_arithmetic: bool = False
) -> int:
    """Check each file, print what was found, return the exit code. With several files, `export` holds a folder for each."""
    if options.double_check:
        from ..logic.second_solver import SecondSolverMissing, available

        if not available():
            return _unusable(f"--double-check: {SecondSolverMissing()}")
    try:
        results = tuple(
            check_one(path, options, export=_folder(options, path, number, len(policies)))
            for number, path in enumerate(policies, start=1)
        )
    except OSError as error:  # a policy that cannot be read is a finding
        told = str(error) if error.filename is None else f"{error.filename}: {error.strerror}"
        return _unusable(f"--export: {told}")
    sys.stdout.write(_rendered(results, format, show_arithmetic))
    codes = {result.exit_code for result in results}
    return next(code for code in WORST_FIRST if code in codes)


def _rendered(results: tuple[CheckResult, ...], format: str, show_arithmetic: bool) -> str:
    match format:
        case "json":
            from ..rules.render_json import render_json_all

            return render_json_all(results)
        case "sarif":
            from ..rules.render_sarif import render_sarif

            return render_sarif(results)
        case "github":
            from ..rules.render_github import render_github

            return render_github(results)
        case _:
            from ..rules.render_text import render_text, wants_colour

            colour = wants_colour(sys.stdout)
            return "\n".join(render_text(result, colour=colour, show_arithmetic=show_arithmetic) for result in results)


def _folder(options: Options, policy: Path, number: int, of: int) -> Path | None:
    """Where one policy's questions go: below the folder, if there are several policies."""
    if options.export is None or of == 1:
        return options.export
    return options.export / f"{number}-{policy.stem}"


def _unusable(text: str) -> int:
    from ..rules.terminal import visible

    sys.stderr.write(f"error: {visible(text)}\n")
    return 2
