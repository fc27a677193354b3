"""Clause by clause: one row a clause and artifact, the worst case beside the average, then each result with its argument."""

from __future__ import annotations

from ...verdict.model import ClauseVerdict
from ...wording.language import Words
from .. import chart
from ..assurance import assurance
from ..document import Block, Code, Heading, Inline, Link, Para, Part, Picture, Row, Table, para, row, told
from ..model import Report, Result
from ..pictures import argument, intervals
from ..pictures import matrix as picture
from ..sentences import FALL, condition, decisive, how, limit_words, unsaid
from .opinion import badge, conclusion, link


def matrix(report: Report, say: Words) -> Part:
    """The clause matrix and what stands behind each of its cells."""
    blocks: list[Block] = [para(say("matrix.lead"))]
    drawn = picture.draw(report, say)
    if drawn is not None:
        blocks += [drawn, _table(report, say)]
    blocks += [Heading(say("matrix.meaning")), _meanings(say)]
    for place, result in enumerate(report.results, 1):
        blocks += _detail(report, result, place, say)
    return Part("clauses", say("part.clauses"), tuple(blocks), fresh=True)


def _table(report: Report, say: Words) -> Table:
    head = tuple(
        say(f"column.{name}") for name in ("clause", "result", "assurance", "average", "worst", "limit", "access")
    )
    rows = tuple(_line(report, result, place, say) for place, result in enumerate(report.results, 1))
    return Table(say("matrix.caption"), head, rows, (5, 4, 4, 3, 3, 4, 5), row_head=True)


def _line(report: Report, result: Result, place: int, say: Words) -> Row:
    verdict = result.verdict
    average, worst = worst_beside_average(report, verdict, say)
    return row(
        (Para(link(verdict, place, say)),),
        badge(verdict.outcome, say),
        say(f"assurance.{assurance(report, result)}"),
        average,
        worst,
        limit_words(verdict.limit, say) if verdict.limit else say("matrix.no_limit"),
        how(verdict.access, verdict.asked, say) or say("matrix.no_access"),
    )


def worst_beside_average(report: Report, verdict: ClauseVerdict, say: Words) -> tuple[str, str]:
    """The measured average, and the worst value that the evidence still allows at the error share of its test."""
    measured = decisive(verdict)
    if measured is None:
        return say("matrix.unmeasured"), say("matrix.unmeasured")
    rising = measured.label != FALL and report.clause(verdict.clause).bound == "at_least"
    worst = say.percent(measured.low, "down") if rising else say.percent(measured.high, "up")
    return say.percent(measured.point), worst


def _meanings(say: Words) -> Table:
    names = ("violated", "rejected", "inconclusive", "not_testable", "not_tested", "not_falsified", "supported")
    rows = tuple(row(badge(name, say), say(f"meaning.{name}")) for name in names)
    return Table(say("matrix.meaning_caption"), (say("column.result"), say("column.meaning")), rows, (2, 7))


def _detail(report: Report, result: Result, place: int, say: Words) -> list[Block]:
    verdict, clause = result.verdict, report.clause(result.verdict.clause)
    blocks: list[Block] = [Heading(say.named(clause.id, verdict.artifact), anchor=f"r{place}")]
    blocks.append(Para((badge(verdict.outcome, say), *conclusion(report, result, say))))
    title = say("picture.values", what=say.named(clause.id, verdict.artifact))
    drawings: list[Picture] = [
        intervals.draw(drawing, f"d{place}-{number}", say.quoted(title), say)
        for number, drawing in enumerate(chart.of_verdict(verdict, say), 1)
    ]
    blocks += drawings
    if unsaid(verdict.reason, result.conclusion):
        blocks.append(Para((told(verdict.reason, verdict.reason_said, say),), label=say("matrix.why"), small=True))
    if verdict.effect is not None and verdict.realised_power is not None:
        power = say("matrix.power_words", power=verdict.realised_power, effect=verdict.effect)
        blocks.append(Para((power,), label=say("matrix.power"), small=True))
    if verdict.stands_on:
        facts: tuple[Inline, ...] = tuple(Code(fact) for fact in verdict.stands_on)
        blocks.append(Para((*facts, Link("facts", say("matrix.see_facts"))), label=say("matrix.stands_on"), small=True))
    if verdict.conditional_on:
        conditions = say.sentences["names.semicolon"].join(condition(name, say) for name in verdict.conditional_on)
        blocks.append(Para((conditions,), label=say("matrix.conditional"), small=True))
    blocks.append(argument.draw(report, result, f"g{place}", say))
    return blocks
