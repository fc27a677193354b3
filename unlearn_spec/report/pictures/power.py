"""Power achieved against the registered effect: planned and realised, beside the 80% below which nothing counts."""

from __future__ import annotations

from ...wording.language import Words
from ..document import Picture
from ..model import Report
from .svg import line, marker, text

_WIDTH, _ROW, _TOP = 440.0, 40.0, 20.0
_NEEDED = 0.8


def draw(report: Report, say: Words) -> Picture | None:
    """A row a test that registered an effect; nothing where none did."""
    rows = tuple(_rows(report))
    if not rows:
        return None
    bottom = _TOP + _ROW * len(rows)
    at = _x(_NEEDED)
    drawn = line(at, 16, at, bottom + 2, "limit") + text(at, 12, say("picture.needed"), "", "middle")
    drawn += line(_x(0), bottom + 2, _x(1), bottom + 2, "axis")
    for share in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
        anchor = "" if share == 0 else "end" if share == 1 else "middle"
        drawn += line(_x(share), bottom + 2, _x(share), bottom + 7, "axis")
        drawn += text(_x(share), bottom + 20, say.percent(share), "soft", anchor)
    told = []
    for place, (name, artifact, effect, planned, realised) in enumerate(rows):
        y = _TOP + _ROW * place
        label = say("picture.effect", name=name, effect=effect)
        drawn += text(8, y + 13, say.quoted(label)) + line(_x(0), y + 27, _x(1), y + 27, "track")
        if planned is not None:
            drawn += marker("square", _x(planned), y + 27)
        if realised is not None:
            drawn += marker("disc", _x(realised), y + 27)
        told.append(
            say(
                "picture.power_row",
                what=say.named(name, artifact),
                effect=effect,
                planned=say("picture.none") if planned is None else say.percent(planned, "down"),
                realised=say("picture.none") if realised is None else say.percent(realised, "down"),
            )
        )
    return Picture(
        name="power",
        title=say("picture.power"),
        alt=say.quoted(" ".join(told)),
        width=_WIDTH,
        height=bottom + 26,
        svg=drawn,
        repeats=True,
    )


def _rows(report: Report) -> list[tuple[str, str, float, float | None, float | None]]:
    """Clause, artifact, effect, planned and realised power; each in [0, 1]."""
    realised = {result.verdict.obligation: result.verdict for result in report.results}
    return [
        (
            test.clause,
            test.artifact,
            float(test.effect),
            test.power,
            verdict.realised_power if (verdict := realised.get(test.id)) is not None else None,
        )
        for test in report.tests
        if test.effect is not None
    ]


def _x(share: float) -> float:
    return 8 + (_WIDTH - 16) * share
