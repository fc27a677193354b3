"""Random rates of one item that keep the order of AX3, AX12 and P3, at every cell of a small grid.

Rates are whole numbers of parts here, `Shape.unit` to the whole: fractions of them are made for those that are spoken of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from unlearn_spec.policy.vocabulary import ACCESS, PROBES, Access

ASKED = (*PROBES, "in_context")
Cell = tuple[str, Access, str, str]
"""(kind, access, asked, reading)."""
Rates = Mapping[Cell, int]


@dataclass(frozen=True)
class Shape:
    """What is drawn: the access levels, the readings with the decoding of each, the grid of values, a second path."""

    accesses: tuple[Access, ...]
    decoding_of: Mapping[str, str]
    grid: int
    second_path: bool

    @property
    def unit(self) -> int:
        return 100 * self.grid

    def value(self, draw: Random) -> int:
        """A point of the grid; the ends more often than the others."""
        return 100 * min(self.grid, max(0, int(draw.random() * (self.grid + 3)) - 1))

    def random(self, draw: Random) -> dict[tuple[Access, str], int]:
        return {(a, p): self.value(draw) for a in self.accesses for p in ASKED}


def weaker(asked: str) -> tuple[str, ...]:
    """The probe classes inside one, itself included."""
    return PROBES[: PROBES.index(asked) + 1] if asked in PROBES else (asked,)  # type: ignore[arg-type]


def first(asked: str) -> str:
    return weaker(asked)[0]


def drawn(draw: Random, shape: Shape, served: int) -> dict[Cell, int]:
    """Rates that no axiom forbids; through the product of a second path at most what is served more than deeper down."""
    found: dict[Cell, int] = {}
    for reading in shape.decoding_of:
        found |= _revealed(draw, shape, reading, served)
    for decoding in dict.fromkeys(shape.decoding_of.values()):
        readings = [reading for reading, own in shape.decoding_of.items() if own == decoding]
        found |= _answered(draw, shape, decoding, readings, found)
    answered = draw.random() < 0.7
    for reading, decoding in shape.decoding_of.items():
        for a in shape.accesses:
            for p in ASKED:
                most = min(
                    shape.unit - found["x_inf", a, p, reading],
                    found["y_inf", a, p, decoding] if answered else shape.unit,
                )
                found["z_inf", a, p, reading] = min(shape.value(draw), most)
    return found


def _revealed(draw: Random, shape: Shape, reading: str, served: int) -> dict[Cell, int]:
    up, down, found = shape.random(draw), shape.random(draw), {}
    deep = [a for a in shape.accesses if not (shape.second_path and a == "product")]
    for p in ASKED:
        for place, a in enumerate(deep):
            found["x_sup", a, p, reading] = max(up[b, q] for b in deep[: place + 1] for q in weaker(p))
        if len(deep) < len(shape.accesses):
            most = [found["x_sup", a, p, reading] + served for a in deep]
            found["x_sup", "product", p, reading] = min([max(up["product", q] for q in weaker(p)), *most])
    for a in shape.accesses:
        for p in ASKED:
            least = [found["x_sup", a, first(p), reading]]
            found["x_inf", a, p, reading] = min([down[a, q] for q in weaker(p)] + least)
    return found


def _answered(draw: Random, shape: Shape, decoding: str, readings: Sequence[str], x: Rates) -> dict[Cell, int]:
    up, down, found = shape.random(draw), shape.random(draw), {}
    for a in shape.accesses:
        for p in ASKED:
            shown = [x["x_sup", a, q, r] for q in weaker(p) for r in readings]
            found["y_sup", a, p, decoding] = max([up[a, q] for q in weaker(p)] + shown)
    for a in shape.accesses:
        for p in ASKED:
            known = [x["x_inf", a, p, r] for r in readings]
            least = min([down[a, q] for q in weaker(p)] + [found["y_sup", a, first(p), decoding]])
            found["y_inf", a, p, decoding] = max([least, *known])
    return found


def treated(now: Rates, before: Rates, reach: int) -> dict[Cell, int]:
    """What is, where no used method reaches deeper than `reach`: there it is what was, and above it no more than that."""
    found = {cell: (before if ACCESS.index(cell[1]) > reach else now)[cell] for cell in now}
    for cell in [c for c in found if c[0] in ("x_sup", "x_inf") and ACCESS.index(c[1]) <= reach]:
        kind, _, p, reading = cell
        over = [q for q in ASKED if p in weaker(q)]
        deeper = [b for b in ACCESS if ACCESS.index(b) > reach and ("x_sup", b, p, reading) in found]
        bounds = [found["x_sup", b, q, reading] for b in deeper for q in (over if kind == "x_sup" else ASKED)
                  if kind == "x_sup" or (q in PROBES) == (p in PROBES)]  # fmt: skip
        found[cell] = min([found[cell], *bounds])
    return found


def mixed(one: Rates, other: Rates, tenths: int) -> dict[Cell, int]:
    """So many tenths of the way from one to the other: whatever order two worlds keep, all between them keep."""
    if tenths == 10:
        return dict(other)
    return {cell: ((10 - tenths) * value + tenths * other[cell]) // 10 for cell, value in one.items()}
