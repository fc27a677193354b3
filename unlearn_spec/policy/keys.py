"""What the types allow: the keys that a mapping may have."""

from __future__ import annotations

import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, Tag

from .clauses import Clause
from .frozen import Frozen


def keys_of(model: Any) -> tuple[str, ...]:
    """The keys a mapping of this type may have, as they are written."""
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return ()
    return tuple(field.alias or name for name, field in model.model_fields.items())


def clause_keys() -> frozenset[str]:
    """Every key that some kind of clause takes."""
    return frozenset(key for member in get_args(get_args(Clause)[0]) for key in keys_of(member))


def type_at(model: Any, loc: tuple[Any, ...]) -> Any:
    """The type that a pydantic location leads to, starting from `model`."""
    for step in loc:
        model = _step(_bare(model), step)
    return _bare(model)


def _bare(annotation: Any) -> Any:
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, types.UnionType):
        members = [member for member in get_args(annotation) if member is not type(None)]
        if len(members) == 1:
            return _bare(members[0])
    return annotation


def _step(annotation: Any, step: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, Frozen):
        return next(
            (field.annotation for name, field in annotation.model_fields.items() if step == (field.alias or name)), None
        )
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is dict:
        return arguments[1]
    if origin is tuple:
        return arguments[0]
    return next((member for member in arguments if step in _tags(member)), None)


def _tags(member: Any) -> tuple[str, ...]:
    """The names under which a union's branch appears in a location."""
    named = tuple(mark.tag for mark in getattr(member, "__metadata__", ()) if isinstance(mark, Tag))
    goal = getattr(_bare(member), "model_fields", {}).get("goal")
    return (*named, *(get_args(goal.annotation) if goal and get_origin(goal.annotation) is Literal else ()))
