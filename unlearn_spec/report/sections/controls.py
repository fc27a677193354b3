"""Whether the tests could have found anything, what attacks brought back, what a guard holds back, and side effects."""

from __future__ import annotations

from .. import chart
from ..document import Block, Heading, Inline, Part, Picture, Recorded, Strong, Table, para, row
from ..language import Words
from ..model import Relearning, Report
from ..pictures import intervals
from ..pictures import relearning as curves
from .matrix import worst_beside_average
from .opinion import badge


def controls(report: Report, say: Words) -> Part:
    """Every control, held or failed, with what was seen."""
    rows = tuple(
        row(
            say.named(result.verdict.clause, result.verdict.artifact),
            say(f"gate.{gate.gate}"),
            say("controls.held") if gate.passed else Strong(f"✕ {say('controls.failed')}"),
            Recorded(gate.found),
        )
        for result in report.results
        for gate in result.verdict.gates
    )
    blocks: list[Block] = [para(say("controls.lead"))]
    if rows:
        head = tuple(say(f"column.{name}") for name in ("clause", "control", "outcome", "seen"))
        blocks.append(Table(say("controls.caption"), head, rows, (3, 4, 2, 5)))
    else:
        blocks.append(para(say("controls.none")))
    return Part("controls", say("part.controls"), tuple(blocks))


def relearning(report: Report, say: Words) -> Part | None:
    """What fine-tuning brought back, with the control that was treated alike."""
    if not report.relearning:
        return None
    blocks: list[Block] = [para(say("relearning.lead"))]
    pairs = tuple(dict.fromkeys((attack.clause, attack.artifact) for attack in report.relearning))
    for number, pair in enumerate(pairs, 1):
        attacks = tuple(attack for attack in report.relearning if (attack.clause, attack.artifact) == pair)
        blocks.append(Heading(say.named(*pair)))
        drawn = curves.draw(attacks, curves.before(report, attacks[0]), f"c{number}", say)
        blocks += [drawn] if drawn is not None else []
        for place, attack in enumerate(attacks, 1):
            blocks += _attack(attack, f"a{number}-{place}", say)
    return Part("relearning", say("part.relearning"), tuple(blocks))


def _attack(attack: Relearning, name: str, say: Words) -> list[Block]:
    rate = say.number(attack.learning_rate)
    blocks: list[Block] = [para(say(f"relearning.on_{attack.on}", steps=attack.steps, rate=rate), small=True)]
    scale = attack.attacked + attack.held_out
    for side, half in (("attacked", attack.attacked), ("held_out", attack.held_out)):
        title = say("picture.half", half=say(f"relearning.{side}"), clause=attack.clause)
        pictures = [
            intervals.draw(drawing, f"{name}-{side}", say.quoted(title), say)
            for drawing in chart.chart(half, scale=scale, say=say)
        ]
        blocks.append(para(say(f"relearning.{side}"), small=True))
        blocks += pictures or [para(say("relearning.nothing"))]
    return blocks


def guarded(report: Report, say: Words) -> Part | None:
    """The same questions through the guard and to the bare weights."""
    if not report.guardrails:
        return None
    blocks: list[Block] = [para(say("guarded.lead"))]
    for number, guardrail in enumerate(report.guardrails, 1):
        what = say.named(guardrail.clause, guardrail.artifact)
        blocks.append(Heading(what))
        pictures: list[Picture] = [
            intervals.draw(drawing, f"b{number}", say.quoted(say("picture.guarded", what=what)), say)
            for drawing in chart.chart(guardrail.intervals, say=say)
        ]
        blocks += pictures or [para(say("relearning.nothing"))]
        if guardrail.held_back is not None:
            blocks.append(para(say.counted("guarded.held_back", guardrail.held_back)))
    return Part("guarded", say("part.guarded"), tuple(blocks))


def side_effects(report: Report, say: Words) -> Part:
    """What must stay: retained knowledge and answers still given, each within its margin."""
    kept = [r for r in report.results if report.clause(r.verdict.clause).goal in ("retain", "refuse")]
    blocks: list[Block] = [para(say("effects.lead"))]
    if not kept:
        blocks.append(para(say("effects.none")))
        return Part("side-effects", say("part.side_effects"), tuple(blocks))
    head = tuple(say(f"column.{name}") for name in ("clause", "result", "average", "worst", "conclusion"))
    rows = []
    for result in kept:
        average, worst = worst_beside_average(report, result.verdict, say)
        reading: Inline = Recorded(result.verdict.reason)
        name = say.named(result.verdict.clause, result.verdict.artifact)
        rows.append(row(name, badge(result.verdict.outcome, say), average, worst, reading))
    blocks.append(Table(say("effects.caption"), head, tuple(rows), (4, 3, 2, 2, 7)))
    return Part("side-effects", say("part.side_effects"), tuple(blocks))
