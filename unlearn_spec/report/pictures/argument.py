"""The argument for one result in the manner of Goal Structuring Notation: claim, strategy, evidence, and what would defeat it.

Shapes follow GSN: a goal is a rectangle, a strategy a parallelogram, a solution a circle's box with round ends, a context or
assumption a rounded box. A defeater has cut corners and a dashed edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from ...wording.language import Words
from ..assurance import defeaters, strategy
from ..document import Picture
from ..model import Report, Result
from ..sentences import condition, limit_words
from ..wording import OUTCOME_SYMBOL, quote
from .svg import LINE, arrow, lines, polygon, rectangle, wrapped

_WIDTH, _COLUMN, _PAD, _GAP = 640.0, 300.0, 10.0, 26.0

Shape = Literal["goal", "strategy", "solution", "context", "defeater"]


@dataclass(frozen=True)
class Node:
    shape: Shape
    label: str
    words: str


def nodes(report: Report, result: Result, say: Words) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
    """The line of argument from the claim down to its evidence, and beside it what it rests on and what would defeat it."""
    verdict, clause = result.verdict, report.clause(result.verdict.clause)
    colon = say("names.colon")
    claim = quote(clause.id) + (f"{colon}{limit_words(verdict.limit, say)}" if verdict.limit else "")
    claim += f". {OUTCOME_SYMBOL[verdict.outcome]}\u00a0{say.of('outcome', verdict.outcome)}"
    held = tuple(gate for gate in verdict.gates if gate.passed)
    facts = {fact.id: f"{fact.id}{colon}{say.recorded(fact.words_said, fact.words) or fact.words}" for fact in report.facts}
    evidence = [Node("solution", say("argument.fact"), facts.get(fact, fact)) for fact in verdict.stands_on[:4]]
    if held:
        evidence.append(Node("solution", say("argument.controls"), say("argument.held", number=len(held))))
    if not evidence:
        evidence.append(Node("solution", say("argument.evidence"), say("argument.nothing")))
    beside = [Node("context", say("argument.assumption"), condition(name, say)) for name in verdict.conditional_on[:3]]
    beside += [
        Node("defeater", say("argument.defeated"), say("argument.failed", control=say(f"gate.{gate.gate}")))
        for gate in verdict.gates
        if not gate.passed
    ]
    beside += [Node("defeater", say("argument.would_defeat"), say(key)) for key in defeaters(report, result)]
    down = (
        Node("goal", say("argument.claim"), claim),
        Node("strategy", say("argument.strategy"), say(f"strategy.{strategy(report, result)}")),
        *evidence,
    )
    return down, tuple(beside)


def draw(report: Report, result: Result, name: str, say: Words) -> Picture:
    """The claim at the top left, its support below, what it rests on and its defeaters at the right."""
    down, beside = nodes(report, result, say)
    drawn, y, spine = "", 2.0, []
    for node in down:
        picture, tall = _node(node, 4, y, say)
        spine.append((y, tall))
        drawn += picture
        y += tall + _GAP
    for (upper, tall), (lower, _) in pairwise(spine):
        drawn += arrow(4 + _COLUMN / 2, upper + tall, 4 + _COLUMN / 2, lower)
    left, y = y, 2.0
    claim_y, claim_tall = spine[0]
    for node in beside:
        picture, tall = _node(node, _WIDTH - _COLUMN - 4, y, say)
        drawn += picture
        klass = "line dashed" if node.shape == "defeater" else "line"
        drawn += arrow(_WIDTH - _COLUMN - 4, y + tall / 2, 4 + _COLUMN, claim_y + claim_tall / 2, klass)
        y += tall + 12
    colon = say("names.colon")
    told = " ".join(f"{node.label}{colon}{node.words.rstrip('.')}." for node in (*down, *beside))
    return Picture(
        name=name,
        title=say.quoted(say("picture.argument", what=say.named(result.verdict.clause, result.verdict.artifact))),
        alt=say.quoted(told),
        width=_WIDTH,
        height=max(left - _GAP, y) + 4,
        svg=drawn,
        repeats=True,
    )


def _node(node: Node, x: float, y: float, say: Words) -> tuple[str, float]:
    inset = 18 if node.shape in ("strategy", "solution") else _PAD
    rows = wrapped(say.quoted(node.words), _COLUMN - 2 * inset)
    tall = LINE * (len(rows) + 1) + 2 * _PAD
    right, low, cut = x + _COLUMN, y + tall, 10.0
    match node.shape:
        case "goal":
            outline = rectangle(x, y, _COLUMN, tall, "box thick")
        case "strategy":
            outline = polygon(((x + 14, y), (right, y), (right - 14, low), (x, low)), "box")
        case "solution":
            outline = rectangle(x, y, _COLUMN, tall, "box", round=min(tall / 2, 24.0))
        case "context":
            outline = rectangle(x, y, _COLUMN, tall, "box", round=8)
        case "defeater":
            corners = (
                *((x + cut, y), (right - cut, y), (right, y + cut), (right, low - cut)),
                *((right - cut, low), (x + cut, low), (x, low - cut), (x, y + cut)),
            )
            outline = polygon(corners, "box dashed")
    words = lines(x + inset, y + _PAD + 11, (node.label,), "soft") + lines(x + inset, y + _PAD + 11 + LINE, rows)
    return outline + words, tall
