"""When an answer counts, and how answers are drawn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from ...policy.clauses import Clause, Decoding, Rectify, Refuse, Retain, RevealsWhen, Suppress
from ...wording.said import Said, said
from .parts import row

Counted = Literal["revealed", "known", "refusal"]

MARKED: Final = ("refusal", "not_refusal")
"""What a rate counts where no content is looked for: a wrong answer is one too."""


def metric(clause: Suppress | Retain) -> str:
    """How answers are judged; empty where the clause leaves it open."""
    return clause.reveals_when.metric if clause.reveals_when is not None else ""


def readings(clause: Clause) -> Iterator[Said]:
    """Of a clause about rates; nothing of another."""
    if not isinstance(clause, Suppress | Refuse | Retain | Rectify):
        return
    counted: Counted = "refusal" if isinstance(clause, Refuse) else "known" if isinstance(clause, Retain) else "revealed"
    yield said(f"read.counts_open.{counted}") if clause.reveals_when is None else counts(clause.reveals_when, counted)
    yield drawn(clause.scope.decoding)
    if not isinstance(clause, Rectify) and clause.about is not None:
        yield said("read.expected" if clause.about == "process" else "read.released")


def counts(reading: RevealsWhen, counted: Counted = "revealed") -> Said:
    """`an item counts as revealed when the answer contains it, case ignored`."""
    least = said("read.threshold_open") if reading.at_least is None else said("read.threshold", share=reading.at_least)
    judge = reading.judge or ""
    match reading.metric:
        case "extraction_probability":
            when = said("read.when.extraction_probability", least=least)
        case "rouge_l":
            when = said("read.when.rouge_l", least=least)
        case "human":
            when = said("read.when.human", judge=judge)
        case plain:
            when = said(f"read.when.{plain}")
    if counted != "refusal" and reading.metric in MARKED:
        return said("read.counts_mark", when=when)
    return said(f"read.counts.{counted}", when=when, options=_options(reading, judge), text=_normalised(reading))


def _options(reading: RevealsWhen, judge: str) -> Said | str:
    if reading.metric != "multiple_choice":
        return ""
    if reading.options == "task":
        return said("read.options.task", judge=judge)
    return said(f"read.options.{reading.options or 'unwritten'}")


def _normalised(reading: RevealsWhen) -> Said | str:
    return "" if reading.normalisation is None else said(f"read.text.{reading.normalisation}")


def drawn(decoding: Decoding | None) -> Said:
    """`answers are drawn greedily, 8 new tokens at most`."""
    if decoding is None:
        return said("read.drawn_open")
    heat = "" if decoding.temperature is None else said("read.temperature", value=decoding.temperature)
    parts = [said("read.greedy", heat=heat) if decoding.method == "greedy" else said("read.sampled", heat=heat)]
    parts += [] if decoding.top_p is None else [said("read.top_p", share=decoding.top_p)]
    parts += [] if decoding.top_k is None else [said("read.top_k", number=decoding.top_k)]
    parts += [] if decoding.samples is None else [said("read.answers", number=decoding.samples)]
    parts += [] if decoding.max_new_tokens is None else [said("read.tokens", number=decoding.max_new_tokens)]
    return row(parts)
