"""A package that others import at their start and that is not needed: loaded when something in it is used."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any


def load_later(module: str, *functions: str) -> None:
    """Let whoever imports a package have a stand-in for it, which loads it when one of these functions is called, or when
    anything else in it is asked for. Nothing happens if it is loaded already.
    """
    spec = None if module in sys.modules else find_spec(module)
    if spec is None:
        return

    def loaded() -> ModuleType:
        if sys.modules.get(module) is stand_in:
            del sys.modules[module]
        return import_module(module)

    def deferred(name: str) -> Callable[..., Any]:
        return lambda *given, **named: getattr(loaded(), name)(*given, **named)

    stand_in = module_from_spec(ModuleSpec(module, None, origin=spec.origin, is_package=True))
    stand_in.__path__ = spec.submodule_search_locations or []
    vars(stand_in).update({name: deferred(name) for name in functions})
    vars(stand_in)["__getattr__"] = lambda name: getattr(loaded(), name)
    sys.modules[module] = stand_in
    parent, _, last = module.rpartition(".")
    setattr(import_module(parent), last, stand_in)
