"""The clause matrix: clauses down, artifacts across, one pattern and word for each outcome."""

from __future__ import annotations

from ...verdict.model import WORST_FIRST, Outcome
from ...wording.language import Words
from ..document import Picture
from ..model import Report
from ..wording import OUTCOME_SYMBOL
from .svg import LETTER, line, rectangle, text, wrapped

_ROW, _HEAD, _LABEL = 34.0, 30.0, 190.0


def draw(report: Report, say: Words) -> Picture | None:
    """Cells hold the worst outcome of a clause on an artifact; nothing is drawn of no result."""
    verdicts = [result.verdict for result in report.results]
    if not verdicts:
        return None
    clauses = tuple(dict.fromkeys(v.clause for v in verdicts))
    artifacts = tuple(dict.fromkeys(v.artifact for v in verdicts))
    names = tuple(name or say("picture.everywhere") for name in artifacts)
    words = {outcome: say.of("outcome", outcome) for outcome in WORST_FIRST}
    cell = max(130.0, LETTER * (max(len(words[v.outcome]) for v in verdicts) + 5))
    cells = {
        (clause, artifact): _worst([v.outcome for v in verdicts if (v.clause, v.artifact) == (clause, artifact)])
        for clause in clauses
        for artifact in artifacts
    }
    drawn = "".join(
        text(_LABEL + cell * (at + 0.5), 20, _short(name, cell), "strong", "middle") for at, name in enumerate(names)
    )
    for down, clause in enumerate(clauses):
        y = _HEAD + _ROW * down
        drawn += text(0, y + 21, _short(clause, _LABEL)) + line(0, y, _LABEL + cell * len(names), y, "axis")
        for across, artifact in enumerate(artifacts):
            outcome = cells[clause, artifact]
            if outcome is not None:
                drawn += _cell(_LABEL + cell * across + 3, y + 3, cell - 6, _ROW - 6, outcome, words[outcome])
    told = say("names.semicolon").join(
        f"{say.named(clause, artifact)}{say('names.colon')}{words[outcome]}" for (clause, artifact), outcome in cells.items() if outcome
    )
    return Picture(
        name="matrix",
        title=say("picture.matrix"),
        alt=say.quoted(f"{told}."),
        width=_LABEL + cell * len(names),
        height=_HEAD + _ROW * len(clauses) + 4,
        svg=drawn,
        repeats=True,
    )


def _worst(outcomes: list[Outcome]) -> Outcome | None:
    return next((outcome for outcome in WORST_FIRST if outcome in outcomes), None)


def _cell(x: float, y: float, width: float, height: float, outcome: Outcome, word: str) -> str:
    """Dark for a breach, hatched where nothing was decided, dashed where nothing was tested, framed where kept."""
    klass = {"violated": "solid", "supported": "box thick", "not_falsified": "box"}.get(outcome, "box dashed")
    drawn = rectangle(x, y, width, height, klass)
    if outcome in ("inconclusive", "rejected"):
        drawn += "".join(
            line(x + at, y + height, min(x + at + height, x + width), y + max(0.0, at + height - width), "hatch")
            for at in range(4, int(width), 14)
        )
        drawn += rectangle(x + 8, y + 5, width - 16, height - 10, "paper")
    label = f"{OUTCOME_SYMBOL[outcome]} {word}"
    return drawn + text(
        x + width / 2, y + height / 2 + 4.5, label, "onsolid" if outcome == "violated" else "", "middle"
    )


def _short(words: str, width: float) -> str:
    rows = wrapped(words, width)
    return rows[0] if len(rows) == 1 else rows[0][:-1] + "…"
