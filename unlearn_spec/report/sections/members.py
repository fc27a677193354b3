"""Members and hold-out: whether scores tell them apart at all, model by model. Description, not verdict."""

from __future__ import annotations

from fractions import Fraction

from ...wording.language import Words
from ..document import Block, Heading, Part, Row, Table, para, row
from ..model import Report, ToldApart


def members(report: Report, say: Words) -> Part | None:
    """A table a membership test; nothing where there was none."""
    if not report.told_apart:
        return None
    blocks: list[Block] = [para(say("members.lead"))]
    head = tuple(say(f"members.column_{name}") for name in ("model", "attack", "auc", "p"))
    for pair in dict.fromkeys((one.clause, one.artifact) for one in report.told_apart):
        rows = tuple(_row(one, say) for one in report.told_apart if (one.clause, one.artifact) == pair)
        blocks += [Heading(say.named(*pair)), Table(say("members.caption"), head, rows, (3, 3, 3, 3))]
    return Part("members", say("part.members"), tuple(blocks))


def _row(one: ToldApart, say: Words) -> Row:
    auc, p_value = (say.number(Fraction(round(value, 4)).limit_denominator(10**4)) for value in (one.auc, one.p_value))
    return row(say.of("interval", one.model), one.attack, auc, p_value)
