"""Prompt attacks: what each family revealed, and how hits grow with the number of answers. Description, not verdict."""

from __future__ import annotations

from ...wording.language import Words
from .. import chart
from ..document import Block, Heading, Part, Table, para, row
from ..model import Answers, AttackFamily, Report


def attacks(report: Report, say: Words) -> Part | None:
    """Families of attacks, then answers; nothing where no test had either."""
    if not report.attacks and not report.answers:
        return None
    blocks: list[Block] = []
    if report.attacks:
        blocks.append(para(say("attacks.lead")))
        for pair in dict.fromkeys((one.clause, one.artifact) for one in report.attacks):
            families = tuple(one for one in report.attacks if (one.clause, one.artifact) == pair)
            blocks += [Heading(say.named(*pair)), _families(families, say)]
            if any(one.gives for one in families):
                blocks.append(para(say("attacks.gives"), small=True))
    if report.answers:
        blocks.append(para(say("attacks.answers_lead")))
    for found in report.answers:
        blocks += [Heading(say.named(found.clause, found.artifact)), _answers(found, say)]
    return Part("attacks", say("part.attacks"), tuple(blocks))


def _families(families: tuple[AttackFamily, ...], say: Words) -> Table:
    head = tuple(say(f"column.{name}") for name in ("family", "model", "measured"))
    rows = tuple(
        row(
            say("attacks.given", family=one.family) if one.gives else say("names.one", name=one.family),
            say.sentences.get(f"interval.{found.label}", found.label),
            chart.numbers(found, say),
        )
        for one in families
        for found in one.intervals
    )
    return Table(say("attacks.caption"), head, rows, (3, 3, 5))


def _answers(found: Answers, say: Words) -> Table:
    head = tuple(say(f"column.{name}") for name in ("answers", "measured"))
    rows = tuple(row(one.label, chart.numbers(one, say)) for one in found.intervals)
    return Table(say("attacks.answers_caption"), head, rows, (2, 5))
