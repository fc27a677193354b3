"""The policies of `spec/conformance`, each checked once for all tests of this folder, on the day its case asks for."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from unlearn_spec.rules.check import CheckResult, check

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "spec" / "conformance"
EXAMPLES = sorted(path for path in (ROOT / "spec" / "examples").glob("*.yaml") if "." not in path.stem)
FOLDERS = sorted(path.parent.name for path in CORPUS.glob("*/cases.yaml"))
TODAY = date(2026, 11, 24)


@cache
def checked(folder: str) -> tuple[tuple[dict[str, Any], CheckResult], ...]:
    """Every policy of one folder that a case names, with its result."""
    listed = yaml.safe_load((CORPUS / folder / "cases.yaml").read_text("utf-8"))["cases"]
    cases = {case["policy"]: case for case in listed}
    return tuple(
        (case, check(CORPUS / folder / name, today=day(case), effort=case.get("effort")))
        for name, case in cases.items()
    )


def day(case: dict[str, Any]) -> date:
    return date.fromisoformat(case["today"]) if "today" in case else TODAY
