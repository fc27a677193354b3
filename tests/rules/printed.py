"""Prints everything that the checker prints of some policies, in one process: for `test_same_bytes.py` to compare."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

from unlearn_spec.rules.check import check
from unlearn_spec.rules.diff import diff
from unlearn_spec.rules.policy_tests import run_tests
from unlearn_spec.rules.render_diff import render_diff_json, render_diff_text
from unlearn_spec.rules.render_diff_annotated import render_diff_github, render_diff_sarif
from unlearn_spec.rules.render_github import render_github
from unlearn_spec.rules.render_json import render_json_all
from unlearn_spec.rules.render_policy_tests import render_tests_json, render_tests_text
from unlearn_spec.rules.render_sarif import render_sarif
from unlearn_spec.rules.render_text import render_text

TODAY = date(2026, 11, 24)
EXAMPLES = Path("spec/examples")
CORPUS = Path("spec/conformance")
CODES = (
    "A003", "A011", "A012", "C002", "C004", "C005", "C006", "C007", "C010", "F001", "K007", "L017", "M001", "M003", "N002",
    "R003", "S001", "S004", "T003", "T005", "V001", "X001", "Y003",
)  # fmt: skip
POLICIES = [
    *sorted(path for path in EXAMPLES.glob("*.yaml") if "." not in path.stem),
    *(CORPUS / code / "positive.yaml" for code in CODES),
]
VERSIONS = [(CORPUS / code / "before.yaml", CORPUS / code / "positive.yaml") for code in ("D001", "D002", "D003")]
TESTS = sorted(EXAMPLES.glob("*.test.yaml"))


def printed() -> dict[str, str]:
    """By what was asked for: the text that goes to standard output, seen from the root of the project."""
    results = tuple(check(path, today=TODAY) for path in POLICIES)
    comparisons = [diff(before, after, no_weaker=True) for before, after in VERSIONS]
    runs = [run_tests(path) for path in TESTS]
    return {
        "text": "".join(render_text(result, show_arithmetic=True) for result in results),
        "json": render_json_all(results),
        "sarif": render_sarif(results),
        "github": render_github(results),
        "diff": "".join(map(render_diff_text, comparisons)),
        "diff as JSON": "".join(map(render_diff_json, comparisons)),
        "diff as SARIF": "".join(map(render_diff_sarif, comparisons)),
        "diff as annotations": "".join(map(render_diff_github, comparisons)),
        "tests": "".join(map(render_tests_text, runs)),
        "tests as JSON": render_tests_json(runs),
        "worlds": render_text(check(EXAMPLES / "dual-use.yaml", today=TODAY, worlds=True)),
    }


if __name__ == "__main__":
    for asked, text in printed().items():
        sys.stdout.write(f"== {asked}\n{text}")
