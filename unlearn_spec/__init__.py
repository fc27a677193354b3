"""Say precisely what a model must unlearn, check the policy, and find out honestly whether the model does.

The Python API returns the same typed results as the commands: `check`. It is loaded when first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .rules.check import check

__all__ = ["check"]


def __getattr__(name: str) -> Any:
    if name == "check":
        from .rules.check import check

        return check
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
