"""No error and no warning of the corpus leaves its reader without a way out: a fix, or a message that says what to write."""

from __future__ import annotations

import pytest
from results import FOLDERS, checked

SAYS_IT = {"S005", "S006", "Y001"}
"""Mistakes in one value, whose message is what stands there instead."""


@pytest.mark.parametrize("folder", FOLDERS)
def test_errors_and_warnings_name_a_fix(folder: str) -> None:
    found = [
        finding
        for _, result in checked(folder)
        for finding in result.findings
        if finding.severity in ("error", "warning") and finding.code not in SAYS_IT
    ]
    assert [finding.message for finding in found if not finding.fixes] == []
