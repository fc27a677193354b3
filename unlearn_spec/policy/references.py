from __future__ import annotations
from typing import Any
from .problem import Problem


def unknown_names(data: dict[str, Any]) -> list[Problem]:
    return []
