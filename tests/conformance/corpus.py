"""The corpus as data: every case of every folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

CORPUS = Path(__file__).parents[2] / "spec" / "conformance"
FOLDERS: dict[str, dict[str, Any]] = {
    path.parent.name: yaml.safe_load(path.read_text("utf-8")) for path in sorted(CORPUS.glob("*/cases.yaml"))
}
CASES: dict[str, dict[str, Any]] = {
    f"{folder}/{case['policy']}{' (no weaker)' if case.get('no_weaker') else ''}": case
    for folder, content in FOLDERS.items()
    for case in content["cases"]
}
"""By path of the policy below the corpus, and how it is compared."""


def path_of(name: str) -> Path:
    """The policy of a case."""
    return CORPUS / name.removesuffix(" (no weaker)")
