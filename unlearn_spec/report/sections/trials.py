"""The tests as registered before measuring, the facts they gave, and the power they had."""

from __future__ import annotations

from fractions import Fraction

from ...plan.model import Missing
from ...plan.units import TaskRef
from ...verdict.model import Fact
from ...wording.language import Words
from ..document import Block, Bullets, Code, Heading, Para, Part, Row, Strong, Table, para, row, told
from ..model import RegisteredTest, Report
from ..pictures import power
from ..sentences import how
from ..wording import short_digest
from .criteria import reading_words


def trials(report: Report, say: Words) -> Part:
    """Methods and limits, registered tests, facts, power, and what would decide the rest."""
    blocks: list[Block] = [para(say(f"methods.{number}")) for number in range(1, 6)]
    if report.tests:
        blocks += [Heading(say("trials.registered")), _tests(report, say)]
    if report.notes:
        blocks += [Heading(say("trials.notes")), Bullets(tuple(para(say.say(note)) for note in report.notes))]
    drawn = power.draw(report, say)
    if drawn is not None:
        blocks += [Heading(say("trials.power")), para(say("trials.power_lead")), drawn]
    blocks += [Heading(say("trials.facts"), anchor="facts"), *_facts(report, say)]
    if report.calibration:
        blocks += [Heading(say("trials.calibration")), *_calibration(report, say)]
    if report.missing:
        head = (say("column.clause"), say("column.needed"))
        rows = tuple(_missing(missing, say) for missing in report.missing)
        blocks += [Heading(say("trials.missing")), Table(say("trials.missing_caption"), head, rows, (2, 5))]
    return Part("methods", say("part.methods"), tuple(blocks))


def _missing(missing: Missing, say: Words) -> Row:
    why = Para((told(missing.reason, missing.reason_said, say),), small=True)
    return row(say.named(missing.clause, missing.artifact), (para(told(missing.needs, missing.needs_said, say)), why))


def _tests(report: Report, say: Words) -> Table:
    head = tuple(say(f"column.{name}") for name in ("test", "how", "sample", "error", "power", "attack"))
    rows = tuple(_test(report, test, say) for test in report.tests)
    return Table(say("trials.caption"), head, rows, (4, 6, 3, 2, 3, 3))


def _test(report: Report, test: RegisteredTest, say: Words) -> Row:
    reading = reading_words(test.reading, say) if test.reading is not None else ""
    target = (say("names.one", name=test.target),) if test.target else ()
    asked = () if test.verifier == "record" else (how(test.access, test.asked, say),)
    manner = (Para((*target, *asked)),)
    if test.verifier == "record":
        sample = say("trials.record")
    else:
        sample = say("trials.sample", n=test.n, clusters=test.clusters, population=say(f"population.{test.population}"))
    if test.chance is not None:
        sample += say("names.semicolon") + say("trials.chance", share=test.chance)
    planned = say("trials.no_power")
    if test.power is not None:
        planned = say.percent(test.power, "down")
        planned = say("trials.power_at", power=planned, effect=test.effect) if test.effect is not None else planned
    budget = tuple(a for a in report.relearning if (a.clause, a.artifact) == (test.clause, test.artifact))
    if test.verifier == "relearning" and len(budget) > 1:
        steps, rates = max(a.steps for a in budget), {a.learning_rate for a in budget}
        attack = say("trials.grid", number=len(budget), steps=steps, rates=len(rates))
    elif test.verifier == "relearning" and budget:
        attack = say("trials.budget", steps=budget[0].steps, rate=say.number(budget[0].learning_rate))
    elif test.verifier == "record":
        attack = say("trials.no_attack")
    elif test.looks:
        attack = say(f"trials.{test.verifier}", n=test.n, looks=say.list(tuple(say.of("look", one) for one in test.looks)))
        if test.layers:
            attack += say("trials.blocks", blocks=say.list(tuple(say.count(one) for one in test.layers)))
    else:
        attack = say("trials.questions", n=test.n)
    return row(
        (para(Strong(say.of("verifier", test.verifier))), para(say.named(test.clause, test.artifact), small=True)),
        (
            *manner,
            *((Para((reading,), small=True),) if reading else ()),
            *((Para((_task(test.task, say),), small=True),) if test.task is not None else ()),
            *((Para((say("trials.refuting"), told(test.refuting, test.refuting_said, say)), small=True),) if test.refuting else ()),
        ),
        (para(sample), *((para(say("trials.runs", n=test.runs), small=True),) if test.runs > 1 else ())),
        error(test.alpha, say),
        planned,
        attack,
    )


def _task(task: TaskRef, say: Words) -> str:
    """Which task of lm-evaluation-harness was run, and how."""
    numbers = {"shots": say.count(task.shots), "seed": str(task.seed), "digest": short_digest(task.digest)}
    return say("trials.harness", harness=task.harness, name=task.name, version=task.version or "–", **numbers)


def _calibration(report: Report, say: Words) -> list[Block]:
    """One line a verifier: how often it was wrong where the truth was known."""
    tables = ", ".join(dict.fromkeys(one.table for one in report.calibration))
    lines = [para(say("trials.calibration_lead", table=tables))]
    for one in report.calibration:
        verifier = say.of("verifier", one.verifier)
        if one.through != "model":
            verifier = say(f"trials.calibrated_{one.through}", verifier=verifier)
        if not one.clean:
            lines.append(para(say("trials.calibrated_not", verifier=verifier)))
            continue
        text = say(
            "trials.calibrated", verifier=verifier, accused=one.accused, clean=one.clean, most=one.accused_at_most,
            worlds=one.worlds,
        )  # fmt: skip
        more = say("trials.calibrated_pass", favoured=one.passed, leaking=one.leaking) if one.leaking else ""
        lines.append(para(f"{text} {more}".strip()))
    return list(lines)


def error(alpha: Fraction, say: Words) -> str:
    """A share of the run's error; a record or a count has none, which does not make it certain."""
    return say.percent(alpha, "up") if alpha else say("trials.no_error")


def _objects(fact: Fact) -> tuple[Para, ...]:
    """The evidence objects that a fact was computed from."""
    return (Para(tuple(Code(short_digest(one)) for one in fact.objects), small=True),) if fact.objects else ()


def _facts(report: Report, say: Words) -> list[Block]:
    if not report.facts:
        return [para(say("trials.no_facts"))]
    head = tuple(say(f"column.{name}") for name in ("fact", "statement", "error"))
    rows = tuple(
        row(Code(f.id), (para(told(f.words, f.words_said, say)), *_objects(f)), error(f.alpha, say)) for f in report.facts
    )
    return [Table(say("trials.facts_caption"), head, rows, (2, 7, 1))]
