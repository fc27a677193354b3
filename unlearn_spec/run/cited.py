"""The shipped calibration table, as a report cites it: one line for each verifier that it used."""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib import resources
from typing import Any

from ..report.model import Calibrated


def cited(verifiers: Iterable[str]) -> tuple[Calibrated, ...]:
    """What the table shipped with this program says of these verifiers; nothing if none is shipped."""
    file = resources.files("unlearn_spec.spec") / "calibration" / "results.json"
    if not file.is_file():
        return ()
    table: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    rows = {row["verifier"]: row for row in table["verifiers"]}
    return tuple(_line(name, table["version"], rows.get(name)) for name in verifiers)


def _line(verifier: str, version: str, row: dict[str, Any] | None) -> Calibrated:
    fail, passed = (row["false_fail"], row["false_pass_20"]) if row is not None else (None, None)
    if fail is None:
        return Calibrated(verifier=verifier, table=version)
    return Calibrated(
        verifier=verifier,
        table=version,
        clean=fail["n"],
        accused=fail["k"],
        accused_at_most=fail["high_by_seed"],
        leaking=0 if passed is None else passed["n"],
        passed=0 if passed is None else passed["k"],
        worlds=fail["seeds"],
    )
