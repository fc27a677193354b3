"""A table of measured values: named columns of equal length."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Value = str | int | float | bool
Kind = Literal["score", "generate", "relearn", "quantize", "inspect", "logged", "lm_eval"]


@dataclass(frozen=True)
class Table:
    """Columns of one Python type each: `str`, `int`, `float` or `bool`. Floats may be infinite, never NaN."""

    kind: Kind
    columns: tuple[tuple[str, tuple[Value, ...]], ...]

    def __post_init__(self) -> None:
        """Raises `ValueError` for columns of unequal length, mixed types, a repeated name or a NaN."""
        names = [name for name, _ in self.columns]
        if len(set(names)) != len(names):
            raise ValueError(f"a column is named twice: {names}")
        if len({len(values) for _, values in self.columns}) > 1:
            raise ValueError("columns differ in length")
        for name, values in self.columns:
            if len({type(value) for value in values}) > 1 or any(value != value for value in values):
                raise ValueError(f"column {name} mixes types or holds a NaN")

    def __len__(self) -> int:
        return len(self.columns[0][1]) if self.columns else 0

    def __contains__(self, name: str) -> bool:
        return any(name == other for other, _ in self.columns)

    def column(self, name: str) -> tuple[Any, ...]:
        """The values of a column. Raises `KeyError` if there is none of that name."""
        for other, values in self.columns:
            if other == name:
                return values
        raise KeyError(f"a {self.kind} table without a column {name}")

    def where(self, name: str, value: Value) -> Table:
        """The rows in which this column has this value, in order."""
        keep = [row for row, found in enumerate(self.column(name)) if found == value]
        return Table(self.kind, tuple((other, tuple(values[row] for row in keep)) for other, values in self.columns))

    def with_column(self, name: str, value: Value) -> Table:
        """The same rows with a constant column in front."""
        return Table(self.kind, ((name, (value,) * len(self)), *self.columns))

    def as_kind(self, kind: Kind) -> Table:
        """The same columns as a table of another kind."""
        return Table(kind, self.columns)


def from_columns(kind: Kind, columns: Mapping[str, Sequence[Value]]) -> Table:
    """A table from columns by name, in their order; raises like `Table`."""
    return Table(kind, tuple((name, tuple(values)) for name, values in columns.items()))


def from_rows(kind: Kind, names: Sequence[str], rows: Iterable[Mapping[str, Value]]) -> Table:
    """A table with these columns, in this order."""
    found = list(rows)
    return Table(kind, tuple((name, tuple(row[name] for row in found)) for name in names))


def stack(tables: Sequence[Table]) -> Table:
    """Rows of several tables, one after another. Raises `ValueError` if their columns or kinds differ, or for none."""
    if len({(table.kind, tuple(name for name, _ in table.columns)) for table in tables}) != 1:
        raise ValueError("only tables of one kind with the same columns can be stacked")
    columns = zip(*(table.columns for table in tables), strict=True)
    return Table(
        tables[0].kind,
        tuple((parts[0][0], tuple(value for _, values in parts for value in values)) for parts in columns),
    )
