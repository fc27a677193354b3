"""Say precisely what a model must unlearn, check the policy, and find out honestly whether the model does.

The Python API is `check` with its `Options`, `diff`, `test`, `plan`, `verify`, `report` and `overlap` (see `unlearn_spec.api`).
Nothing is loaded before it is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api import Options, check, diff, overlap, plan, report, test, verify

__all__ = ["Options", "check", "diff", "overlap", "plan", "report", "test", "verify"]


def __getattr__(name: str) -> Any:
    if name in ("Options", "check", "diff", "overlap", "test", "verify"):
        return getattr(importlib.import_module(".api", __name__), name)
    if name in ("plan", "report"):  # subpackages that can be called
        return importlib.import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
