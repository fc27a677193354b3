"""Assertions that hang together, and where they come apart: at shared symbols, and at the partial sums of long sums."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cached_property

from ..record import Record

Line = tuple[str, tuple[str, ...]]
"""An assertion and the symbols by which it hangs together with others."""
_SYMBOL = re.compile(r"[A-Za-z]\d+")
_TOP = "top"


def symbols(text: str) -> tuple[str, ...]:
    """The symbols of a text, each once, in order."""
    return tuple(dict.fromkeys(_SYMBOL.findall(text)))


def renamed(text: str, names: dict[str, str]) -> str:
    """A text with its symbols named by the order in which they appear, after those in `names`, which takes in the new ones."""

    def common(found: re.Match[str]) -> str:
        name = found[0]
        if name not in names:
            names[name] = f"{name[0]}{len(names)}"
        return names[name]

    return _SYMBOL.sub(common, text)


def rational(value: Fraction) -> str:
    """A number as Z3 reads it."""
    text = f"(/ {abs(value.numerator)} {value.denominator})"
    return f"(- {text})" if value < 0 else text


def fixed(sums: Mapping[str, Fraction]) -> str:
    """That sums have these values."""
    return "".join(f"(assert (= {name} {rational(value)}))" for name, value in sums.items())


def of_parts(names: Mapping[int, tuple[str, ...]], parts: Iterable[int]) -> tuple[str, ...]:
    """The names that belong to some parts."""
    return tuple(name for part in sorted(parts) for name in names.get(part, ()))


class Cluster(Record, eq=False):
    """Parts that meet only in partial sums, and the part above them that speaks of those."""

    parts: tuple[int, ...]
    top: int
    sums: Mapping[int, tuple[str, ...]]
    """The partial sums of each part; for the top, all of theirs. One that the top defines itself is no place where parts meet."""
    sizes: frozenset[str]
    """Those that count items."""

    def term(self, parts: Iterable[int], *, sizes: bool = False) -> str:
        """All sums of some parts that count no items (or, with `sizes`, those that do), added up; empty if there is none."""
        names = [name for part in sorted(parts) for name in self.sums[part] if (name in self.sizes) == sizes]
        return "" if not names else names[0] if len(names) == 1 else f"(+ {' '.join(names)})"


class Sums(dict[str, Fraction]):
    """What the sums of a cluster are in a world."""

    def in_parts(self, cluster: Cluster, parts: frozenset[int]) -> str:
        """That the sums of some parts have these values. Written once: most questions ask the same of most parts."""
        if parts not in self._texts:
            names = dict.fromkeys(name for part in sorted(parts) for name in cluster.sums[part])
            self._texts[parts] = fixed({name: self[name] for name in names})
        return self._texts[parts]

    @cached_property
    def _texts(self) -> dict[frozenset[int], str]:
        return {}


def split(lines: Iterable[Line], switches: Collection[str] = ()) -> tuple[dict[str, int], list[list[Line]]]:
    """Which part each symbol belongs to, and the lines of each part, in their order. `switches` connect nothing."""
    leader: dict[str, str] = {}

    def find(symbol: str) -> str:
        above = leader[symbol]
        while above != symbol:
            leader[symbol] = symbol = leader[above]
            above = leader[symbol]
        return symbol

    kept: list[tuple[Line, str]] = []
    for line in lines:
        first = ""
        for symbol in line[1]:
            if symbol in switches:
                continue
            above = leader.setdefault(symbol, first or symbol)
            if not first:
                first = find(symbol)
            elif above != first and (root := find(symbol)) != first:
                leader[root] = first
        kept.append((line, first))
    number: dict[str, int] = {}
    parts: list[list[Line]] = []
    for line, symbol in kept:
        root = find(symbol) if symbol else ""
        if root not in number:
            number[root] = len(parts)
            parts.append([])
        parts[number[root]].append(line)
    return {symbol: number[above if above in number else find(symbol)] for symbol, above in leader.items()}, parts


def cut_at_sums(
    lines: Sequence[Line], sums: Collection[str], switches: Collection[str], first: int
) -> tuple[Cluster, dict[str, int], list[list[Line]]] | None:
    """The parts, numbered from `first`, into which lines fall that only sums hold together; None if most do not."""
    held_by = {name for text, names in lines for name in names if name in sums and name != _defined(text, sums)}
    if not held_by:
        return None
    part_of, pieces = split([_loosened(line, held_by) for line in lines], switches)
    if max(map(len, pieces)) > len(lines) // 2:
        return None
    top = part_of.pop(_TOP)
    owned: dict[int, list[str]] = {i: [] for i in range(len(pieces))}
    sizes = set()
    for i, piece in enumerate(pieces):
        for text, _ in piece:
            if own := _defined(text, held_by):
                owned[i].append(own)
                if text.startswith(f"(assert (= {own} (+ n"):
                    sizes.add(own)
    every = tuple(name for i, names in owned.items() if i != top for name in names)
    cluster = Cluster(
        tuple(range(first, first + len(pieces))),
        first + top,
        {first + i: every if i == top else tuple(names) for i, names in owned.items()},
        frozenset(sizes),
    )
    return cluster, {symbol: first + number for symbol, number in part_of.items()}, pieces


def _loosened(line: Line, sums: set[str]) -> Line:
    """A line without the sum that it defines; one that uses sums hangs on the top part."""
    text, names = line
    own = _defined(text, sums)
    if own:
        return text, tuple(name for name in names if name != own)
    return (text, (*names, _TOP)) if not sums.isdisjoint(names) else line


def _defined(text: str, sums: Collection[str]) -> str:
    """The partial sum that an assertion defines, or nothing."""
    if not text.startswith("(assert (= j"):
        return ""
    name = text[len("(assert (= ") :].split(" ", 1)[0]
    return name if name in sums else ""
