"""Whether the tests could have found anything, what attacks brought back, what a guard holds back, and side effects."""

from __future__ import annotations

from fractions import Fraction

from ...wording.language import Words
from .. import chart
from ..document import Block, Heading, Inline, Part, Picture, Row, Strong, Table, para, row, told
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
            told(gate.found, gate.found_said, say),
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
    """What fine-tuning brought back, with the control that was treated alike: every attack, and the worst one drawn."""
    if not report.relearning:
        return None
    blocks: list[Block] = [para(say("relearning.lead"))]
    pairs = tuple(dict.fromkeys((attack.clause, attack.artifact) for attack in report.relearning))
    for number, pair in enumerate(pairs, 1):
        attacks = tuple(attack for attack in report.relearning if (attack.clause, attack.artifact) == pair)
        blocks += [Heading(say.named(*pair)), para(_material(attacks[0], say), small=True)]
        worst = max(attacks, key=lambda attack: max((i.point for i in attack.held_out if i.label == "audited"), default=-1.0))
        if len(attacks) > 1:
            blocks += [para(say("relearning.described"), small=True), _grid(attacks, say)]
        run = tuple(one for one in attacks if (one.learning_rate, one.seed) == (worst.learning_rate, worst.seed))
        drawn = curves.draw(run, curves.before(report, worst), f"c{number}", say)
        blocks += [drawn] if drawn is not None else []
        blocks += _attack(worst, f"a{number}-1", say)
    return Part("relearning", say("part.relearning"), tuple(blocks))


def _material(attack: Relearning, say: Words) -> str:
    tuned = say("relearning.full") if attack.rank is None else say("relearning.lora", rank=attack.rank)
    return f"{say(f'relearning.material_{attack.on}')} {tuned}"


def _grid(attacks: tuple[Relearning, ...], say: Words) -> Table:
    """One row an attack: what the audited and the never-trained models revealed of the items not seen."""
    head = tuple(say(f"relearning.column_{name}") for name in ("attack", "audited", "control", "recovered", "beyond"))
    return Table(say("relearning.caption"), head, tuple(_row(attack, say) for attack in attacks), (4, 4, 4, 3, 3), row_head=True)


def _row(attack: Relearning, say: Words) -> Row:
    seed = attack.seed if attack.seed is not None else 0
    name = say("relearning.attack", steps=attack.steps, rate=say.number(attack.learning_rate), seed=seed)
    if attack.diverged_on:
        on = ", ".join(say.of("interval", label) for label in attack.diverged_on)
        return row(name, Strong(f"✕ {say('relearning.diverged', models=on)}"), "–", "–", "–")
    held = {interval.label: interval for interval in attack.held_out}
    audited, control = (
        say("relearning.share", share=one.point, low=one.low, high=one.high) if (one := held.get(label)) else "–"
        for label in ("audited", "never trained")
    )
    recovered = "–" if attack.recovered is None else say.percent(Fraction(attack.recovered).limit_denominator(10**6))
    beyond = "–" if attack.beyond_control is None else say.number(Fraction(round(attack.beyond_control, 4)).limit_denominator(10**4))
    return row(name, audited, control, recovered, beyond)


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
        reading: Inline = told(result.verdict.reason, result.verdict.reason_said, say)
        name = say.named(result.verdict.clause, result.verdict.artifact)
        rows.append(row(name, badge(result.verdict.outcome, say), average, worst, reading))
    blocks.append(Table(say("effects.caption"), head, tuple(rows), (4, 3, 2, 2, 7)))
    return Part("side-effects", say("part.side_effects"), tuple(blocks))
