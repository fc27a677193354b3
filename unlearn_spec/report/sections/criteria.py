"""What the model is held against: each clause in the policy's own lines, and how it was read."""

from __future__ import annotations

from typing import Final

from ...plan.units import Reading
from ...wording.language import Words, words
from ...wording.said import Said, clauses, ended
from ..document import Lines, Para, Part, Recorded, Row, Table, para, row
from ..model import ClauseEntry, Report


def criteria(report: Report, say: Words) -> Part:
    """Policy text beside its formal reading, and by whom and when the limits were chosen."""
    head = (say("column.written"), say("column.read"))
    rows = tuple(_clause(report, clause, say) for clause in report.clauses)
    owner = report.policy.owner
    chosen = say("criteria.chosen", owner=owner) if owner else say("criteria.chosen_unknown")
    return Part(
        "criteria",
        say("part.criteria"),
        (para(say("criteria.lead")), para(chosen), Table(say("criteria.caption"), head, rows, (6, 5))),
    )


def _clause(report: Report, clause: ClauseEntry, say: Words) -> Row:
    left: list[Para | Lines] = [para(say("names.one", name=clause.id))]
    left += [Lines(clause.written)] if clause.written else [para(say("criteria.no_lines"), small=True)]
    right = [para(say("criteria.we_read"), read(clause, say))]
    if clause.strength == "should":
        right.append(para(say("criteria.should"), small=True))
    if clause.note:
        right.append(Para((say("names.one", name=clause.note),), label=say("criteria.note"), small=True))
    readings = [test.reading for test in report.tests if test.clause == clause.id and test.reading is not None]
    right += [
        Para((reading_words(reading, say),), label=say("criteria.counts"), small=True) for reading in readings[:1]
    ]
    return row(tuple(left), tuple(right))


def read(clause: ClauseEntry, say: Words) -> str | Recorded:
    """In English as recorded, all of it the policy's matter; elsewhere the sentence by name, which marks the policy's words."""
    text = say.recorded(clause.sentence_said, clause.sentence)
    return Recorded(f"“{_inner(clause.sentence)}”") if text is None or say.language == "en" else text


def demand(clause: ClauseEntry, say: Words) -> str | Recorded:
    """What is demanded and when, without how it is counted and shown; all of it where the run did not keep it by name."""
    whole = clause.sentence_said
    parts = whole.filled.get("part") if whole is not None else None
    every = parts.filled.get("parts", ()) if isinstance(parts, Said) else ()
    kept = [one for one in every if isinstance(one, Said) and one.key.startswith(_DEMAND)] if isinstance(every, tuple) else []
    if not kept or words("de").recorded(whole, clause.sentence) is None:  # any but English, which is not held against the names
        return read(clause, say)
    text = say.say(ended(clauses(*kept)))
    return Recorded(f"“{_inner(text)}”") if say.language == "en" else text


_DEMAND: Final = ("demand.", "read.only_when", "read.suspended", "read.suspends", "read.not_resumed")
"""Sentences about what is demanded, and about when it is not."""


def _inner(text: str) -> str:
    """Quotation marks inside a quotation become plain ones."""
    return text.replace("“", '"').replace("”", '"')


def reading_words(reading: Reading, say: Words) -> str:
    """When an answer counts, and how answers are drawn."""
    when = say.of("metric", reading.metric)
    if reading.at_least is not None:
        when += " " + say("reading.at_least", share=reading.at_least)
    if reading.normalisation:
        when += f" ({say.of('normalisation', reading.normalisation)})"
    if reading.options:
        when += f" ({say.of('options', reading.options)})"
    how = [say.of("decoding", reading.decoding)]
    if reading.temperature is not None:
        how.append(say("reading.temperature", value=say.number(reading.temperature)))
    if reading.top_p is not None:
        how.append(f"top-p {say.number(reading.top_p)}")
    if reading.top_k is not None:
        how.append(f"top-k {reading.top_k}")
    if reading.samples is not None:
        how.append(say.counted("reading.samples", reading.samples))
    how.append(say("reading.tokens", number=reading.max_new_tokens))
    return say("reading.whole", when=when, how=", ".join(how))
