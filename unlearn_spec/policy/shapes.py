"""Mistakes of form, in the drafter's words: what pydantic reports, told as Y and S findings."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from .problem import Problem
from .source import Path


def misshapen(error: ValidationError, data: dict[str, Any]) -> list[Problem]:
    return [Problem("S006", place(e["loc"], data), e["msg"]) for e in error.errors()]


def place(loc: tuple[str | int, ...], data: Any) -> Path:
    """A pydantic location as a path in the file: without the names of union branches."""
    return tuple(p for p in loc if not str(p).startswith("<"))
