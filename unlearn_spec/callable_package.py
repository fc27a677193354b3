"""Subpackages that are also functions of the Python API."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any


class CallablePackage(ModuleType):
    """A subpackage that calls the function of the same name in `unlearn_spec.api`: `unlearn_spec.plan(policy, bindings)`
    works beside `from unlearn_spec.plan.model import Plan`, because importing a subpackage takes over its parent's
    attribute of that name.
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return getattr(importlib.import_module("unlearn_spec.api"), self.__name__.rpartition(".")[2])(*args, **kwargs)
