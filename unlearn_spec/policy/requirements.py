from __future__ import annotations
from typing import Any
from .problem import Problem


def wrong_version(data: dict[str, Any]) -> Problem | None:
    return None


def unmet_requirements(data: dict[str, Any]) -> list[Problem]:
    return []
