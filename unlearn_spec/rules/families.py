"""C005: one limit that many clauses together exceed, told by its sum."""

from __future__ import annotations

from fractions import Fraction

from ..finding import Finding
from ..logic.explanation import Core
from ..logic.families import Family
from ..logic.knobs import knobs
from ..logic.worlds import short_percent
from ..policy.clauses import Retain
from .context import Context, when
from .repairs import fixes, without_numbers
from .wording import count, decimal, listed

SHOWN = 5
"""Clauses that are named: those that take most."""


def family_conflict(context: Context, core: Core) -> Finding:
    """C005. Flags a floor (or a ceiling) over a mean that more than six clauses together break.

    Names those that take most and what the limit could be. Cannot see which of them matter most to whoever wrote them.
    """
    family = core.family
    assert family is not None
    limit, largest = family.limit, [name for name, _ in family.shares[:SHOWN]]
    found = fixes(context, core, "C005")
    return Finding(
        "C005",
        "warning" if context.average else "error",
        _message(context, family, core.situation),
        (
            context.span(context.limit_path(limit), limit),
            *(context.span(context.limit_path(name), name) for name in largest),
        ),
        why=(*_why(context, family), *without_numbers(found)),
        fixes=found,
        clauses=tuple(name for name in core.clauses if name == limit or name in largest),
        axioms=core.axioms,
        situation=core.situation,
    )


def _message(context: Context, family: Family, situation: tuple[str, ...]) -> str:
    clause = context.clause(family.limit)
    wanted = next(knob.value for knob in knobs(clause))
    most, asked = ("at most", "at least") if isinstance(clause, Retain) else ("at least", "at most")
    return (
        f"{family.limit} cannot hold against {count(len(family.shares))} clauses together{when(situation)}: "
        f"they leave it {most} {_digits(family.best)}, and it wants {asked} {short_percent(wanted, 6)}"
    )


def _why(context: Context, family: Family) -> tuple[str, ...]:
    size = context.policy.information[getattr(context.clause(family.limit), "target", "")].size
    total = size[0] if size else 0
    largest = [f"{name} {_points(share)} ({_items(share * total)})" for name, share in family.shares[:SHOWN]]
    rest = len(family.shares) - len(largest)
    each = "" if rest == 1 else " each"
    more = f"; {count(rest)} more at most {_points(family.shares[SHOWN][1])}{each}" if rest else ""
    verb = "take" if isinstance(context.clause(family.limit), Retain) else "add"
    return (
        f"of {total:,} items, these {verb} most, each counted alone: {listed(largest)}{more}",
        "none of them breaks the limit alone",
    )


def _points(share: Fraction) -> str:
    points = short_percent(share, 4).rstrip("%")
    return "1 percentage point" if points == "1" else f"{points} percentage points"


def _items(number: Fraction) -> str:
    return count(int(number), "item") if number.denominator == 1 else f"{decimal(number)} items"


def _digits(value: Fraction) -> str:
    exact = short_percent(value, 6)
    return exact if Fraction(exact.rstrip("%")) == value * 100 else f"about {exact}"
