"""Repairs of a clause as changes to the file: from a field and its new value, as a fix names them, to where it is written."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import count

from ..finding import Edit
from ..policy.edits import item_added, value_set
from ..policy.source import Path, Source

_BARE = ("samples", "population", "access", "about", "over")
"""Fields whose values stand without quotes: whole numbers and words of the language."""


def field_edits(source: Source, clause: Path, field: str, value: object, block: str = "") -> tuple[Edit, ...]:
    """Writes `value` for a field of the clause at a path: in its `block`, or where it is written, else as a new field.

    No edit where the file's layout does not allow a simple one.
    """
    places = [(*clause, block, field)] if block else [(*clause, *within, field) for within in ((), ("limit",), ("over",))]
    place = next((each for each in places if each in source.values), places[0])
    return value_set(source, place, str(value) if field in _BARE else f'"{value}"')


def override_edits(source: Source, clause: Path, others: Iterable[str]) -> tuple[Edit, ...]:
    """Lets the clause at a path override one or more others as well."""
    return item_added(source, (*clause, "overrides"), ", ".join(others))


def fresh(name: str, taken: Collection[str]) -> str:
    """The name, with a number if it is taken."""
    return next(each for each in numbered(name) if each not in taken)


def numbered(name: str) -> Iterator[str]:
    """The name, and then with a number."""
    yield name
    yield from (f"{name}{'-' if '-' in name else '_'}{i}" for i in count(2))


def all_or_none(*edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """The edits together, unless one of the changes could not be made an edit."""
    return tuple(edit for each in edits for edit in each) if all(edits) else ()
