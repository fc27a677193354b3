"""The feasibility base as it is installed: `spec/feasibility/*.yaml`, read once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import yaml

if TYPE_CHECKING:
    from .model import Fact, MethodFact

FILES: Final = ("methods.yaml", "costs.yaml", "attacks.yaml", "limits.yaml")
_VERSION: Final = re.compile(r"_v?[0-9]+\Z")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class FactError(Exception):
    """A file of facts that says something twice."""


@cache
def facts() -> Mapping[str, Fact]:
    """Every fact by its id, in the order of the files. Raises `FactError` for an id that is given twice."""
    return _by_id(fact for name in FILES for fact in read_facts(_text(name)))


def read_facts(text: str) -> tuple[Fact, ...]:
    """The facts of one file. Raises pydantic's `ValidationError` for one without a date, a source or a statement."""
    from .model import Fact, MethodFact  # their types take time to build, and few policies name a method

    data = yaml.load(text, Loader=_LOADER)  # a subclass of SafeLoader
    methods = (MethodFact.model_validate(entry) for entry in data.get("methods", ()))
    return (*methods, *(Fact.model_validate(entry) for entry in data.get("facts", ())))


@cache
def method_called(name: str) -> MethodFact | None:
    """The family that a policy's method belongs to, by its name; None if no fact speaks of it.

    >>> method_called("NPO-v2").id, method_called("our_secret_recipe")
    ('method-gradient', None)
    """
    return _families().get(_VERSION.sub("", re.sub(r"[-. ]", "_", name.casefold())))


def families() -> tuple[MethodFact, ...]:
    """Every family of methods, in the order of the file."""
    from .model import MethodFact

    return tuple(fact for fact in facts().values() if isinstance(fact, MethodFact))


@cache
def _families() -> Mapping[str, MethodFact]:
    found: dict[str, MethodFact] = {}
    for family in families():
        for name in family.names:
            if name in found:
                raise FactError(f"the method name {name} stands under {found[name].id} and {family.id}")
            found[name] = family
    return MappingProxyType(found)


def _by_id(every: Any) -> Mapping[str, Fact]:
    found: dict[str, Fact] = {}
    for fact in every:
        if fact.id in found:
            raise FactError(f"two facts are called {fact.id}")
        found[fact.id] = fact
    return MappingProxyType(found)


def _text(name: str) -> str:
    return resources.files("unlearn_spec.spec").joinpath("feasibility", name).read_text(encoding="utf-8")
