"""The corpus in `spec/conformance` holds for this checker. Everything that is compared is read from there."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from corpus import CASES, path_of

from unlearn_spec.rules.check import check
from unlearn_spec.rules.diff import diff

ANY_DAY = "2026-11-24"


def status(findings: Iterable[Mapping[str, Any]]) -> int:
    """The exit status that follows from findings."""
    errors = [finding["code"] for finding in findings if finding["severity"] == "error"]
    open_ones = any(finding["severity"] == "undetermined" for finding in findings)
    return 2 if any(code[0] in "YS" for code in errors) else 1 if errors else 3 if open_ones else 0


@pytest.mark.parametrize("name", CASES)
def test_a_case_has_its_findings_and_no_others(name: str) -> None:
    case = CASES[name]
    policy, effort = path_of(name), case.get("effort")
    if "before" in case:
        result = diff(policy.parent / case["before"], policy, no_weaker=case.get("no_weaker", False), effort=effort)
    else:
        result = check(policy, today=date.fromisoformat(case.get("today", ANY_DAY)), effort=effort)
    found = Counter((f.code, f.severity, f.clauses, f.accepted is not None) for f in result.findings)
    wanted = Counter((e["code"], e["severity"], tuple(e["clauses"]), e.get("accepted", False)) for e in case["expect"])
    assert found == wanted, case.get("description")
    assert result.exit_code == status(case["expect"])
